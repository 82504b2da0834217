/**
 * The routing table: k-buckets by the number of leading bits that a contact shares with the own
 * position (Kademlia, section 2.2), packed into one array of 32-bit words that is copied only when
 * a contact comes or goes:
 *
 *   [ B, end of bucket 0, …, end of bucket B-1, then two words per contact: handle, first word ]
 *
 * A slot is a contact's place counted from 0 over all buckets. The first position word beside the
 * handle saves a look into the directory when contacts are compared.
 *
 * Departure from the paper: buckets are not ordered by last contact. A bit per slot says whether
 * the contact was heard from since the liveness hand last passed it ("second chance"), which needs
 * no copy of the table for each message. Spares are the paper's replacement cache.
 *
 * Invariants (S1, S2): never the own node; each contact in its bucket; no handle twice; at most k
 * per bucket; at most `SPARES_PER_BUCKET_MAX` spares per bucket, none of them a contact.
 */

import { SPARES_PER_BUCKET_MAX } from '../limits.ts';
import type { Peer } from '../types.ts';

export interface Table {
  readonly packed: Int32Array;
  /** One bit per slot, 31 per number. */
  readonly heard: readonly number[];
  /** `SPARES_PER_BUCKET_MAX` places for each bucket, its oldest first, then `NO_PEER`. */
  readonly spares: readonly Peer[];
}

/** Fills a place for a spare that is free. */
export const NO_PEER = -1;

const BITS = 31;

export const emptyTable: Table = { packed: new Int32Array([0]), heard: [], spares: [] };

export function bucketCount(table: Table): number {
  return table.packed[0] ?? 0;
}

/** Contacts in all buckets. */
export function contactCount(table: Table): number {
  return bucketEnd(table, bucketCount(table) - 1);
}

/** First slot of a bucket. */
export function bucketStart(table: Table, bucket: number): number {
  return bucketEnd(table, bucket - 1);
}

/** Slot after the last of a bucket; buckets beyond the deepest are empty, at the end. */
export function bucketEnd(table: Table, bucket: number): number {
  if (bucket < 0) return 0;
  const buckets = table.packed[0] ?? 0;
  return table.packed[bucket < buckets ? bucket + 1 : buckets] ?? 0;
}

export function bucketSize(table: Table, bucket: number): number {
  return bucketEnd(table, bucket) - bucketStart(table, bucket);
}

/** @returns the handle in a slot; the slot must exist */
export function contactAt(table: Table, slot: number): Peer {
  return table.packed[1 + (table.packed[0] ?? 0) + 2 * slot] ?? 0;
}

/** All contacts, bucket by bucket. */
export function contactsOf(table: Table): readonly Peer[] {
  return Array.from({ length: contactCount(table) }, (_, slot) => contactAt(table, slot));
}

/** The slot of a peer within its bucket, or -1 when it is no contact. */
export function slotOf(table: Table, bucket: number, peer: Peer): number {
  const { packed } = table;
  const base = 1 + (packed[0] ?? 0);
  const end = bucketEnd(table, bucket);
  for (let slot = bucketEnd(table, bucket - 1); slot < end; slot++) {
    if (packed[base + 2 * slot] === peer) return slot;
  }
  return -1;
}

export function isHeard(table: Table, slot: number): boolean {
  return (((table.heard[(slot / BITS) | 0] ?? 0) >>> (slot % BITS)) & 1) === 1;
}

/** Bits for so many slots, none of them set. */
export function noneHeard(slots: number): readonly number[] {
  return Array.from({ length: Math.ceil(slots / BITS) }, () => 0);
}

/** The same table when the bit already is as wanted. */
export function withHeard(table: Table, slot: number, heard: boolean): Table {
  if (isHeard(table, slot) === heard) return table;
  const bits = table.heard.slice();
  const at = (slot / BITS) | 0;
  bits[at] = (bits[at] ?? 0) ^ (1 << (slot % BITS));
  return { packed: table.packed, heard: bits, spares: table.spares };
}

/** The table with a new contact at the end of its bucket, heard from just now. */
export function withContact(table: Table, bucket: number, peer: Peer, word: number): Table {
  const from = table.packed;
  const buckets = from[0] ?? 0;
  const grown = Math.max(buckets, bucket + 1);
  const count = contactCount(table);
  const slot = bucketEnd(table, bucket);
  const packed = new Int32Array(1 + grown + 2 * (count + 1));
  packed[0] = grown;
  for (let b = 0; b < grown; b++) packed[1 + b] = bucketEnd(table, b) + (b >= bucket ? 1 : 0);
  const base = 1 + buckets;
  packed.set(from.subarray(base, base + 2 * slot), 1 + grown);
  const at = 1 + grown + 2 * slot;
  packed[at] = peer;
  packed[at + 1] = word;
  packed.set(from.subarray(base + 2 * slot), at + 2);
  const heard = shiftedBits(table, count, (s) => (s < slot ? s : s - 1), count + 1);
  const fresh = { packed, heard, spares: withoutSpare(table.spares, bucket, peer) };
  return withHeard(withHeard(fresh, slot, false), slot, true);
}

