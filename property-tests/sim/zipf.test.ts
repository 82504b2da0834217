/**
 * Ranks by Zipf's law: their frequencies (chi-square), their bounds, and prefixes of a table.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { Zipf } from '../../sim/run/zipf.ts';
import { keysOf } from '../../sim/streams.ts';
import { word } from '../core/arbitraries.ts';
import { law } from '../harness.ts';
import { surprise, wordsOf } from './laws-kit.ts';

const words = wordsOf(keysOf('zipf').reads);

function countsOf(zipf: Zipf, ranks: number): readonly number[] {
  const counts = new Array<number>(ranks).fill(0);
  for (const each of words) {
    const rank = zipf.rank(each, ranks);
    counts[rank] = (counts[rank] ?? 0) + 1;
  }
  return counts;
}

function sharesOf(ranks: number, exponent: number): readonly number[] {
  const weights = Array.from({ length: ranks }, (_, rank) => (rank + 1) ** -exponent);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

for (const exponent of [0, 0.8, 1, 1.5]) {
  test(`frequencies of ranks follow the law with exponent ${exponent}`, (t) => {
    const counts = countsOf(new Zipf(50, exponent), 50);
    t.true(surprise(counts, sharesOf(50, exponent)) < 4);
    // The test can tell: another exponent is seen.
    t.true(surprise(counts, sharesOf(50, exponent + 0.1)) > 8);
  });
}

test('a table serves smaller sets too', (t) => {
  const zipf = new Zipf(1000, 1);
  t.is(zipf.ranks, 1000);
  t.true(surprise(countsOf(zipf, 20), sharesOf(20, 1)) < 4);
  t.deepEqual(countsOf(zipf, 20), countsOf(new Zipf(20, 1), 20));
});

law(
  'a rank is a whole number below their count, and rises with its word',
  [word(), word(), fc.integer({ min: 1, max: 500 }), fc.constantFrom(0, 0.5, 1, 3)],
  300,
  (a, b, ranks, exponent) => {
    const zipf = new Zipf(500, exponent);
    const [less = 0, more = 0] = [a, b].sort((x, y) => (x >>> 0) - (y >>> 0));
    const [low, high] = [zipf.rank(less, ranks), zipf.rank(more, ranks)];
    assert.ok(Number.isInteger(low) && low >= 0 && low <= high && high < ranks);
  },
);
