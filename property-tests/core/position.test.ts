/**
 * The XOR metric and the order of positions against arithmetic on whole numbers, and against
 * vectors that other implementations of Kademlia publish in their tests.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { bitAt, compareBits, compareDistance, comparePositions } from '../../src/position.ts';
import { positionOf, sharedBits, sharedBitsOfPeers } from '../../src/position.ts';
import { law } from '../harness.ts';
import { bits256, cluster, nearTo, position } from './arbitraries.ts';
import { bigDistance, bigOf, directoryOf, short } from './core-arbitraries.ts';

const triple = cluster(3, 3).map(([a = short(''), b = a, c = a]) => [a, b, c] as const);
const sign = (x: bigint | number): number => (x < 0 ? -1 : x > 0 ? 1 : 0);
const bitsOf = (x: bigint): number => (x === 0n ? 0 : x.toString(2).length);

law('the distance is a metric', [triple], 2000, ([a, b, c]) => {
  const directory = directoryOf([a, b, c]);
  const compare = (target: typeof a, x: number, y: number): number =>
    compareDistance(directory, target, x, y);
  assert.equal(compare(a, 1, 2), sign(bigDistance(a, b) - bigDistance(a, c)));
  assert.equal(compare(a, 1, 2) + compare(a, 2, 1), 0);
  assert.equal(compare(a, 0, 1) === 0, bigOf(a) === bigOf(b), 'zero only for equals');
  assert.equal(bigDistance(a, b), bigDistance(b, a));
  assert.ok(bigDistance(a, c) <= bigDistance(a, b) + bigDistance(b, c));
});

law('shared bits are the bits above the highest that differs', [triple], 2000, ([a, b]) => {
  const shared = 160 - bitsOf(bigDistance(a, b));
  assert.equal(sharedBits(a, b), shared);
  assert.equal(sharedBits(b, a), shared);
  assert.equal(sharedBitsOfPeers(directoryOf([a, b]), 0, 1), shared);
  for (let bit = 0; bit < shared; bit++) assert.equal(bitAt(a, bit), bitAt(b, bit));
  if (shared < 160) assert.notEqual(bitAt(a, shared), bitAt(b, shared));
});

law(
  'nearer by more shared bits is nearer',
  [position(), position(), position()],
  500,
  (t, x, y) => {
    for (const bits of [0, 1, 31, 32, 33, 63, 64, 100, 158]) {
      const directory = directoryOf([nearTo(t, bits + 1, x), nearTo(t, bits, y)]);
      assert.equal(compareDistance(directory, t, 0, 1), -1);
    }
  },
);

law(
  'positions and ids are in the order of their numbers',
  [triple, bits256(), bits256()],
  1000,
  ([a, b], x, y) => {
    assert.equal(comparePositions(a, b), sign(bigOf(a) - bigOf(b)));
    const numberOf = (bits: typeof x): bigint =>
      [bits.b0, bits.b1, bits.b2, bits.b3, bits.b4, bits.b5, bits.b6, bits.b7].reduce(
        (sum, word) => (sum << 32n) | BigInt(word >>> 0),
        0n,
      );
    assert.equal(compareBits(x, y), sign(numberOf(x) - numberOf(y)));
    assert.equal(compareBits(x, { ...x }), 0);
    assert.equal(compareBits(x, { ...x, b7: y.b7 }), sign((x.b7 >>> 0) - (y.b7 >>> 0)));
  },
);

/** a, b, and the exponent of the highest bit in which they differ (libtorrent, pymdht). */
const exponents: readonly (readonly [string, string, number])[] = [
  ['f'.repeat(40), '', 159],
  ['f'.repeat(40), `7${'f'.repeat(39)}`, 159],
  ['f'.repeat(40), `${'f'.repeat(39)}e`, 0],
  ['8', `${'f'.repeat(39)}e`, 158],
  ['c', `${'f'.repeat(39)}e`, 157],
  ['f', `${'f'.repeat(39)}e`, 155],
  ['41'.repeat(20), '01'.repeat(20), 158],
  ['41'.repeat(20), '43'.repeat(20), 153],
  ['', '01'.repeat(20), 152],
  ['', `00${'ff'.repeat(19)}`, 151],
  ['', `${'0'.repeat(39)}6`, 2],
];

test('vectors: the exponent of the distance', (t) => {
  for (const [a, b, exponent] of exponents) {
    t.is(sharedBits(short(a), short(b)), 159 - exponent, `${a} ${b}`);
  }
  t.is(sharedBits(short('4'), short('4')), 160);
});

test('vectors: sorting by distance from a centre', (t) => {
  // The last 40 digits of the five different ids of go-libp2p-kbucket's sorting test.
  const ids = [
    'b1af477fb14fcf26a6a9f76079e48bf090acb7e8',
    '4057192dc43dd748ea778adc52bc498ce80524c0',
    '49b0ddb0958f162a817cd572e85fbd9a12037a84',
    '49b0ddb0958f162a817cd572e85fbd9a12037a85',
    '4900ddb0958f162a817cd572e85fbd9a12037a84',
  ].map(short);
  const directory = directoryOf(ids);
  const center = positionOf(directory, 2);
  const order = [0, 1, 2, 3, 4].sort((a, b) => compareDistance(directory, center, a, b));
  t.deepEqual(order, [2, 3, 4, 1, 0]);
});

law(
  'the distance from oneself sorts first',
  [fc.array(position(), { minLength: 1 })],
  200,
  (all) => {
    const directory = directoryOf(all);
    const target = all[0] ?? short('');
    for (let peer = 1; peer < all.length; peer++) {
      assert.ok(compareDistance(directory, target, 0, peer) <= 0);
    }
  },
);
