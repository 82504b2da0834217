/**
 * The directory against a plain list: handles in order of arrival, each id found under its first
 * handle, caps obeyed, and nothing of it dependent on the key of the index.
 */
import { testProp } from '@fast-check/ava';
import test from 'ava';
import fc from 'fast-check';
import { PeerDirectory } from '../../host/directory.ts';
import {
  bits256Of,
  bytesOfBits256,
  bytesOfPosition,
  hexOf,
  positionOf,
  positionOfId,
  wordAt,
} from '../../host/words.ts';
import { idOf, positionOf as positionOfPeer } from '../../src/position.ts';
import { runs } from '../parameters.ts';
import { bits256, bytes, position, word } from './arbitraries.ts';

/** Ids of a small set, so that they come again, in words that differ little. */
const id = (): fc.Arbitrary<Uint8Array> =>
  fc.tuple(fc.nat(9), fc.nat(1)).map(([at, bits]) => {
    const made = new Uint8Array(32);
    made[3 * at] = 1 << bits;
    return made;
  });
const action = (): fc.Arbitrary<readonly ['add' | 'intern' | 'internNamed' | 'find', Uint8Array]> =>
  fc.tuple(
    fc.constantFrom('add' as const, 'intern' as const, 'internNamed' as const, 'find' as const),
    id(),
  );

testProp(
  'a directory does what a list does',
  [fc.array(action(), { maxLength: 60 }), fc.nat(40), fc.tuple(word(), word())],
  (t, actions, peersMax, indexKey) => {
    const directory = new PeerDirectory({ peersMax, indexKey });
    const list: string[] = [];
    for (const [what, sought] of actions) {
      const hex = hexOf(sought);
      const at = list.indexOf(hex);
      if (what === 'add') {
        if (list.length === peersMax) t.throws(() => directory.add(wordsOf(sought)));
        else t.is(directory.add(wordsOf(sought)), list.push(hex) - 1);
        continue;
      }
      const max = what === 'intern' ? peersMax : peersMax - Math.floor(peersMax / 4);
      const fresh = what !== 'find' && list.length < max ? list.length : undefined;
      t.is(directory[what](sought), at === -1 ? fresh : at);
      if (at === -1 && fresh !== undefined) list.push(hex);
    }
    t.is(directory.count, list.length);
    t.deepEqual(
      list.map((_, peer) => directory.idHexOf(peer)),
      list,
    );
  },
  runs(300),
);

testProp(
  'the core reads the words that were written',
  [fc.array(bytes(32), { minLength: 1, maxLength: 200 }), fc.nat(300)],
  (t, ids, capacity) => {
    const directory = new PeerDirectory();
    directory.reserve(capacity);
    for (const one of ids) {
      const peer = directory.intern(one);
      if (peer === undefined) return t.fail('an unbounded directory was full');
      t.deepEqual(directory.idOf(peer), one);
      t.deepEqual(idOf(directory, peer), bits256Of(one));
      t.deepEqual(positionOfPeer(directory, peer), positionOfId(one));
    }
    return;
  },
  runs(100),
);

testProp(
  'bytes and words are two forms of one thing',
  [bits256(), position(), bytes(32), bytes(20)],
  (t, bits, point, id, place) => {
    t.deepEqual(bits256Of(bytesOfBits256(bits)), bits);
    t.deepEqual(positionOf(bytesOfPosition(point)), point);
    t.deepEqual(bytesOfBits256(bits256Of(id)), id);
    t.deepEqual(bytesOfPosition(positionOf(place)), place);
    t.deepEqual(positionOfId(id), positionOf(id.subarray(12)));
    t.is(hexOf(id), Buffer.from(id).toString('hex'));
    t.is(wordAt(id, 5), Buffer.from(id).readInt32BE(5));
  },
  runs(500),
);

test('a hundred thousand ids are found again, in 32 bytes each and the index', (t) => {
  const directory = new PeerDirectory({ indexKey: [7, 8] });
  const made = new Uint8Array(32);
  const view = new DataView(made.buffer);
  for (let round = 0; round < 2; round++) {
    for (let peer = 0; peer < 100_000; peer++) {
      view.setUint32(4 * (peer % 8), peer);
      if (directory.intern(made) !== peer) return t.fail(`id ${peer} in round ${round}`);
      view.setUint32(4 * (peer % 8), 0);
    }
  }
  t.is(directory.count, 100_000);
  t.true(directory.words.byteLength <= 2 * 32 * 100_000);
});

test('a foreign handle and a short id are bugs of ours', (t) => {
  const directory = new PeerDirectory();
  t.throws(() => directory.idOf(0), { message: /^broken invariant/ });
  t.throws(() => directory.find(new Uint8Array(31)), { message: /^broken invariant/ });
  t.throws(() => directory.add([1, 2, 3]), { message: /^broken invariant/ });
});

function wordsOf(id: Uint8Array): number[] {
  return Array.from({ length: 8 }, (_, at) => wordAt(id, at * 4));
}
