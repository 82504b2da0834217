/**
 * The one door of the core: a host calls `create` once and then `step` for everything that
 * happens. A step is a pure function: what it needs comes in, what it wants done goes out as data,
 * its arguments are never changed, and one that changes nothing returns the same state.
 *
 * Each step first handles whatever has fallen due, so that a late wake-up and a message that
 * overtakes it give the same result. This file only dispatches; every decision is in the module
 * that owns the data.
 */

import { refuseCommand } from './asking.ts';
import { assert, assertNever } from './assert.ts';
import { evict, onHeard } from './contacts/contacts.ts';
import { forget } from './contacts/lost.ts';
import { onList } from './election/introducers.ts';
import { onElectionPersisted, onTerm, onVoters } from './election/turn.ts';
import { OPERATIONS_MAX, VALUE_BYTES_MAX } from './limits.ts';
import { carryOn, onCallFailed, onCallRefused, onStoreDone } from './operations/finish.ts';
import { beginRead, onFetched } from './operations/get.ts';
import { onIntroduced, onIntroduction, startJoin, walkApart } from './operations/join.ts';
import { goOnHandingOver, onFarewell, startLeave } from './operations/leave.ts';
import { onNotStored, onSigned, onStored } from './operations/put.ts';
import { advance, newLookup, onNamed, onVersion } from './operations/seek.ts';
import { lookUp } from './paged.ts';
import { onLost, onPersisted } from './replicas/keep.ts';
import { onSum, onTags } from './replicas/repair.ts';
import { serve } from './serve.ts';
import { isAbout, isStore, openCall, withoutCall, type Call } from './state/calls.ts';
import { closeDraft, emit, isHandingOver, openDraft } from './state/node.ts';
import type { Draft, NodeState } from './state/node.ts';
import { operationOrder } from './state/operation.ts';
import { withLife } from './state/store.ts';
import type { Command, Effect, Input } from './step-types.ts';
import { measured } from './timing.ts';
import type { CallId, Directory, Moment, OpId, Peer, RecordHeader, Reply } from './types.ts';
import { runDue } from './upkeep.ts';

export { create } from './create.ts';
export type { NodeState } from './state/node.ts';

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
    case 'unsent': {
      const call = openCall(draft.calls, input.call, input.peer);
      if (call === undefined) return;
      draft.calls = withoutCall(draft.calls, call.call);
      return onCallRefused(draft, call, undefined);
    }
    case 'persisted': {
      for (const op of onPersisted(draft, input.token, input.ok)) {
        if (input.ok) onStored(draft, op, draft.self);
        else onNotStored(draft, op, draft.self, {});
      }
      onElectionPersisted(draft, input.token, input.ok);
      return goOnHandingOver(draft);
    }
    case 'signed':
      return onSigned(draft, input.token, input.record);
    case 'lost':
      return onLost(draft, input.record);
    case 'introduced':
      return onIntroduced(draft, input.introducer, input.peer);
    case 'voters':
      return onVoters(draft, input.voters);
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
  const isBack = draft.lost.length > 0 && forget(draft, from);
  onHeard(draft, from, true);
  if (body.type === 'refused') {
    if (body.reason === 'leaving') evict(draft, from);
    return onCallRefused(draft, call, body.reason);
  }
  if (!takeReply(draft, call, body)) onCallRefused(draft, call, undefined);
  if (isBack) walkApart(draft, from);
}

/** @returns false when it is no answer to what was asked */
function takeReply(draft: Draft, call: Call, body: Exclude<Reply, { type: 'refused' }>): boolean {
  const { kind, op, peer } = call;
  switch (body.type) {
    case 'ok':
      if (isStore(call)) onStoreDone(draft, call);
      else if (kind === 'leave') onFarewell(draft, op);
      return isStore(call) || kind === 'leave' || kind === 'ping' || kind === 'announce';
    case 'peers':
      if (kind !== 'find-node' && kind !== 'find-version') return false;
      onNamed(draft, call, body.peers);
      return true;
    case 'version':
      if (kind !== 'find-version') return false;
      onVersion(draft, call, arrived(draft, call, body.record), body.peers);
      return true;
    case 'value':
      if (kind !== 'find-value') return false;
      onFetched(draft, op, peer, arrived(draft, call, body.record));
      return true;
    case 'sum':
      if (!isAbout(call, body.range)) return false;
      onSum(draft, call, body);
      return true;
    case 'tags':
      if (kind !== 'compare' || !isAbout(call, body.range)) return false;
      onTags(draft, call, body);
      return true;
    case 'term':
      return onTerm(draft, call, body);
    case 'introduction':
      if (kind !== 'introduce') return false;
      onList(draft, body);
      onIntroduction(draft, peer, body.peers);
      return true;
    default:
      return assertNever(body);
  }
}

/** A record as it is after its way here, which took half of the call's time, as far as is known. */
function arrived({ now }: Draft, { sentAt }: Call, record: RecordHeader): RecordHeader {
  return withLife(record, record.lifeMs - ((now - sentAt) >> 1));
}

function begin(draft: Draft, op: OpId, command: Command): void {
  assert(Number.isSafeInteger(op) && op > 0, "a host's operations have positive numbers");
  assert(
    lookUp(draft.operations, operationOrder, op) === undefined,
    'a number names one operation',
  );
  if (draft.leaving || isHandingOver(draft)) return refuseCommand(draft, op, 'leaving');
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
      return beginRead(draft, { op, deadlineAt, key: command.key, purpose: 'read' });
    case 'put': {
      const { key, size, replication, ttlS } = command;
      if (size < 1 || size > VALUE_BYTES_MAX) return refuseCommand(draft, op, 'invalid');
      const lookup = newLookup(draft, key.position, []);
      const rest = { key, size, replication, ttlS, lookup, version: 0 };
      return advance(draft, { op, deadlineAt, type: 'locate', ...rest }, lookup);
    }
    default:
      return assertNever(command);
  }
}
