/**
 * What the simulator's observer relies on: the ring against a sort of all peers, converged tables
 * against the definition (bucket c holds min(k, available) of those that share exactly c bits), and
 * the table of links against a map.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { LinkTable } from '../../sim/links.ts';
import { Ring } from '../../sim/ring.ts';
import { convergedTable, Slab } from '../../sim/run/converged.ts';
import { mix } from '../../sim/streams.ts';
import { comparePositions, peerWord, positionOf, sharedBitsOfPeers } from '../../src/position.ts';
import {
  bucketCount,
  bucketSize,
  bucketStart,
  contactAt,
  contactCount,
} from '../../src/table/table.ts';
import type { Directory, Peer } from '../../src/types.ts';
import { plain, position } from '../core/arbitraries.ts';
import { bigDistance, directoryOf, short, smallWorld } from '../core/core-arbitraries.ts';
import { law } from '../harness.ts';

const world = smallWorld(60).map((positions) => {
  const seen = new Map(positions.map((each) => [JSON.stringify(each), each]));
  return [...seen.values(), short('5a5a5a')];
});

law(
  'the ring is sorted and its nearest are those of a sort, as peers come and go',
  [world, position(), fc.array(fc.nat({ max: 99 })), fc.integer({ min: 1, max: 70 }), fc.nat()],
  400,
  (positions, target, changes, wanted, mask) => {
    const directory = directoryOf(positions);
    const present = new Set(positions.map((_, peer) => peer).filter((peer) => peer % 2 === 0));
    const ring = new Ring(directory, [...present]);
    for (const change of changes) {
      const peer = change % positions.length;
      if (present.delete(peer)) {
        ring.remove(peer);
      } else {
        ring.add(peer);
        present.add(peer);
      }
      ring.remove(-1 - change);
    }
    assert.equal(ring.size, present.size);
    for (let i = 1; i < ring.size; i++) {
      const [a, b] = [positionOf(directory, ring.at(i - 1)), positionOf(directory, ring.at(i))];
      assert.ok(comparePositions(a, b) < 0);
    }
    const accepts = (peer: Peer): boolean => ((mask >>> (peer & 31)) & 1) === 0;
    const distance = (peer: Peer): bigint => bigDistance(target, positionOf(directory, peer));
    const sorted = [...present]
      .filter(accepts)
      .sort((a, b) => (distance(a) < distance(b) ? -1 : 1));
    assert.deepEqual(ring.nearest(target, wanted, accepts), sorted.slice(0, wanted));
  },
);

law(
  'a converged table holds min(k, available) of the right prefix class in each bucket',
  [world, fc.integer({ min: 1, max: 20 }), fc.integer()],
  300,
  (positions, k, key) => {
    const directory = directoryOf(positions);
    const ring = new Ring(
      directory,
      positions.map((_, peer) => peer),
    );
    const slab = new Slab();
    for (let rank = 0; rank < ring.size; rank++) {
      checkConverged(ring.at(rank), positions.length, k, directory, () =>
        convergedTable(ring, rank, k, key, directory, slab),
      );
    }
  },
);

function checkConverged(
  self: Peer,
  count: number,
  k: number,
  directory: Directory,
  make: () => ReturnType<typeof convergedTable>,
): void {
  const table = make();
  assert.deepEqual(make(), table, 'the same draws give the same table');
  const available = new Map<number, number>();
  for (let peer = 0; peer < count; peer++) {
    if (peer === self) continue;
    const shared = sharedBitsOfPeers(directory, self, peer);
    available.set(shared, (available.get(shared) ?? 0) + 1);
  }
  assert.equal(bucketCount(table), Math.max(-1, ...available.keys()) + 1);
  const seen = new Set<Peer>();
  for (let bucket = 0; bucket < bucketCount(table); bucket++) {
    assert.equal(bucketSize(table, bucket), Math.min(k, available.get(bucket) ?? 0));
    const start = bucketStart(table, bucket);
    for (let slot = start; slot < start + bucketSize(table, bucket); slot++) {
      const peer = contactAt(table, slot);
      assert.equal(sharedBitsOfPeers(directory, self, peer), bucket);
      const at = 1 + bucketCount(table) + 2 * slot;
      assert.equal(table.packed[at + 1], peerWord(directory, peer, 0));
      seen.add(peer);
    }
  }
  assert.equal(seen.size, contactCount(table));
}

test('contacts of a full bucket are drawn evenly', (t) => {
  // 40 peers on the far side of bit 0; 10 of them in the table of each of 2,000 drawings.
  const far = Array.from({ length: 40 }, (_, i) => short((0x80 + i).toString(16)));
  const directory = directoryOf([short('0'), ...far]);
  const ring = new Ring(
    directory,
    Array.from({ length: 41 }, (_, peer) => peer),
  );
  const times = new Array<number>(41).fill(0);
  for (let key = 0; key < 2000; key++) {
    const table = convergedTable(ring, 0, 10, mix(9, key, 0), directory, new Slab());
    for (let slot = 0; slot < 10; slot++) {
      const peer = contactAt(table, slot);
      times[peer] = (times[peer] ?? 0) + 1;
    }
  }
  const chiSquare = times.slice(1).reduce((sum, count) => sum + (count - 500) ** 2 / 500, 0);
  // 39 degrees of freedom, less spread as ten are drawn at once: above 72.1 once in a thousand.
  t.true(chiSquare < 72.1, `chi-square ${chiSquare}`);
});

interface LinkChange {
  readonly node: number;
  readonly peer: number;
  readonly at: number;
  readonly clears: boolean;
}

const linkChange = plain<LinkChange>({
  node: fc.nat({ max: 40 }),
  peer: fc.nat({ max: 40 }),
  at: fc.nat({ max: 1000 }),
  clears: fc.boolean(),
});

law(
  'the link table is a map that may forget what no longer matters',
  [fc.array(linkChange, { minLength: 100, maxLength: 3000, size: 'max' }), fc.nat({ max: 1000 })],
  40,
  (changes, threshold) => {
    const links: LinkTable = new LinkTable((row) => links.since(row) >= threshold);
    const model = new Map<string, { since: number; clearAt: number }>();
    for (const { node, peer, at, clears } of changes) {
      const row = links.find(node, peer);
      const known = model.get(`${node},${peer}`);
      if (row >= 0) {
        assert.deepEqual({ since: links.since(row), clearAt: links.clearAt(row) }, known);
      } else {
        assert.ok(known === undefined || known.since < threshold, 'only the old is forgotten');
      }
      if (row >= 0 && clears) {
        links.setClearAt(row, at);
        model.set(`${node},${peer}`, { since: links.since(row), clearAt: at });
      } else {
        links.begin(node, peer, at, at + 1, true);
        model.set(`${node},${peer}`, { since: at, clearAt: at + 1 });
      }
    }
  },
);
