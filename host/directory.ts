/**
 * The host's directory: which 256-bit id a handle stands for. Handles are given out in order and
 * never reused; the core reads the id words and nothing else.
 *
 * Struct of typed arrays, 32 bytes a peer, doubled on growth. The index from id to handle is an
 * open-addressing table of handles (4 bytes a slot, at most half full), built on the first `find`
 * or `intern`, so that a simulator that only appends does not pay for it.
 *
 * Hostile peers choose the ids that they name. Therefore slots come from a keyed hash
 * (HalfSipHash-1-3; Aumasson and Bernstein, "SipHash", 2012), whose key a real node draws at its
 * start; and ids that were merely named get only three quarters of the room, the rest is kept for
 * peers that proved who they are. The key never shows: handles depend on the order alone.
 */
import { assert } from '../src/assert.ts';
import { ID_WORDS } from '../src/limits.ts';
import type { Directory, Peer } from '../src/types.ts';
import { hexOf, ID_BYTES, putWord, wordAt } from './words.ts';

export interface DirectoryOptions {
  /** Peers at most; without it, as many as there are handles. */
  readonly peersMax?: number;
  /** Two secret random words that key the index; a simulator leaves them out. */
  readonly indexKey?: readonly [number, number];
}

export class PeerDirectory implements Directory {
  /** Replaced by a longer array on growth: read it afresh in every step, never keep it. */
  words: Int32Array;
  /** Likewise. */
  places: Int32Array;
  readonly peersMax: number;
  /** Told of every change of a place. */
  onPlace: ((peer: Peer, place: number) => void) | undefined;
  #count = 0;
  /** Handle + 1 per slot, 0 for a free one; a power of two long, empty until first needed. */
  #index = new Int32Array(0);
  readonly #indexKey: readonly [number, number];
  /** Scratch: the id that is being looked for. */
  readonly #sought = new Int32Array(ID_WORDS);

  constructor(options: DirectoryOptions = {}) {
    this.words = new Int32Array(ROWS_MIN * ID_WORDS);
    this.places = new Int32Array(ROWS_MIN);
    this.peersMax = Math.min(options.peersMax ?? HANDLES_MAX, HANDLES_MAX);
    this.#indexKey = options.indexKey ?? [0, 0];
  }

  get count(): number {
    return this.#count;
  }

  /** As many as there may be for one that is merely named to be added. */
  get namedMax(): number {
    return this.peersMax - (this.peersMax >>> 2);
  }

