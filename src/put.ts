/**
 * PUT: locate the nearest nodes, let the host sign the record, store it on the nearest that
 * answered, and settle with the true list of those that said it is on their disk (S17).
 *
 * `wanted` is the replication asked for, within its bounds, but at most the number of nodes that
 * answered, the own node included. A candidate that fails gives its place to the next nearest. A
 * majority of `wanted`, and at least the floor, makes the PUT good.
 */

import { ask, settle } from './asking.ts';
import type { Call } from './calls.ts';
import { REPLICATION_MAX } from './limits.ts';
import { emit, type Draft } from './node.ts';
import { noTrail, operationOrder } from './operation.ts';
import type { LocateOperation, StoreOperation } from './operation.ts';
import { lookUp, withItem, withoutItem } from './paged.ts';
import { compareDistance } from './position.ts';
import { keep } from './serve.ts';
import { newestHeld, withLife } from './store.ts';
import type { Failure, OpId, Peer, RecordHeader, Token, Trail } from './types.ts';

/** The nearest are known: the version is chosen and the host asked to sign. */
export function located(draft: Draft, operation: LocateOperation, trail: Trail): void {
  const { key, size, ttlS, replication, op } = operation;
  const target = key.position;
  const candidates = [...trail.nearest];
  const at = candidates.findIndex(
    (peer) => compareDistance(draft.peers, target, draft.self, peer) < 0,
  );
  candidates.splice(at < 0 ? candidates.length : at, 0, draft.self);
  const wanted = Math.min(replication || draft.config.replication, REPLICATION_MAX);
  const held = newestHeld(draft.store, key);
  const version = Math.max(draft.moment.wall, draft.issued + 1, (held?.header.version ?? 0) + 1);
  draft.issued = version;
  draft.operations = withItem(draft.operations, operationOrder, {
    op,
    deadlineAt: operation.deadlineAt,
    type: 'store',
    record: undefined,
    signedAt: draft.now,
    wanted: Math.min(Math.max(wanted, draft.config.floor), candidates.length),
    candidates,
    taken: 0,
    waiting: [],
    again: [],
    holders: [],
    trail,
  });
  const life = Math.min(ttlS || draft.config.ttlS, draft.config.ttlSMax);
  const body = { key, version, size, ttlS: life, publishedAtMs: draft.moment.wall };
  emit(draft, { type: 'sign', token: op, body });
}

/** The host has signed: the stores go out. */
export function onSigned(draft: Draft, token: Token, record: RecordHeader): void {
  const operation = lookUp(draft.operations, operationOrder, token);
  if (operation?.type !== 'store' || operation.record !== undefined) return;
  proceed(draft, { ...operation, record, signedAt: draft.now });
}

/** A store was acknowledged, by a peer or by the own disk. */
export function onStored(draft: Draft, op: OpId, peer: Peer): void {
  const operation = lookUp(draft.operations, operationOrder, op);
  if (operation?.type !== 'store' || !operation.waiting.includes(peer)) return;
  proceed(draft, {
    ...operation,
    waiting: operation.waiting.filter((other) => other !== peer),
    holders: [...operation.holders, peer],
  });
}

/** A store was refused or went unanswered; after a missed deadline it is asked once more. */
export function onNotStored(draft: Draft, op: OpId, peer: Peer, call: Call | undefined): void {
  const operation = lookUp(draft.operations, operationOrder, op);
  if (operation?.type !== 'store' || !operation.waiting.includes(peer)) return;
  if (call !== undefined && operation.record !== undefined && !operation.again.includes(peer)) {
    const again = [...operation.again, peer];
    draft.operations = withItem(draft.operations, operationOrder, { ...operation, again });
    const record = recordNow(draft, operation, operation.record);
    ask(draft, peer, { type: 'store', record }, op);
    return;
  }
  const waiting = operation.waiting.filter((other) => other !== peer);
  proceed(draft, { ...operation, waiting });
}

/** Ends a PUT with what it has: good with a majority, else the failure with the true holders. */
export function settlePut(draft: Draft, operation: StoreOperation, failure: Failure): void {
  const { op, record, holders, wanted, trail } = operation;
  draft.operations = withoutItem(draft.operations, operationOrder, op);
  const needed = Math.max(Math.floor(wanted / 2) + 1, draft.config.floor);
  if (record !== undefined && holders.length >= needed) {
    settle(draft, op, { type: 'stored', record, holders, wanted, trail });
  } else {
    settle(draft, op, { type: 'failed', failure, holders, wanted, trail });
  }
}

/** A PUT that cannot even begin. */
export function refuseCommand(draft: Draft, op: OpId, failure: Failure): void {
  settle(draft, op, { type: 'failed', failure, holders: [], wanted: 0, trail: noTrail });
}

/** Asks as many further candidates as replicas are missing, or settles when it is over. */
function proceed(draft: Draft, operation: StoreOperation): void {
  const { op, candidates, wanted, holders } = operation;
  if (operation.record === undefined) return;
  const record = recordNow(draft, operation, operation.record);
  let { taken, waiting } = operation;
  let own: 'held' | 'failed' | 'none' = 'none';
  const strangers: Peer[] = [];
  while (holders.length + waiting.length < wanted && taken < candidates.length) {
    const peer = candidates[taken++] ?? draft.self;
    waiting = [...waiting, peer];
    if (peer !== draft.self) strangers.push(peer);
    else own = keepOwn(draft, record, op);
  }
  const next: StoreOperation = { ...operation, taken, waiting };
  if (waiting.length === 0) return settlePut(draft, next, 'too-few-replicas');
  draft.operations = withItem(draft.operations, operationOrder, next);
  for (const peer of strangers) ask(draft, peer, { type: 'store', record }, op);
  if (own === 'held') onStored(draft, op, draft.self);
  if (own === 'failed') onNotStored(draft, op, draft.self, undefined);
}

/** The record as it is sent now: its life began to run when it was signed. */
function recordNow(draft: Draft, operation: StoreOperation, record: RecordHeader): RecordHeader {
  return withLife(record, record.lifeMs - (draft.now - operation.signedAt));
}

function keepOwn(draft: Draft, record: RecordHeader, op: OpId): 'held' | 'failed' | 'none' {
  const result = keep(draft, record, { peer: draft.self, call: 0, op });
  if (result === 'writing') return 'none';
  return result === 'held' ? 'held' : 'failed';
}
