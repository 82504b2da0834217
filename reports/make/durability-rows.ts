/**
 * The rows of the durability table: what each is to show, and what its results say.
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
import type { Result } from '../../sim/edge/report/read.ts';

export interface Row {
  readonly name: string;
  readonly seeds: number;
  readonly shows: string;
  /** Only where losses are predicted: the mean session, in minutes. */
  readonly sessionMin?: number;
}

export const ROWS: readonly Row[] = [
  { name: 'd1', seeds: 3, shows: '0 lost; GET success at least 99.99 %' },
  { name: 'd2', seeds: 2, shows: '0 lost; GET success at least 99.9 %' },
  {
    name: 'd3',
    seeds: 5,
    shows: 'losses within a factor of 2 of the prediction',
    sessionMin: 86.6,
  },
  { name: 'd4', seeds: 20, shows: 'at most 1 lost in all' },
  { name: 'd5', seeds: 1, shows: 'under 2 repair messages per key and minute; 0 lost; 0 immortal' },
  { name: 'd6', seeds: 2, shows: '0 lost' },
];

const COLUMNS = [
  'row',
  'is to show',
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

export const TABLE_HEAD = `| ${COLUMNS.join(' | ')} |
| --- | --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |`;

export function rowText(row: Row, results: readonly Result[]): string {
  const { name, seeds, shows, sessionMin } = row;
  const done = `${results.length} of ${seeds}`;
  if (results.length === 0) return `| ${name} | ${shows} | not run yet | | | | | | | | | | |`;
  const values = results.map((result) => result.values);
  const sum = (of: (value: Result['values']) => number): number =>
    values.reduce((total, value) => total + of(value), 0);
  const mean = (of: (value: Result['values']) => number | null): number =>
    sum((value) => of(value) ?? 0) / values.length;
  const gets = sum((value) => value.gets);
  const found = sum((value) => value.found);
  const wrong = sum((value) => value.wrong);
  const predicted = sessionMin === undefined ? '' : predictedText(results, sessionMin);
  const deaths = sum((value) => value.repairDelayMs.count);
  const cells = [
    name,
    shows,
    done,
    `${sum((value) => value.stored)} of ${sum((value) => value.puts)}`,
    String(sum((value) => value.lost)),
    predicted,
    gets === 0 ? '' : `${((100 * (found - wrong)) / gets).toFixed(3)} %`,
    mean((value) => value.repairPerKeyMinute).toFixed(2),
    deaths === 0 ? '' : `${(mean((value) => value.repairDelayMs.mean) / 1000).toFixed(1)} s`,
    mean((value) => value.replicas.mean).toFixed(2),
    String(sum((value) => value.immortal)),
    String(wrong),
    String(results.reduce((total, { skipped }) => total + skipped, 0)),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** What the delays predict when all are at the lower ends of their bins, and at the upper ends. */
function predictedText(results: readonly Result[], sessionMin: number): string {
  const ends = [0, 1].map((end) => predictedOf(results, sessionMin, end).toFixed(1));
  return ends.join(' to ');
}

/** Keys that should be lost in all runs together. */
function predictedOf(results: readonly Result[], sessionMin: number, end: number): number {
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
