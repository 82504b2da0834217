/**
 * Arrivals and departures. A session's length is drawn when it begins. A population starts as one
 * that has run for long (the equilibrium): with absences the expected share of slots is online, and
 * the first session or absence of each slot is what is left of one that is met under way. For
 * exponential lives that is the same law, for all others it is not.
 *
 * The n-th draw of a slot is the same whatever happens elsewhere; how many were made is all that
 * there is to keep in a snapshot.
 */

import type { ChurnSpec } from '../options.ts';
import { mix, share } from '../streams.ts';
import { exponentialLaw, weibullLaw } from './laws.ts';
import { CurveLaw, type LifeLaw, type SessionCurve } from './session-curve.ts';

export class Churn {
  /** Draws made so far, by slot. */
  readonly draws: Int32Array;
  readonly #key: number;
  /** None: sessions do not end. */
  readonly #on: LifeLaw | undefined;
  /** None: a departed node does not return, and another takes its place at once. */
  readonly #off: LifeLaw | undefined;

  constructor(spec: ChurnSpec, slots: number, key: number, sessions?: SessionCurve) {
    this.draws = new Int32Array(slots);
    this.#key = key;
    this.#on = sessionLaw(spec, sessions);
    this.#off = absenceLaw(spec);
  }

  get isActive(): boolean {
    return this.#on !== undefined;
  }

  /** Whether departed nodes come back with their ids. */
  get returns(): boolean {
    return this.#off !== undefined;
  }

  /** The share of time that a slot's node is online in the long run. */
  get onlineShare(): number {
    const [onUs, offUs] = [this.#on?.meanUs ?? 1, this.#off?.meanUs ?? 0];
    return onUs / (onUs + offUs);
  }

  get meanSessionMs(): number {
    return (this.#on?.meanUs ?? Infinity) / 1000;
  }

  /** Mean of what is left of a session that is met under way. */
  get meanResidualMs(): number {
    return (this.#on?.meanResidualUs ?? Infinity) / 1000;
  }

  /** Whether the slot's node is online at the start. */
  startsOnline(slot: number): boolean {
    return this.#off === undefined || share(this.#draw(slot)) < this.onlineShare;
  }

  /** Length of a session that begins; microseconds. */
  sessionUs(slot: number): number {
    return this.#on === undefined ? Infinity : whole(this.#on.draw(this.#draw(slot)));
  }

  /** What is left of a session that is under way at the start; microseconds. */
  residualSessionUs(slot: number): number {
    return this.#on === undefined ? Infinity : whole(this.#on.residual(this.#draw(slot)));
  }

  /** Time until the slot's node is back, or until it is replaced; microseconds. */
  absenceUs(slot: number): number {
    return this.#absence(slot, (law, word) => law.draw(word));
  }

  /** What is left of an absence that is under way at the start; microseconds. */
  residualAbsenceUs(slot: number): number {
    return this.#absence(slot, (law, word) => law.residual(word));
  }

  #absence(slot: number, drawn: (law: LifeLaw, word: number) => number): number {
    if (this.#on === undefined) return Infinity;
    return this.#off === undefined ? 0 : whole(drawn(this.#off, this.#draw(slot)));
  }

  #draw(slot: number): number {
    const draws = this.draws[slot] ?? 0;
    this.draws[slot] = draws + 1;
    return mix(this.#key, slot, draws);
  }
}

/** Over a century; a sum of two is still a whole number of microseconds. */
const LIFE_US_MAX = 2 ** 52;

function whole(us: number): number {
  return Math.min(LIFE_US_MAX, Math.ceil(us));
}

function sessionLaw(spec: ChurnSpec, sessions: SessionCurve | undefined): LifeLaw | undefined {
  switch (spec.type) {
    case 'none':
      return undefined;
    case 'exponential':
      return exponentialLaw(spec.meanOnMs * 1000);
    case 'weibull':
      return weibullLaw(spec.on);
    case 'cdf':
    case 'survival':
      if (sessions === undefined) throw new Error(`${spec.file} has not been read`);
      return new CurveLaw(sessions);
  }
}

function absenceLaw(spec: ChurnSpec): LifeLaw | undefined {
  if (spec.type === 'exponential' && spec.meanOffMs !== null) {
    return exponentialLaw(spec.meanOffMs * 1000);
  }
  return spec.type === 'weibull' && spec.off !== null ? weibullLaw(spec.off) : undefined;
}
