/**
 * What cells of a sweep are compared by, and the means over their seeds. A measure that no cell
 * has, such as hops to the target where random points are looked up, is left out.
 */

import { percentTick } from './distributions.ts';
import { percent, short, time } from './format.ts';
import { studentInterval, summarize } from './intervals.ts';
import type { Interval } from './intervals.ts';
import type { Result } from './read.ts';
import { valueText } from './sweep-read.ts';
import type { SweepFolder } from './sweep-read.ts';

export interface Measure {
  readonly id: string;
  readonly name: string;
  readonly unit: string;
  readonly show: (value: number) => string;
  readonly tick: (value: number) => string;
  /** The greatest value that can be; the least is 0. */
  readonly most: number;
  /** Nothing where the cell has no such value. */
  readonly of: (result: Result) => number | null;
}

/** A place of the grid, all seeds together. */
export interface Point {
  readonly values: Readonly<Record<string, unknown>>;
  readonly samples: readonly number[];
  /** NaN without samples. */
  readonly mean: number;
  readonly interval: Interval | undefined;
}

export function measuresOf({ cells }: SweepFolder): readonly Measure[] {
  return ALL.filter(({ of }) =>
    cells.some(({ result }) => result !== undefined && of(result) !== null),
  );
}

/** What a reader asks for first, as far as it tells the cells apart. */
const FOREMOST = ['succeeded', 'found', 'hops-to-target', 'latency-p50'];

/** What is shown first: the foremost measure that tells the cells apart by a percent. */
export function firstMeasure(
  sweep: SweepFolder,
  measures: readonly Measure[],
): Measure | undefined {
  const differs = (measure: Measure): boolean => {
    const means = pointsOf(sweep, measure).flatMap(({ mean }) =>
      Number.isNaN(mean) ? [] : [mean],
    );
    const [least, most] = [Math.min(...means), Math.max(...means)];
    return most - least > 0.01 * Math.abs(most);
  };
  const isForemost = ({ id }: Measure): boolean => FOREMOST.includes(id);
  const foremost = FOREMOST.flatMap((id) => measures.filter((measure) => measure.id === id));
  const others = measures.filter((measure) => !isForemost(measure));
  return [...foremost, ...others].find(differs) ?? measures[0];
}

/** In the order of the grid. */
export function pointsOf(sweep: SweepFolder, measure: Measure): readonly Point[] {
  const groups = new Map<string, { values: Point['values']; samples: number[] }>();
  for (const { values, result } of sweep.cells) {
    const key = sweep.axes.map((axis) => valueText(values[axis.key])).join('\n');
    const group = groups.get(key) ?? { values, samples: [] };
    groups.set(key, group);
    const value = result === undefined ? null : measure.of(result);
    if (value !== null) group.samples.push(value);
  }
  return [...groups.values()].map(({ values, samples }) => {
    const { mean } = summarize(samples);
    return { values, samples, mean, interval: within(studentInterval(samples), measure.most) };
  });
}

/** An interval without what cannot be. */
function within(interval: Interval | undefined, most: number): Interval | undefined {
  if (interval === undefined) return undefined;
  return { low: Math.max(0, interval.low), high: Math.min(most, interval.high) };
}

export function pointText({ samples, mean, interval }: Point, measure: Measure): string {
  if (samples.length === 0) return 'no result';
  const range =
    interval === undefined
      ? ''
      : ` (95 %: ${measure.show(interval.low)} to ${measure.show(interval.high)})`;
  const seeds = samples.length === 1 ? '1 seed' : `${samples.length} seeds`;
  return `${measure.show(mean)}${range}, ${seeds}`;
}

const share = (
  id: string,
  name: string,
  of: (result: Result) => readonly [number, number],
): Measure => ({
  id,
  name,
  unit: 'share',
  show: percent,
  tick: percentTick,
  most: 1,
  of: (result) => {
    const [part, whole] = of(result);
    return whole === 0 ? null : part / whole;
  },
});

const amount = (id: string, name: string, unit: string, of: Measure['of']): Measure => ({
  id,
  name,
  unit,
  show: unit === 'ms' ? time : short,
  tick: short,
  most: Infinity,
  of,
});

const ALL: readonly Measure[] = [
  share('succeeded', 'Lookups that succeeded', ({ lookups }) => [lookups.succeeded, lookups.count]),
  share('exact', 'Exact results', ({ lookups }) => [lookups.exact, lookups.count]),
  amount('hops', 'Hops, mean', 'hops', ({ lookups }) => lookups.hops.mean),
  amount('hops-to-target', 'Hops to the target, mean', 'hops', ({ lookups }) => {
    return lookups.hopsToTarget.mean;
  }),
  amount('latency-mean', 'Lookup latency, mean', 'ms', ({ lookups }) => lookups.latencyMs.mean),
  amount('latency-p50', 'Lookup latency, median', 'ms', ({ lookups }) => lookups.latencyMs.p50),
  amount('latency-p99', 'Lookup latency, 99th percentile', 'ms', ({ lookups }) => {
    return lookups.latencyMs.p99;
  }),
  amount('lookup-messages', 'Messages per lookup, mean', 'messages', ({ lookups }) => {
    return lookups.messages.mean;
  }),
  share('stored', 'PUTs acknowledged', ({ values }) => [values.stored, values.puts]),
  share('found', 'GETs that found', ({ values }) => [values.found, values.gets]),
  amount('lost', 'Values lost', 'values', ({ values }) => (values.puts === 0 ? null : values.lost)),
  amount('replicas', 'Replicas per key, mean', 'holders', ({ values }) => values.replicas.mean),
  amount('get-latency', 'GET latency, median', 'ms', ({ values }) => values.getLatencyMs.p50),
  amount('put-latency', 'PUT latency, median', 'ms', ({ values }) => values.putLatencyMs.p50),
  amount('traffic', 'Traffic', 'messages per node and second', ({ traffic }) => {
    return traffic.perNodePerSecond;
  }),
  share('dead', 'Dead contacts', ({ tables }) => [tables.deadShare, 1]),
  amount('contacts', 'Contacts per node, mean', 'contacts', ({ tables }) => tables.contactsMean),
  share('know-all', 'Nodes that know all their nearest', ({ tables }) => [
    tables.knowAllNearest,
    1,
  ]),
];
