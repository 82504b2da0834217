/**
 * Cells that begin with a snapshot: one warm-up for all that share it, each cell the very fork that
 * `orrery sim --from` makes, nothing warmed up twice.
 */
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { simulateApart, snapshotApart } from '../../sim/edge/apart.ts';
import { saveSnapshot } from '../../sim/edge/snapshot-file.ts';
import { finish } from '../../sim/edge/sweep/cell.ts';
import type { Cell } from '../../sim/edge/sweep/cell.ts';
import { SweepFolder } from '../../sim/edge/sweep/folder.ts';
import { localRunner } from '../../sim/edge/sweep/local.ts';
import { readPlanFile } from '../../sim/edge/sweep/plan-file.ts';
import { planSweep } from '../../sim/edge/sweep/plan.ts';
import { runSweep } from '../../sim/edge/sweep/sweep.ts';
import type { SweepOutcome } from '../../sim/edge/sweep/sweep.ts';
import { Warmups } from '../../sim/edge/sweep/warmups.ts';
import { defaultOptions } from '../../sim/options.ts';
import { scratch } from '../cli/cli-kit.ts';
import { sweepFile } from './sweep-kit.ts';

const VERSION = 'test';

const SHARED = `
warm: once
base: { nodes: 30, warmup: 20s, duration: 10s, lookups: 20, churn: exponential:2m }
grid: { k: [4, 8], loss: [0, 0.2] }
seeds: 2
`;

async function swept(path: string, out: string): Promise<SweepOutcome & { cells: Cell[] }> {
  const plan = await planSweep(await readPlanFile(path), VERSION, new Warmups(out, VERSION, 2));
  const outcome = await runSweep({
    plan,
    version: VERSION,
    folder: new SweepFolder(out),
    runner: localRunner(2, VERSION),
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  const cells = plan.cells.flatMap((cell) => ('fault' in cell ? [] : [cell]));
  return { ...outcome, cells };
}

test('each warm-up is run once, and its cells are forks of it', async (t) => {
  const dir = await scratch(t);
  const file = await sweepFile(dir, SHARED);
  const out = join(dir, 'out');
  const { index, cells, made } = await swept(file, out);
  t.is(made, 8);
  t.true(index.cells.every(({ status }) => status === 'done'));
  const snapshots = await readdir(join(out, 'snapshots'));
  t.is(snapshots.length, 4, 'one for each k and seed');
  for (const { id, options, values } of cells) {
    const warm = { ...options, loss: 0 };
    const from = await snapshotApart(warm, VERSION, 0, {});
    const { text } = finish(await simulateApart(options, VERSION, { from }));
    t.is(await readFile(join(out, 'cells', `${id}.json`), 'utf8'), text, JSON.stringify(values));
    const isFork = text.includes('"from": {');
    t.is(isFork, options.loss > 0, 'a fork says where it comes from');
  }

  // Another value later needs no other warm-up; a damaged one is made again, to the same bytes.
  const times = async (): Promise<number[]> =>
    Promise.all(snapshots.map(async (name) => (await stat(join(out, 'snapshots', name))).mtimeMs));
  const [damaged = ''] = snapshots;
  const path = join(out, 'snapshots', damaged);
  const whole = await readFile(path);
  await writeFile(path, whole.subarray(0, whole.length - 4));
  const before = await times();
  await sweepFile(dir, SHARED.replace('[0, 0.2]', '[0, 0.2, 0.4]'));
  t.like(await swept(file, out), { made: 4, kept: 8 });
  const after = await times();
  t.deepEqual(after.slice(1), before.slice(1));
  t.deepEqual(await readFile(path), whole);
});

test('all cells may begin with one snapshot; what it cannot become is refused', async (t) => {
  const dir = await scratch(t);
  const options = defaultOptions({ nodes: 25, k: 5, warmupMs: 10_000, durationMs: 5000 });
  const snapshot = await snapshotApart(options, VERSION, 2000, {});
  await saveSnapshot(join(dir, 'grown.snapshot'), VERSION, snapshot);
  const text = 'from: grown.snapshot\nbase: { lookups: 10 }\ngrid:\n  alpha: [1, 3]\n';
  const file = await sweepFile(dir, text);
  const { cells } = await swept(file, join(dir, 'out'));
  t.is(cells.length, 2);
  for (const { id, options: own } of cells) {
    t.like(own, { nodes: 25, k: 5, warmupMs: 10_000, lookups: 10 });
    const { text: expected } = finish(await simulateApart(own, VERSION, { from: snapshot }));
    t.is(await readFile(join(dir, 'out', 'cells', `${id}.json`), 'utf8'), expected);
  }
  const plain = await sweepFile(dir, 'base: { nodes: 25, k: 5 }\ngrid: { alpha: [1, 3] }\n');
  const { cells: others } = await planSweep(
    await readPlanFile(plain),
    VERSION,
    new Warmups(dir, VERSION, 1),
  );
  t.is(new Set([...cells, ...others].map(({ id }) => id)).size, 4);

  const refusal = async (asked: string): Promise<string> => {
    const path = await sweepFile(dir, asked);
    const planned = readPlanFile(path).then((read) =>
      planSweep(read, VERSION, new Warmups(dir, VERSION, 1)),
    );
    return (await t.throwsAsync(planned)).message;
  };
  t.regex(await refusal(`${text}  nodes: [25, 30]\n`), /nodes: 30 in \S+ line 5: .*cannot change/);
  t.regex(await refusal(text.replace('grown', 'no')), /no\.snapshot cannot be read/);
  t.regex(await refusal(`warm: once\n${text}`), /warm in \S+ line 1: .*not both/);
  t.regex(await refusal('warm: twice\n'), /warm in \S+ line 1: write once/);
});
