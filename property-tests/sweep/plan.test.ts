/**
 * From a sweep's file to its cells: order, names that depend on what is run and on nothing else,
 * and what is refused, with the line where it stands.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { cellId } from '../../sim/edge/sweep/cell.ts';
import { readPlanFile } from '../../sim/edge/sweep/plan-file.ts';
import { planSweep } from '../../sim/edge/sweep/plan.ts';
import type { Plan } from '../../sim/edge/sweep/plan.ts';
import { Warmups } from '../../sim/edge/sweep/warmups.ts';
import { defaultOptions } from '../../sim/options.ts';
import { canonical } from '../../sim/result/canonical.ts';
import { scratch } from '../cli/cli-kit.ts';
import { runs } from '../parameters.ts';
import { DOZEN, sweepFile } from './sweep-kit.ts';

async function planOf(t: ExecutionContext, text: string, version = '1.0.0'): Promise<Plan> {
  const path = await sweepFile(await scratch(t), text);
  return planSweep(await readPlanFile(path), version, new Warmups(path, version, 1));
}

async function faultOf(t: ExecutionContext, text: string): Promise<string> {
  const error = await t.throwsAsync(planOf(t, text));
  return error.message;
}

test('cells come in the order of the grid, seeds fastest', async (t) => {
  const { cells, name, question, axes } = await planOf(t, DOZEN);
  t.is(name, 'dozen');
  t.is(question, 'Is every cell the same wherever it is run?');
  t.deepEqual(axes, [
    { key: 'k', values: [4, 8] },
    { key: 'alpha', values: [1, 3] },
  ]);
  const expected = [4, 8].flatMap((k) =>
    [1, 3].flatMap((alpha) => [1, 2, 'x'].map((seed) => ({ values: { k, alpha }, seed }))),
  );
  t.deepEqual(
    cells.map(({ values, seed }) => ({ values, seed })),
    expected,
  );
  t.is(new Set(cells.map(({ id }) => id)).size, 12);
  for (const cell of cells) {
    if ('fault' in cell) return t.fail(cell.fault);
    const { options, values, seed } = cell;
    t.like(options, { nodes: 40, lookups: 40, seed: String(seed), workers: 1 });
    t.like(options, values);
    t.regex(cell.id, /^[0-9a-f]{16}$/);
  }
});

test('a number of seeds counts from 1; a sweep without grid is its base', async (t) => {
  const { seeds, cells } = await planOf(t, 'base: { nodes: 30 }\nseeds: 4\n');
  t.deepEqual(seeds, [1, 2, 3, 4]);
  t.is(cells.length, 4);
});

test('a scenario lies below base, and its seed below the seeds', async (t) => {
  const dir = await scratch(t);
  await writeFile(join(dir, 'one.yaml'), 'nodes: 40\nk: 6\nseed: 99\nquestion: Why?\n');
  const path = await sweepFile(dir, 'scenario: one.yaml\nbase: { k: 7 }\nseeds: [5]\n');
  const { cells, question } = await planSweep(
    await readPlanFile(path),
    '1.0.0',
    new Warmups(dir, '1.0.0', 1),
  );
  t.is(question, 'Why?');
  t.like(cells[0], { options: { nodes: 40, k: 7, seed: '5' } });
});

test('an id tells what is run: settings, files by their bytes, version', (t) => {
  const options = defaultOptions({ nodes: 50 });
  const id = cellId(options, '1.0.0');
  t.is(cellId({ ...options, workers: 4, wire: true }, '1.0.0'), id);
  t.is(cellId(Object.fromEntries(Object.entries(options).reverse()) as never, '1.0.0'), id);
  t.not(cellId(options, '1.0.1'), id);
  t.not(cellId({ ...options, seed: '2' }, '1.0.0'), id);
  t.not(cellId({ ...options, nodes: 51 }, '1.0.0'), id);
  const withFile = (file: string, sha256: string): string =>
    cellId(
      { ...options, latency: { type: 'matrix', unit: 'ms', missing: 'refuse', file, sha256 } },
      '1.0.0',
    );
  t.is(withFile('a/rtt.txt', 'aa'), withFile('/elsewhere/b.txt', 'aa'));
  t.not(withFile('a/rtt.txt', 'aa'), withFile('a/rtt.txt', 'bb'));
});

testProp(
  'canonical text does not depend on the order of keys and says the same',
  [fc.jsonValue({ noUnicodeString: false })],
  (t, value) => {
    const turned = JSON.parse(JSON.stringify(value), (_, item: unknown) =>
      typeof item === 'object' && item !== null && !Array.isArray(item)
        ? Object.fromEntries(Object.entries(item).reverse())
        : item,
    ) as unknown;
    t.is(canonical(turned), canonical(value));
    t.deepEqual(JSON.parse(canonical(value)), JSON.parse(JSON.stringify(value)));
  },
  runs(100),
);

test('a corner that contradicts itself costs its cells alone', async (t) => {
  const grid = 'grid: { nodes: [5, 60], replication: [2, 10] }\n';
  const { cells } = await planOf(t, `base: { puts: 1 }\n${grid}seeds: 2\n`);
  const faults = cells.filter((cell) => 'fault' in cell);
  t.is(cells.length, 8);
  t.deepEqual(
    faults.map(({ values }) => values),
    [
      { nodes: 5, replication: 10 },
      { nodes: 5, replication: 10 },
    ],
  );
  for (const { fault } of faults) t.regex(fault, /replication/);
});

test('a place of the grid that comes twice is one cell', async (t) => {
  const { cells } = await planOf(t, 'base: { nodes: 30 }\ngrid: { wire: [true, false] }\n');
  t.is(cells.length, 2);
  t.is(cells[0]?.id, cells[1]?.id);
});

test('what cannot be is refused with its line', async (t) => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ['name: x\ngird: {}\n', /unknown key 'gird' in \S+sweep.yaml line 2: did you mean grid\?/],
    ['base: { nodes: 30 }\nsede: 1\n', /'sede' in \S+ line 2/],
    ['base:\n  nodes: 30\n  knodes: 3\n', /'knodes' in \S+ line 3/],
    ['base: {}\ngrid:\n  k: [4]\n  alhpa: [1]\n', /'alhpa' in \S+ line 4: did you mean alpha/],
    ['grid:\n  k: [4,\n    many]\n', /k in \S+ line 3/],
    ['grid:\n  k: 4\n', /grid\.k in \S+ line 2: write a list/],
    ['grid:\n  k: []\n', /grid\.k in \S+ line 2: the list is empty/],
    ['base:\n  seed: 4\n', /line 2: seeds stand under "seeds"/],
    ['seeds: none\n', /seeds in \S+ line 1: write a list/],
    ['seeds: 0\n', /seeds in \S+ line 1: write a list/],
    ['grid: { nodes: [10, 12], replication: [15] }\n', /replication/],
    ['base: { nodes: 10 }\ngrid:\n  replication: [2,\n   15]\n', /replication: 15 in \S+ line 4: /],
    ['name: [\n', /bad YAML in \S+ line/],
    ['- a\n', /the sweep in \S+: /],
    ['', /the sweep in \S+: /],
    ['scenario: nowhere.yaml\n', /nowhere\.yaml is missing/],
    [
      'grid: { nodes: [1, 2, 3, 4] }\nseeds: 10000\nbase: {}\n'.replace(
        '4]',
        '4, 5, 6, 7, 8, 9, 10, 11]',
      ),
      /110000 cells/,
    ],
  ];
  for (const [text, pattern] of refused) t.regex(await faultOf(t, text), pattern, text);
});
