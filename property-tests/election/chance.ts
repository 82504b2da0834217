/** Chance of a trial: a stream of draws that a seed and a number name. */
import { mix, share } from '../../sim/streams.ts';

export class Chance {
  readonly #key: number;
  #count = 0;

  constructor(seed: number, stream: number) {
    this.#key = mix(seed, stream, 0x7e57);
  }

  /** A signed 32-bit word. */
  word(): number {
    return mix(this.#key, 0, this.#count++);
  }

  /** From `low` to just below `high`. */
  between(low: number, high: number): number {
    return low + (high - low) * share(this.word());
  }

  whole(low: number, high: number): number {
    return Math.floor(this.between(low, high + 1));
  }

  is(probability: number): boolean {
    return share(this.word()) < probability;
  }

  one<T>(items: readonly T[]): T {
    const item = items[this.whole(0, items.length - 1)];
    if (item === undefined) throw new Error('broken invariant: one of nothing');
    return item;
  }
}
