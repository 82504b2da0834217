/**
 * Answers to other nodes' requests, from the table and the store (Kademlia, section 2.3). Each
 * request gets at most one reply; a store is answered when the host has it on disk, and not before.
 */

import { reply } from './asking.ts';
import { assertNever } from './assert.ts';
import { evict, onHeard } from './contacts.ts';
import { PERSISTS_MAX, RECORDS_MAX, WAITERS_MAX } from './limits.ts';
import { nearestContacts } from './nearest.ts';
import { emit, nextNumber, ownPosition, writingOrder } from './node.ts';
import type { Draft, Waiter } from './node.ts';
import { lookUp, withItem, withoutItem } from './paged.ts';
import { compareVersions, durableHeld, headerNow, newestHeld } from './store.ts';
import { withRecord, withWritten } from './store.ts';
import type { CallId, OpId, Peer, Position, RecordHeader, Refusal, Request } from './types.ts';
import type { Token } from './types.ts';

export function serve(draft: Draft, from: Peer, call: CallId, request: Request): void {
  if (request.type === 'leave') {
    evict(draft, from);
    reply(draft, from, call, { type: 'ok' });
    return;
  }
  if (draft.leaving) {
    reply(draft, from, call, { type: 'refused', reason: 'leaving' });
    return;
  }
  onHeard(draft, from, false);
  switch (request.type) {
    case 'ping':
      return reply(draft, from, call, { type: 'ok' });
    case 'find-node':
      return namePeers(draft, from, call, request.target);
    case 'find-value': {
      const held = durableHeld(draft.store, request.key, draft.now);
      if (held === undefined) return namePeers(draft, from, call, request.key.position);
      return reply(draft, from, call, { type: 'value', record: headerNow(held, draft.now) });
    }
    case 'store': {
      const result = keep(draft, request.record, { peer: from, call, op: 0 });
      if (result === 'held') return reply(draft, from, call, { type: 'ok' });
      if (result === 'writing') return;
      return reply(draft, from, call, { type: 'refused', reason: result });
    }
    default:
      return assertNever(request);
  }
}

/**
 * Takes a record in, if it is newer than what is held, and asks for its write. The very record
 * whose write is under way is not written again: its sender waits with the others.
 *
 * @returns `held` when this very version is on disk already, `writing` when an answer will follow
 */
export function keep(
  draft: Draft,
  record: RecordHeader,
  waiter: Waiter,
): Refusal | 'held' | 'writing' {
  if (record.lifeMs <= 0) return 'expired';
  const newest = newestHeld(draft.store, record.key);
  if (newest !== undefined) {
    const order = compareVersions(record, newest.header);
    if (order < 0) return 'stale';
    if (order === 0) return newest.token === 0 ? 'held' : waitToo(draft, newest.token, waiter);
  } else if (draft.store.size >= RECORDS_MAX) {
    return 'full';
  }
  if (draft.writings.size >= PERSISTS_MAX) return 'full';
  const token = nextNumber(draft);
  draft.store = withRecord(draft.store, record, draft.now, token);
  const writing = { token, key: record.key, waiters: [waiter] };
  draft.writings = withItem(draft.writings, writingOrder, writing);
  const kept = { header: record, storedAtMs: draft.moment.wall };
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
  draft.store = withWritten(draft.store, writing.key, token, ok);
  const ops: OpId[] = [];
  for (const { peer, call, op } of writing.waiters) {
    if (op !== 0) ops.push(op);
    else reply(draft, peer, call, ok ? { type: 'ok' } : { type: 'refused', reason: 'not-stored' });
  }
  return ops;
}

function waitToo(draft: Draft, token: Token, waiter: Waiter): 'writing' | 'full' {
  const writing = lookUp(draft.writings, writingOrder, token);
  if (writing === undefined || writing.waiters.length >= WAITERS_MAX) return 'full';
  const waiters = [...writing.waiters, waiter];
  draft.writings = withItem(draft.writings, writingOrder, { ...writing, waiters });
  return 'writing';
}

function namePeers(draft: Draft, from: Peer, call: CallId, target: Position): void {
  const { table, config, suspects, peers } = draft;
  const exclude = suspects.length === 0 ? [from] : [from, ...suspects];
  const own = ownPosition(draft);
  const named = nearestContacts(table, own, target, config.beta, exclude, peers);
  reply(draft, from, call, { type: 'peers', peers: named });
}
