/**
 * The records that this node holds: headers only, sorted by position. A record enters when its
 * store arrives and counts as held once the host has said that it is on disk (S16); until then it
 * is not served, and what it replaces is kept in case the disk fails.
 *
 * Invariants: newest version wins, ties by the greater publisher id, never back (S14); a record
 * leaves at its expiry on the monotonic clock (S12, S13); at most `RECORDS_MAX` records.
 */

import { compareBits, comparePositions } from './position.ts';
import { emptyPaged, lookUp, withItem, withoutItem } from './paged.ts';
import type { Order, Paged } from './paged.ts';
import type { Key, RecordHeader, Token } from './types.ts';

export interface Held {
  readonly header: RecordHeader;
  /** Monotonic ms. */
  readonly expiresAt: number;
  /** The request for durability under way; 0 when the record is on disk. */
  readonly token: Token;
  /** While its own write is under way: what it replaces, itself on disk or on its way there. */
  readonly replaced: Held | undefined;
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

/** Above 0 when `a` is newer than `b`, 0 when they are the same version of one publisher. */
export function compareVersions(a: RecordHeader, b: RecordHeader): number {
  return a.version - b.version || compareBits(a.publisher, b.publisher);
}

/** The newest record of a key, on disk or on its way there. */
export function newestHeld(store: Store, key: Key): Held | undefined {
  return lookUp(store, heldOrder, key);
}

/** The record of a key that is on disk and alive at `now`. */
export function durableHeld(store: Store, key: Key, now: number): Held | undefined {
  let held = lookUp(store, heldOrder, key);
  while (held !== undefined && held.token !== 0) held = held.replaced;
  return held !== undefined && held.expiresAt > now ? held : undefined;
}

/** A record whose write is asked for under `token`; the caller has compared versions. */
export function withRecord(store: Store, header: RecordHeader, now: number, token: Token): Store {
  const replaced = lookUp(store, heldOrder, header.key);
  const held: Held = { header, expiresAt: now + header.lifeMs, token, replaced };
  return withItem(store, heldOrder, held);
}

/** The write of a record ended; a failed one gives way to what it replaced. */
export function withWritten(store: Store, key: Key, token: Token, ok: boolean): Store {
  const held = lookUp(store, heldOrder, key);
  if (held === undefined) return store;
  const next = afterWrite(held, token, ok);
  if (next === held) return store;
  if (next === undefined) return withoutItem(store, heldOrder, key);
  return withItem(store, heldOrder, next);
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
    ttlS: header.ttlS,
    publishedAtMs: header.publishedAtMs,
    lifeMs,
  };
}

/** Writes end in any order: one that was overtaken counts too, in case the newer one fails. */
function afterWrite(held: Held, token: Token, ok: boolean): Held | undefined {
  const { header, expiresAt } = held;
  if (held.token === token) {
    return ok ? { header, expiresAt, token: 0, replaced: undefined } : held.replaced;
  }
  if (held.replaced === undefined) return held;
  const replaced = afterWrite(held.replaced, token, ok);
  if (replaced === held.replaced) return held;
  return { header, expiresAt, token: held.token, replaced };
}
