/**
 * Laws of ranges, tags and sums: halves part a range, sums add up in any order, and nobody who
 * has not got the records gets a sum accepted, whomever else it asks.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EVERYTHING, flat, halves, isListed, isWithin } from '../../src/state/tags.ts';
import { listed, sameSum, seedOf, sumOf, tagOf, traitsOf } from '../../src/state/tags.ts';
import type { Seed, Traits } from '../../src/state/tags.ts';
import type { Position, Range, RecordHeader, Sum } from '../../src/types.ts';
import { cluster, header, position, word } from '../core/arbitraries.ts';
import { law } from '../harness.ts';

const records = (minLength = 0): fc.Arbitrary<RecordHeader[]> =>
  fc.array(header(), { minLength, maxLength: 20 });

const added = (a: Sum, b: Sum): Sum => ({
  count: a.count + b.count,
  high: (a.high + b.high) | 0,
  low: (a.low + b.low) | 0,
});

law('a range is its halves, and they share nothing', [cluster(1, 12)], 100, (positions) => {
  const [base] = positions;
  let range: Range = EVERYTHING;
  for (let bits = 0; bits < 160; bits++) {
    const [low, high] = halves(range);
    for (const each of positions) {
      const count = Number(isWithin(each, low)) + Number(isWithin(each, high));
      assert.equal(count, Number(isWithin(each, range)));
    }
    assert.ok(base !== undefined);
    range = isWithin(base, low) ? low : high;
  }
  assert.equal(range.bits, 160);
  assert.deepEqual(range.from, base);
});

law('sums add up over halves, in any order', [records(), seeds()], 100, (all, { there }) => {
  const of = (range: Range): Traits[] =>
    all.filter(({ key }) => isWithin(key.position, range)).map(traitsOf);
  const [low, high] = halves(EVERYTHING);
  const whole = sumOf(of(EVERYTHING), there);
  assert.deepEqual(added(sumOf(of(low), there), sumOf(of(high), there)), whole);
  assert.deepEqual(sumOf(of(EVERYTHING).reverse(), there), whole);
});

interface Seeds {
  /** Of the first to the second, and back. */
  readonly there: Seed;
  readonly back: Seed;
  /** The same in another round. */
  readonly earlier: Seed;
  /** Of the first to a third, of a third to the first and to the second, with the same nonce. */
  readonly others: readonly Seed[];
}

/** Three nodes, none of which has the folded position of another, and two rounds. */
function seeds(): fc.Arbitrary<Seeds> {
  const differ = (all: readonly Position[]): boolean =>
    new Set(all.map(({ w0, w3 }) => w0 ^ w3)).size === all.length;
  return fc
    .tuple(fc.tuple(position(), position(), position()).filter(differ), word(), word())
    .filter(([, nonce, earlier]) => nonce !== earlier)
    .map(([[a, b, c], nonce, earlier]) => ({
      there: seedOf(nonce, a, b),
      back: seedOf(nonce, b, a),
      earlier: seedOf(earlier, a, b),
      others: [seedOf(nonce, a, c), seedOf(nonce, c, a), seedOf(nonce, c, b)],
    }));
}

law(
  'a list names its records, to whom it is said in that round, and no others',
  [records(), records(1), seeds()],
  200,
  (mine, others, { there, back, earlier, others: elsewhere }) => {
    const words = flat(mine.map((record) => tagOf(traitsOf(record), there)));
    const list = listed(words, there);
    for (const record of mine.map(traitsOf)) {
      assert.ok(isListed(list, record));
      assert.ok(!isListed(listed(words, back), record), 'an echo');
      assert.ok(!isListed(listed(words, earlier), record), 'of another round');
      for (const seed of elsewhere) assert.ok(!isListed(listed(words, seed), record), 'passed on');
    }
    const keys = new Set(mine.map(({ key }) => JSON.stringify(key.position)));
    for (const record of others) {
      if (!keys.has(JSON.stringify(record.key.position)))
        assert.ok(!isListed(list, traitsOf(record)));
    }
  },
);

law(
  'neither an echo, nor an older answer, nor one to others, nor that of other records is accepted',
  [records(1), records(1), seeds()],
  300,
  (headers, otherHeaders, { there, back, earlier, others: elsewhere }) => {
    const [mine, others] = [headers.map(traitsOf), otherHeaders.map(traitsOf)];
    fc.pre(!sameSum(sumOf(mine, there), sumOf(others, there)) || mine.length !== others.length);
    const wanted = sumOf(mine, there);
    assert.ok(!sameSum(sumOf(mine, back), wanted), 'an echo');
    assert.ok(!sameSum(sumOf(mine, earlier), wanted), 'an older answer');
    for (const seed of elsewhere) assert.ok(!sameSum(sumOf(mine, seed), wanted), 'passed on');
    assert.ok(!sameSum(sumOf(others, there), wanted), 'that of others');
    assert.ok(!sameSum(sumOf(mine.slice(1), there), wanted), 'one too few');
    const forged = { ...sumOf([], there), count: mine.length };
    assert.ok(!sameSum(forged, wanted), 'the right count alone');
  },
);

law(
  'who holds nothing gets no answer of another accepted, under the same nonce or others',
  [records(1), fc.tuple(position(), position(), position()), word(), fc.array(word())],
  300,
  (headers, [asker, empty, holder], nonce, tried) => {
    const mine = headers.map(traitsOf);
    const wanted = sumOf(mine, seedOf(nonce, empty, asker));
    const folded = ({ w0, w1, w3, w4 }: Position): string => `${w0 ^ w3} ${w1 ^ w4}`;
    fc.pre(new Set([asker, empty, holder].map(folded)).size === 3);
    for (const other of [nonce, ~nonce, nonce ^ 1, ...tried]) {
      const told = seedOf(other, holder, empty);
      assert.ok(!sameSum(sumOf(mine, told), wanted), 'it was passed on');
    }
  },
);

law(
  'a tag tells key and version apart, and most publishers',
  [header(), position(), seeds()],
  300,
  (one, elsewhere, { there }) => {
    const tag = (record: RecordHeader): unknown => tagOf(traitsOf(record), there);
    assert.deepEqual(tag({ ...one, lifeMs: 1, size: 1 }), tag(one));
    const differs = (changed: RecordHeader): void => {
      assert.notDeepEqual(tag(changed), tag(one));
    };
    const version = one.version < 2 ** 52 ? one.version + 1 : one.version - 1;
    differs({ ...one, version });
    differs({ ...one, version: (one.version + 2 ** 40) % 2 ** 53 });
    differs({ ...one, version: (one.version + 2 ** 32) % 2 ** 53 });
    differs({ ...one, publisher: { ...one.publisher, b7: one.publisher.b7 ^ 1 } });
    const { w0, w1, w3, w4 } = one.key.position;
    const isSame = (w0 ^ w3) === (elsewhere.w0 ^ elsewhere.w3);
    if (isSame && (w1 ^ w4) === (elsewhere.w1 ^ elsewhere.w4)) return;
    differs({ ...one, key: { ...one.key, position: elsewhere } });
  },
);
