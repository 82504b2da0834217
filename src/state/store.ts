/**
 * The records that this node holds: headers only, sorted by position. A record enters when its
 * store arrives and counts as held once the host has said that it is on disk (S16); until then it
 * is not served, and what it replaces is kept in case the disk fails.
 *
 * Beside each record stands its group, the nodes that should hold it, and which of them are known
 * to do so; `replicas/` looks after that.
 *
 * Invariants: newest version wins, ties by the greater publisher id, never back (S14); a record
 * leaves at its expiry on the monotonic clock (S12, S13); at most `RECORDS_MAX` records.
 */

import { CLOCK_ALLOWANCE_MS } from '../limits.ts';
import { emptyPaged, forEachItem, lookUp, mapped, pagesOf } from '../paged.ts';
import type { Order, Page, Paged } from '../paged.ts';
import { compareBits, comparePositions } from '../position.ts';
import type { Bits256, Key, Peer, Range, RecordHeader, Token } from '../types.ts';
import { isWithin, traitsOf, type Traits } from './tags.ts';

/** With the words of its tags at hand: each round of a pair of holders asks for those of all. */
export interface Held extends Traits {
  readonly header: RecordHeader;
  /** Monotonic ms. */
  readonly expiresAt: number;
  /** The request for durability under way; 0 when the record is on disk. */
  readonly token: Token;
  /** While its own write is under way: what it replaces, itself on disk or on its way there. */
  readonly replaced: Held | undefined;
  /** Who sent it, for what it may have here (`quota.ts`); nobody when it was our own doing. */
  readonly from: Bits256 | undefined;
  /** The nodes that should hold it, nearest to the key first; the own node may be among them. */
  readonly group: readonly Peer[];
  /** A bit for each handle of the group, by its last five bits: most others are told by that. */
  readonly members: number;
  /** A bit for each of the group that has shown that it holds this version, the first lowest. */
  readonly known: number;
}

export type Store = Paged<Held>;

export const heldOrder: Order<Held, Key> = {
  compare: (held, key) =>
    comparePositions(held.header.key.position, key.position) ||
    compareBits(held.header.key.raw, key.raw),
  keyOf: (held) => held.header.key,
  dueAt: (held) => held.expiresAt,
};

export const emptyStore: Store = emptyPaged();

/**
 * Visits the records of a range, in order; pages that are elsewhere cost a comparison each. Where
 * the range is everything, as it is for nearly every question, no key is looked at: it lies three
 * reads away from its record, and in a large simulation each of them waits for memory.
 */
export function forEachWithin(store: Store, range: Range, visit: (held: Held) => void): void {
  if (range.bits === 0) return forEachItem(store, visit);
  for (const page of pagesOf(store)) {
    if (!meets(page, range)) continue;
    for (const held of page.items) if (isWithin(held.header.key.position, range)) visit(held);
  }
}

/** The store with each record of a range replaced by what `change` makes of it. */
export function mappedWithin(store: Store, range: Range, change: (held: Held) => Held): Store {
  if (range.bits === 0) return mapped(store, heldOrder, change);
  const changed = (held: Held): Held =>
    isWithin(held.header.key.position, range) ? change(held) : held;
  return mapped(store, heldOrder, changed, (page) => meets(page, range));
}

/** Whether records of a page may lie in a range: the one and the other are stretches of keys. */
function meets({ items }: Page<Held>, range: Range): boolean {
  const first = items[0]?.header.key.position;
  const last = items.at(-1)?.header.key.position;
  if (first === undefined || last === undefined) return false;
  if (comparePositions(last, range.from) < 0) return false;
  return comparePositions(first, range.from) < 0 || isWithin(first, range);
}

/** Above 0 when `a` is newer than `b`, 0 when they are the same version of one publisher. */
export function compareVersions(a: RecordHeader, b: RecordHeader): number {
  return a.version - b.version || compareBits(a.publisher, b.publisher);
}

/** Of a record and those that it replaces: how many are on their way to the disk. */
export function unwritten(newest: Held): number {
  let count = 0;
  for (let held: Held | undefined = newest; held !== undefined; held = held.replaced) {
    count += Number(held.token !== 0);
  }
  return count;
}

