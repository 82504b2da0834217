/**
 * How long to wait for an answer: smoothed round-trip time plus four deviations, as TCP does it
 * (Jacobson 1988; RFC 6298, section 2), kept apart for contacts and for other peers, because the
 * first call to a stranger pays for a dial and a handshake. An answer that comes after
 * that is late but welcome until a hard limit. Bounds are in `limits.ts`.
 */

import { CALL_MS_MAX, CALL_MS_MIN, LATE_FACTOR } from './limits.ts';

/** Milliseconds; a mean below 0 means that nothing was measured yet. */
export interface Timing {
  readonly knownMeanMs: number;
  readonly knownDeviationMs: number;
  readonly otherMeanMs: number;
  readonly otherDeviationMs: number;
}

export const unmeasured: Timing = {
  knownMeanMs: -1,
  knownDeviationMs: 0,
  otherMeanMs: -1,
  otherDeviationMs: 0,
};

/** A call was answered after `ms`. */
export function measured(timing: Timing, known: boolean, ms: number): Timing {
  const mean = known ? timing.knownMeanMs : timing.otherMeanMs;
  const deviation = known ? timing.knownDeviationMs : timing.otherDeviationMs;
  const nextMean = mean < 0 ? ms : mean + (ms - mean) / 8;
  const nextDeviation = mean < 0 ? ms / 2 : deviation + (Math.abs(ms - mean) - deviation) / 4;
  return {
    knownMeanMs: known ? nextMean : timing.knownMeanMs,
    knownDeviationMs: known ? nextDeviation : timing.knownDeviationMs,
    otherMeanMs: known ? timing.otherMeanMs : nextMean,
    otherDeviationMs: known ? timing.otherDeviationMs : nextDeviation,
  };
}

/** How long to wait for the answer to a call made now, in whole ms. */
export function patienceMs(timing: Timing, known: boolean): number {
  const mean = known ? timing.knownMeanMs : timing.otherMeanMs;
  if (mean < 0) return CALL_MS_MAX;
  const deviation = known ? timing.knownDeviationMs : timing.otherDeviationMs;
  return Math.min(CALL_MS_MAX, Math.max(CALL_MS_MIN, Math.ceil(mean + 4 * deviation)));
}

/** How long an answer is still taken, when it was expected within `waitMs`. */
export function hardLimitMs(waitMs: number): number {
  return Math.min(CALL_MS_MAX, LATE_FACTOR * waitMs);
}
