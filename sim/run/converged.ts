/**
 * A converged start: bucket c of a node holds min(k, available) uniformly random nodes that share
 * exactly c leading bits with it. In the ring, those nodes are one range: the half of the current
 * range on the other side of bit c.
 */

import { peerWord } from '../../src/position.ts';
import { noneHeard, type Table } from '../../src/table/table.ts';
import type { Directory, Peer } from '../../src/types.ts';
import type { Arena } from '../arena.ts';
import type { Oracle } from '../observer/oracle.ts';
import { Ring } from '../ring.ts';
import { index, mix } from '../streams.ts';

/** Words taken from one buffer for many tables: a buffer of its own costs each some 250 bytes. */
const SLAB_WORDS = 65_536;

export class Slab {
  #words = new Int32Array(SLAB_WORDS);
  #used = 0;

  take(count: number): Int32Array {
    if (this.#used + count > this.#words.length) {
      this.#words = new Int32Array(Math.max(SLAB_WORDS, count));
      this.#used = 0;
    }
    const taken = this.#words.subarray(this.#used, this.#used + count);
    this.#used += count;
    return taken;
  }
}

/** @param rank the node's place in the ring */
export function convergedTable(
  ring: Ring,
  rank: number,
  k: number,
  key: number,
  directory: Directory,
  slab: Slab,
): Table {
  const self = ring.at(rank);
  const ends: number[] = [];
  const contacts: Peer[] = [];
  let from = 0;
  let to = ring.size;
  for (let bit = 0; to - from > 1; bit++) {
    const middle = ring.split(from, to, bit);
    const upper = rank >= middle;
    sample(ring, upper ? from : middle, upper ? middle : to, k, key, self, contacts);
    ends.push(contacts.length);
    if (upper) from = middle;
    else to = middle;
  }
  while (ends.length > 0 && ends[ends.length - 1] === (ends[ends.length - 2] ?? 0)) ends.pop();
  const packed = slab.take(1 + ends.length + 2 * contacts.length);
  packed[0] = ends.length;
  packed.set(ends, 1);
  let at = 1 + ends.length;
  for (const peer of contacts) {
    packed[at++] = peer;
    packed[at++] = peerWord(directory, peer, 0);
  }
  return { packed, heard: noneHeard(contacts.length), spares: [] };
}

/** `k` of a range without repetition (Floyd's algorithm), or the whole range. */
function sample(
  ring: Ring,
  from: number,
  to: number,
  k: number,
  key: number,
  self: Peer,
  into: Peer[],
): void {
  const size = to - from;
  if (size <= k) {
    for (let i = from; i < to; i++) into.push(ring.at(i));
    return;
  }
  const first = into.length;
  for (let i = size - k; i < size; i++) {
    const drawn = ring.at(from + index(mix(key, self, into.length), i + 1));
    let taken = false;
    for (let j = first; j < into.length && !taken; j++) taken = into[j] === drawn;
    into.push(taken ? ring.at(from + i) : drawn);
  }
}

/** Gives all nodes the tables of a network that has settled. */
export function giveTables(world: Arena, oracle: Oracle, online: readonly Peer[]): void {
  const { population, roles, keys, options } = world;
  const ring = new Ring(population.directory, online);
  const slab = new Slab();
  const sound: Peer[] = [];
  for (let rank = 0; rank < ring.size; rank++) {
    const peer = ring.at(rank);
    population.setSettledAt(peer, -Infinity);
    if (roles.isSound(population.slotOf(peer))) sound.push(peer);
    const state = population.states[peer];
    if (state === undefined) continue;
    const table = convergedTable(ring, rank, options.k, keys.tables, population.directory, slab);
    population.states[peer] = { ...state, table };
  }
  const eligible = sound.length === ring.size ? ring : new Ring(population.directory, sound);
  oracle.onStart(sound, eligible);
}
