// A disk that does not answer, for strace holds every sync of the node's up: a node that is asked
// to stop, and one that is broken, still end in time, answer no PUT that is not on disk, and say
// what became of it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { connectClient } from '../../runtime/api/client.ts';
import type { ConnectedClient } from '../../runtime/api/client.ts';
import { startProcess } from '../processes.ts';
import { requireOrSkip } from '../require.ts';
import { untilRight } from '../runtime/node-kit.ts';
import { keptFor, node, ready, scratch } from './cli-kit.ts';
import type { NodeProcess } from './cli-kit.ts';

const STRACE = '/usr/bin/strace';
const ADMIN = ['--admin', '127.0.0.1:0'];

test.serial('a node whose disk does not answer still stops within ten seconds', async (t) => {
  if (!requireOrSkip(t, existsSync(STRACE), 'strace')) return;
  const dir = await scratch(t);
  const running = await node(t, dir, 'n', '--log-format', 'json', ...ADMIN);
  const held = await heldPut(t, running, dir);
  if (held === undefined) return;
  const { put, letGo } = held;
  const sentAt = performance.now();
  running.kill('SIGTERM');
  await running.errors(/the node is killed/);
  // The ten seconds are of the node's clock (stopping.test.ts): half as many more are for a machine
  // that is busy, where signals, timers and lines come late.
  t.true(performance.now() - sentAt < 15_000);
  // Who is traced is gone only when strace has taken note of it, which it does late.
  letGo();
  const { code, signal, stderr } = await running.ended;
  t.like({ code, signal }, { code: null, signal: 'SIGKILL' }, stderr);
  t.is(await put, 'no answer');
  t.regex(stderr, /"operations":1,"msg":"stopping before all requests were answered"/);
  t.regex(stderr, /^orrery: the node is killed: the disk does not close records/m);
});

test.serial('a broken node whose disk does not answer ends all the same', async (t) => {
  if (!requireOrSkip(t, existsSync(STRACE), 'strace')) return;
  t.timeout(120_000);
  const dir = await scratch(t);
  // What the core does next with a list fails, once; the module's own text stands in a stack.
  const module = `data:text/javascript,process.on('SIGUSR2', () => {
    const { map } = Array.prototype;
    Array.prototype.map = function (...rest) {
      if (!new Error().stack.includes('/runtime/' + 'driver.js')) return map.apply(this, rest);
      Array.prototype.map = map;
      throw new Error('planted');
    };
    console.log('planted');
  })`;
  const args = ['node', '-p', '0', '--data', 'n', '--log-format', 'json', ...ADMIN];
  const launch = { nodeArguments: ['--import', encodeURI(module)] };
  const running = await ready(keptFor(t, startProcess(dir, args, undefined, launch)));
  const held = await heldPut(t, running, dir);
  if (held === undefined) return;
  const { client, put, letGo } = held;
  running.kill('SIGUSR2');
  await running.output(/^planted$/m);
  client.get(Buffer.alloc(32, 3)).catch(() => undefined);
  await running.errors(/^orrery: unexpected: planted/m);
  t.is(await put, 'no answer');
  letGo();
  const { code, signal, stderr } = await running.ended;
  t.like({ code, signal }, { code: null, signal: 'SIGKILL' }, stderr);
  t.regex(stderr, /"reason":"planted","msg":"broken invariant: the node stops"/);
});

test.serial('an uncaught error ends a node whose disk does not answer', async (t) => {
  if (!requireOrSkip(t, existsSync(STRACE), 'strace')) return;
  t.timeout(120_000);
  const dir = await scratch(t);
  const module = `data:text/javascript,process.on('SIGUSR2', () => { throw new Error('planted') })`;
  const launch = { nodeArguments: ['--import', encodeURI(module)] };
  const args = ['node', '-p', '0', '--data', 'n', ...ADMIN];
  const running = await ready(keptFor(t, startProcess(dir, args, undefined, launch)));
  const held = await heldPut(t, running, dir);
  if (held === undefined) return;
  running.kill('SIGUSR2');
  await running.errors(/^orrery: unexpected: planted/m);
  t.is(await held.put, 'no answer');
  held.letGo();
  t.like(await running.ended, { code: null, signal: 'SIGKILL' });
});

interface HeldPut {
  readonly client: ConnectedClient;
  /** Its status, if it gets an answer. */
  readonly put: Promise<string>;
  readonly letGo: () => void;
}

/** A PUT under way that the disk holds up, after one that it took; if strace may attach. */
async function heldPut(
  t: ExecutionContext,
  { pid, api, admin }: NodeProcess,
  dir: string,
): Promise<HeldPut | undefined> {
  const [host = '', port] = api.split(':');
  const client = await connectClient({ host, port: Number(port) });
  t.is((await client.put(Buffer.alloc(32, 1), Buffer.from('1'))).status, 'good');
  const letGo = await holdDisk(t, pid, dir);
  if (letGo === undefined) return undefined;
  const put = client.put(Buffer.alloc(32, 2), Buffer.from('2')).then(
    ({ status }) => status,
    () => 'no answer',
  );
  const underWay = async (): Promise<number> => {
    const status = (await (await fetch(`http://${admin}/status`)).json()) as { operations: number };
    return status.operations;
  };
  t.is(await untilRight(underWay, (count) => count === 1, 20_000), 1);
  await delay(500);
  return { client, put, letGo };
}

/** @returns how to let go of it */
async function holdDisk(
  t: ExecutionContext,
  pid: number,
  dir: string,
): Promise<(() => void) | undefined> {
  const hold = ['-e', 'trace=fsync,fdatasync', '-e', 'inject=fsync,fdatasync:delay_enter=30s'];
  const strace = spawn(STRACE, ['-f', '-p', String(pid), '-o', join(dir, 'held'), ...hold]);
  t.teardown(() => strace.kill('SIGKILL'));
  const isAttached = await new Promise<boolean>((resolve) => {
    strace.stderr.on('data', (text: Buffer) => {
      if (text.includes('attached')) resolve(true);
    });
    strace.once('close', () => {
      resolve(false);
    });
  });
  if (!requireOrSkip(t, isAttached, 'strace that may attach')) return undefined;
  return () => strace.kill('SIGKILL');
}
