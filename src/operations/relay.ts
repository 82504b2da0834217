/**
 * What others want stored. A store is for this node alone. A relay is a store that is passed on, as
 * networks of older nodes do it: the node keeps the record if it knows nobody else, or if it is
 * nearer to the key than one of the alpha nearest that it knows; and it sends the record on to
 * these, with one hop less, as a store once one hop is left. With one hop it keeps the record,
 * however far the key, and passes it on to nobody.
 *
 * A record that is held already, in this or a newer version, goes no further: that ends echoes.
 * Neither does one that should be kept here and finds no room. When too many are under way, the
 * node keeps what it is given, and does alone what it can. Who asked is answered for this node
 * only, and passing on ends in silence.
 */

import { reply } from '../asking.ts';
import { OPERATIONS_MAX, RELAYS_MAX } from '../limits.ts';
import { countItems } from '../paged.ts';
import { compareDistance } from '../position.ts';
import { keep } from '../replicas/keep.ts';
import { correct } from '../replicas/reconcile.ts';
import { isHandingOver, nextNumber, ownPosition, type Draft } from '../state/node.ts';
import { noTrail, type Operation } from '../state/operation.ts';
import { compareVersions, newestHeld } from '../state/store.ts';
import { nearestContacts } from '../table/nearest.ts';
import type { CallId, Peer, RecordHeader } from '../types.ts';
import { proceed } from './put.ts';

export function onStore(draft: Draft, from: Peer, call: CallId, record: RecordHeader): void {
  store(draft, from, call, record, false);
}

export function onRelay(
  draft: Draft,
  from: Peer,
  call: CallId,
  record: RecordHeader,
  hops: number,
): void {
  const isLast = hops === 1 || !goesFurther(draft, record);
  const candidates = isLast ? [] : othersNear(draft, from, record);
  const wanted = Math.min(draft.config.alpha, candidates.length);
  const last = candidates[wanted - 1];
  if (last === undefined) return void store(draft, from, call, record, true);
  const isOurs = compareDistance(draft.peers, record.key.position, draft.self, last) < 0;
  if (!isOurs) reply(draft, from, call, { type: 'ok' });
  else if (!store(draft, from, call, record, true)) return;
  proceed(draft, {
    op: -nextNumber(draft),
    deadlineAt: draft.now + draft.config.operationMs,
    type: 'store',
    purpose: 'relay',
    record,
    signedAt: draft.now,
    wanted,
    needed: wanted,
    candidates,
    taken: 0,
    waiting: [],
    again: [],
    holders: [],
    source: from,
    fullCount: 0,
    trail: noTrail,
    hops: hops - 1,
  });
}

/** @returns whether the record is on disk or on its way there */
function store(
  draft: Draft,
  from: Peer,
  call: CallId,
  record: RecordHeader,
  isOurs: boolean,
): boolean {
  const result = isHandingOver(draft)
    ? 'leaving'
    : keep(draft, record, { peer: from, call, op: 0 }, from, isOurs);
  if (result === 'writing') return true;
  if (result === 'held') {
    reply(draft, from, call, { type: 'ok' });
    return true;
  }
  reply(draft, from, call, { type: 'refused', reason: result });
  if (result === 'stale') correct(draft, from, record);
  return false;
}

/** Whether a relay is worth passing on, and there is a place for it. */
function goesFurther(draft: Draft, record: RecordHeader): boolean {
  const { operations } = draft;
  if (record.lifeMs <= 0 || isHandingOver(draft)) return false;
  const newest = newestHeld(draft.store, record.key);
  if (newest !== undefined && compareVersions(record, newest.header) <= 0) return false;
  if (operations.size >= OPERATIONS_MAX) return false;
  const isRelay = (item: Operation): boolean => item.type === 'store' && item.purpose === 'relay';
  return countItems(operations, isRelay) < RELAYS_MAX;
}

/** Contacts by their distance from the key, the nearest first; not the one who asks. */
function othersNear(draft: Draft, from: Peer, record: RecordHeader): readonly Peer[] {
  const { table, config, suspects, peers } = draft;
  const target = record.key.position;
  const most = Math.max(config.alpha, config.nearest);
  const left = [from, ...suspects];
  const others = nearestContacts(table, ownPosition(draft), target, most, left, peers);
  return others.sort((a, b) => compareDistance(peers, target, a, b));
}
