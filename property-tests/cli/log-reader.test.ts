// A log that nobody takes: its disk is full, or its reader stands still. The node serves on, its
// memory does not grow, and it ends in time, with its code.
import { execFileSync } from 'node:child_process';
import { closeSync, constants, existsSync, openSync, writeSync } from 'node:fs';
import { stat, truncate } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { connectClient } from '../../runtime/api/client.ts';
import { startProcess } from '../processes.ts';
import type { Launch, Running } from '../processes.ts';
import { requireOrSkip } from '../require.ts';
import { eventually } from '../runtime/node-kit.ts';
import { scratch } from './cli-kit.ts';

const JSON_NODE = ['node', '-p', '0', '--data', 'n', '--log-format', 'json'];

test.serial('a node whose log is on a full disk serves on, and stops cleanly', async (t) => {
  if (!requireOrSkip(t, existsSync('/dev/full'), '/dev/full')) return;
  t.timeout(TEST_MS);
  const running = begin(t, await scratch(t), '2>/dev/full', JSON_NODE);
  await putsOne(t, running);
  running.kill('SIGTERM');
  t.like(await running.ended, { code: 0, signal: null });
});

test.serial('what was too much for a full disk is tried again with the next line', async (t) => {
  t.timeout(TEST_MS);
  const dir = await scratch(t);
  const log = join(dir, 'log');
  const running = script(
    t,
    dir,
    '2>>log',
    `const log = openLog('info', 'json');
     for (let i = 0; i < 6000; i++) {
       log.info({}, 'x'.repeat(1000));
       if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
     }
     console.log('more than is kept');
     process.stdin.once('data', () => log.info({}, 'y'.repeat(2000)));`,
    // No file may have more than some KiB, until its beginning goes.
    'ulimit -f 16;',
  );
  await running.output(/more than is kept/);
  await truncate(log);
  running.input(Buffer.from('go on'));
  let size = 0;
  const look = setInterval(() => void stat(log).then((is) => (size = is.size)), 50);
  t.teardown(() => {
    clearInterval(look);
  });
  await eventually(t, 'the log goes on', () => size > 0, 60_000);
  t.true(size > 0);
});

test.serial('a node ends with its code although the reader of its log stands still', async (t) => {
  t.timeout(TEST_MS);
  const dir = await scratch(t);
  const pipe = pipeIn(t, dir);
  const running = begin(t, dir, '2>pipe', JSON_NODE);
  const { listen } = await putsOne(t, running);
  pipe.fill();
  // Three lines of the log; with one there would be nothing left to write.
  for (let count = 0; count < 3; count++) await knock(listen);
  running.kill('SIGTERM');
  t.like(await running.ended, { code: 0, signal: null });
});

test.serial('a node whose log keeps a thread ends nevertheless', async (t) => {
  t.timeout(TEST_MS);
  const dir = await scratch(t);
  const pipe = pipeIn(t, dir);
  // A child that inherits the pipe makes it one at which a write waits.
  const module = `data:text/javascript,import { spawnSync } from 'node:child_process';
    process.on('SIGUSR2', () => {
      spawnSync('true', { stdio: ['ignore', 'ignore', 2] });
      console.log('it waits');
    });`;
  const launch = { nodeArguments: ['--import', encodeURI(module)] };
  const running = begin(t, dir, '2>pipe', JSON_NODE, launch);
  await running.output(/joined/);
  running.kill('SIGUSR2');
  await running.output(/it waits/);
  pipe.fill();
  running.kill('SIGTERM');
  t.like(await running.ended, { code: null, signal: 'SIGKILL' });
});

test.serial('lines for people are dropped as well when nobody takes them', async (t) => {
  t.timeout(TEST_MS);
  const dir = await scratch(t);
  pipeIn(t, dir);
  const running = script(
    t,
    dir,
    '2>pipe',
    `const log = openLog('info', 'text');
     for (let i = 0; i < 20_000; i++) {
       log.info({}, 'x'.repeat(1000));
       if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
     }
     console.log('waiting: ' + process.stderr.writableLength + '.');
     process.exit();`,
  );
  const [, waiting] = await running.output(/waiting: (\d+)\./);
  t.true(Number(waiting) > 1024 * 1024, 'it is not read');
  t.true(Number(waiting) < 5 * 1024 * 1024, waiting);
});

/** Starts the command line; `errors` says in the words of a shell where standard error goes. */
function begin(
  t: ExecutionContext,
  dir: string,
  errors: string,
  args: readonly string[],
  launch: Launch = {},
  before = '',
): Running {
  const through = ['sh', '-c', `${before} exec "$0" "$@" ${errors}`];
  const running = startProcess(dir, args, undefined, { ...launch, through });
  t.teardown(() => {
    running.kill('SIGKILL');
  });
  return running;
}

/** Runs code that has `openLog`. */
function script(
  t: ExecutionContext,
  dir: string,
  errors: string,
  code: string,
  before = '',
): Running {
  const url = JSON.stringify(new URL('../../cli/logging.js', import.meta.url).href);
  const program = `const { openLog } = await import(${url}); ${code}`;
  const nodeArguments = ['--input-type=module', '-e', program];
  return begin(t, dir, errors, [], { nodeArguments }, before);
}

/** @returns the port at which it listens for nodes */
async function putsOne(
  t: ExecutionContext,
  running: Running,
): Promise<{ readonly listen: number }> {
  const [, listen, host = '', port] = await running.output(
    /listens on \S+:(\d+), clients on (\S+):(\d+), joined/,
  );
  const client = await connectClient({ host, port: Number(port) });
  t.is((await client.put(Buffer.alloc(32, 1), Buffer.from('value'))).status, 'good');
  await client.close();
  return { listen: Number(listen) };
}

/** Says something to a node that is no handshake, and waits to be turned away. */
function knock(port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => socket.end('no handshake\n'));
    socket.on('error', () => undefined);
    socket.resume().once('close', () => {
      resolve();
    });
  });
}

/** A named pipe that is open and that nobody reads. */
function pipeIn(t: ExecutionContext, dir: string): { readonly fill: () => void } {
  const path = join(dir, 'pipe');
  execFileSync(MKFIFO, [path]);
  const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  t.teardown(() => {
    closeSync(pipe);
  });
  return {
    fill: () => {
      t.throws(() => {
        for (;;) writeSync(pipe, Buffer.alloc(4096));
      });
    },
  };
}

const MKFIFO = '/usr/bin/mkfifo';
const TEST_MS = 240_000;
