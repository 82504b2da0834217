/**
 * Calls in flight: each request that this node sent and that has neither been answered nor come
 * to its end. A reply is accepted only for an open call to the very peer that sent it (S7), and
 * each call ends exactly once: by its reply, its deadline, or the peer being unreachable.
 */

import { countItems, emptyPaged, findItem, lookUp, withItem, withoutItem } from '../paged.ts';
import type { Order, Paged } from '../paged.ts';
import type { CallId, OpId, Peer, Range, Request, Round } from '../types.ts';
import { sameRange } from './tags.ts';

export interface Call {
  readonly call: CallId;
  readonly peer: Peer;
  readonly kind: Request['type'];
  /** The operation that waits for it; 0 for a liveness check or a round with a fellow. */
  readonly op: OpId;
  readonly sentAt: number;
  /** When an answer is late: whoever waits for it goes on without. */
  readonly lateAt: number;
  /** When the call ends, and the peer counts as silent. */
  readonly deadlineAt: number;
  readonly late: boolean;
  /** Whether the peer was a contact when it was called: its link is probably up. */
  readonly known: boolean;
  /** What a check or a comparison asked about. */
  readonly round: Round | undefined;
}

export type Calls = Paged<Call>;

export const callOrder: Order<Call, CallId> = {
  compare: (item, call) => item.call - call,
  keyOf: (item) => item.call,
  dueAt: (item) => (item.late ? item.deadlineAt : item.lateAt),
};

export const noCalls: Calls = emptyPaged();

export function withCall(calls: Calls, call: Call): Calls {
  return withItem(calls, callOrder, call);
}

/** The open call of that number to that peer, if there is one. */
export function openCall(calls: Calls, call: CallId, peer: Peer): Call | undefined {
  const open = lookUp(calls, callOrder, call);
  return open !== undefined && open.peer === peer ? open : undefined;
}

export function withoutCall(calls: Calls, call: CallId): Calls {
  return withoutItem(calls, callOrder, call);
}

export function isCalling(calls: Calls, peer: Peer): boolean {
  return findItem(calls, (call) => call.peer === peer) !== undefined;
}

/** Whether an answer is about what was asked: a fellow may not choose what it is believed about. */
export function isAbout({ round }: Call, range: Range): boolean {
  return round !== undefined && sameRange(round.range, range);
}

/** Whether a record was sent, to be stored or to be passed on as well. */
export function isStore({ kind }: Call): boolean {
  return kind === 'store' || kind === 'relay';
}

/** Heartbeats under way to a voter; other calls to it do not matter. */
export function countBeats(calls: Calls, peer: Peer): number {
  return countItems(calls, (call) => call.peer === peer && call.kind === 'heartbeat');
}

/** Calls of a round under way to a fellow; other calls to it do not matter. */
export function countRoundCalls(calls: Calls, peer: Peer): number {
  return countItems(calls, (call) => call.peer === peer && call.round !== undefined);
}

/** Liveness checks under way. */
export function countPings(calls: Calls): number {
  return countItems(calls, ({ kind }) => kind === 'ping');
}
