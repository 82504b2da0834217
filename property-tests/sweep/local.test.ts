/**
 * `orrery sweep` on this machine: what is done stays, whatever ends it; the next run makes what is
 * missing and nothing else; a cell that fails takes no other with it.
 */
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import type { SweepIndex } from '../../sim/edge/sweep/folder.ts';
import { isOneLine, launch, run, scratch } from '../cli/cli-kit.ts';
import { cellsIn, cellsReach, DOZEN, sweepFile, textsIn } from './sweep-kit.ts';

async function indexOf(out: string): Promise<SweepIndex> {
  return JSON.parse(await readFile(join(out, 'sweep.json'), 'utf8')) as SweepIndex;
}

test('Ctrl-C keeps what is done, and the same command makes the rest alone', async (t) => {
  const dir = await scratch(t);
  const file = await sweepFile(dir, DOZEN);
  const { out, command, stopped } = await cutShort(t, dir, file);
  t.is(stopped.code, 130);
  t.regex(stopped.stderr, /to go on: npx orrery sweep \S+sweep\.yaml --out \S+out\d/);
  const early = await cellsIn(out);
  t.true(early.length >= 2 && early.length < 12);
  const partial = await indexOf(out);
  const done = partial.cells.filter(({ status }) => status === 'done');
  t.deepEqual(done.map(({ id }) => `${id}.json`).sort(), early);
  t.is(partial.cells.filter(({ status }) => status === 'missing').length, 12 - early.length);

  // A file that is not whole is no result.
  const [damaged = '', ...whole] = early;
  await writeFile(join(out, 'cells', damaged), '{ "digest": "12');
  const before = await Promise.all(whole.map((name) => stat(join(out, 'cells', name))));
  const resumed = await run(t, dir, command);
  t.is(resumed.code, 0);
  t.regex(
    resumed.stdout.toString(),
    new RegExp(`${12 - whole.length} cells made, ${whole.length} `),
  );
  const after = await Promise.all(whole.map((name) => stat(join(out, 'cells', name))));
  for (const [i, { ino, mtimeMs }] of before.entries()) t.like(after[i], { ino, mtimeMs });

  const other = join(dir, 'other');
  const fresh = await run(t, dir, ['sweep', file, '--workers', '2', '--out', other, '--json']);
  t.is(fresh.code, 0);
  t.deepEqual(await textsIn(out), await textsIn(other));
  t.is(fresh.stdout.toString(), await readFile(join(other, 'sweep.json'), 'utf8'));
  const { cells } = await indexOf(other);
  for (const { id, status, digest } of cells) {
    t.is(status, 'done');
    const cell: unknown = JSON.parse(await readFile(join(other, 'cells', `${id}.json`), 'utf8'));
    t.like(cell, { digest, config: { workers: 1 } });
    for (const key of ['wallMs', 'setupCpuMs', 'cpuMs', 'peakRssBytes']) {
      t.false(Object.hasOwn(cell as object, key));
    }
    const cost: unknown = JSON.parse(await readFile(join(other, 'costs', `${id}.json`), 'utf8'));
    t.deepEqual(Object.keys(cost as object).sort(), [
      'cpuMs',
      'peakRssBytes',
      'setupCpuMs',
      'wallMs',
    ]);
  }
  t.regex(resumed.stdout.toString(), /^k +alpha +cells +success %/);
});

/** A sweep that Ctrl-C ends; where it was over before, as on a busy machine, another. */
async function cutShort(t: ExecutionContext, dir: string, file: string) {
  for (let tries = 0; ; tries++) {
    const out = join(dir, `out${tries}`);
    const command = ['sweep', file, '--workers', '1', '--out', out];
    const running = launch(t, dir, ...command);
    await cellsReach(out, 2);
    running.kill('SIGINT');
    const stopped = await running.ended;
    if (stopped.code !== 0 || tries === 4) return { out, command, stopped };
  }
}

test('a failing cell is told, and the others are made', async (t) => {
  const dir = await scratch(t);
  const base = 'base: { tables: converged, duration: 10s, lookups: 5 }\n';
  const file = await sweepFile(dir, `${base}grid: { nodes: [5, 30], replication: [2, 10] }\n`);
  const ended = await run(t, dir, ['sweep', file]);
  t.is(ended.code, 1);
  t.regex(ended.stderr, /failed: cell [0-9a-f]{16} \{"nodes":5,"replication":10,"seed":1\}: /);
  const { cells } = await indexOf(join(dir, 'sweep-sweep'));
  t.deepEqual(
    cells.map(({ status }) => status),
    ['done', 'failed', 'done', 'done'],
  );
  t.regex(cells[1]?.error ?? '', /replication/);
});

test('what is asked wrongly is refused in one line', async (t) => {
  const dir = await scratch(t);
  const file = await sweepFile(dir, 'base: { nodes: 30 }\ngrid: { tables: [converged, jioned] }\n');
  await writeFile(join(dir, 'taken'), '');
  await mkdir(join(dir, 'run'));
  await writeFile(join(dir, 'run', 'result.json'), '{}');
  const good = join(dir, 'good.yaml');
  await writeFile(good, 'base: { nodes: 10 }\n');
  const wrong: readonly (readonly [string[], RegExp])[] = [
    [['sweep', file], /tables in \S+sweep\.yaml line 2: /],
    [['sweep', join(dir, 'nowhere.yaml')], /nowhere\.yaml is missing/],
    [['sweep'], /missing required argument/],
    [['sweep', good, '--workers', '0'], /--workers/],
    [['sweep', good, '--workers', '1', '--redis', 'redis://127.0.0.1:1'], /leave it out/],
    [['sweep', good, '--out', join(dir, 'taken')], /taken cannot be made/],
    [['sweep', good, '--out', join(dir, 'run')], /run holds a run: name another folder/],
    [['sweep', good, '--redis', 'http://127.0.0.1:1'], /--redis needs an address/],
    [['sweep-worker'], /--redis/],
  ];
  for (const [args, pattern] of wrong) {
    const ended = await run(t, dir, args);
    t.is(ended.code, 2, args.join(' '));
    t.regex(ended.stderr, pattern);
    t.true(isOneLine(ended.stderr), ended.stderr);
    t.is(ended.stdout.length, 0);
  }
});
