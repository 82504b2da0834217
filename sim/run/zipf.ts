/**
 * Ranks by Zipf's law: rank r, counted from 0, has a chance proportional to 1 / (r + 1)^s; with
 * s = 0 all ranks are alike. A table of sums is built once; a draw is a bisection in it. The table
 * serves every smaller number of ranks too, for sets that grow.
 */

import { power } from '../laws.ts';
import { index, share } from '../streams.ts';

export class Zipf {
  readonly ranks: number;
  /** Weight of the ranks up to this one; none when all are alike. */
  readonly #sums: Float64Array | undefined;

  constructor(ranks: number, exponent: number) {
    this.ranks = ranks;
    if (exponent === 0) return;
    this.#sums = new Float64Array(ranks);
    let sum = 0;
    for (let rank = 0; rank < ranks; rank++) {
      sum += power(rank + 1, -exponent);
      this.#sums[rank] = sum;
    }
  }

  /** A rank below `ranks`, from a random word. */
  rank(word: number, ranks = this.ranks): number {
    const sums = this.#sums;
    if (sums === undefined) return index(word, ranks);
    const level = share(word) * (sums[ranks - 1] ?? 0);
    let low = 0;
    let high = ranks - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sums[middle] ?? 0) > level) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
