/**
 * Sweeps over a real Redis server: the files are those of a local sweep, byte for byte, also when
 * workers are killed; what ends a server or a worker loses nothing that was done.
 */
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { cellId } from '../../sim/edge/sweep/cell.ts';
import type { Cell, Finished } from '../../sim/edge/sweep/cell.ts';
import type { SweepIndex } from '../../sim/edge/sweep/folder.ts';
import { RedisLink } from '../../sim/edge/sweep/redis/link.ts';
import { redisRunner } from '../../sim/edge/sweep/redis/runner.ts';
import { defaultOptions } from '../../sim/options.ts';
import { isOneLine, launch, run, scratch } from '../cli/cli-kit.ts';
import { requireOrSkip } from '../require.ts';
import { cellsReach, DOZEN, hasRedis, startRedis, sweepFile, textsIn } from './sweep-kit.ts';

const REDIS = 'the redis-server command';
const WORKER = ['sweep-worker', '--concurrency', '1', '--redis'];

test('a killed worker loses nothing, and the files are those of a local sweep', async (t) => {
  if (!requireOrSkip(t, hasRedis(), REDIS)) return;
  const dir = await scratch(t);
  const { url } = await startRedis(t, dir);
  // What cells read from files and the warm-ups that they share travel with them.
  const rows = Array.from({ length: 6 }, (_, i) => [10, 20, 30, 40, 50, 60 + i].join(','));
  await writeFile(join(dir, 'rtt.csv'), rows.join('\n'));
  const file = await sweepFile(
    dir,
    DOZEN.replace('base: {', 'warm: once\nbase: { warmup: 5s, latency: matrix:rtt.csv,'),
  );
  const far = join(dir, 'far');
  const sweeping = launch(t, dir, 'sweep', file, '--redis', url, '--out', far);
  const taken = await killedAtWork(t, dir, url);
  const heir = launch(t, dir, ...WORKER, url);
  const near = join(dir, 'near');
  t.is((await run(t, dir, ['sweep', file, '--workers', '1', '--out', near])).code, 0);

  const ended = await sweeping.ended;
  t.is(ended.code, 0, ended.stderr);
  t.regex(ended.stdout.toString(), /12 cells made, 0 were there already, 0 failed/);
  t.deepEqual(await textsIn(far), await textsIn(near));
  heir.kill('SIGINT');
  const done = await heir.ended;
  t.is(done.code, 0);
  t.regex(done.stderr, new RegExp(`${taken} done`), 'the cell of the killed worker was taken over');

  // Finished jobs are still there: another folder needs no worker.
  const third = join(dir, 'third');
  t.is((await run(t, dir, ['sweep', file, '--redis', url, '--out', third])).code, 0);
  t.deepEqual(await textsIn(third), await textsIn(near));
});

test('a server that is lost ends the sweep in words, and what was done is kept', async (t) => {
  if (!requireOrSkip(t, hasRedis(), REDIS)) return;
  const dir = await scratch(t);
  const redis = await startRedis(t, dir);
  const file = await sweepFile(dir, DOZEN);
  const out = join(dir, 'out');
  const sweeping = launch(t, dir, 'sweep', file, '--redis', redis.url, '--out', out);
  const worker = launch(t, dir, ...WORKER, redis.url);
  await cellsReach(out, 2);
  redis.kill();
  const [ended, away] = await Promise.all([sweeping.ended, worker.ended]);
  t.is(ended.code, 1);
  t.regex(ended.stderr, /went away: looking for it again for 20 s/);
  t.regex(ended.stderr, /was lost and did not come back in 20 s; what is done is kept, to go on: /);
  t.is(away.code, 1);
  t.regex(away.stderr, /was lost/);
  const index = JSON.parse(await readFile(join(out, 'sweep.json'), 'utf8')) as SweepIndex;
  const done = index.cells.filter(({ status }) => status === 'done').length;
  t.true(done >= 2 && done < 12, `${done} done`);
  t.is(index.cells.filter(({ status }) => status === 'missing').length, 12 - done);

  const rest = await run(t, dir, ['sweep', file, '--out', out]);
  t.is(rest.code, 0);
  t.regex(rest.stdout.toString(), new RegExp(`${12 - done} cells made, ${done} were there`));
});

test('a cell that fails on its worker is told, and tried again by the next run', async (t) => {
  if (!requireOrSkip(t, hasRedis(), REDIS)) return;
  const dir = await scratch(t);
  const { url } = await startRedis(t, dir);
  const worker = launch(t, dir, ...WORKER, url);
  const bad = cellOf({ nodes: 20, loss: 2 });
  const good = cellOf({ nodes: 20, lookups: 5, durationMs: 10_000 });
  for (const _ of [1, 2]) {
    const told = await workedOn(t, url, [bad, good], await versionOf(worker));
    t.deepEqual([...told.finished.keys()], [good.id]);
    t.deepEqual([...told.failed.keys()], [bad.id]);
    t.regex(told.failed.get(bad.id) ?? '', /loss/);
  }
  worker.kill('SIGTERM');
  const { code, stderr } = await worker.ended;
  t.is(code, 0);
  t.is(stderr.split(`cell-${bad.id} failed`).length - 1, 2, 'once in each run');
  t.is(stderr.split(`cell-${good.id} done`).length - 1, 1, 'in the first run alone');
});