  /**
   * Appends without looking whether the id is there already: for a host that made the ids itself.
   * @throws Error when the directory is full
   */
  add(words: ArrayLike<number>): Peer {
    assert(words.length === ID_WORDS, 'an id has eight words');
    assert(this.#count < this.peersMax, 'the directory has room for a peer that the host made');
    const peer = this.#appendRow();
    const at = peer * ID_WORDS;
    for (let word = 0; word < ID_WORDS; word++) this.words[at + word] = words[word] ?? 0;
    this.#enterIfIndexed(peer);
    return peer;
  }

  /** The handle of a peer that proved this id; `undefined` when it is new and all is full. */
  intern(id: Uint8Array): Peer | undefined {
    return this.#findOrAppend(id, this.peersMax);
  }

  /** The handle of a peer that another one named; such ids leave a quarter of the room free. */
  internNamed(id: Uint8Array): Peer | undefined {
    return this.#findOrAppend(id, this.namedMax);
  }

  find(id: Uint8Array): Peer | undefined {
    const slot = this.#slotOf(id); // may replace the index
    const entry = this.#index[slot] ?? 0;
    return entry === 0 ? undefined : entry - 1;
  }

  /** Notes where a peer is, as a word of `src/table/places.ts`. */
  setPlace(peer: Peer, place: number): void {
    assert(peer >= 0 && peer < this.#count, 'a handle comes from this directory');
    if (this.places[peer] === place) return;
    this.places[peer] = place;
    this.onPlace?.(peer, place);
  }

  /** The 32 bytes of the id, as a copy. */
  idOf(peer: Peer): Uint8Array {
    assert(peer >= 0 && peer < this.#count, 'a handle comes from this directory');
    const id = new Uint8Array(ID_BYTES);
    const at = peer * ID_WORDS;
    for (let word = 0; word < ID_WORDS; word++) putWord(id, word * 4, this.words[at + word] ?? 0);
    return id;
  }

  idHexOf(peer: Peer): string {
    return hexOf(this.idOf(peer));
  }

  /** Makes room for `capacity` peers in all, at once instead of by doubling. */
  reserve(capacity: number): void {
    const length = Math.min(capacity, this.peersMax) * ID_WORDS;
    if (length <= this.words.length) return;
    const longer = new Int32Array(length);
    longer.set(this.words.subarray(0, this.#count * ID_WORDS));
    this.words = longer;
    const places = new Int32Array(length / ID_WORDS);
    places.set(this.places.subarray(0, this.#count));
    this.places = places;
  }

  #findOrAppend(id: Uint8Array, countMax: number): Peer | undefined {
    const slot = this.#slotOf(id);
    const entry = this.#index[slot] ?? 0;
    if (entry !== 0) return entry - 1;
    if (this.#count >= countMax) return undefined;
    const peer = this.#appendRow();
    const at = peer * ID_WORDS;
    for (let word = 0; word < ID_WORDS; word++) this.words[at + word] = wordAt(id, word * 4);
    this.#index[slot] = peer + 1;
    this.#growIndex();
    return peer;
  }

  #appendRow(): Peer {
    const peer = this.#count;
    if ((peer + 1) * ID_WORDS > this.words.length) this.reserve(Math.max(peer * 2, ROWS_MIN));
    this.#count = peer + 1;
    return peer;
  }

  /** Where the id stands, or the free slot where it would; builds the index when there is none. */
  #slotOf(id: Uint8Array): number {
    assert(id.length === ID_BYTES, 'an id has 32 bytes');
    this.#growIndex();
    const words = this.#sought;
    for (let word = 0; word < ID_WORDS; word++) words[word] = wordAt(id, word * 4);
    const mask = this.#index.length - 1;
    let slot = hashOf(words, 0, this.#indexKey) & mask;
    for (;;) {
      const entry = this.#index[slot] ?? 0;
      if (entry === 0 || this.#holds(entry - 1, words)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #holds(peer: Peer, words: Int32Array): boolean {
    const at = peer * ID_WORDS;
    for (let word = 0; word < ID_WORDS; word++) {
      if (this.words[at + word] !== words[word]) return false;
    }
    return true;
  }

  /** Keeps the index at most half full. */
  #growIndex(): void {
    if (this.#index.length >= 2 * this.#count + 2) return;
    let length = SLOTS_MIN;
    while (length < 2 * this.#count + 2) length *= 2;
    this.#index = new Int32Array(length);
    for (let peer = 0; peer < this.#count; peer++) this.#enter(peer);
  }

  #enterIfIndexed(peer: Peer): void {
    if (this.#index.length === 0) return;
    if (this.#index.length < 2 * this.#count + 2) this.#growIndex();
    else this.#enter(peer);
  }

  /** Enters a row, behind any other with the same id, so that the first is the one found. */
  #enter(peer: Peer): void {
    const mask = this.#index.length - 1;
    let slot = hashOf(this.words, peer * ID_WORDS, this.#indexKey) & mask;
    while (this.#index[slot] !== 0) slot = (slot + 1) & mask;
    this.#index[slot] = peer + 1;
  }
}

/** HalfSipHash-1-3 of eight words. */
function hashOf(words: Int32Array, at: number, key: readonly [number, number]): number {
  let v0 = key[0] | 0;
  let v1 = key[1] | 0;
  let v2 = 0x6c796765 ^ v0;
  let v3 = 0x74656462 ^ v1;
  for (let round = 0; round < ID_WORDS + 4; round++) {
    // After the words comes the length block, then three closing rounds.
    const block =
      round < ID_WORDS ? (words[at + round] ?? 0) : round === ID_WORDS ? ID_BYTES << 24 : 0;
    v3 ^= block;
    if (round === ID_WORDS + 1) v2 ^= 0xff;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= block;
  }
  return v1 ^ v3;
}

/** Handles are below 2^31; one less, because the index holds handle + 1. */
const HANDLES_MAX = 0x7fffffff - 1;
const ROWS_MIN = 64;
const SLOTS_MIN = 256;
