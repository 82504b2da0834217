/**
 * The one door of the core: a host calls `create` once and then `step` for everything that
 * happens. A step is a pure function: what it needs comes in, what it wants done goes out as data,
 * its arguments are never changed, and one that changes nothing returns the same state.
 *
 * Each step first handles whatever has fallen due, so that a late wake-up and a message that
 * overtakes it give the same result. This file only dispatches; every decision is in the module
 * that owns the data.
 */

import { assert, assertNever } from './assert.ts';
import { openCall, withoutCall } from './calls.ts';
import { evict, onHeard } from './contacts.ts';
import { carryOn, onCallFailed, onCallRefused } from './finish.ts';
import { onIntroduced, startJoin } from './join.ts';
import { onFarewell, startLeave } from './leave.ts';
import { OPERATIONS_MAX, VALUE_BYTES_MAX } from './limits.ts';
import { closeDraft, emit, openDraft, type Draft, type NodeState } from './node.ts';
import { onNotStored, onSigned, onStored, refuseCommand } from './put.ts';
import { durableHeld } from './store.ts';
import { advance, newLookup, onNamed, onValue } from './seek.ts';
import { onPersisted, serve } from './serve.ts';
import { operationOrder } from './operation.ts';
import { lookUp } from './paged.ts';
import { measured } from './timing.ts';
import type { CallId, Command, Directory, Effect, Input, Key, Moment } from './types.ts';
import type { OpId, Peer, Reply } from './types.ts';
import { runDue } from './upkeep.ts';

export { create } from './node.ts';
export type { NodeState } from './node.ts';

export interface Step {
  readonly state: NodeState;
  /** To be performed in this order, after the state has been replaced. */
  readonly effects: readonly Effect[];
}

const noEffects: readonly Effect[] = [];

/** One thing happened at one instant to one node. */
export function step(state: NodeState, moment: Moment, input: Input, peers: Directory): Step {
  const draft = openDraft(state, moment, peers);
  if (moment.now >= state.wakeAt) {
    runDue(draft);
    carryOn(draft);
  }
  take(draft, input);
  carryOn(draft);
  const next = closeDraft(draft);
  assert(next.wakeAt > moment.now || next === state, 'wakeAt lies in the future');
  return { state: next, effects: draft.effects ?? noEffects };
}

function take(draft: Draft, input: Input): void {
  switch (input.type) {
    case 'message':
      if (input.from === draft.self) return;
      if (input.message.type === 'request') {
        return serve(draft, input.from, input.message.call, input.message.body);
      }
      return onReply(draft, input.from, input.message.call, input.message.body);
    case 'command':
      return begin(draft, input.op, input.command);
    case 'unreachable': {
      const call = openCall(draft.calls, input.call, input.peer);
      return call === undefined ? undefined : onCallFailed(draft, call);
    }
    case 'persisted': {
      for (const op of onPersisted(draft, input.token, input.ok)) {
        if (input.ok) onStored(draft, op, draft.self);
        else onNotStored(draft, op, draft.self, undefined);
      }
      return;
    }
    case 'signed':
      return onSigned(draft, input.token, input.record);
    case 'introduced':
      return onIntroduced(draft, input.peer);
    case 'wake':
      return;
    default:
      return assertNever(input);
  }
}

function onReply(draft: Draft, from: Peer, id: CallId, body: Reply): void {
  const call = openCall(draft.calls, id, from);
  if (call === undefined) {
    emit(draft, { type: 'note', note: { type: 'reply-unasked', peer: from } });
    return;
  }
  draft.calls = withoutCall(draft.calls, id);
  draft.timing = measured(draft.timing, call.known, draft.now - call.sentAt);
  onHeard(draft, from, true);
  switch (body.type) {
    case 'ok':
      if (call.kind === 'store') return onStored(draft, call.op, from);
      if (call.kind === 'leave') return onFarewell(draft, call.op);
      if (call.kind !== 'ping') onCallRefused(draft, call);
      return;
    case 'peers':
      if (call.kind === 'find-node' || call.kind === 'find-value') {
        return onNamed(draft, call, body.peers);
      }
      return onCallRefused(draft, call);
    case 'value':
      if (call.kind === 'find-value') return onValue(draft, call, body.record);
      return onCallRefused(draft, call);
    case 'refused':
      if (body.reason === 'leaving') evict(draft, from);
      return onCallRefused(draft, call);
    default:
      return assertNever(body);
  }
}

function begin(draft: Draft, op: OpId, command: Command): void {
  assert(Number.isSafeInteger(op) && op > 0, "a host's operations have positive numbers");
  assert(
    lookUp(draft.operations, operationOrder, op) === undefined,
    'a number names one operation',
  );
  if (draft.leaving) return refuseCommand(draft, op, 'leaving');
  if (draft.operations.size >= OPERATIONS_MAX) {
    return refuseCommand(draft, op, 'too-many-operations');
  }
  const deadlineAt = draft.now + draft.config.operationMs;
  switch (command.type) {
    case 'join':
      return startJoin(draft, op, command);
    case 'leave':
      return startLeave(draft, op);
    case 'lookup': {
      const lookup = newLookup(draft, command.target, []);
      return advance(draft, { op, deadlineAt, type: 'lookup', lookup }, lookup);
    }
    case 'get':
      return beginGet(draft, op, deadlineAt, command.key);
    case 'put': {
      const { key, size, replication, ttlS } = command;
      if (size < 1 || size > VALUE_BYTES_MAX) return refuseCommand(draft, op, 'invalid');
      const lookup = newLookup(draft, key.position, []);
      const operation = { op, deadlineAt, type: 'locate', key, size, replication, ttlS } as const;
      return advance(draft, { ...operation, lookup }, lookup);
    }
    default:
      return assertNever(command);
  }
}

/** The own record is one of those met; somebody nearer may have a newer one. */
function beginGet(draft: Draft, op: OpId, deadlineAt: number, key: Key): void {
  const held = durableHeld(draft.store, key, draft.now);
  const newest = held && {
    record: held.header,
    holder: draft.self,
    expiresAt: held.expiresAt,
  };
  const lookup = newLookup(draft, key.position, []);
  advance(draft, { op, deadlineAt, type: 'get', key, lookup, newest }, lookup);
}
