/**
 * The chance of a run, from the seed that it prints: what is asked of whom, how large values are,
 * whom a fault strikes and when. One stream per actor, so that actors do not disturb one another;
 * how real processes interleave is not repeatable.
 */
import { index, keysOf, mix } from '../../sim/streams.ts';

export class Chance {
  readonly #key: number;
  readonly #stream: number;
  #drawn = 0;

  constructor(seed: string, stream: number) {
    this.#key = keysOf(seed).faults;
    this.#stream = stream;
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    this.#drawn += 1;
    return low + index(mix(this.#key, this.#stream, this.#drawn), high - low + 1);
  }

  percent(share: number): boolean {
    return this.between(1, 100) <= share;
  }

  /** One of them; nothing of an empty list. */
  pick<T>(list: readonly T[]): T | undefined {
    return list[this.between(0, list.length - 1)];
  }
}
