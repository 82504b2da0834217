/** What a soak has shown: the table, what failed it, and the same as data. */
import { tableOf } from '../../../cli/output.ts';
import type { Verdict } from '../checker.ts';
import { faultsOf, verdictLines } from '../judged.ts';
import type { Load } from '../load.ts';
import type { Churn } from './churn.ts';
import { unanswered, unsampled } from './enough.ts';
import { growthOf, judgedS } from './growth.ts';
import type { NodeGrowth } from './growth.ts';
import type { SoakPlan } from './plan.ts';
import type { ReplayResult } from './replayed.ts';
import type { Sampler } from './sampler.ts';
import { medianOf } from './slopes.ts';
import type { Slope } from './slopes.ts';
import type { Words } from './words.ts';

export interface SoakReport {
  readonly lines: readonly string[];
  readonly faults: readonly string[];
  readonly data: object;
}

export interface SoakParts {
  readonly plan: SoakPlan;
  readonly load: Load;
  readonly churn: Churn;
  readonly sampler: Sampler;
  readonly words: Words;
  readonly replayed: ReplayResult | undefined;
  /** Why it did not come to its end, if it did not. */
  readonly broken: string | undefined;
}

export function reportOf(parts: SoakParts): SoakReport {
  const { plan, load, churn, sampler, words, replayed, broken } = parts;
  const { kills, terminations, wiped } = churn.counts;
  const growth = growthOf(sampler.samples, plan);
  const spanS = judgedS(sampler.samples, plan);
  const faults = [
    ...(broken === undefined ? [] : [broken]),
    ...faultsOf(load.verdict, ['stale', 'lost']),
    ...churn.faults.slice(0, TOLD),
    ...words.faults.slice(0, TOLD),
    ...growthFaults(growth, spanS, plan),
    ...(broken === undefined
      ? [...unsampled(sampler.samples, plan), ...unanswered(load.verdict)]
      : []),
    ...(replayed?.faults ?? []),
  ];
  const warnings = [...words.warnings].map(([message, count]) => `${count} x ${message}`);
  const lines = [
    `network     ${plan.nodes} nodes, k = ${plan.k}, ${plan.rate} operations a second`,
    `operations  ${load.done} in ${((sampler.samples.at(-1)?.atS ?? 0) / 60).toFixed(1)} min`,
    ...verdictLines(load.verdict),
    `latency     get ${timesText(load.times.get)}; put ${timesText(load.times.put)}`,
    `churn       ${kills} kills, ${terminations} stops, ${wiped} without a disk`,
    `samples     ${sampler.samples.length} taken, ${sampler.missed} missed`,
    `words       ${words.faults.length} faults; ${warnings.join(', ') || 'no warnings'}`,
    replayed?.line ?? 'recording   not replayed',
    ...(spanS < SLOPE_S_MIN ? ['growth      too short a run to judge it'] : []),
    ...tableOf([HEAD, ...growth.map(rowOf), ...summaryRows(growth)]).split('\n'),
  ];
  return {
    lines,
    faults,
    data: { ...dataOf(load.verdict), churn: churn.counts, growth, warnings, faults },
  };
}

/** @param spanS what growth was taken over */
export function growthFaults(
  growth: readonly NodeGrowth[],
  spanS: number,
  { nodes, lasting }: Pick<SoakPlan, 'nodes' | 'lasting'>,
): string[] {
  if (spanS < SLOPE_S_MIN) return [];
  const faults: string[] = [];
  for (const name of ['residentSlope', 'heapSlope'] as const) {
    const what = name === 'heapSlope' ? 'heap' : 'resident memory';
    const median = medianOf(growth.map((one) => one[name]?.perHour ?? Infinity));
    if (median >= SLOPE_MAX)
      faults.push(`${what} grows by ${mib(median)} MiB per hour in the median node`);
    // The slope of one node swings by more than the bound: only what is certain is held against it.
    for (const one of growth) {
      const slope = one[name];
      if (slope === undefined || slope.low <= SLOPE_MAX) continue;
      faults.push(`${what} of node ${one.node} grows by ${slopeText(slope)} MiB per hour`);
    }
  }
  const more = growth.map(({ descriptors: [first, last] }) => last - first);
  if (medianOf(more) > 0) faults.push(`descriptors grow by ${medianOf(more)} in the median node`);
  // A node has a link with each of those that come and go, which may be away in one quarter and
  // there in the other, and the database opens and closes files: no median of one node stands
  // still. A leak goes on for hours and passes that.
  const slack = nodes - lasting + FILES_MORE;
  for (const [index, { node }] of growth.entries()) {
    const own = more[index] ?? 0;
    if (own > slack)
      faults.push(`descriptors of node ${node} grow by ${own}, at most ${slack} may`);
  }
  return faults;
}

function rowOf(one: NodeGrowth): string[] {
  return [
    String(one.node),
    mib(one.resident),
    slopeText(one.residentSlope),
    mib(one.heap),
    slopeText(one.heapSlope),
    slopeText(one.outsideSlope),
    mib(one.external),
    one.descriptors.join(' > '),
    one.threads.join(' > '),
    one.lagMs.toFixed(1),
    `${(100 * one.processorShare).toFixed(1)} %`,
    String(one.collections),
  ];
}

function summaryRows(growth: readonly NodeGrowth[]): string[][] {
  const slopes = (of: (one: NodeGrowth) => Slope | undefined): number[] =>
    growth.map((one) => of(one)?.perHour).filter((slope) => slope !== undefined);
  const resident = slopes((one) => one.residentSlope);
  const heap = slopes((one) => one.heapSlope);
  const outside = slopes((one) => one.outsideSlope);
  const row = (name: string, of: (values: readonly number[]) => number): string[] => {
    const cell = (values: readonly number[]): string => (values.length > 0 ? mib(of(values)) : '-');
    return [name, '', cell(resident), '', cell(heap), cell(outside), '', '', '', '', '', ''];
  };
  return [row('median', medianOf), row('worst', (values) => Math.max(...values))];
}

function slopeText(slope: Slope | undefined): string {
  if (slope === undefined) return '-';
  return `${mib(slope.perHour)} (${mib(slope.low)} to ${mib(slope.high)})`;
}

function timesText(times: Load['times']['get']): string {
  const ms = (percent: number): string => (times.percentile(percent) / 1000).toFixed(1);
  return times.count === 0 ? 'none' : `p50 ${ms(50)} ms, p99 ${ms(99)} ms`;
}

function dataOf({ puts, gets, rules, lostAs }: Verdict): object {
  return { puts, gets, rules, lostAs };
}

function mib(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed(2);
}

const HEAD = [
  'node',
  'RSS MiB',
  'MiB/h (95 %)',
  'heap MiB',
  'MiB/h (95 %)',
  'outside V8 MiB/h',
  'external',
  'descriptors',
  'threads',
  'lag ms',
  'core',
  'GCs',
];
const SLOPE_MAX = 1024 ** 2;
/** Slopes of less than half an hour say nothing. */
const SLOPE_S_MIN = 1800;
/** A database merges its tables, so that their number goes up and down. */
const FILES_MORE = 2;
const TOLD = 20;
