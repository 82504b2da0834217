/**
 * How something grows over hours, from samples that go up and down: the least of each window (what
 * is left when garbage is collected), then the median of the slopes of all pairs (Theil and Sen),
 * which single outliers do not move, with an interval for it from Kendall's rank statistic. What is
 * high in one window is often so in the next too, so that windows tell less than as many points
 * that know nothing of one another: the interval is made wider by as much (Hamed and Rao, A
 * modified Mann-Kendall trend test for autocorrelated data, 1998).
 */
import { normalQuantile } from '../../../sim/laws.ts';

export interface Point {
  readonly atS: number;
  readonly value: number;
}

/** Per hour. */
export interface Slope {
  readonly perHour: number;
  readonly low: number;
  readonly high: number;
}

/**
 * @param outOf how many slopes are looked at: the intervals are to hold all of them in 95 of 100
 *   cases (Bonferroni), or one of many would be far off by chance alone
 * @returns nothing when there are too few points to tell
 */
export function slopeOf(points: readonly Point[], outOf = 1): Slope | undefined {
  const count = points.length;
  if (count < POINTS_MIN) return undefined;
  const slopes = points
    .flatMap((from, index) =>
      points.slice(index + 1).map((to) => (to.value - from.value) / (to.atS - from.atS)),
    )
    .map((perSecond) => perSecond * 3600)
    .toSorted((a, b) => a - b);
  const perHour = medianOf(slopes);
  const left = points.map(({ atS, value }) => value - (perHour * atS) / 3600);
  const variance = ((count * (count - 1) * (2 * count + 5)) / 18) * dependence(ranksOf(left));
  const spread = normalQuantile(1 - (1 - SURE) / 2 / outOf) * Math.sqrt(variance);
  const at = (index: number): number =>
    slopes[Math.min(slopes.length - 1, Math.max(0, Math.round(index)))] ?? 0;
  return {
    perHour,
    low: at((slopes.length - spread) / 2),
    high: at((slopes.length + spread) / 2),
  };
}

/** By how much the variance of Kendall's statistic is larger than that of independent points. */
function dependence(ranks: readonly number[]): number {
  const count = ranks.length;
  const mean = (count - 1) / 2;
  const covariance = (lag: number): number =>
    ranks.slice(lag).reduce((sum, rank, at) => sum + (rank - mean) * ((ranks[at] ?? 0) - mean), 0);
  const own = covariance(0);
  let more = 0;
  for (let lag = 1; lag <= count - 3; lag++) {
    const correlation = covariance(lag) / own;
    if (Math.abs(correlation) < CORRELATED / Math.sqrt(count)) continue;
    more += (count - lag) * (count - lag - 1) * (count - lag - 2) * correlation;
  }
  return Math.max(1, 1 + (2 * more) / (count * (count - 1) * (count - 2)));
}

/** From 0; equal ones in their order. */
function ranksOf(values: readonly number[]): number[] {
  const ranks = values.map(() => 0);
  const order = [...values.keys()].toSorted((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  for (const [rank, at] of order.entries()) ranks[at] = rank;
  return ranks;
}

/** The lowest point of each window, the first of which begins at 0. */
export function lowestOf(points: readonly Point[], windowS: number): Point[] {
  const lowest = new Map<number, Point>();
  for (const point of points) {
    const window = Math.floor(point.atS / windowS);
    const before = lowest.get(window);
    if (before === undefined || point.value < before.value) lowest.set(window, point);
  }
  return [...lowest.values()];
}

/** 0 of none. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return ((sorted[Math.floor(half)] ?? 0) + (sorted[Math.ceil(half) - 1] ?? 0)) / 2;
}

const POINTS_MIN = 8;
const SURE = 0.95;
/** Standard deviations that 95 of 100 chance correlations do not pass. */
const CORRELATED = 1.96;