/** The newest record of a key, on disk or on its way there. */
export function newestHeld(store: Store, key: Key): Held | undefined {
  return lookUp(store, heldOrder, key);
}

/** Of a record and those that it replaces: the newest that is on disk and alive at `now`. */
export function durable(newest: Held | undefined, now: number): Held | undefined {
  let held = newest;
  while (held !== undefined && held.token !== 0) held = held.replaced;
  return held !== undefined && held.expiresAt > now ? held : undefined;
}

/** The record of a key that is on disk and alive at `now`. */
export function durableHeld(store: Store, key: Key, now: number): Held | undefined {
  return durable(newestHeld(store, key), now);
}

/**
 * What its publication leaves a record, in ms: of the TTL that was signed, as far as the network
 * grants it, with an allowance for clocks that differ. At a receipt and at a start, a record lives
 * no longer, whatever else is said of its life (S13).
 */
export function lifeByPublication(
  { publishedAtMs, ttlS }: Pick<RecordHeader, 'publishedAtMs' | 'ttlS'>,
  ttlSMax: number,
  wallMs: number,
): number {
  return publishedAtMs + Math.min(ttlS, ttlSMax) * 1000 + CLOCK_ALLOWANCE_MS - wallMs;
}

/** A record of which nothing is known yet but itself; `token` 0 when it is on disk. */
export function newHeld(
  header: RecordHeader,
  expiresAt: number,
  token: Token,
  from: Bits256 | undefined,
  replaced: Held | undefined,
): Held {
  const { near, far, low, rest } = traitsOf(header);
  return {
    near,
    far,
    low,
    rest,
    header,
    expiresAt,
    token,
    replaced,
    from,
    group: nobody,
    members: 0,
    known: 0,
  };
}

/** The record with another group, or other members known to hold it. */
export function withGroup(held: Held, group: readonly Peer[], known: number): Held {
  let members = 0;
  for (const peer of group) members |= 1 << (peer & 31);
  return {
    near: held.near,
    far: held.far,
    low: held.low,
    rest: held.rest,
    header: held.header,
    expiresAt: held.expiresAt,
    token: held.token,
    replaced: held.replaced,
    from: held.from,
    group,
    members,
    known,
  };
}

/** Whether a node is one of those that should hold the record. */
export function isMember({ members, group }: Held, peer: Peer): boolean {
  return (members & (1 << (peer & 31))) !== 0 && group.includes(peer);
}

/**
 * What is held after a write ended; a failed one gives way to what it replaced. Writes end in any
 * order: one that was overtaken counts too, in case the newer one fails.
 */
export function afterWrite(held: Held, token: Token, ok: boolean): Held | undefined {
  if (held.token === token) {
    if (ok) return { ...held, token: 0, replaced: undefined };
    return held.replaced;
  }
  if (held.replaced === undefined) return held;
  const replaced = afterWrite(held.replaced, token, ok);
  return replaced === held.replaced ? held : { ...held, replaced };
}

/**
 * What is held after a version is found to be on disk no more; a newer one on its way there stays.
 * Only the last of a chain is on disk.
 */
export function afterLoss(held: Held, lost: RecordHeader): Held | undefined {
  if (held.token === 0) return compareVersions(held.header, lost) === 0 ? undefined : held;
  if (held.replaced === undefined) return held;
  const replaced = afterLoss(held.replaced, lost);
  return replaced === held.replaced ? held : { ...held, replaced };
}

/** The header as it is sent at `now`: the life that is left, never more. */
export function headerNow(held: Held, now: number): RecordHeader {
  return withLife(held.header, held.expiresAt - now);
}

/** The header with so much life left, if that is less than it had; never below 0. */
export function withLife(header: RecordHeader, leftMs: number): RecordHeader {
  const lifeMs = Math.max(0, Math.min(header.lifeMs, leftMs));
  return {
    key: header.key,
    version: header.version,
    publisher: header.publisher,
    size: header.size,
    replication: header.replication,
    ttlS: header.ttlS,
    publishedAtMs: header.publishedAtMs,
    lifeMs,
  };
}

const nobody: readonly Peer[] = [];