test('a worker that is told to stop gives back its cell at once', async (t) => {
  if (!requireOrSkip(t, hasRedis(), REDIS)) return;
  const dir = await scratch(t);
  const { url } = await startRedis(t, dir);
  const first = launch(t, dir, ...WORKER, url);
  const long = cellOf({ nodes: 2000, tables: 'converged', lookups: 1_000_000 });
  const stop = new AbortController();
  const version = await versionOf(first);
  const working = workedOn(t, url, [long], version, stop.signal);
  await first.errors(/begun/);
  first.kill('SIGINT');
  const ended = await first.ended;
  t.is(ended.code, 0);
  t.regex(ended.stderr, new RegExp(`cell-${long.id} given back\nstopped\n`));
  const second = launch(t, dir, ...WORKER, url);
  await second.errors(new RegExp(`cell-${long.id} begun`));
  stop.abort();
  const told = await working;
  t.is(told.finished.size + told.failed.size, 0);
});

test('another version neither takes cells nor stays silent', async (t) => {
  if (!requireOrSkip(t, hasRedis(), REDIS)) return;
  const dir = await scratch(t);
  const { url } = await startRedis(t, dir);
  const worker = launch(t, dir, ...WORKER, url);
  const version = await versionOf(worker);
  const stop = new AbortController();
  const said: string[] = [];
  const working = workedOn(t, url, [cellOf({ nodes: 20 })], '0.0.0', stop.signal, said);
  await worker.errors(/a sweep of version 0\.0\.0 is under way: this worker is version /);
  while (said.length === 0) await sleep(50);
  t.regex(said[0] ?? '', /no worker of version 0\.0\.0 is there/);
  t.true(said[0]?.includes(`workers of version ${version} do not take these cells`));
  stop.abort();
  const told = await working;
  t.is(told.finished.size + told.failed.size, 0);
});

test('a server that is not there, or is no Redis, is refused in seconds', async (t) => {
  const dir = await scratch(t);
  const file = await sweepFile(dir, DOZEN);
  const mute = createServer((socket) => socket.on('error', () => undefined));
  mute.listen(0, '127.0.0.1');
  await once(mute, 'listening');
  t.teardown(() => mute.close());
  const { port } = mute.address() as AddressInfo;
  const away = 'redis://user:secret@127.0.0.1:1';
  for (const args of [
    ['sweep', file, '--redis', away],
    [...WORKER, away],
  ]) {
    const ended = await run(t, dir, args);
    t.is(ended.code, 2);
    t.true(isOneLine(ended.stderr), ended.stderr);
    t.true(ended.stderr.includes('the Redis server redis://127.0.0.1:1 cannot be used'));
    t.false(ended.stderr.includes('secret'));
  }
  const begunAt = performance.now();
  const opening = RedisLink.open(`redis://user:secret@127.0.0.1:${port}`, () => undefined);
  const { message } = await t.throwsAsync(opening);
  t.true(message.includes(`the Redis server redis://127.0.0.1:${port} cannot be used`), message);
  t.false(message.includes('secret'));
  t.true(performance.now() - begunAt < 10_000);
});

/** Kills a worker, and another where that was between two cells; @returns the cell it was at */
async function killedAtWork(t: ExecutionContext, dir: string, url: string): Promise<string> {
  for (let tries = 0; tries < 5; tries++) {
    const victim = launch(t, dir, ...WORKER, url);
    await victim.errors(/cell-[0-9a-f]{16} begun/);
    victim.kill('SIGKILL');
    const { signal, stderr } = await victim.ended;
    t.is(signal, 'SIGKILL');
    const begun = [...stderr.matchAll(/(cell-[0-9a-f]{16}) begun/g)].map(([, cell = '']) => cell);
    const taken = begun.find((cell) => !stderr.includes(`${cell} done`));
    if (taken !== undefined) return taken;
  }
  return t.fail('none was killed at work');
}

/** The version that a worker says it is. */
async function versionOf(worker: ReturnType<typeof launch>): Promise<string> {
  const [, version = ''] = await worker.output(/ready: version (\S+),/);
  return version;
}

function cellOf(given: Parameters<typeof defaultOptions>[0]): Cell {
  const options = defaultOptions(given);
  const id = cellId(options, 'test');
  return { id, values: {}, seed: 1, options, materials: {}, start: undefined };
}

/** Puts cells on the queue and hears of them until all have ended or it is told to stop. */
async function workedOn(
  t: ExecutionContext,
  url: string,
  cells: readonly Cell[],
  version: string,
  signal = new AbortController().signal,
  said: string[] = [],
): Promise<{ finished: Map<string, Finished>; failed: Map<string, string> }> {
  const finished = new Map<string, Finished>();
  const failed = new Map<string, string>();
  const link = await RedisLink.open(url, (line) => t.log(line));
  try {
    const runner = redisRunner(link, version, (line) => said.push(line));
    await runner(cells, {
      signal,
      finished: async ({ id }, result) => {
        finished.set(id, result);
      },
      failed: async ({ id }, error) => {
        failed.set(id, error);
      },
      progress: () => undefined,
    });
  } finally {
    link.end();
  }
  return { finished, failed };
}
