/**
 * A record in two words, its tag, and many records in one sum: how two holders find out with one
 * small message whether they hold the same.
 *
 * A tag covers key, version and publisher. A sum adds the tags up after each was mixed with a
 * nonce, so it does not depend on their order, and who does not hold the records cannot answer a
 * nonce. Mixing is no cryptography: what is compared was verified when it was stored, and a liar
 * is found out by what it does not give back.
 *
 * Cost: some ten multiplications a tag, two for its part of a sum.
 */

import { draw } from '../random.ts';
import { comparePositions, sharedBits } from '../position.ts';
import type { Bits256, Position, Range, RecordHeader, Sum } from '../types.ts';

export interface Tag {
  readonly high: number;
  readonly low: number;
}

export function tagOf({ key, version, publisher }: RecordHeader): Tag {
  const high = draw(bitsWord(bitsWord(SEED_HIGH, key.raw), publisher), version | 0);
  const low = draw(bitsWord(bitsWord(SEED_LOW, key.raw), publisher), (version / 2 ** 32) | 0);
  return { high, low: draw(low, version | 0) };
}

/** A tag as one number: 53 of its bits, for sets. */
export function nameOf({ high, low }: Tag): number {
  return (high >>> 0) * 2 ** 21 + (low >>> 11);
}

/** Tags as they travel: two words each. */
export function flat(tags: readonly Tag[]): readonly number[] {
  return tags.flatMap(({ high, low }) => [high, low]);
}

export function namesIn(words: readonly number[]): ReadonlySet<number> {
  const names = new Set<number>();
  for (let i = 0; i + 1 < words.length; i += 2) {
    names.add(nameOf({ high: words[i] ?? 0, low: words[i + 1] ?? 0 }));
  }
  return names;
}

export const NOTHING: Sum = { count: 0, high: 0, low: 0 };

export function sameSum(a: Sum, b: Sum): boolean {
  return a.count === b.count && a.high === b.high && a.low === b.low;
}

/** The sum of tags under a nonce. */
export function sumOf(tags: readonly Tag[], nonce: number): Sum {
  let [high, low] = [0, 0];
  for (const tag of tags) {
    high = (high + draw(tag.high ^ nonce, tag.low)) | 0;
    low = (low + draw(tag.low ^ nonce, tag.high)) | 0;
  }
  return { count: tags.length, high, low };
}

/** What the one who asks sums under, so that its sum is no answer to its own question. */
export function askersNonce(nonce: number): number {
  return ~nonce;
}

/** All keys. */
export const EVERYTHING: Range = { bits: 0, from: { w0: 0, w1: 0, w2: 0, w3: 0, w4: 0 } };

export function isWithin(position: Position, { bits, from }: Range): boolean {
  return bits === 0 || sharedBits(position, from) >= bits;
}

export function sameRange(a: Range, b: Range): boolean {
  return a.bits === b.bits && comparePositions(a.from, b.from) === 0;
}

/** The two ranges that make up one; there is nothing to halve where all bits are given. */
export function halves({ bits, from }: Range): readonly [Range, Range] {
  const words = [from.w0, from.w1, from.w2, from.w3, from.w4];
  const at = bits >>> 5;
  const bit = 0x80000000 >>> (bits & 31);
  const half = (isSet: boolean): Range => {
    const [w0 = 0, w1 = 0, w2 = 0, w3 = 0, w4 = 0] = words.map((word, i) => {
      if (i !== at) return i < at ? word : 0;
      const kept = word & ~(bit | (bit - 1));
      return (isSet ? kept | bit : kept) | 0;
    });
    return { bits: bits + 1, from: { w0, w1, w2, w3, w4 } };
  };
  return [half(false), half(true)];
}

function bitsWord(seed: number, bits: Bits256): number {
  let word = draw(seed, bits.b0);
  word = draw(word, bits.b1);
  word = draw(word, bits.b2);
  word = draw(word, bits.b3);
  word = draw(word, bits.b4);
  word = draw(word, bits.b5);
  word = draw(word, bits.b6);
  return draw(word, bits.b7);
}

const SEED_HIGH = 0x6f727265;
const SEED_LOW = 0x72792031;
