/**
 * The way of one operation, as its node saw it: whom the core asked for it, in which order, and
 * what came of each. Made of the inputs and effects of the core's steps, as they happen.
 *
 * A request of the operation is known by its call, which carries the operation's number in the
 * state; it ends with the reply, with the news that it could not be delivered, or in silence, when
 * the state does not wait for it any more. Invariant: at most `HOPS_SEEN_MAX` are kept.
 */
import { namerOf } from '../../src/lookup/marks.ts';
import { lookUp } from '../../src/paged.ts';
import { openCall } from '../../src/state/calls.ts';
import type { Calls } from '../../src/state/calls.ts';
import { operationOrder } from '../../src/state/operation.ts';
import type { Effect, Input } from '../../src/step-types.ts';
import type { NodeState } from '../../src/step.ts';
import type { CallId, OpId, Peer, Reply, Request } from '../../src/types.ts';
import { HOPS_SEEN_MAX } from '../bounds.ts';

/** What came of a request. */
export type HopEnd = Reply['type'] | 'no answer' | 'unreachable' | 'not sent';

export interface Hop {
  readonly peer: Peer;
  readonly call: CallId;
  readonly asked: Request['type'];
  /** Who first named the peer; nothing when the own table did. */
  readonly namedBy: Peer | undefined;
  /** How many were asked on the way to its name, itself included. */
  readonly step: number;
  /** Since the operation began, in ms. */
  readonly sentMs: number;
  /** From there to its end. */
  tookMs?: number;
  /** Nothing while it is waited for. */
  end?: HopEnd;
  /** Whether the core went on without it before its end. */
  isLate: boolean;
  /** How many peers the answer named. */
  named: number;
  /** The version of the record that it holds. */
  version?: number;
  /** Why it refused. */
  refusal?: string;
}

export class Way {
  readonly hops: Hop[] = [];
  readonly #begunAt = performance.now();
  #op: OpId | undefined;

  /** The operation has its number now: its first step follows. */
  begin(op: OpId): void {
    this.#op = op;
  }

  get tookMs(): number {
    return performance.now() - this.#begunAt;
  }

  /** A step of the core, and its state after it. */
  step(input: Input, effects: readonly Effect[], state: NodeState): void {
    if (this.#op === undefined) return;
    const { calls } = state;
    this.#take(input);
    for (const hop of this.hops) this.#lookFor(hop, calls);
    for (const effect of effects) {
      if (effect.type !== 'send' || effect.message.type !== 'request') continue;
      const { call, body } = effect.message;
      if (openCall(calls, call, effect.to)?.op !== this.#op) continue;
      this.#ask(effect.to, call, body.type, state);
    }
  }

  #ask(peer: Peer, call: CallId, asked: Request['type'], state: NodeState): void {
    if (this.hops.length >= HOPS_SEEN_MAX) return;
    const namedBy = this.#namerOf(peer, state);
    const before = this.hops.find((hop) => hop.peer === namedBy)?.step ?? 0;
    const sentMs = this.tookMs;
    const step = before + 1;
    this.hops.push({ peer, call, asked, namedBy, step, sentMs, isLate: false, named: 0 });
  }

  #take(input: Input): void {
    if (input.type === 'message' && input.message.type === 'reply') {
      const { call, body } = input.message;
      const hop = this.#openHop(input.from, call);
      if (hop !== undefined) this.#answer(hop, body);
    } else if (input.type === 'unreachable' || input.type === 'unsent') {
      const hop = this.#openHop(input.peer, input.call);
      if (hop !== undefined) this.#end(hop, input.type === 'unsent' ? 'not sent' : 'unreachable');
    }
  }

  #answer(hop: Hop, body: Reply): void {
    this.#end(hop, body.type);
    if (body.type === 'refused') hop.refusal = body.reason;
    if (body.type === 'version' || body.type === 'value') hop.version = body.record.version;
    if (body.type !== 'peers' && body.type !== 'version') return;
    hop.named = body.peers.length;
  }

  /** The lookup knows; once it is over, only those are asked that it had asked before. */
  #namerOf(peer: Peer, state: NodeState): Peer | undefined {
    const operation = lookUp(state.operations, operationOrder, this.#op ?? 0);
    const lookup = operation?.type === 'get' ? operation.lookup : undefined;
    const at = lookup?.list.peers.indexOf(peer) ?? -1;
    if (lookup === undefined || at < 0) {
      return this.hops.find((hop) => hop.peer === peer)?.namedBy;
    }
    return lookup.responders[namerOf(lookup.list.marks[at] ?? 0) - 1];
  }

  /** Silence is no input: the call is late, or gone from the state. */
  #lookFor(hop: Hop, calls: Calls): void {
    if (hop.end !== undefined) return;
    const open = openCall(calls, hop.call, hop.peer);
    if (open === undefined) this.#end(hop, 'no answer');
    else if (open.late) hop.isLate = true;
  }

  #openHop(peer: Peer, call: CallId): Hop | undefined {
    return this.hops.find((hop) => hop.call === call && hop.peer === peer && hop.end === undefined);
  }

  #end(hop: Hop, end: HopEnd): void {
    hop.end = end;
    hop.tookMs = this.tookMs - hop.sentMs;
  }
}