/** The table without the contact in a slot. */
export function withoutContact(table: Table, bucket: number, slot: number): Table {
  const from = table.packed;
  const buckets = from[0] ?? 0;
  const count = contactCount(table);
  let kept = buckets;
  if (bucket === buckets - 1 && bucketSize(table, bucket) === 1) {
    kept = bucket;
    while (kept > 0 && bucketSize(table, kept - 1) === 0) kept--;
  }
  const packed = new Int32Array(1 + kept + 2 * (count - 1));
  packed[0] = kept;
  for (let b = 0; b < kept; b++) packed[1 + b] = bucketEnd(table, b) - (b >= bucket ? 1 : 0);
  const base = 1 + buckets;
  packed.set(from.subarray(base, base + 2 * slot), 1 + kept);
  packed.set(from.subarray(base + 2 * slot + 2), 1 + kept + 2 * slot);
  const heard = shiftedBits(table, count, (s) => (s < slot ? s : s + 1), count - 1);
  return { packed, heard, spares: table.spares };
}

/** The table with a spare for a bucket; the oldest of that bucket makes room. */
export function withSpare(table: Table, bucket: number, peer: Peer): Table {
  const start = bucket * SPARES_PER_BUCKET_MAX;
  const last = start + SPARES_PER_BUCKET_MAX - 1;
  let at = start;
  for (; at <= last && (table.spares[at] ?? NO_PEER) !== NO_PEER; at++) {
    if (table.spares[at] === peer) return table;
  }
  const spares = withPlaces(table.spares, last + 1);
  if (at > last) {
    for (let i = start; i < last; i++) spares[i] = spares[i + 1] ?? NO_PEER;
    at = last;
  }
  spares[at] = peer;
  return { packed: table.packed, heard: table.heard, spares };
}

/** The newest spare of a bucket, or undefined. */
export function newestSpare(table: Table, bucket: number): Peer | undefined {
  return sparesOf(table, bucket).at(-1);
}

/** The spares of a bucket, the oldest first. */
export function sparesOf(table: Table, bucket: number): readonly Peer[] {
  const start = bucket * SPARES_PER_BUCKET_MAX;
  const places = table.spares.slice(start, start + SPARES_PER_BUCKET_MAX);
  return places.filter((peer) => peer !== NO_PEER);
}

/** Buckets beyond the last that has ever had a spare have none. */
export function spareBuckets(table: Table): number {
  return table.spares.length / SPARES_PER_BUCKET_MAX;
}

/** The table without a spare; the same table when the peer is none. */
export function dropSpare(table: Table, bucket: number, peer: Peer): Table {
  const spares = withoutSpare(table.spares, bucket, peer);
  return spares === table.spares ? table : { packed: table.packed, heard: table.heard, spares };
}

/** The bucket of a slot. */
export function bucketOfSlot(table: Table, slot: number): number {
  let bucket = 0;
  while (bucketEnd(table, bucket) <= slot) bucket++;
  return bucket;
}

function withoutSpare(spares: readonly Peer[], bucket: number, peer: Peer): readonly Peer[] {
  const start = bucket * SPARES_PER_BUCKET_MAX;
  const last = start + SPARES_PER_BUCKET_MAX - 1;
  for (let at = start; at <= last && at < spares.length; at++) {
    if (spares[at] !== peer) continue;
    const next = spares.slice();
    for (; at < last; at++) next[at] = next[at + 1] ?? NO_PEER;
    next[last] = NO_PEER;
    return next;
  }
  return spares;
}

/** A copy with at least so many places. */
function withPlaces(spares: readonly Peer[], places: number): Peer[] {
  if (spares.length >= places) return spares.slice();
  const more = new Array<Peer>(places).fill(NO_PEER);
  for (let i = 0; i < spares.length; i++) more[i] = spares[i] ?? NO_PEER;
  return more;
}

/** Bits for `count` slots, each taken from where its contact stood before. */
function shiftedBits(
  table: Table,
  before: number,
  sourceOf: (slot: number) => number,
  count: number,
): readonly number[] {
  const bits: number[] = [];
  for (let slot = 0; slot < count; slot++) {
    const at = (slot / BITS) | 0;
    if (bits.length === at) bits.push(0);
    const source = sourceOf(slot);
    if (source >= 0 && source < before && isHeard(table, source)) {
      bits[at] = (bits[at] ?? 0) | (1 << (slot % BITS));
    }
  }
  return bits;
}
