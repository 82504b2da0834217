/**
 * Sending: a request opens a call with a deadline, a reply closes somebody else's, and a
 * settlement tells the host how an operation ended.
 */

import { sharedBitsOfPeers } from './position.ts';
import { withCall } from './state/calls.ts';
import { emit, nextNumber, type Draft } from './state/node.ts';
import { failed } from './state/operation.ts';
import { withLife } from './state/store.ts';
import type { Failure, Outcome } from './step-types.ts';
import { slotOf } from './table/table.ts';
import { hardLimitMs, patienceMs, travelMs } from './timing.ts';
import type { CallId, OpId, Peer, RecordHeader, Reply, Request, Round } from './types.ts';

/** Sends a request for an operation (0: none) and waits for its reply. */
export function ask(draft: Draft, peer: Peer, body: Request, op: OpId): void {
  const call = nextNumber(draft);
  const known = isContact(draft, peer);
  const fixedMs = draft.config.timeoutMs;
  const waitMs = fixedMs || patienceMs(draft.timing, known);
  draft.calls = withCall(draft.calls, {
    call,
    peer,
    kind: body.type,
    op,
    sentAt: draft.now,
    lateAt: draft.now + waitMs,
    deadlineAt: draft.now + (fixedMs || hardLimitMs(waitMs)),
    late: false,
    known,
    round: roundOf(body),
  });
  const hasRecord = body.type === 'store' || body.type === 'relay';
  const sent = hasRecord ? { ...body, record: onItsWay(draft, body.record, known) } : body;
  emit(draft, { type: 'send', to: peer, message: { type: 'request', call, body: sent } });
}

export function isContact({ table, peers, self }: Draft, peer: Peer): boolean {
  return slotOf(table, sharedBitsOfPeers(peers, self, peer), peer) >= 0;
}

/** A record's life goes on while it travels; the receiver cannot know for how long it did. */
function onItsWay({ timing }: Draft, record: RecordHeader, known: boolean): RecordHeader {
  return withLife(record, record.lifeMs - travelMs(timing, known));
}

function roundOf(body: Request): Round | undefined {
  if (body.type !== 'check' && body.type !== 'compare') return undefined;
  return { range: body.range, nonce: body.nonce };
}

export function reply(draft: Draft, peer: Peer, call: CallId, body: Reply): void {
  emit(draft, { type: 'send', to: peer, message: { type: 'reply', call, body } });
}

/** The one end of an operation of the host; own operations (negative) end in silence. */
export function settle(draft: Draft, op: OpId, outcome: Outcome): void {
  if (op > 0) emit(draft, { type: 'settle', op, outcome });
}

/** A command of the host that cannot even begin. */
export function refuseCommand(draft: Draft, op: OpId, failure: Failure): void {
  settle(draft, op, failed(failure));
}
