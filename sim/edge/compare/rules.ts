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

/** So many tolerances may the interval of what agrees reach: a wide one shows nothing. */
const EVIDENCE = 3;

/** Two samples that chance would make so unlike less often than this are not of one law. */
const SIGNIFICANCE = 0.01;

export const RULES: Readonly<Record<Verdict, string>> = {
  agrees: `the difference is within the tolerance, its 95 % interval within ${EVIDENCE} of them`,
  differs: 'it is beyond the tolerance, and so is the whole 95 % interval',
  'cannot tell': 'none of the two: too few samples',
};

export const DISTRIBUTION_RULE =
  `distributions agree unless a permutation test tells them apart at ${100 * SIGNIFICANCE} % and ` +
  `more than ${100 * TOLERANCES.distribution} % of the values lie elsewhere; where it does not, ` +
  `and more than ${100 * EVIDENCE * TOLERANCES.distribution} % do, the samples are too few`;

export const PAIRS_RULE =
  'pairs: both runs did most of these operations, and the interval is that of pairs of one ' +
  'operation in both, drawn anew together';

export const TRAFFIC_RULE =
  'traffic is messages per online node and second by kind, a total of the whole run: it has no ' +
  'interval and gets no verdict';

/** @param difference nothing where one of the two has no samples */
export function judge(difference: Estimate | undefined, tolerance: number): Verdict {
  if (difference === undefined) return 'cannot tell';
  const { point, low, high } = difference;
  const widest = Math.max(Math.abs(low), Math.abs(high));
  if (Math.abs(point) <= tolerance && widest <= EVIDENCE * tolerance) return 'agrees';
  return low > tolerance || high < -tolerance ? 'differs' : 'cannot tell';
}

export const DISTRIBUTION_TOLERANCE = `p ≥ ${SIGNIFICANCE}`;

/** @param p of the permutation test */
export function judgeDistribution(distance: number, p: number): Verdict {
  if (distance <= TOLERANCES.distribution) return 'agrees';
  if (p < SIGNIFICANCE) return 'differs';
  return distance <= EVIDENCE * TOLERANCES.distribution ? 'agrees' : 'cannot tell';
}
