/**
 * How a record gets into the store: newer than what is held, near enough, within its quotas; and
 * then onto the disk, before anybody is told that it is held (S16).
 */

import { reply } from '../asking.ts';
import { PERSISTS_MAX, UNWRITTEN_MAX, WAITERS_MAX } from '../limits.ts';
import { lookUp, withItem, withoutItem } from '../paged.ts';
import { idOf } from '../position.ts';
import { emit, nextNumber, writingOrder, type Draft, type Waiter } from '../state/node.ts';
import { hasRoom } from '../state/quota.ts';
import { afterLoss, afterWrite, compareVersions, newestHeld } from '../state/store.ts';
import { newHeld, unwritten, withGroup, type Held } from '../state/store.ts';
import type { Key, OpId, Peer, RecordHeader, Refusal, Token } from '../types.ts';
import { meet, onShown } from './fellows.ts';
import { neighbourhood } from './group.ts';
import { hold, letGo } from './holding.ts';

/**
 * Takes a record in, if it is newer than what is held, and asks for its write. The very record
 * whose write is under way is not written again: its sender waits with the others.
 *
 * @param from who sent it; undefined when it is the node's own doing
 * @param isOurs whether another rule has found that it belongs here, however far the key
 * @returns `held` when this very version is on disk already, `writing` when an answer will follow
 */
export function keep(
  draft: Draft,
  record: RecordHeader,
  waiter: Waiter,
  from: Peer | undefined,
  isOurs = from === undefined,
): Refusal | 'held' | 'writing' {
  if (record.lifeMs <= 0) return 'expired';
  const newest = newestHeld(draft.store, record.key);
  if (newest !== undefined) {
    const order = compareVersions(record, newest.header);
    if (order < 0) return 'stale';
    if (order === 0) return newest.token === 0 ? 'held' : waitToo(draft, newest.token, waiter);
    if (unwritten(newest) >= UNWRITTEN_MAX) return 'full';
  }
  if (newest === undefined && !isOurs && !isNear(draft, record)) return 'far';
  if (draft.writings.size >= PERSISTS_MAX) return 'full';
  const sender = from === undefined ? undefined : idOf(draft.peers, from);
  if (!hasRoom(draft.usage, draft.config, record, sender, newest)) return 'full';
  const token = nextNumber(draft);
  const held = newHeld(record, draft.now + record.lifeMs, token, sender, newest);
  holdInGroup(draft, held);
  if (from !== undefined) onShown(draft, from, true);
  const writing = { token, key: record.key, waiters: [waiter] };
  draft.writings = withItem(draft.writings, writingOrder, writing);
  const kept = { header: record, storedAtMs: draft.moment.wall, from: sender };
  emit(draft, { type: 'persist', token, writes: [{ type: 'put', record: kept }] });
  return 'writing';
}

/**
 * A write ended: the peers that wait for it are answered.
 *
 * @returns the own operations that wait
 */
export function onPersisted(draft: Draft, token: Token, ok: boolean): readonly OpId[] {
  const writing = lookUp(draft.writings, writingOrder, token);
  if (writing === undefined) return [];
  draft.writings = withoutItem(draft.writings, writingOrder, token);
  replaceHeld(draft, writing.key, (held) => afterWrite(held, token, ok));
  const ops: OpId[] = [];
  for (const { peer, call, op } of writing.waiters) {
    if (op !== 0) ops.push(op);
    else reply(draft, peer, call, ok ? { type: 'ok' } : { type: 'refused', reason: 'not-stored' });
  }
  return ops;
}

/** A record whose bytes are gone is not held: it is not promised again when it is sent again. */
export function onLost(draft: Draft, record: RecordHeader): void {
  if (!replaceHeld(draft, record.key, (held) => afterLoss(held, record))) return;
  const writes = [{ type: 'delete', record }] as const;
  emit(draft, { type: 'persist', token: nextNumber(draft), writes });
}

/** @returns whether anything changed */
function replaceHeld(draft: Draft, key: Key, change: (held: Held) => Held | undefined): boolean {
  const held = newestHeld(draft.store, key);
  const next = held && change(held);
  if (next === held) return false;
  if (next === undefined) letGo(draft, key);
  else if (next.header !== held?.header) holdInGroup(draft, next);
  else hold(draft, next);
  return true;
}

/** Holds a version that comes in place of another, which may have wanted other nodes. */
function holdInGroup(draft: Draft, held: Held): void {
  const { key, replication } = held.header;
  const group = neighbourhood(draft, key.position, replication);
  hold(draft, withGroup(held, group, 0));
  for (const peer of group) meet(draft, peer, 'in-turn');
}

/**
 * Whether this node is one of the nearest to the key; on others nobody may store the record, for
 * whoever may store anywhere can fill everybody's disk.
 */
function isNear(draft: Draft, { key, replication }: RecordHeader): boolean {
  const count = Math.max(draft.config.nearest, NEAR_FACTOR * replication);
  return neighbourhood(draft, key.position, count).includes(draft.self);
}

function waitToo(draft: Draft, token: Token, waiter: Waiter): 'writing' | 'full' {
  const writing = lookUp(draft.writings, writingOrder, token);
  if (writing === undefined || writing.waiters.length >= WAITERS_MAX) return 'full';
  const waiters = [...writing.waiters, waiter];
  draft.writings = withItem(draft.writings, writingOrder, { ...writing, waiters });
  return 'writing';
}

/** A store may go this many times farther than the replicas wanted: views differ, holders fail. */
const NEAR_FACTOR = 2;
