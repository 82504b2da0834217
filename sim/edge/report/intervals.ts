/**
 * 95 % intervals for the figures of a report. All are formulas: the same numbers give the same
 * interval, nothing is resampled.
 *
 * Shares: Wilson's score interval. Means: normal, mean ± 1.96 s / √n. Percentiles: the two order
 * statistics that a binomial law puts round the percentile, free of any law of the values. Means
 * over seeds: Student's t, because there are few seeds.
 */

export interface Interval {
  readonly low: number;
  readonly high: number;
}

const Z = 1.959963984540054;

/** Wilson's interval of a share. */
export function wilson(successes: number, trials: number): Interval | undefined {
  if (trials <= 0) return undefined;
  const share = successes / trials;
  const scale = 1 + (Z * Z) / trials;
  const middle = (share + (Z * Z) / (2 * trials)) / scale;
  const half =
    (Z / scale) * Math.sqrt((share * (1 - share)) / trials + (Z * Z) / (4 * trials * trials));
  return {
    low: successes === 0 ? 0 : Math.max(0, middle - half),
    high: successes === trials ? 1 : Math.min(1, middle + half),
  };
}

/** Normal interval of a mean, from the standard deviation of the values. */
export function meanInterval(mean: number, deviation: number, count: number): Interval | undefined {
  if (count < 2) return undefined;
  const half = (Z * deviation) / Math.sqrt(count);
  return { low: mean - half, high: mean + half };
}

/** Interval of a percentile; @param sorted all values, rising */
export function percentileInterval(sorted: ArrayLike<number>, p: number): Interval | undefined {
  const count = sorted.length;
  if (count < 2) return undefined;
  const half = Z * Math.sqrt(count * p * (1 - p));
  const low = Math.max(0, Math.floor(count * p - half) - 1);
  const high = Math.min(count - 1, Math.ceil(count * p + half) - 1);
  return { low: sorted[low] ?? 0, high: sorted[high] ?? 0 };
}

export interface Summary {
  readonly count: number;
  readonly mean: number;
  readonly deviation: number;
}

/** Count, mean and sample deviation. */
export function summarize(values: ArrayLike<number>): Summary {
  const count = values.length;
  if (count === 0) return { count, mean: Number.NaN, deviation: Number.NaN };
  let sum = 0;
  for (let i = 0; i < count; i++) sum += values[i] ?? 0;
  const mean = sum / count;
  let squares = 0;
  for (let i = 0; i < count; i++) squares += ((values[i] ?? 0) - mean) ** 2;
  return { count, mean, deviation: count < 2 ? 0 : Math.sqrt(squares / (count - 1)) };
}

/** The same from a histogram of whole values to shares; what it gives is exact. */
export function summarizeHistogram(
  histogram: Readonly<Record<string, number>>,
  count: number,
): Summary {
  const pairs = Object.entries(histogram).map(([value, share]) => [Number(value), share] as const);
  const mean = pairs.reduce((sum, [value, share]) => sum + value * share, 0);
  const variance = pairs.reduce((sum, [value, share]) => sum + share * (value - mean) ** 2, 0);
  const deviation = count < 2 ? 0 : Math.sqrt((variance * count) / (count - 1));
  return { count, mean, deviation };
}

/** Student's interval of a mean over few values, such as one per seed; none for a single value. */
export function studentInterval(values: readonly number[]): Interval | undefined {
  const { count, mean, deviation } = summarize(values);
  if (count < 2) return undefined;
  const half = (studentT(count - 1) * deviation) / Math.sqrt(count);
  return { low: mean - half, high: mean + half };
}

/** The 97.5 % point of Student's law, by degrees of freedom from 1 to 30. */
const STUDENT_T = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145,
  2.131, 2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048,
  2.045, 2.042,
] as const;

export function studentT(freedom: number): number {
  const known = STUDENT_T[freedom - 1];
  if (known !== undefined) return known;
  // The first terms of its expansion round the normal law: within 0.0005 above 30.
  const g1 = (Z ** 3 + Z) / 4;
  const g2 = (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / 96;
  return Z + g1 / freedom + g2 / freedom ** 2;
}
