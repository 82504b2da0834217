/**
 * How draws are held against their laws (Kolmogorov and Smirnov, chi-square), and where the tests
 * that need real measurements find them: in the folder that ORRERY_DATA names.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { SessionCurve } from '../../sim/churn/session-curve.ts';
import { mix } from '../../sim/streams.ts';
import { requireOrSkip } from '../require.ts';

export const DRAWS = 20_000;
/** Critical distance of 20,000 draws at 1 %: 1.63 / sqrt(n). */
export const DISTANCE_MAX = 0.0115;

export const HOUR_US = 3_600_000_000;

export type Cdf = (x: number) => number;

export function wordsOf(key: number, count = DRAWS): readonly number[] {
  return Array.from({ length: count }, (_, i) => mix(key, i, 0));
}

/**
 * The greatest distance between the draws' own distribution and a law without jumps.
 *
 * @param all how many draws there are, when only the smallest of them are known
 */
export function distanceTo(draws: readonly number[], cdf: Cdf, all = draws.length): number {
  const sorted = draws.toSorted((a, b) => a - b);
  let most = 0;
  sorted.forEach((x, i) => {
    const expected = cdf(x);
    most = Math.max(most, expected - i / all, (i + 1) / all - expected);
  });
  return most;
}

/** Straight lines through points that rise in x. */
export function linesThrough(points: readonly (readonly [number, number])[]): Cdf {
  return (x) => {
    const at = points.findIndex(([each]) => each > x);
    const [a, b] = [points[at < 0 ? points.length - 1 : at - 1], points[at]];
    if (a === undefined) return 0;
    return b === undefined ? a[1] : a[1] + ((b[1] - a[1]) * (x - a[0])) / (b[0] - a[0]);
  };
}

/** The law of a curve, in hours: between its points straight lines, then its tail. */
export function curveLaw({ timesUs, left, tailUs }: SessionCurve): Cdf {
  const points = [...timesUs].map((us, i): [number, number] => [us / HOUR_US, 1 - (left[i] ?? 0)]);
  const lines = linesThrough(points);
  const [end, endLeft] = [points.at(-1)?.[0] ?? 0, left.at(-1) ?? 0];
  const tail = tailUs / HOUR_US;
  return (x) => (x < end || endLeft === 0 ? lines(x) : 1 - endLeft * Math.exp((end - x) / tail));
}

/**
 * What is left of a life met under way, from the share of lives longer than x: the area up to x
 * over the whole area, by trapezoids up to `end`.
 */
export function equilibriumOf(left: Cdf, end: number, steps = 200_000): Cdf {
  const width = end / steps;
  const area = new Float64Array(steps + 1);
  for (let i = 1; i <= steps; i++) {
    area[i] = (area[i - 1] ?? 0) + (width * (left((i - 1) * width) + left(i * width))) / 2;
  }
  const whole = area[steps] ?? 0;
  return (x) => {
    const at = Math.min(x / width, steps - 1e-9);
    const below = Math.floor(at);
    const [a, b] = [area[below] ?? 0, area[below + 1] ?? 0];
    return (a + (b - a) * (at - below)) / whole;
  };
}

/** Pearson's sum over cells, as deviations of its own law from its mean: below 4 is no surprise. */
export function surprise(counts: readonly number[], shares: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const square = counts.reduce((sum, count, i) => {
    const expected = total * (shares[i] ?? 0);
    return sum + (count - expected) ** 2 / expected;
  }, 0);
  const freedom = counts.length - 1;
  return (square - freedom) / Math.sqrt(2 * freedom);
}

/** The correlation of two equally long rows of numbers. */
export function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (row: readonly number[]): number => row.reduce((sum, x) => sum + x, 0) / row.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  const product = (p: readonly number[], q: readonly number[], mp: number, mq: number): number =>
    p.reduce((sum, x, i) => sum + (x - mp) * ((q[i] ?? 0) - mq), 0);
  const scale = product(a, a, meanA, meanA) * product(b, b, meanB, meanB);
  return product(a, b, meanA, meanB) / Math.sqrt(scale);
}

/** The folder of real measurements; undefined when the test has been settled without it. */
export function realData(t: ExecutionContext): string | undefined {
  const folder = process.env['ORRERY_DATA'] ?? '';
  const isThere = folder !== '' && existsSync(join(folder, 'latency'));
  const what = 'the folder of real latencies and sessions that ORRERY_DATA names';
  return requireOrSkip(t, isThere, what) ? folder : undefined;
}
