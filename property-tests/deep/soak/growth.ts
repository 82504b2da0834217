/**
 * What samples of hours say of growth: memory and heap by the slope of their lows, descriptors and
 * threads by the median of the last quarter against that of the first; the warm-up left out.
 */
import { medianOf, lowestOf, slopeOf } from './slopes.ts';
import type { Slope } from './slopes.ts';
import type { SoakPlan } from './plan.ts';
import type { Sample } from './sampler.ts';

export interface NodeGrowth {
  readonly node: number;
  /** Bytes in the end, and per hour; no slope of a run that was too short. The intervals are to
   * hold the slopes of all nodes at once. */
  readonly resident: number;
  readonly residentSlope: Slope | undefined;
  readonly heap: number;
  readonly heapSlope: Slope | undefined;
  /** Of resident memory less what V8 has taken for JavaScript. */
  readonly outsideSlope: Slope | undefined;
  readonly external: number;
  readonly descriptors: readonly [first: number, last: number];
  readonly threads: readonly [first: number, last: number];
  readonly lagMs: number;
  /** Of one core. */
  readonly processorShare: number;
  readonly collections: number;
}

export function growthOf(samples: readonly Sample[], plan: SoakPlan): NodeGrowth[] {
  const nodes = [...new Set(samples.map(({ node }) => node))].toSorted((a, b) => a - b);
  return nodes.map((node) =>
    nodeGrowth(
      samples.filter((one) => one.node === node),
      plan,
    ),
  );
}

/** The seconds that slopes were taken over; slopes of less than half an hour say nothing. */
export function judgedS(samples: readonly Sample[], { warmS }: SoakPlan): number {
  return Math.max(0, (samples.at(-1)?.atS ?? 0) - warmS);
}

function nodeGrowth(all: readonly Sample[], plan: SoakPlan): NodeGrowth {
  const [begin, end] = [all[0], all.at(-1)];
  if (begin === undefined || end === undefined) throw new Error('a node without a sample');
  const warm = all.filter(({ atS }) => atS >= plan.warmS);
  // The last sample belongs to the last window.
  const windowS = Math.max(WINDOW_S_MIN, (judgedS(all, plan) + 1) / WINDOWS);
  const slope = (of: (one: Sample) => number): Slope | undefined =>
    slopeOf(
      lowestOf(
        warm.map((one) => ({ atS: one.atS - plan.warmS, value: of(one) })),
        windowS,
      ),
      plan.lasting,
    );
  const quarter = Math.ceil(warm.length / 4);
  const ends = (of: (one: Sample) => number): [number, number] => [
    medianOf(warm.slice(0, quarter).map(of)),
    medianOf(warm.slice(-quarter).map(of)),
  ];
  return {
    node: end.node,
    resident: end.resident,
    residentSlope: slope(({ resident }) => resident),
    heap: end.heap,
    heapSlope: slope(({ heap }) => heap),
    outsideSlope: slope(({ resident, heapTotal }) => resident - heapTotal),
    external: end.external,
    descriptors: ends(({ descriptors }) => descriptors),
    threads: ends(({ threads }) => threads),
    lagMs: medianOf(warm.map(({ lagMs }) => lagMs)),
    processorShare: (end.processorS - begin.processorS) / Math.max(1, end.atS - begin.atS),
    collections: end.collections - begin.collections,
  };
}

/** Long enough for a full collection of garbage in most of them. */
const WINDOWS = 25;
const WINDOW_S_MIN = 60;
