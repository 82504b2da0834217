/**
 * The table of durability (reports/durability/): what each row is to show, what its results say,
 * and whether they show it.
 *
 * What the speed of repair predicts: sessions are exponential with mean 1/L, a key has three
 * holders, and a holder that dies at 0 is replaced after a delay D1. A second one dies within that
 * time at the rate 2 L, say at t, and is replaced after D2; the key is lost when the third dies
 * before either replacement is there, within min(D1 - t, D2), at the rate L. A first death comes
 * at the rate 3 L, so a key is lost at the rate
 *
 *   3 L * E[ integral from 0 to D1 of 2 L * L * min(D1 - t, D2) dt ]
 *
 * with D1 and D2 drawn from the delays that the run measured. The integral over s = D1 - t of
 * min(s, D2) is D1^2 / 2 where D1 is the shorter, and D2^2 / 2 + D2 (D1 - D2) else. This holds for
 * delays that are short beside sessions, here by a factor of two hundred.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Result } from './read.ts';
import { readSweep } from './sweep-read.ts';

/** What must hold of all runs of a row together; what is not named may be anything. */
export interface Goal {
  readonly lostMax?: number;
  /** Some values are lost: so many times the prediction at most, that part of it at least. */
  readonly factor?: number;
  /** In percent of the GETs. */
  readonly foundMin?: number;
  /** Repair messages per key and minute stay below. */
  readonly repairBelow?: number;
  readonly immortalMax?: number;
}

export interface Row {
  readonly name: string;
  readonly seeds: number;
  readonly goal: Goal;
  /** Only where losses are predicted: the mean session, in minutes. */
  readonly sessionMin?: number;
}

export const ROWS: readonly Row[] = [
  { name: 'd1', seeds: 3, goal: { lostMax: 0, foundMin: 99.99 } },
  { name: 'd2', seeds: 2, goal: { lostMax: 0, foundMin: 99.9 } },
  { name: 'd3', seeds: 5, goal: { factor: 2 }, sessionMin: 86.6 },
  { name: 'd4', seeds: 20, goal: { lostMax: 1 } },
  { name: 'd5', seeds: 1, goal: { repairBelow: 2, lostMax: 0, immortalMax: 0 } },
  { name: 'd6', seeds: 2, goal: { lostMax: 0 } },
];

export type Verdict = 'held' | 'not held' | 'not finished';

export function verdictOf(row: Row, results: readonly Result[]): Verdict {
  if (results.length < row.seeds) return 'not finished';
  const { goal } = row;
  const { lost, foundPercent, repairs, immortal, stored, puts, wrong } = totalsOf(results);
  const holds =
    // Where nothing was stored nothing is lost.
    stored >= STORED_MIN * puts &&
    stored > 0 &&
    wrong === 0 &&
    lost <= (goal.lostMax ?? Infinity) &&
    foundPercent >= (goal.foundMin ?? 0) &&
    repairs < (goal.repairBelow ?? Infinity) &&
    immortal <= (goal.immortalMax ?? Infinity) &&
    (goal.factor === undefined || isPredicted(row, results, lost, goal.factor));
  return holds ? 'held' : 'not held';
}

/** Wherever between its two ends the prediction lies. */
function isPredicted(
  { sessionMin }: Row,
  results: readonly Result[],
  lost: number,
  factor: number,
): boolean {
  if (sessionMin === undefined || lost === 0) return false;
  return predictedEnds(results, sessionMin).every(
    (predicted) => lost <= factor * predicted && lost >= predicted / factor,
  );
}

function goalText({ lostMax, factor, foundMin, repairBelow, immortalMax }: Goal): string {
  const parts: string[] = [];
  if (repairBelow !== undefined) {
    parts.push(`under ${repairBelow} repair messages per key and minute`);
  }
  if (lostMax !== undefined) parts.push(lostMax > 0 ? `at most ${lostMax} lost in all` : '0 lost');
  if (factor !== undefined) parts.push(`losses within a factor of ${factor} of the prediction`);
  if (foundMin !== undefined) parts.push(`GET success at least ${foundMin} %`);
  if (immortalMax !== undefined) parts.push(`${immortalMax} immortal`);
  return parts.join('; ');
}

/** Of the PUTs, in every row. */
const STORED_MIN = 0.98;

const COLUMNS = [
  'row',
  'is to show',
  'verdict',
  'seeds run',
  'values stored',
  'lost',
  'predicted',
  'GETs that found',
  'repair messages per key and minute',
  'delay of a repair, mean',
  'replicas, mean',
  'immortal',
  'wrong',
  'not asked',
];

const TABLE_HEAD = `| ${COLUMNS.join(' | ')} |
| --- | --- | --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |`;

