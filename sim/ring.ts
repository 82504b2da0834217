/**
 * Peers in the order of their positions, for an all-knowing observer: which are nearest to a point,
 * and which share exactly so many leading bits with another (a bucket's range).
 *
 * Cost: building sorts once; a query takes some ten binary searches; a change moves half the array.
 */

import { ID_WORDS, POSITION_WORD } from '../src/limits.ts';
import { bitAt, compareDistance } from '../src/position.ts';
import type { Directory, Peer, Position } from '../src/types.ts';

export class Ring {
  #sorted: Int32Array;
  #size: number;
  readonly #directory: Directory;

  constructor(directory: Directory, peers: readonly Peer[]) {
    this.#directory = directory;
    this.#sorted = Int32Array.from(peers).sort((a, b) => this.#compare(a, b));
    this.#size = peers.length;
  }

  get size(): number {
    return this.#size;
  }

  at(index: number): Peer {
    return this.#sorted[index] ?? 0;
  }

  add(peer: Peer): void {
    if (this.#size === this.#sorted.length) {
      const grown = new Int32Array(Math.max(16, 2 * this.#size));
      grown.set(this.#sorted.subarray(0, this.#size));
      this.#sorted = grown;
    }
    const at = this.#indexOf(peer);
    this.#sorted.copyWithin(at + 1, at, this.#size);
    this.#sorted[at] = peer;
    this.#size++;
  }

  remove(peer: Peer): void {
    const at = this.#indexOf(peer);
    if (this.#sorted[at] !== peer || at >= this.#size) return;
    this.#sorted.copyWithin(at, at + 1, this.#size);
    this.#size--;
  }

  /** The `wanted` nearest to the target that `accepts` takes, nearest first. */
  nearest(target: Position, wanted: number, accepts: (peer: Peer) => boolean): Peer[] {
    const found: Peer[] = [];
    this.#collect(target, wanted, accepts, 0, this.#size, 0, found);
    return found;
  }

  /** The end of those of [from, to), which share `bit` leading bits, whose next bit is 0. */
  split(from: number, to: number, bit: number): number {
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#bit(this.at(middle), bit) === 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #collect(
    target: Position,
    wanted: number,
    accepts: (peer: Peer) => boolean,
    from: number,
    to: number,
    bit: number,
    found: Peer[],
  ): void {
    if (from === to || found.length >= wanted) return;
    if (to - from <= 16 || bit === 159) {
      const first = found.length;
      for (let i = from; i < to; i++) {
        const peer = this.at(i);
        if (accepts(peer)) this.#insert(target, found, first, peer);
      }
      found.length = Math.min(found.length, wanted);
      return;
    }
    const middle = this.split(from, to, bit);
    if (bitAt(target, bit) === 0) {
      this.#collect(target, wanted, accepts, from, middle, bit + 1, found);
      this.#collect(target, wanted, accepts, middle, to, bit + 1, found);
    } else {
      this.#collect(target, wanted, accepts, middle, to, bit + 1, found);
      this.#collect(target, wanted, accepts, from, middle, bit + 1, found);
    }
  }

  /** Puts a peer in its place among those from `first` on, which are in order. */
  #insert(target: Position, found: Peer[], first: number, peer: Peer): void {
    let at = found.length;
    found.push(peer);
    for (; at > first; at--) {
      const other = found[at - 1] ?? 0;
      if (compareDistance(this.#directory, target, other, peer) < 0) break;
      found[at] = other;
    }
    found[at] = peer;
  }

  #indexOf(peer: Peer): number {
    let low = 0;
    let high = this.#size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(this.at(middle), peer) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #bit(peer: Peer, bit: number): number {
    const word = this.#directory.words[peer * ID_WORDS + POSITION_WORD + (bit >>> 5)] ?? 0;
    return (word >>> (31 - (bit & 31))) & 1;
  }

  #compare(a: Peer, b: Peer): number {
    const { words } = this.#directory;
    const atA = a * ID_WORDS + POSITION_WORD;
    const atB = b * ID_WORDS + POSITION_WORD;
    for (let i = 0; i < 5; i++) {
      const x = (words[atA + i] ?? 0) >>> 0;
      const y = (words[atB + i] ?? 0) >>> 0;
      if (x !== y) return x - y;
    }
    return a - b;
  }
}
