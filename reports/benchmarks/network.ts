/**
 * What suites work on: a network as the simulator would set it up, converged, from one seed. All
 * chance comes from the simulator's streams, so that the same seed gives the same inputs anywhere.
 */
import { PeerDirectory } from '../../host/directory.ts';
import { Ring } from '../../sim/ring.ts';
import { convergedTable, Slab } from '../../sim/run/converged.ts';
import { index, keysOf, mix, type Keys } from '../../sim/streams.ts';
import { ID_WORDS } from '../../src/limits.ts';
import type { Table } from '../../src/table/table.ts';
import type { Peer, Position } from '../../src/types.ts';

export class Network {
  readonly size: number;
  readonly keys: Keys;
  readonly directory = new PeerDirectory();
  readonly ring: Ring;
  readonly #slab = new Slab();

  constructor(size: number, seed: string) {
    this.size = size;
    this.keys = keysOf(seed);
    const peers: Peer[] = [];
    for (let i = 0; i < size; i++) {
      const words: number[] = [];
      for (let word = 0; word < ID_WORDS; word++) words.push(mix(this.keys.ids, i, word));
      peers.push(this.directory.add(words));
    }
    this.ring = new Ring(this.directory, peers);
  }

  /** Some node, another one for each number; the ring is in the order of ids, hence the draw. */
  rankOf(number: number): number {
    return index(mix(this.keys.askers, number, 0), this.size);
  }

  peerOf(number: number): Peer {
    return this.ring.at(this.rankOf(number));
  }

  /** The converged table of that node. */
  tableOf(number: number): Table {
    return this.tableAt(this.rankOf(number));
  }

  tableAt(rank: number): Table {
    return convergedTable(this.ring, rank, 20, this.keys.tables, this.directory, this.#slab);
  }

  /** A random point, another one for each number. */
  targetOf(number: number): Position {
    const word = (i: number): number => mix(this.keys.targets, number, i);
    return { w0: word(0), w1: word(1), w2: word(2), w3: word(3), w4: word(4) };
  }
}

/** `count` things, the i-th made from i. */
export function listOf<T>(count: number, make: (i: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

/** The item that a round works on; lists are as long as a power of two. */
export function pick<T>(list: readonly T[], round: number): T {
  return list[round & (list.length - 1)] as T;
}

export function bytesFrom(key: number, number: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => mix(key, number, i) & 0xff);
}
