/**
 * A sweep in a table, for people: one line for each place of the grid, means over its seeds. What
 * no cell measured has no column; everything else is in the cells' files.
 *
 * Invariant: cells are read one line at a time, so a big sweep need not fit into memory.
 */

import type { SweepFolder, CellEntry, SweepIndex } from '../../sim/edge/sweep/folder.ts';
import { wordFor } from '../../sim/edge/sweep/plan.ts';
import type { SimResult } from '../../sim/result/result.ts';
import { tableOf } from '../output.ts';

export async function sweepTable(index: SweepIndex, folder: SweepFolder): Promise<string> {
  const keys = index.axes.map(({ key }) => key);
  const lines: Line[] = [];
  for (const [place, cells] of placesOf(index)) {
    const done = cells.filter(({ status }) => status === 'done');
    const results: SimResult[] = [];
    for (const { id } of done) results.push((await folder.result(id)) as SimResult);
    const measures = MEASURES.map(({ of, digits }) => meanOf(results.map(of), digits));
    const words = keys.map((key) => wordFor(place[key]));
    lines.push({ words, done: `${done.length}/${cells.length}`, measures });
  }
  const shown = MEASURES.map((_, i) => lines.some(({ measures }) => measures[i] !== NOTHING));
  const head = [...keys, 'cells', ...MEASURES.map(({ name }) => name).filter((_, i) => shown[i])];
  const rows = lines.map(({ words, done, measures }) => [
    ...words,
    done,
    ...measures.filter((_, i) => shown[i]),
  ]);
  return tableOf([head, ...rows]);
}

interface Line {
  readonly words: readonly string[];
  readonly done: string;
  readonly measures: readonly string[];
}

interface Measure {
  readonly name: string;
  readonly digits: number;
  /** Null where a cell has no such figure. */
  readonly of: (result: SimResult) => number | null;
}

const NOTHING = '-';

const MEASURES: readonly Measure[] = [
  { name: 'success %', digits: 2, of: ({ lookups }) => percent(lookups.succeeded, lookups.count) },
  { name: 'exact %', digits: 2, of: ({ lookups }) => percent(lookups.exact, lookups.count) },
  { name: 'hops', digits: 2, of: ({ lookups }) => lookups.hops.mean },
  { name: 'latency ms', digits: 0, of: ({ lookups }) => lookups.latencyMs.mean },
  { name: 'p99 ms', digits: 0, of: ({ lookups }) => lookups.latencyMs.p99 },
  { name: 'messages', digits: 1, of: ({ lookups }) => lookups.messages.mean },
  { name: 'stored %', digits: 2, of: ({ values }) => percent(values.stored, values.puts) },
  { name: 'found %', digits: 2, of: ({ values }) => percent(values.found, values.gets) },
  { name: 'dead %', digits: 1, of: ({ tables }) => 100 * tables.deadShare },
  { name: 'traffic /node/s', digits: 2, of: ({ traffic }) => traffic.perNodePerSecond },
];

function percent(part: number, whole: number): number | null {
  return whole === 0 ? null : (100 * part) / whole;
}

function meanOf(figures: readonly (number | null)[], digits: number): string {
  const given = figures.filter((figure) => figure !== null);
  if (given.length === 0) return NOTHING;
  return (given.reduce((sum, figure) => sum + figure, 0) / given.length).toFixed(digits);
}

/** The cells of each place of the grid, all seeds together. */
function placesOf({ cells }: SweepIndex): [CellEntry['values'], readonly CellEntry[]][] {
  const places = new Map<string, [CellEntry['values'], CellEntry[]]>();
  for (const cell of cells) {
    const name = JSON.stringify(cell.values);
    const place = places.get(name) ?? [cell.values, []];
    places.set(name, place);
    place[1].push(cell);
  }
  return [...places.values()];
}
