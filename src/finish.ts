/**
 * Where operations turn a corner: the end of a lookup, of a call without an answer, of the time
 * granted. Each is dispatched here to the rules of its operation.
 */

import { settle } from './asking.ts';
import { assertNever } from './assert.ts';
import type { Call } from './calls.ts';
import { withCall, withoutCall } from './calls.ts';
import { onUnanswered } from './contacts.ts';
import { endJoin, refreshed, selfLookedUp } from './join.ts';
import { onFarewell } from './leave.ts';
import { trailOf, type Lookup } from './lookup.ts';
import { emit, type Draft } from './node.ts';
import { operationOrder } from './operation.ts';
import type { Finished, GetOperation, Operation } from './operation.ts';
import { withoutItem } from './paged.ts';
import { located, onNotStored, settlePut } from './put.ts';
import { onFailedCall, onLateCall } from './seek.ts';
import { withLife } from './store.ts';

/** Carries on every operation whose lookup ended in this step. */
export function carryOn(draft: Draft): void {
  while (draft.finished !== undefined) {
    const { finished } = draft;
    draft.finished = undefined;
    for (const each of finished) finish(draft, each);
  }
}

/** A call has fallen due: its answer is late, or the call is over. */
export function onCallDue(draft: Draft, call: Call): void {
  if (!call.late) {
    draft.calls = withCall(draft.calls, { ...call, late: true });
    if (isQuestion(call)) onLateCall(draft, call);
    if (call.deadlineAt > draft.now) return;
  }
  endCall(draft, call);
  if (call.kind === 'store') onNotStored(draft, call.op, call.peer, call);
  else if (call.kind === 'leave') onFarewell(draft, call.op);
}

/** The peer of a call cannot be reached. */
export function onCallFailed(draft: Draft, call: Call): void {
  endCall(draft, call);
  onCallRefused(draft, call);
}

function endCall(draft: Draft, call: Call): void {
  draft.calls = withoutCall(draft.calls, call.call);
  const note = { type: 'call-expired', peer: call.peer, kind: call.kind } as const;
  emit(draft, { type: 'note', note });
  onUnanswered(draft, call.peer);
}

function isQuestion(call: Call): boolean {
  return call.kind === 'find-node' || call.kind === 'find-value';
}

/** The operation that made the call goes on without its answer. */
export function onCallRefused(draft: Draft, call: Call): void {
  if (call.kind === 'store') onNotStored(draft, call.op, call.peer, undefined);
  else if (call.kind === 'leave') onFarewell(draft, call.op);
  else if (isQuestion(call)) onFailedCall(draft, call);
}

/** The time granted to an operation is over. */
export function onDeadline(draft: Draft, operation: Operation): void {
  const { op } = operation;
  switch (operation.type) {
    case 'store':
      return settlePut(draft, operation, 'timed-out');
    case 'join':
      return endJoin(draft, operation);
    case 'leave':
      draft.operations = withoutItem(draft.operations, operationOrder, op);
      return settle(draft, op, { type: 'left' });
    case 'refresh':
      draft.operations = withoutItem(draft.operations, operationOrder, op);
      return refreshed(draft, operation);
    case 'get':
      draft.operations = withoutItem(draft.operations, operationOrder, op);
      return settleGet(draft, operation, operation.lookup, 'timed-out');
    case 'lookup':
    case 'locate': {
      draft.operations = withoutItem(draft.operations, operationOrder, op);
      const outcome = { type: 'failed', failure: 'timed-out', holders: [], wanted: 0 } as const;
      return settle(draft, op, { ...outcome, trail: trailOf(operation.lookup, draft.peers) });
    }
    default:
      return assertNever(operation);
  }
}

function finish(draft: Draft, { operation, lookup }: Finished): void {
  switch (operation.type) {
    case 'lookup':
      return settle(draft, operation.op, { type: 'nodes', trail: trailOf(lookup, draft.peers) });
    case 'get':
      return settleGet(draft, operation, lookup, 'absent');
    case 'locate':
      return located(draft, operation, trailOf(lookup, draft.peers));
    case 'join':
      return selfLookedUp(draft, operation, lookup);
    case 'refresh':
      return refreshed(draft, operation);
    default:
      return assertNever(operation);
  }
}

/** Ends a GET with the newest record that it met, if that is still alive. */
function settleGet(
  draft: Draft,
  operation: GetOperation,
  lookup: Lookup,
  otherwise: 'absent' | 'timed-out',
): void {
  const { op, newest } = operation;
  const trail = trailOf(lookup, draft.peers);
  const leftMs = (newest?.expiresAt ?? 0) - draft.now;
  if (newest !== undefined && leftMs > 0) {
    const record = withLife(newest.record, leftMs);
    settle(draft, op, { type: 'found', record, holder: newest.holder, trail });
  } else if (otherwise === 'absent') {
    settle(draft, op, { type: 'absent', trail });
  } else {
    settle(draft, op, { type: 'failed', failure: otherwise, holders: [], wanted: 0, trail });
  }
}
