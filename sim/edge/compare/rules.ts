/**
 * When two results agree: the rules of the verdicts, as data, in this one place.
 *
 * A difference is that of B from A: of means and percentiles relative, of shares in parts of one,
 * of distributions the share of lookups that would have to have another value.
 */

import type { Estimate } from './statistics.ts';

export type Verdict = 'agrees' | 'differs' | 'cannot tell';

/** A difference up to here is none that matters. */
export const TOLERANCES = { latency: 0.05, count: 0.02, share: 0.01, distribution: 0.02 } as const;

/** Two samples that chance would make so unlike less often than this are not of one law. */
const SIGNIFICANCE = 0.01;

export const RULES: Readonly<Record<Verdict, string>> = {
  agrees: 'the difference is within the tolerance',
  differs: 'it is beyond the tolerance, and so is the whole 95 % interval',
  'cannot tell': 'it is beyond, but the interval reaches into the tolerance: too few samples',
};

export const DISTRIBUTION_RULE =
  `distributions agree unless a permutation test tells them apart at ${100 * SIGNIFICANCE} % and ` +
  `more than ${100 * TOLERANCES.distribution} % of the values lie elsewhere`;

export const TRAFFIC_RULE =
  'traffic is messages per online node and second by kind, a total of the whole run: it has no ' +
  'interval and gets no verdict';

/** @param difference nothing where one of the two has no samples */
export function judge(difference: Estimate | undefined, tolerance: number): Verdict {
  if (difference === undefined) return 'cannot tell';
  const { point, low, high } = difference;
  if (Math.abs(point) <= tolerance) return 'agrees';
  return low > tolerance || high < -tolerance ? 'differs' : 'cannot tell';
}

export const DISTRIBUTION_TOLERANCE = `p ≥ ${SIGNIFICANCE}`;

/** @param p of the permutation test */
export function judgeDistribution(distance: number, p: number): Verdict {
  return p >= SIGNIFICANCE || distance <= TOLERANCES.distribution ? 'agrees' : 'differs';
}
