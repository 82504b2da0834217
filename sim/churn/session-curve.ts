/**
 * A law of session lengths given as a curve: straight lines between points, and beyond the last
 * point an exponential tail if any sessions are left there.
 *
 * What is left of a session that is met under way, in a network that has run for long, has another
 * law, that of the equilibrium (the residual life of a renewal process): its density at x is the
 * share of sessions longer than x over their mean. The area under straight lines is exact, so its
 * inverse is a square root within a segment found by bisection.
 */

import { exponentialOver, stretch, open } from '../laws.ts';

/** Plain data. */
export interface SessionCurve {
  /** Microseconds, from 0, not falling. */
  readonly timesUs: Float64Array;
  /** Share of sessions longer than that, from 1, not rising. */
  readonly left: Float64Array;
  /** Mean of what the sessions that are left at the last point still have before them. */
  readonly tailUs: number;
}

/** Lengths of sessions, or of absences. */
export interface LifeLaw {
  readonly meanUs: number;
  /** Mean of what is left of one that is met under way. */
  readonly meanResidualUs: number;
  /** A length from a random word; it falls as the word grows. */
  draw(word: number): number;
  /** What is left of one that is met under way. */
  residual(word: number): number;
}

export class CurveLaw implements LifeLaw {
  readonly meanUs: number;
  readonly meanResidualUs: number;
  readonly #curve: SessionCurve;
  /** Area under the curve from each point on. */
  readonly #beyond: Float64Array;

  constructor(curve: SessionCurve) {
    const { timesUs, left, tailUs } = curve;
    const last = timesUs.length - 1;
    const [endUs, endLeft] = [timesUs[last] ?? 0, left[last] ?? 0];
    this.#curve = curve;
    this.#beyond = new Float64Array(timesUs.length);
    this.#beyond[last] = endLeft * tailUs;
    let moment = endLeft * tailUs * (endUs + tailUs);
    for (let i = last - 1; i >= 0; i--) {
      const [from, a, b] = [timesUs[i] ?? 0, left[i] ?? 0, left[i + 1] ?? 0];
      const span = (timesUs[i + 1] ?? 0) - from;
      const area = (span * (a + b)) / 2;
      this.#beyond[i] = (this.#beyond[i + 1] ?? 0) + area;
      moment += from * area + (span * span * (a + 2 * b)) / 6;
    }
    this.meanUs = this.#beyond[0] ?? 0;
    this.meanResidualUs = moment / this.meanUs;
  }

  draw(word: number): number {
    const { timesUs, left, tailUs } = this.#curve;
    const level = open(word);
    const i = lastAtLeast(left, level);
    const [from, a] = [timesUs[i] ?? 0, left[i] ?? 0];
    if (i === left.length - 1) return from + exponentialOver(level / a, tailUs);
    const span = (timesUs[i + 1] ?? 0) - from;
    return from + (span * (a - level)) / (a - (left[i + 1] ?? 0));
  }

  residual(word: number): number {
    const { timesUs, left, tailUs } = this.#curve;
    const area = open(word) * this.meanUs;
    const i = lastAtLeast(this.#beyond, area);
    const [from, beyond] = [timesUs[i] ?? 0, this.#beyond[i] ?? 0];
    if (i === left.length - 1) return from + exponentialOver(area / beyond, tailUs);
    const [a, b] = [left[i] ?? 0, left[i + 1] ?? 0];
    return from + stretch(beyond - area, a, (b - a) / ((timesUs[i + 1] ?? 0) - from));
  }
}

/** The last index whose value is at least `level`; the values do not rise, the first is enough. */
function lastAtLeast(values: Float64Array, level: number): number {
  let low = 0;
  let high = values.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? 0) >= level) low = middle;
    else high = middle;
  }
  return low;
}
