/**
 * Chance in the core: draws are functions of their word and index and spread evenly; bounded
 * numbers stay within bounds; a position in a bucket shares exactly the bits of that bucket.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { sharedBits } from '../../src/position.ts';
import { below, draw, jitter, positionInBucket } from '../../src/random.ts';
import { law } from '../harness.ts';
import { position, word } from './arbitraries.ts';
import { bigOf, short } from './core-arbitraries.ts';

law(
  'bounded draws stay within their bounds',
  [word(), fc.integer({ min: 1, max: 2 ** 21 })],
  1000,
  (entropy, bound) => {
    const value = below(entropy, bound);
    assert.ok(Number.isInteger(value) && value >= 0 && value < bound);
  },
);

law(
  'jitter stays within its share and is at least 1',
  [word(), fc.integer({ min: 1, max: 1e7 }), fc.constantFrom(0, 0.1, 0.25, 0.5)],
  1000,
  (entropy, ms, part) => {
    const result = jitter(entropy, ms, part);
    assert.ok(Number.isInteger(result) && result >= 1);
    assert.ok(Math.abs(result - ms) <= ms * part + 1);
  },
);

law(
  'a position in a bucket shares exactly its bits',
  [position(), fc.integer({ min: 0, max: 159 }), word()],
  2000,
  (own, bits, entropy) => {
    const found = positionInBucket(own, bits, entropy);
    assert.equal(sharedBits(own, found), bits);
    assert.deepEqual(positionInBucket(own, bits, entropy), found);
  },
);

law(
  'every bit beyond the bucket is free',
  [fc.integer({ min: 0, max: 159 }), word()],
  100,
  (bits, from) => {
    for (const own of [short(''), short('f'.repeat(40))]) {
      let zeros = 0n;
      let ones = 0n;
      for (let i = 0; i < 64; i++) {
        const found = bigOf(positionInBucket(own, bits, from + 977 * i));
        ones |= found;
        zeros |= ~found;
      }
      const free = (1n << BigInt(159 - bits)) - 1n;
      assert.equal(ones & zeros & ((1n << 160n) - 1n), free);
    }
  },
);

test('draws are signed words that repeat, and differ by word and by index', (t) => {
  const seen = new Set<number>();
  for (let entropy = 0; entropy < 100; entropy++) {
    for (let index = 0; index < 100; index++) {
      const value = draw(entropy, index);
      t.is(value | 0, value);
      t.is(draw(entropy, index), value);
      seen.add(value);
    }
  }
  // Among 10,000 of 2^32 values 0.01 pairs are expected to be equal.
  t.true(seen.size >= 9998);
});

test('draws are even: each of 64 bins holds its share of 64,000', (t) => {
  const bins = new Array<number>(64).fill(0);
  for (let i = 0; i < 64_000; i++) {
    const bin = below(draw(Math.imul(i, 7919), i & 7), 64);
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  const chiSquare = bins.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
  // 63 degrees of freedom: above 103.4 once in a thousand.
  t.true(chiSquare < 103.4, `chi-square ${chiSquare}`);
});
