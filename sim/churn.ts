/**
 * Arrivals and departures. A session's length is drawn when it begins; at the start every node is
 * in the middle of one, so the first are residual lives (for exponential sessions the same law).
 * With an off time the population starts in equilibrium: the expected share of slots is online.
 */

import type { ChurnSpec } from './options.ts';
import { exponential } from './laws.ts';
import { mix, share } from './streams.ts';

export class Churn {
  readonly #spec: ChurnSpec;
  readonly #key: number;
  /** Draws made so far, by slot. */
  readonly #draws: Int32Array;

  constructor(spec: ChurnSpec, slots: number, key: number) {
    this.#spec = spec;
    this.#key = key;
    this.#draws = new Int32Array(slots);
  }

  get isActive(): boolean {
    return this.#spec.type !== 'none';
  }

  /** Whether departed nodes come back with their ids. */
  get returns(): boolean {
    return this.#spec.type === 'exponential' && this.#spec.meanOffMs !== null;
  }

  /** Whether the slot's node is online at the start. */
  startsOnline(slot: number): boolean {
    const spec = this.#spec;
    if (spec.type !== 'exponential' || spec.meanOffMs === null) return true;
    return share(this.#draw(slot)) < spec.meanOnMs / (spec.meanOnMs + spec.meanOffMs);
  }

  /** Length of a session that begins, or what is left of one under way; microseconds. */
  sessionUs(slot: number): number {
    if (this.#spec.type !== 'exponential') return Infinity;
    return Math.ceil(exponential(this.#draw(slot), this.#spec.meanOnMs * 1000));
  }

  /** Time until the slot's node is back, or until it is replaced; microseconds. */
  absenceUs(slot: number): number {
    if (this.#spec.type !== 'exponential') return Infinity;
    if (this.#spec.meanOffMs === null) return 0;
    return Math.ceil(exponential(this.#draw(slot), this.#spec.meanOffMs * 1000));
  }

  #draw(slot: number): number {
    const draws = this.#draws[slot] ?? 0;
    this.#draws[slot] = draws + 1;
    return mix(this.#key, slot, draws);
  }
}
