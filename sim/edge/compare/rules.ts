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

/** Runs whose numbers of operations of a kind differ by more than this did not do the same work. */
export const WORK_TOLERANCE = 0.05;

/** So many tolerances may the interval of what agrees reach: a wide one shows nothing. */
const EVIDENCE = 3;

/** Two samples that chance would make so unlike less often than this are not of one law. */
const SIGNIFICANCE = 0.01;

export const RULES: Readonly<Record<Verdict, string>> = {
  agrees: `the difference is within the tolerance, its 95 % interval within ${EVIDENCE} of them`,
  differs: 'it is beyond the tolerance, and so is the whole 95 % interval',
  'cannot tell': 'none of the two: too few samples',
};

/** Shares of a distribution that may lie elsewhere: in any case, and where chance may be why. */
const [NEAR, FAR] = [TOLERANCES.distribution, EVIDENCE * TOLERANCES.distribution];

export const DISTRIBUTION_RULE =
  `hops, distribution: the difference is the share of lookups that lie elsewhere, p the chance ` +
  `that samples of one law are so unlike; up to ${100 * NEAR} % agree, and up to ${100 * FAR} % ` +
  `with p ≥ ${SIGNIFICANCE}; beyond ${100 * NEAR} % with p < ${SIGNIFICANCE} they differ; beyond ` +
  `${100 * FAR} % with a larger p the samples are too few to tell`;

export const PAIRS_RULE =
  'pairs: both runs did most of these operations, and the interval is that of pairs of one ' +
  'operation in both, drawn anew together';

export const TRAFFIC_RULE =
  'traffic is messages per online node and second by kind, a total from the end of the ' +
  'warm-up on: it has no interval and gets no verdict';

/** @param difference nothing where one of the two has no samples */
export function judge(difference: Estimate | undefined, tolerance: number): Verdict {
  if (difference === undefined) return 'cannot tell';
  const { point, low, high } = difference;
  const widest = Math.max(Math.abs(low), Math.abs(high));
  if (Math.abs(point) <= tolerance && widest <= EVIDENCE * tolerance) return 'agrees';
  return low > tolerance || high < -tolerance ? 'differs' : 'cannot tell';
}

export const DISTRIBUTION_TOLERANCE = `${100 * NEAR} %, or ${100 * FAR} % if p ≥ ${SIGNIFICANCE}`;

/** @param p of the permutation test */
export function judgeDistribution(distance: number, p: number): Verdict {
  if (distance <= NEAR) return 'agrees';
  if (p < SIGNIFICANCE) return 'differs';
  return distance <= FAR ? 'agrees' : 'cannot tell';
}
