/**
 * Laws of ranges, tags and sums: halves part a range, sums add up in any order, and nobody who
 * has not got the records gets a sum accepted.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EVERYTHING, flat, halves, isWithin, nameOf, namesIn } from '../../src/replicas/tags.ts';
import { askersNonce, sameSum, sumOf, tagOf, type Tag } from '../../src/replicas/tags.ts';
import type { Range, Sum } from '../../src/types.ts';
import { cluster, header, plain, position, word } from '../arbitraries.ts';
import { law } from '../harness.ts';

const tag = (): fc.Arbitrary<Tag> => plain({ high: word(), low: word() });
const tags = (minLength = 0): fc.Arbitrary<Tag[]> => fc.array(tag(), { minLength, maxLength: 20 });
const placed = fc.tuple(cluster(2, 12), fc.infiniteStream(tag()));

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

law(
  'sums add up over halves, in any order',
  [placed, word()],
  100,
  ([positions, stream], nonce) => {
    const all = positions.map((at) => ({ at, tag: stream.next().value as Tag }));
    const of = (range: Range): Tag[] =>
      all.filter(({ at }) => isWithin(at, range)).map((each) => each.tag);
    const [low, high] = halves(EVERYTHING);
    const whole = sumOf(of(EVERYTHING), nonce);
    assert.deepEqual(added(sumOf(of(low), nonce), sumOf(of(high), nonce)), whole);
    assert.deepEqual(sumOf(of(EVERYTHING).reverse(), nonce), whole);
  },
);

law('tags survive their way', [tags()], 100, (some) => {
  assert.deepEqual(namesIn(flat(some)), new Set(some.map(nameOf)));
});

law(
  'neither an echo, nor an older answer, nor that of other records is accepted',
  [tags(1), tags(1), word(), word()],
  300,
  (mine, others, nonce, earlier) => {
    fc.pre(nonce !== earlier);
    fc.pre(!sameSum(sumOf(mine, nonce), sumOf(others, nonce)) || mine.length !== others.length);
    const wanted = sumOf(mine, nonce);
    assert.ok(!sameSum(sumOf(mine, askersNonce(nonce)), wanted), 'an echo');
    assert.ok(!sameSum(sumOf(mine, earlier), wanted), 'an older answer');
    assert.ok(!sameSum(sumOf(others, nonce), wanted), 'that of others');
    assert.ok(!sameSum(sumOf(mine.slice(1), nonce), wanted), 'one too few');
    const forged = { ...sumOf([], nonce), count: mine.length };
    assert.ok(!sameSum(forged, wanted), 'the right count alone');
  },
);

law(
  'a tag tells key, version and publisher apart',
  [header(), header(), position()],
  300,
  (one, other, elsewhere) => {
    const name = nameOf(tagOf(one));
    assert.equal(nameOf(tagOf({ ...one, lifeMs: 1, size: 1 })), name);
    assert.equal(nameOf(tagOf({ ...one, key: { ...one.key, position: elsewhere } })), name);
    const differs = (changed: typeof one): void => {
      assert.notEqual(nameOf(tagOf(changed)), name);
    };
    const version = one.version < 2 ** 52 ? one.version + 1 : one.version - 1;
    differs({ ...one, version });
    differs({ ...one, version: (one.version + 2 ** 40) % 2 ** 53 });
    const [raw, publisher] = [other.key.raw, other.publisher];
    if (JSON.stringify(raw) !== JSON.stringify(one.key.raw)) {
      differs({ ...one, key: { ...one.key, raw } });
    }
    if (JSON.stringify(publisher) !== JSON.stringify(one.publisher)) differs({ ...one, publisher });
  },
);
