/**
 * GET: a lookup that asks the nearest for their versions, until a majority of holders has been
 * heard; then the value is fetched once, from one that holds the newest.
 *
 * Before it is handed out, those that were met with an older version are given it and, where less
 * than a majority would hold it then, more nodes are (Attiya, Bar-Noy and Dolev, "Sharing memory
 * robustly in message-passing systems", 1995, section 3): so that what was read once is not read
 * older later (S14). All of them are waited for, not a majority: some may stand in for nodes that
 * are slow today, and those answer tomorrow. One that takes nothing holds the reader up for one
 * call. When there are no more nodes that would take it, the value is handed out all the same.
 *
 * Republishing is a read of the node's own that ends with as many replicas as the record wants.
 */

import { ask, settle } from '../asking.ts';
import { majorityOf } from '../majority.ts';
import { lookUp, withItem, withoutItem } from '../paged.ts';
import { compareBits } from '../position.ts';
import type { Draft } from '../state/node.ts';
import { failed, operationOrder } from '../state/operation.ts';
import type { FetchOperation, GetOperation, Met, Reading } from '../state/operation.ts';
import { compareVersions, durableHeld, withLife } from '../state/store.ts';
import type { Trail } from '../types.ts';
import type { Key, OpId, Peer, RecordHeader } from '../types.ts';
import { proceed } from './put.ts';
import { advance, newLookup } from './seek.ts';

export interface Read {
  readonly op: OpId;
  readonly deadlineAt: number;
  readonly key: Key;
  readonly purpose: Reading;
}

/** The own record is one of those met; others may have a newer one. */
export function beginRead(draft: Draft, { op, deadlineAt, key, purpose }: Read): void {
  const held = durableHeld(draft.store, key, draft.now);
  const met: readonly Met[] =
    held === undefined
      ? []
      : [{ record: held.header, holder: draft.self, expiresAt: held.expiresAt }];
  const lookup = newLookup(draft, key.position, []);
  advance(draft, { op, deadlineAt, type: 'get', key, lookup, met, purpose }, lookup);
}

/** The versions are known, as far as they can be: the newest is fetched. */
export function readVersions(draft: Draft, operation: GetOperation, trail: Trail): void {
  const { op, deadlineAt, key, purpose, met } = operation;
  fetchNext(draft, { op, deadlineAt, type: 'fetch', key, purpose, met, source: undefined, trail });
}

/** A value has come. */
export function onFetched(draft: Draft, op: OpId, from: Peer, record: RecordHeader): void {
  const operation = fetchOf(draft, op, from);
  if (operation?.source === undefined) return;
  const wanted = operation.source.record;
  const isGood =
    compareBits(record.key.raw, wanted.key.raw) === 0 && compareVersions(record, wanted) >= 0;
  if (!isGood) return notFrom(draft, operation, from);
  obtained(draft, operation, { record, holder: from, expiresAt: draft.now + record.lifeMs });
}

/** A value did not come. */
export function onNotFetched(draft: Draft, op: OpId, from: Peer): void {
  const operation = fetchOf(draft, op, from);
  if (operation !== undefined) notFrom(draft, operation, from);
}

/**
 * Another holder is asked, if one of that version is left. An older version is no answer to a
 * reader, who may have read the newer one before (S14): it fails, and may try again.
 */
function notFrom(draft: Draft, operation: FetchOperation, peer: Peer): void {
  const rest = without(operation, peer);
  const wanted = operation.source?.record;
  const isThere = ({ record }: Met): boolean =>
    wanted !== undefined && compareVersions(record, wanted) >= 0;
  if (operation.purpose === 'read' && !rest.met.some(isThere)) settleUnread(draft, operation);
  else fetchNext(draft, rest);
}

/** Nothing came in time. */
export function settleUnread(draft: Draft, { op, trail }: FetchOperation): void {
  draft.operations = withoutItem(draft.operations, operationOrder, op);
  settle(draft, op, failed('timed-out', trail));
}

function fetchOf(draft: Draft, op: OpId, from: Peer): FetchOperation | undefined {
  const operation = lookUp(draft.operations, operationOrder, op);
  if (operation?.type !== 'fetch') return undefined;
  return operation.source?.holder === from ? operation : undefined;
}

/** Asks the next that holds the newest version left; the own disk is nearest of all. */
function fetchNext(draft: Draft, operation: FetchOperation): void {
  const { op, key, met, trail } = operation;
  const isOwn = ({ holder }: Met): number => Number(holder === draft.self);
  const [source] = met
    .filter(({ expiresAt }) => expiresAt > draft.now)
    .sort((a, b) => compareVersions(b.record, a.record) || isOwn(b) - isOwn(a));
  if (source === undefined) {
    draft.operations = withoutItem(draft.operations, operationOrder, op);
    return settle(draft, op, { type: 'absent', trail });
  }
  if (source.holder === draft.self) return obtained(draft, operation, source);
  const next: FetchOperation = { ...operation, source };
  draft.operations = withItem(draft.operations, operationOrder, next);
  ask(draft, source.holder, { type: 'find-value', key }, op);
}

function without(operation: FetchOperation, peer: Peer): FetchOperation {
  return { ...operation, met: operation.met.filter(({ holder }) => holder !== peer) };
}

/** The value is here; who lacks it gets it. */
function obtained(draft: Draft, operation: FetchOperation, source: Met): void {
  const { op, deadlineAt, met, purpose, trail } = operation;
  const { replication } = source.record;
  const record = withLife(source.record, source.expiresAt - draft.now);
  const isNewest = (one: Met): boolean =>
    one.holder === source.holder || compareVersions(one.record, record) === 0;
  const holders = met.filter(isNewest).map(({ holder }) => holder);
  const behind = met.filter((one) => !isNewest(one)).map(({ holder }) => holder);
  const others = trail.nearest.filter((peer) => !holders.includes(peer) && !behind.includes(peer));
  const room = holders.length + behind.length + others.length;
  const enough = Math.min(majorityOf(replication), room);
  const wanted =
    purpose === 'read'
      ? Math.max(enough, holders.length + behind.length)
      : Math.min(replication, room);
  proceed(draft, {
    op,
    deadlineAt,
    type: 'store',
    purpose,
    record,
    signedAt: draft.now,
    wanted,
    needed: enough,
    candidates: [...behind, ...others],
    taken: 0,
    waiting: [],
    again: [],
    holders,
    source: source.holder,
    fullCount: 0,
    trail,
    hops: 1,
  });
}
