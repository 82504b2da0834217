/**
 * A record in two words, its tag, and many records in one sum: how two holders find out with one
 * small message whether they hold the same.
 *
 * Tags and sums are made anew under a seed that comes of the nonce of a round, of who says them and
 * of whom they are said to. So nobody can make a record ahead of time that passes for another, and
 * what one holder says to a second is of no use to a third: whoever does not hold the records
 * cannot answer by an echo, nor by asking somebody who does. A tag covers the key by two words made
 * of its position, which the host has hashed with SHA-256; the version, whole; and a few bits of
 * the publisher, whose id the authority drew. The mixing is no cryptography: it need only withstand
 * who cannot choose the nonce, and a seed is two words while a nonce is one. A sum does not depend
 * on the order of the tags.
 *
 * Cost: eight short mixings a tag, and as many a seed.
 */

import { comparePositions, sharedBits } from '../position.ts';
import { draw } from '../random.ts';
import type { Position, Range, RecordHeader, Sum } from '../types.ts';

/** What tags of a record are made of: four words, the same under every nonce. */
export interface Traits {
  readonly near: number;
  readonly far: number;
  readonly low: number;
  readonly rest: number;
}

export function traitsOf({ key, version, publisher }: RecordHeader): Traits {
  const { w0, w1, w3, w4 } = key.position;
  const high = (version / 2 ** 32) & VERSION_HIGH;
  return {
    near: w0 ^ w3,
    far: w1 ^ w4,
    low: version | 0,
    rest: (high << PUBLISHER_BITS) | (publisher.b7 & PUBLISHER),
  };
}

export interface Tag {
  readonly high: number;
  readonly low: number;
}

/** Under what one node says to another what it holds, in one round. */
export interface Seed {
  readonly one: number;
  readonly two: number;
}

export function seedOf(nonce: number, by: Position, to: Position): Seed {
  const [a, b, c, d] = [by.w0 ^ by.w3, by.w1 ^ by.w4, to.w0 ^ to.w3, to.w1 ^ to.w4];
  return {
    one: draw(draw(draw(draw(nonce ^ SEED_ONE, a), b), c), d),
    two: draw(draw(draw(draw(nonce ^ SEED_TWO, c), a), d), b),
  };
}

export function tagOf({ near, far, low, rest }: Traits, { one, two }: Seed): Tag {
  return {
    high: draw(draw(draw(draw(one, near), far), low), rest),
    low: draw(draw(draw(draw(two, far), rest), near), low),
  };
}

/** A tag as one number: 53 of its bits, for sets. */
function nameOf({ high, low }: Tag): number {
  return (high >>> 0) * 2 ** 21 + (low >>> 11);
}

/** Tags as they travel: two words each. */
export function flat(tags: readonly Tag[]): readonly number[] {
  const words: number[] = [];
  for (const { high, low } of tags) words.push(high, low);
  return words;
}

/** What the other side of a comparison lists. */
export interface Listed {
  readonly names: ReadonlySet<number>;
  readonly seed: Seed;
}

export function listed(words: readonly number[], seed: Seed): Listed {
  const names = new Set<number>();
  for (let i = 0; i + 1 < words.length; i += 2) {
    names.add(nameOf({ high: words[i] ?? 0, low: words[i + 1] ?? 0 }));
  }
  return { names, seed };
}

export function isListed({ names, seed }: Listed, record: Traits): boolean {
  return names.has(nameOf(tagOf(record, seed)));
}

export const NOTHING: Sum = { count: 0, high: 0, low: 0 };

export function sameSum(a: Sum, b: Sum): boolean {
  return a.count === b.count && a.high === b.high && a.low === b.low;
}

export function sumOf(records: readonly Traits[], seed: Seed): Sum {
  let [high, low] = [0, 0];
  for (const record of records) {
    const tag = tagOf(record, seed);
    high = (high + tag.high) | 0;
    low = (low + tag.low) | 0;
  }
  return { count: records.length, high, low };
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

const SEED_ONE = 0x6f727265;
const SEED_TWO = 0x72792031;
/** Versions have 53 bits: 21 above the low word. */
const VERSION_HIGH = 0x1fffff;
const PUBLISHER_BITS = 11;
const PUBLISHER = 0x7ff;
