/**
 * The nearest contacts against a sort of the whole table, for targets near, far and equal to
 * the own position, crafted ids with very long shared prefixes and peers that are left out.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { peerWord, positionOf, sharedBitsOfPeers } from '../../src/position.ts';
import { nearestContacts } from '../../src/table/nearest.ts';
import { emptyTable, withContact, type Table } from '../../src/table/table.ts';
import type { Directory, Peer, Position } from '../../src/types.ts';
import { law } from '../harness.ts';
import { nearTo, position } from './arbitraries.ts';
import { bigDistance, directoryOf, short, smallWorld } from './core-arbitraries.ts';

function tableOf(directory: Directory, peers: readonly Peer[]): Table {
  let table = emptyTable;
  for (const peer of peers) {
    const bucket = sharedBitsOfPeers(directory, 0, peer);
    table = withContact(table, bucket, peer, peerWord(directory, peer, 0));
  }
  return table;
}

/** Distances, ascending: peers at the same distance may stand for one another. */
function distances(directory: Directory, target: Position, peers: readonly Peer[]): bigint[] {
  return peers
    .map((peer) => bigDistance(target, positionOf(directory, peer)))
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

const wanted = fc.integer({ min: 1, max: 64 });
const target = fc.tuple(fc.nat({ max: 99 }), fc.integer({ min: 0, max: 160 }), position());

law(
  'the nearest contacts are those that a sort of all gives',
  [smallWorld(90), target, wanted, fc.array(fc.nat({ max: 99 }), { maxLength: 20 })],
  1500,
  (positions, [round, bits, rest], count, left) => {
    const directory = directoryOf(positions);
    const own = positionOf(directory, 0);
    const peers = positions.slice(1).map((_, i) => i + 1);
    const exclude = left.map((index) => 1 + (index % peers.length));
    const aim = nearTo(positionOf(directory, round % positions.length), bits, rest);
    const table = tableOf(directory, peers);
    const found = nearestContacts(table, own, aim, count, exclude, directory);
    const rest2 = peers.filter((peer) => !exclude.includes(peer));
    assert.equal(new Set(found).size, found.length, 'nobody twice');
    assert.ok(found.every((peer) => rest2.includes(peer)));
    const all = distances(directory, aim, rest2);
    assert.deepEqual(distances(directory, aim, found), all.slice(0, count));
  },
);

law('the own position as target', [smallWorld(90), wanted], 300, (positions, count) => {
  const directory = directoryOf(positions);
  const own = positionOf(directory, 0);
  const peers = positions.slice(1).map((_, i) => i + 1);
  const found = nearestContacts(tableOf(directory, peers), own, own, count, [], directory);
  const all = distances(directory, own, peers);
  assert.deepEqual(distances(directory, own, found), all.slice(0, count));
});

test('an id that ends like the own one is found once, and may be left out', (t) => {
  const directory = directoryOf([short('5'), short('5'), short('d')]);
  const table = tableOf(directory, [1, 2]);
  const own = positionOf(directory, 0);
  for (const aim of [own, short('7'), short('d')]) {
    t.deepEqual(nearestContacts(table, own, aim, 4, [], directory).sort(), [1, 2]);
    t.deepEqual(nearestContacts(table, own, aim, 4, [1], directory), [2]);
  }
});

test('vectors: the three nearest of eighteen', (t) => {
  // One-byte ids 00 to 11 (hexadecimal) and an owner far away (k-bucket's closest test).
  const byte = (i: number): string => i.toString(16).padStart(2, '0');
  const ids = Array.from({ length: 18 }, (_, i) => short(byte(i)));
  const directory = directoryOf([short('ff'), ...ids]);
  const peers = ids.map((_, i) => i + 1);
  const table = tableOf(directory, peers);
  const nearest = (hex: string): string[] =>
    nearestContacts(table, short('ff'), short(hex), 3, [], directory)
      .map((peer) => byte(peer - 1))
      .sort();
  t.deepEqual(nearest('15'), ['05', '10', '11']);
  t.deepEqual(nearest('11'), ['01', '10', '11']);
});

test('vectors: the five nearest to the own position', (t) => {
  // go-kademlia's TestNearestPeers: first bytes of the keys, all within capacity.
  const bytes = ['40', '80', 'c0', 'e0', '60', '70', '18', '14', '10', '20', '30'];
  const directory = directoryOf([short('00'), ...bytes.map(short)]);
  const peers = bytes.map((_, i) => i + 1);
  const table = tableOf(directory, peers);
  const found = nearestContacts(table, short('00'), short('00'), 5, [], directory);
  t.deepEqual(found.map((peer) => bytes[peer - 1]).sort(), ['10', '14', '18', '20', '30']);
});
