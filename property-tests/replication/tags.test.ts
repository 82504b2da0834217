/**
 * Laws of ranges, tags and sums: halves part a range, sums add up in any order, and nobody who
 * has not got the records gets a sum accepted.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EVERYTHING, flat, halves, isListed, isWithin } from '../../src/replicas/tags.ts';
import { listed, sameSum, sumOf, tagOf, traitsOf, type Traits } from '../../src/replicas/tags.ts';
import type { Range, RecordHeader, Sum } from '../../src/types.ts';
import { cluster, header, position, word } from '../arbitraries.ts';
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

law('sums add up over halves, in any order', [records(), word()], 100, (all, nonce) => {
  const of = (range: Range): Traits[] =>
    all.filter(({ key }) => isWithin(key.position, range)).map(traitsOf);
  const [low, high] = halves(EVERYTHING);
  const whole = sumOf(of(EVERYTHING), nonce);
  assert.deepEqual(added(sumOf(of(low), nonce), sumOf(of(high), nonce)), whole);
  assert.deepEqual(sumOf(of(EVERYTHING).reverse(), nonce), whole);
});

const side = (): fc.Arbitrary<boolean> => fc.boolean();

law(
  'a list names its records, to whoever knows the nonce and the side, and no others',
  [records(), records(1), word(), word(), side()],
  200,
  (mine, others, nonce, earlier, byAsker) => {
    fc.pre(nonce !== earlier);
    const words = flat(mine.map((record) => tagOf(traitsOf(record), nonce, byAsker)));
    const list = listed(words, nonce, byAsker);
    for (const record of mine.map(traitsOf)) {
      assert.ok(isListed(list, record));
      assert.ok(!isListed(listed(words, nonce, !byAsker), record), 'an echo');
      assert.ok(!isListed(listed(words, earlier, byAsker), record), 'of another round');
    }
    const keys = new Set(mine.map(({ key }) => JSON.stringify(key.position)));
    for (const record of others) {
      if (!keys.has(JSON.stringify(record.key.position)))
        assert.ok(!isListed(list, traitsOf(record)));
    }
  },
);

law(
  'neither an echo, nor an older answer, nor that of other records is accepted',
  [records(1), records(1), word(), word()],
  300,
  (headers, otherHeaders, nonce, earlier) => {
    const [mine, others] = [headers.map(traitsOf), otherHeaders.map(traitsOf)];
    fc.pre(nonce !== earlier);
    fc.pre(!sameSum(sumOf(mine, nonce), sumOf(others, nonce)) || mine.length !== others.length);
    for (const byAsker of [false, true]) {
      const wanted = sumOf(mine, nonce, byAsker);
      // Whatever nonce the other side was made to answer, its sum is no sum of ours.
      for (const given of [nonce, ~nonce, earlier, ~earlier, nonce + 1, -nonce]) {
        assert.ok(!sameSum(sumOf(mine, given, !byAsker), wanted), 'an echo');
      }
      assert.ok(!sameSum(sumOf(mine, earlier, byAsker), wanted), 'an older answer');
      assert.ok(!sameSum(sumOf(others, nonce, byAsker), wanted), 'that of others');
      assert.ok(!sameSum(sumOf(mine.slice(1), nonce, byAsker), wanted), 'one too few');
      const forged = { ...sumOf([], nonce, byAsker), count: mine.length };
      assert.ok(!sameSum(forged, wanted), 'the right count alone');
    }
  },
);

law(
  'a tag tells key and version apart, and most publishers',
  [header(), position(), word(), side()],
  300,
  (one, elsewhere, nonce, byAsker) => {
    const tag = (record: RecordHeader): unknown => tagOf(traitsOf(record), nonce, byAsker);
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
