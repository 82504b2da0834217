/**
 * Where operations turn a corner: the end of a lookup, of a call without an answer, of the time
 * granted. Each is dispatched here to the rules of its operation.
 */

import { settle } from '../asking.ts';
import { assertNever } from '../assert.ts';
import { onUnanswered } from '../contacts/contacts.ts';
import { trailOf } from '../lookup/lookup.ts';
import { withoutItem } from '../paged.ts';
import { onPushed } from '../replicas/reconcile.ts';
import { onRoundRefused } from '../replicas/repair.ts';
import { isStore, withCall, withoutCall } from '../state/calls.ts';
import type { Call } from '../state/calls.ts';
import { emit, type Draft } from '../state/node.ts';
import { failed, operationOrder } from '../state/operation.ts';
import type { Finished, Operation } from '../state/operation.ts';
import type { Refusal } from '../types.ts';
import { onNotFetched, readVersions, settleUnread } from './get.ts';
import { endJoin, refreshed, selfLookedUp } from './join.ts';
import { endHandover, goOnHandingOver, onFarewell } from './leave.ts';
import { located, onNotStored, onStored, settleStore, type Miss } from './put.ts';
import { onFailedCall, onLateCall } from './seek.ts';

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
  if (isStore(call)) onStoreFailed(draft, call, { late: call });
  else onCallRefused(draft, call, undefined);
}

/** The peer of a call cannot be reached. */
export function onCallFailed(draft: Draft, call: Call): void {
  endCall(draft, call);
  onCallRefused(draft, call, undefined);
}

/** A store was acknowledged: that of an operation, or a replica that was sent. */
export function onStoreDone(draft: Draft, call: Call): void {
  onStored(draft, call.op, call.peer);
  onPushed(draft, call.op, undefined);
  goOnHandingOver(draft);
}

function endCall(draft: Draft, call: Call): void {
  draft.calls = withoutCall(draft.calls, call.call);
  const note = { type: 'call-expired', peer: call.peer, kind: call.kind } as const;
  emit(draft, { type: 'note', note });
  onUnanswered(draft, call.peer);
}

function isQuestion(call: Call): boolean {
  return call.kind === 'find-node' || call.kind === 'find-version';
}

/** The operation that made the call goes on without its answer. */
export function onCallRefused(draft: Draft, call: Call, reason: Refusal | undefined): void {
  if (isStore(call)) onStoreFailed(draft, call, { reason });
  else if (call.kind === 'leave') onFarewell(draft, call.op);
  else if (call.kind === 'find-value') onNotFetched(draft, call.op, call.peer);
  else if (isQuestion(call)) onFailedCall(draft, call);
  else if (call.round !== undefined) onRoundRefused(draft, call.peer);
}

function onStoreFailed(draft: Draft, call: Call, miss: Miss): void {
  onNotStored(draft, call.op, call.peer, miss);
  onPushed(draft, call.op, miss.reason);
  goOnHandingOver(draft);
}

/** The time granted to an operation is over. */
export function onDeadline(draft: Draft, operation: Operation): void {
  const { op } = operation;
  switch (operation.type) {
    case 'store':
      return settleStore(draft, operation, 'timed-out');
    case 'push':
      onPushed(draft, op, undefined);
      return goOnHandingOver(draft);
    case 'handover':
      return endHandover(draft, operation);
    case 'join':
      return endJoin(draft, operation);
    case 'leave':
      draft.operations = withoutItem(draft.operations, operationOrder, op);
      return settle(draft, op, { type: 'left' });
    case 'refresh':
      draft.operations = withoutItem(draft.operations, operationOrder, op);
      return refreshed(draft, operation, operation.lookup);
    case 'fetch':
      return settleUnread(draft, operation);
    case 'get':
    case 'lookup':
    case 'locate': {
      draft.operations = withoutItem(draft.operations, operationOrder, op);
      return settle(draft, op, failed('timed-out', trailOf(operation.lookup, draft.peers)));
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
      return readVersions(draft, operation, trailOf(lookup, draft.peers));
    case 'locate':
      return located(draft, operation, trailOf(lookup, draft.peers));
    case 'join':
      return selfLookedUp(draft, operation, lookup);
    case 'refresh':
      return refreshed(draft, operation, lookup);
    default:
      return assertNever(operation);
  }
}
