/**
 * Latency by place: a square table of one-way delays, row the sender's place and column the
 * receiver's, and a law by which nodes are laid on places. A node's place follows from its handle
 * alone, so every worker finds the same one; it is kept once found.
 */

import type { Peer } from '../../src/types.ts';
import { mix, share } from '../streams.ts';

export interface PlaceTable {
  readonly size: number;
  /** Whole microseconds, row after row; a row's own column holds the delay within the place. */
  readonly oneWayUs: Int32Array;
  /** The place of a node whose draw is this share. */
  placeAt(drawn: number): number;
  name(place: number): string;
}

/** The counter of a node's place. */
const PLACE = 0;

export class Places {
  /** No delay of the table is below it. */
  readonly leastUs: number;
  readonly #table: PlaceTable;
  readonly #key: number;
  /** Place by handle; -1 where it has not been drawn. */
  #places = new Int16Array(1024).fill(-1);

  constructor(table: PlaceTable, key: number) {
    this.#table = table;
    this.#key = key;
    this.leastUs = table.oneWayUs.reduce((least, us) => Math.min(least, us), Infinity);
  }

  us(from: Peer, to: Peer): number {
    const { size, oneWayUs } = this.#table;
    return oneWayUs[this.#place(from) * size + this.#place(to)] ?? 0;
  }

  placeName(peer: Peer): string {
    return this.#table.name(this.#place(peer));
  }

  #place(peer: Peer): number {
    const known = this.#places[peer] ?? -1;
    return known >= 0 ? known : this.#lay(peer);
  }

  #lay(peer: Peer): number {
    const place = this.#table.placeAt(share(mix(this.#key, peer, PLACE)));
    if (peer >= this.#places.length) {
      const grown = new Int16Array(2 * Math.max(peer, this.#places.length)).fill(-1);
      grown.set(this.#places);
      this.#places = grown;
    }
    this.#places[peer] = place;
    return place;
  }
}
