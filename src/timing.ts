/**
 * How long to wait for an answer: smoothed round-trip time plus four deviations, as TCP does it
 * (Jacobson, "Congestion avoidance and control", 1988, appendix A; RFC 6298, section 2), kept apart
 * for contacts and for other peers, because the first call to a stranger pays for a dial and a
 * handshake. An answer that comes after that is late but welcome until a hard limit. Bounds are in
 * `limits.ts`.
 *
 * The mean is kept in eighths of a millisecond and the deviation in quarters, as whole numbers:
 * the paper's own scaling, in which both updates need no fractions.
 */

import { CALL_MS_MAX, CALL_MS_MIN, LATE_FACTOR } from './limits.ts';

/** A mean below 0 means that nothing was measured yet. */
export interface Timing {
  readonly knownMeanEighths: number;
  readonly knownDeviationQuarters: number;
  readonly otherMeanEighths: number;
  readonly otherDeviationQuarters: number;
}

export const unmeasured: Timing = {
  knownMeanEighths: -1,
  knownDeviationQuarters: 0,
  otherMeanEighths: -1,
  otherDeviationQuarters: 0,
};

/** A call was answered after `ms`. */
export function measured(timing: Timing, known: boolean, ms: number): Timing {
  const mean = known ? timing.knownMeanEighths : timing.otherMeanEighths;
  const deviation = known ? timing.knownDeviationQuarters : timing.otherDeviationQuarters;
  const error = ms - (mean >> 3);
  const nextMean = mean < 0 ? ms << 3 : mean + error;
  const nextDeviation = mean < 0 ? ms << 1 : deviation + Math.abs(error) - (deviation >> 2);
  return {
    knownMeanEighths: known ? nextMean : timing.knownMeanEighths,
    knownDeviationQuarters: known ? nextDeviation : timing.knownDeviationQuarters,
    otherMeanEighths: known ? timing.otherMeanEighths : nextMean,
    otherDeviationQuarters: known ? timing.otherDeviationQuarters : nextDeviation,
  };
}

/** How long to wait for the answer to a call made now, in whole ms. */
export function patienceMs(timing: Timing, known: boolean): number {
  const mean = known ? timing.knownMeanEighths : timing.otherMeanEighths;
  if (mean < 0) return CALL_MS_MAX;
  const deviation = known ? timing.knownDeviationQuarters : timing.otherDeviationQuarters;
  return Math.min(CALL_MS_MAX, Math.max(CALL_MS_MIN, (mean >> 3) + deviation));
}

/**
 * How long a request made now is expected to be on its way: half a round trip to a contact. To
 * another peer nearly all of one, for the dial comes first. 0 while nothing was measured.
 */
export function travelMs(timing: Timing, known: boolean): number {
  const mean = known ? timing.knownMeanEighths : timing.otherMeanEighths;
  if (mean < 0) return 0;
  return known ? mean >> 4 : mean >> 3;
}

/** How long an answer is still taken, when it was expected within `waitMs`. */
export function hardLimitMs(waitMs: number): number {
  return Math.min(CALL_MS_MAX, LATE_FACTOR * waitMs);
}
