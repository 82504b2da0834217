/**
 * PUT: locate the nearest nodes, let the host sign the record, store it on the nearest that
 * answered, and settle with the true list of those that said it is on their disk (S17).
 *
 * `wanted` is the replication asked for, within its bounds, but at most the number of nodes that
 * answered, the own node included if it can be called. A candidate that fails gives its place to
 * the next nearest. A majority of `wanted`, and at least the floor, makes the PUT good.
 */

import { ask, settle } from '../asking.ts';
import { REPLICATION_MAX, VERSION_AHEAD_MS_MAX } from '../limits.ts';
import { majorityOf } from '../majority.ts';
import { lookUp, withItem, withoutItem } from '../paged.ts';
import { compareDistance } from '../position.ts';
import { keep } from '../replicas/keep.ts';
import { onPublished } from '../replicas/published.ts';
import type { Call } from '../state/calls.ts';
import { emit, type Draft } from '../state/node.ts';
import { failed, operationOrder } from '../state/operation.ts';
import type { LocateOperation, StoreOperation } from '../state/operation.ts';
import { newestHeld, withLife } from '../state/store.ts';
import type { Failure } from '../step-types.ts';
import { isClientOnly } from '../table/places.ts';
import type { Trail } from '../types.ts';
import type { OpId, Peer, RecordHeader, Refusal, Request, Token } from '../types.ts';

/** The nearest are known: the version is chosen and the host asked to sign. */
export function located(draft: Draft, operation: LocateOperation, trail: Trail): void {
  const { key, size, ttlS, replication, op } = operation;
  const target = key.position;
  const candidates = [...trail.nearest];
  if (!isClientOnly(draft.peers, draft.self)) {
    const at = candidates.findIndex(
      (peer) => compareDistance(draft.peers, target, draft.self, peer) < 0,
    );
    candidates.splice(at < 0 ? candidates.length : at, 0, draft.self);
  }
  if (trail.responders.length === 0 && candidates.length < draft.config.floor) {
    draft.operations = withoutItem(draft.operations, operationOrder, op);
    return settle(draft, op, failed('no-peers', trail));
  }
  const asked = Math.min(replication || draft.config.replication, REPLICATION_MAX);
  const replicas = Math.max(asked, draft.config.floor);
  const wanted = Math.min(replicas, candidates.length);
  const held = newestHeld(draft.store, key)?.header.version ?? 0;
  const version = nextVersion(draft, Math.max(held, operation.version));
  draft.issued = version;
  draft.operations = withItem(draft.operations, operationOrder, {
    op,
    deadlineAt: operation.deadlineAt,
    type: 'store',
    purpose: 'put',
    record: undefined,
    signedAt: draft.now,
    wanted,
    needed: Math.max(majorityOf(wanted), draft.config.floor),
    candidates,
    taken: 0,
    waiting: [],
    again: [],
    holders: [],
    source: draft.self,
    fullCount: 0,
    trail,
    hops: 1,
  });
  const life = Math.min(ttlS || draft.config.ttlS, draft.config.ttlSMax);
  const publishedAtMs = draft.moment.wall;
  const body = { key, version, size, replication: replicas, ttlS: life, publishedAtMs };
  emit(draft, { type: 'sign', token: op, body });
}

/**
 * Above the newest that was met of the key, and above all that this node has issued, so that it
 * gives no version twice. What it issued while its clock was far ahead does not count once that is
 * right again: others would refuse everything above it.
 */
function nextVersion({ moment, issued }: Draft, newest: number): number {
  const taken = moment.wall + VERSION_AHEAD_MS_MAX;
  const next = Math.max(moment.wall, newest + 1);
  return issued < taken || next > taken ? Math.max(next, issued + 1) : next;
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

/** Why a store did not work: the call that missed its deadline, or what the peer said. */
export interface Miss {
  readonly late?: Call | undefined;
  readonly reason?: Refusal | undefined;
}

/**
 * A store was refused or went unanswered; after a missed deadline it is asked once more, unless a
 * reader waits who has a majority: nor does anybody stand in for it then.
 */
export function onNotStored(draft: Draft, op: OpId, peer: Peer, miss: Miss): void {
  const operation = lookUp(draft.operations, operationOrder, op);
  if (operation?.type !== 'store' || !operation.waiting.includes(peer)) return;
  const { again: asked, record: signed, purpose, holders, needed, wanted } = operation;
  const isRead = purpose === 'read' && holders.length >= needed;
  if (!isRead && miss.late !== undefined && signed !== undefined && !asked.includes(peer)) {
    const again = [...asked, peer];
    draft.operations = withItem(draft.operations, operationOrder, { ...operation, again });
    const record = recordNow(draft, operation, signed);
    ask(draft, peer, storeOf(operation, record), op);
    return;
  }
  const waiting = operation.waiting.filter((other) => other !== peer);
  const fullCount = operation.fullCount + Number(miss.reason === 'full');
  proceed(draft, { ...operation, waiting, fullCount, wanted: isRead ? wanted - 1 : wanted });
}

/** Ends it with what it has: good with a majority, else the failure with the true holders. */
export function settleStore(draft: Draft, operation: StoreOperation, failure: Failure): void {
  const { op, purpose, record, holders, wanted, needed, source, trail } = operation;
  draft.operations = withoutItem(draft.operations, operationOrder, op);
  const isGood = record !== undefined && holders.length >= needed;
  if (purpose !== 'put' && record !== undefined && (isGood || failure !== 'timed-out')) {
    const now = recordNow(draft, operation, record);
    if (now.lifeMs === 0) return settle(draft, op, { type: 'absent', trail });
    settle(draft, op, { type: 'found', record: now, holder: source, trail });
  } else if (purpose === 'put' && isGood) {
    onPublished(draft, record.key, record.lifeMs);
    settle(draft, op, { type: 'stored', record, holders, wanted, trail });
  } else {
    settle(draft, op, { type: 'failed', failure, holders, wanted, trail });
  }
}

/** Asks as many further candidates as replicas are missing, or settles when it is over. */
export function proceed(draft: Draft, operation: StoreOperation): void {
  const { op, candidates, wanted, holders } = operation;
  if (operation.record === undefined) return;
  const record = recordNow(draft, operation, operation.record);
  let { taken, waiting } = operation;
  let own: ReturnType<typeof keep> = 'writing';
  const strangers: Peer[] = [];
  while (holders.length + waiting.length < wanted && taken < candidates.length) {
    const peer = candidates[taken++] ?? draft.self;
    waiting = [...waiting, peer];
    if (peer !== draft.self) strangers.push(peer);
    else own = keep(draft, record, { peer: draft.self, call: 0, op }, undefined);
  }
  const next: StoreOperation = { ...operation, taken, waiting };
  for (const peer of strangers) ask(draft, peer, storeOf(operation, record), op);
  if (waiting.length === 0) return settleStore(draft, next, failureOf(next));
  draft.operations = withItem(draft.operations, operationOrder, next);
  if (own === 'held') onStored(draft, op, draft.self);
  else if (own !== 'writing') onNotStored(draft, op, draft.self, { reason: own });
}

function storeOf({ hops }: StoreOperation, record: RecordHeader): Request {
  return hops > 1 ? { type: 'relay', record, hops } : { type: 'store', record };
}

function failureOf({ fullCount }: StoreOperation): Failure {
  return fullCount > 0 ? 'full' : 'too-few-replicas';
}

/** The record as it is sent now: its life began to run when it was signed. */
function recordNow(draft: Draft, operation: StoreOperation, record: RecordHeader): RecordHeader {
  return withLife(record, record.lifeMs - (draft.now - operation.signedAt));
}
