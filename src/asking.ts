/**
 * Sending: a request opens a call with a deadline, a reply closes somebody else's, and a
 * settlement tells the host how an operation ended.
 */

import { withCall } from './calls.ts';
import { emit, nextNumber, type Draft } from './node.ts';
import { sharedBitsOfPeers } from './position.ts';
import { slotOf } from './table.ts';
import { hardLimitMs, patienceMs } from './timing.ts';
import type { CallId, OpId, Outcome, Peer, Reply, Request } from './types.ts';

/** Sends a request for an operation (0: none) and waits for its reply. */
export function ask(draft: Draft, peer: Peer, body: Request, op: OpId): void {
  const call = nextNumber(draft);
  const bucket = sharedBitsOfPeers(draft.peers, draft.self, peer);
  const known = slotOf(draft.table, bucket, peer) >= 0;
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
    nonce: body.type === 'check' ? body.nonce : 0,
  });
  emit(draft, { type: 'send', to: peer, message: { type: 'request', call, body } });
}

export function reply(draft: Draft, peer: Peer, call: CallId, body: Reply): void {
  emit(draft, { type: 'send', to: peer, message: { type: 'reply', call, body } });
}

/** The one end of an operation of the host; own operations (negative) end in silence. */
export function settle(draft: Draft, op: OpId, outcome: Outcome): void {
  if (op > 0) emit(draft, { type: 'settle', op, outcome });
}