export interface Table {
  /** As Markdown. */
  readonly text: string;
  /** By the names of the rows. */
  readonly verdicts: ReadonlyMap<string, Verdict>;
}

/** The table of the results that are there: a folder for each row, and a sweep in it. */
export async function tableOf(folder: string): Promise<Table> {
  const verdicts = new Map<string, Verdict>();
  const lines = [TABLE_HEAD];
  for (const row of ROWS) {
    const results = await resultsIn(join(folder, row.name));
    verdicts.set(row.name, verdictOf(row, results));
    lines.push(rowText(row, results));
  }
  return { text: lines.join('\n'), verdicts };
}

async function resultsIn(folder: string): Promise<readonly Result[]> {
  if (!existsSync(join(folder, 'sweep.json'))) return [];
  const { cells } = await readSweep(folder);
  return cells.flatMap(({ result }) => (result === undefined ? [] : [result]));
}

/** Over all runs of a row, each counting the same. */
function totalsOf(results: readonly Result[]) {
  const values = results.map((result) => result.values);
  const sum = (of: (value: Result['values']) => number): number =>
    values.reduce((total, value) => total + of(value), 0);
  const mean = (of: (value: Result['values']) => number | null): number =>
    sum((value) => of(value) ?? 0) / values.length;
  const gets = sum((value) => value.gets);
  const wrong = sum((value) => value.wrong);
  return {
    stored: sum((value) => value.stored),
    puts: sum((value) => value.puts),
    lost: sum((value) => value.lost),
    gets,
    wrong,
    foundPercent: gets === 0 ? 0 : (100 * (sum((value) => value.found) - wrong)) / gets,
    repairs: mean((value) => value.repairPerKeyMinute),
    deaths: sum((value) => value.repairDelayMs.count),
    delayMs: mean((value) => value.repairDelayMs.mean),
    replicas: mean((value) => value.replicas.mean),
    immortal: sum((value) => value.immortal),
    skipped: results.reduce((total, { skipped }) => total + skipped, 0),
  };
}

export function rowText(row: Row, results: readonly Result[]): string {
  const { name, seeds, goal, sessionMin } = row;
  const first = [name, goalText(goal), verdictOf(row, results)];
  if (results.length === 0) {
    const empty = COLUMNS.slice(first.length + 1).map(() => '');
    return `| ${[...first, 'not run yet', ...empty].join(' | ')} |`;
  }
  const totals = totalsOf(results);
  const cells = [
    ...first,
    `${results.length} of ${seeds}`,
    `${totals.stored} of ${totals.puts}`,
    String(totals.lost),
    sessionMin === undefined ? '' : predictedText(results, sessionMin),
    totals.gets === 0 ? '' : `${totals.foundPercent.toFixed(3)} %`,
    totals.repairs.toFixed(2),
    totals.deaths === 0 ? '' : `${(totals.delayMs / 1000).toFixed(1)} s`,
    totals.replicas.toFixed(2),
    String(totals.immortal),
    String(totals.wrong),
    String(totals.skipped),
  ];
  return `| ${cells.join(' | ')} |`;
}

function predictedText(results: readonly Result[], sessionMin: number): string {
  return predictedEnds(results, sessionMin)
    .map((predicted) => predicted.toFixed(1))
    .join(' to ');
}

/** What the delays predict when all are at the lower ends of their bins, and at the upper ends. */
function predictedEnds(results: readonly Result[], sessionMin: number): readonly number[] {
  return [0, 1].map((end) => predictedOf(results, sessionMin, end));
}

/** Keys that should be lost in all runs together. */
export function predictedOf(results: readonly Result[], sessionMin: number, end: number): number {
  const rate = 1 / (60 * sessionMin);
  return results.reduce((total, { values, config }) => {
    const perKeySecond = 6 * rate ** 3 * meanOverlap(values.repairDelayMs.histogram, end);
    const durationS = config.durationMs / 1000;
    // PUTs are spread over the first tenth.
    return total + perKeySecond * values.stored * 0.95 * durationS;
  }, 0);
}

/** Expected integral of min(s, D2) for s from 0 to D1, in square seconds. */
function meanOverlap(histogram: Readonly<Record<string, number>>, end: number): number {
  const bins = Object.entries(histogram).map(([bin, share]) => [Number(bin), share] as const);
  const width = Math.min(...bins.slice(1).map(([bin], i) => bin - (bins[i]?.[0] ?? 0)));
  const delays = bins.map(([bin, share]) => [(bin + end * width) / 1000, share] as const);
  let sum = 0;
  for (const [a, p] of delays) {
    for (const [b, q] of delays) sum += p * q * (a <= b ? a ** 2 / 2 : b ** 2 / 2 + b * (a - b));
  }
  return sum;
}
