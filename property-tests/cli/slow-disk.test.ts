// A disk that does not answer, for strace holds every sync of the node's up: a node that is asked
// to stop still ends in time, answers no PUT that is not on disk, and says what became of it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { connectClient } from '../../runtime/api/client.ts';
import { requireOrSkip } from '../require.ts';
import { node, scratch } from './cli-kit.ts';

const STRACE = '/usr/bin/strace';

test.serial('a node whose disk does not answer still stops within ten seconds', async (t) => {
  if (!requireOrSkip(t, existsSync(STRACE), 'strace')) return;
  const dir = await scratch(t);
  const running = await node(t, dir, 'n', '--log-format', 'json');
  const [host = '', port] = running.api.split(':');
  const client = await connectClient({ host, port: Number(port) });
  t.is((await client.put(Buffer.alloc(32, 1), Buffer.from('1'))).status, 'good');
  const hold = ['-e', 'trace=fsync,fdatasync', '-e', 'inject=fsync,fdatasync:delay_enter=30s'];
  const strace = spawn(STRACE, ['-f', '-p', String(running.pid), '-o', join(dir, 'held'), ...hold]);
  t.teardown(() => strace.kill('SIGKILL'));
  await new Promise<void>((resolve) => {
    strace.stderr.on('data', (text: Buffer) => {
      if (text.includes('attached')) resolve();
    });
    strace.once('close', () => {
      resolve();
    });
  });
  const put = client.put(Buffer.alloc(32, 2), Buffer.from('2')).then(
    ({ status }) => status,
    () => 'no answer',
  );
  await new Promise((resolve) => setTimeout(resolve, 500));
  const sentAt = performance.now();
  running.kill('SIGTERM');
  await running.errors(/the node is killed/);
  // The ten seconds are of the node's clock (stopping.test.ts): half as many more are for a machine
  // that is busy, where signals, timers and lines come late.
  t.true(performance.now() - sentAt < 15_000);
  // Who is traced is gone only when strace has taken note of it, which it does late.
  strace.kill('SIGKILL');
  const { code, signal, stderr } = await running.ended;
  t.like({ code, signal }, { code: null, signal: 'SIGKILL' }, stderr);
  t.is(await put, 'no answer');
  t.regex(stderr, /"operations":1,"msg":"stopping before all requests were answered"/);
  t.regex(stderr, /^orrery: the node is killed: the disk does not close records/m);
});
