// The table of durability: it is that of the results that lie beside it, a row that misses its goal
// is said to, and what is predicted is what comes out by hand.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import {
  predictedOf,
  ROWS,
  rowText,
  tableOf,
  verdictOf,
} from '../../sim/edge/report/durability.ts';
import type { Row, Verdict } from '../../sim/edge/report/durability.ts';
import type { Result } from '../../sim/edge/report/read.ts';
import { readSweep } from '../../sim/edge/report/sweep-read.ts';

const FOLDER = fileURLToPath(new URL('../../../reports/durability/', import.meta.url));
const MADE = /<!-- what follows is written by npm run durability -->([\s\S]*)<!-- up to here -->/;

const rowOf = (name: string): Row => {
  const row = ROWS.find((one) => one.name === name);
  if (row === undefined) throw new Error(`no row ${name}`);
  return row;
};

test('the table is that of the results beside it, and each finished row holds', async (t) => {
  const { text, verdicts } = await tableOf(FOLDER);
  const kept = MADE.exec(await readFile(join(FOLDER, 'README.md'), 'utf8'))?.[1] ?? '';
  t.deepEqual(cellsOf(kept), cellsOf(text));
  t.deepEqual([...verdicts.keys()], ['d1', 'd2', 'd3', 'd4', 'd5', 'd6']);
  for (const [name, verdict] of verdicts) t.not(verdict, 'not held', name);
  for (const { name, seeds } of ROWS) {
    const { cells } = await readSweep(join(FOLDER, name));
    t.is(cells.length, seeds, name);
    const isWhole = cells.every(({ result }) => result !== undefined);
    t.is(verdicts.get(name), isWhole ? 'held' : 'not finished', name);
  }
});

/** The rows and their cells, without the padding between them. */
function cellsOf(table: string): readonly (readonly string[])[] {
  const lines = table.trim().split('\n');
  return lines.map((line) => line.split('|').map((cell) => cell.trim().replace(/-+/, '-')));
}

type Planted = Partial<Result['values']>;

/** A result that is a kept one but for the numbers of a test. */
async function plantedIn(name: string): Promise<(values: Planted) => Result> {
  const { cells } = await readSweep(join(FOLDER, name));
  const kept = cells.find(({ result }) => result !== undefined)?.result;
  if (kept === undefined) throw new Error(`no result of ${name}`);
  return (values) => ({ ...kept, values: { ...kept.values, ...values } });
}

const GOOD: Planted = { lost: 0, gets: 100_000, found: 100_000, wrong: 0, immortal: 0 };

const JUDGED: readonly (readonly [string, Planted, Verdict])[] = [
  ['d1', { found: 99_990 }, 'held'],
  ['d1', { found: 99_989 }, 'not held'],
  ['d1', { wrong: 1 }, 'not held'],
  ['d1', { gets: 0, found: 0 }, 'not held'],
  ['d1', { lost: 1 }, 'not held'],
  ['d2', { found: 99_900 }, 'held'],
  ['d2', { found: 99_899 }, 'not held'],
  ['d2', { lost: 1 }, 'not held'],
  ['d4', { lost: 1 }, 'held'],
  ['d4', { lost: 2 }, 'not held'],
  ['d5', { repairPerKeyMinute: 1.99 }, 'held'],
  ['d5', { repairPerKeyMinute: 2 }, 'not held'],
  ['d5', { lost: 1 }, 'not held'],
  ['d5', { immortal: 1 }, 'not held'],
  ['d6', {}, 'held'],
  ['d6', { lost: 1 }, 'not held'],
  ['d6', { wrong: 1 }, 'not held'],
  ['d6', { puts: 0, stored: 0 }, 'not held'],
  ['d4', { puts: 10_000, stored: 9800 }, 'held'],
  ['d4', { puts: 10_000, stored: 9799 }, 'not held'],
];

for (const [name, values, verdict] of JUDGED) {
  test(`${name} with ${JSON.stringify(values)} in one of its runs is ${verdict}`, async (t) => {
    const row = rowOf(name);
    const planted = await plantedIn(name);
    const others = Array.from({ length: row.seeds - 1 }, () => planted(GOOD));
    // The same share of the GETs in each: rates are of all runs together.
    const { lost = 0, immortal = 0, ...rates } = values;
    const results = [
      planted({ ...GOOD, ...rates, lost, immortal }),
      ...others.map(({ values: good }) => planted({ ...good, ...rates })),
    ];
    t.is(verdictOf(row, results), verdict);
    t.is(rowText(row, results).split(' | ')[2], verdict);
    t.is(verdictOf(row, results.slice(1)), 'not finished');
  });
}

/** Delays of 1 s and of 3 s, three to one, in bins of 2 s. */
const HISTOGRAM = { '1000': 0.75, '3000': 0.25 };

test('what is predicted is what comes out by hand', async (t) => {
  const planted = await plantedIn('d3');
  const one = planted({ stored: 1000 });
  const { repairDelayMs } = one.values;
  const values = { ...one.values, repairDelayMs: { ...repairDelayMs, histogram: HISTOGRAM } };
  const result = { ...one, values, config: { ...one.config, durationMs: 3_600_000 } };
  /*
   * Both 1 s: 9/16 of 1/2. First 1 s, then 3 s: 3/16 of 1/2. First 3 s, then 1 s: 3/16 of 5/2.
   * Both 3 s: 1/16 of 9/2. Together 9/8 square seconds. Sessions of a minute: 6 / 60^3 times that
   * is 1/32000 a second and key, and 1000 keys live for 3420 s on average.
   */
  const low = 3420 / 32;
  t.true(Math.abs(predictedOf([result], 1, 0) - low) < 1e-9);
  // At the upper ends 3 s and 5 s: 9/16 of 9/2, 3/16 of 9/2, 3/16 of 21/2, 1/16 of 25/2.
  const high = (3420 / 36) * ((81 + 27 + 63 + 25) / 32);
  t.true(Math.abs(predictedOf([result], 1, 1) - high) < 1e-9);
  t.true(Math.abs(predictedOf([result, result], 2, 0) - low / 4) < 1e-9, 'the cube of the rate');
});

test('d3 must lose values, and as many as are predicted within a factor of 2', async (t) => {
  const row = rowOf('d3');
  const planted = await plantedIn('d3');
  const judged = (lost: number): Verdict => {
    const results = Array.from({ length: row.seeds }, (_, i) =>
      planted({ lost: i === 0 ? lost : 0 }),
    );
    return verdictOf(row, results);
  };
  const results = Array.from({ length: row.seeds }, () => planted({}));
  const [low = 0, high = 0] = [0, 1].map((end) => predictedOf(results, row.sessionMin ?? 0, end));
  t.true(low > 10 && low < high && high < 2 * low);
  t.is(judged(0), 'not held');
  const { repairDelayMs } = planted({}).values;
  const unmeasured = planted({ lost: 0, repairDelayMs: { ...repairDelayMs, histogram: {} } });
  t.is(
    verdictOf({ ...row, seeds: 1 }, [unmeasured]),
    'not held',
    'nothing predicted, nothing lost',
  );
  t.is(judged(Math.ceil(high / 2) - 1), 'not held');
  t.is(judged(Math.ceil(high / 2)), 'held');
  t.is(judged(Math.floor(2 * low)), 'held');
  t.is(judged(Math.floor(2 * low) + 1), 'not held');
});
