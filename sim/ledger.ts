/**
 * The operations of the workload that are under way, and the judgement of each as it settles. An
 * operation whose asker leaves counts nowhere.
 */

import type { OpId, Outcome, Peer, Position, RecordHeader, Trail } from '../src/types.ts';
import type { Oracle } from './oracle.ts';
import type { ItemKind } from './workload.ts';
import type { World } from './world.ts';

/** An operation of the workload that is under way. */
export interface Running {
  readonly kind: ItemKind;
  readonly asker: Peer;
  readonly startedAt: number;
  readonly target: Position;
  readonly put: number;
}

export class Ledger {
  readonly #world: World;
  readonly #oracle: Oracle;
  readonly #running = new Map<OpId, Running>();

  constructor(world: World, oracle: Oracle) {
    this.#world = world;
    this.#oracle = oracle;
  }

  get size(): number {
    return this.#running.size;
  }

  onBegun(op: OpId, running: Running): void {
    this.#running.set(op, running);
  }

  onSigned(op: OpId, record: RecordHeader): void {
    const running = this.#running.get(op);
    if (running !== undefined) this.#world.values.onSigned(running.put, record);
  }

  onSettled(op: OpId, outcome: Outcome): void {
    const running = this.#running.get(op);
    if (running === undefined) return;
    this.#running.delete(op);
    const tookMs = (this.#world.now - running.startedAt) / 1000;
    if (running.kind === 'lookup') this.#onLookup(running, outcome, tookMs);
    else if (running.kind === 'put') this.#onPut(running, outcome, tookMs);
    else this.#onGet(running, outcome, tookMs);
  }

  /** The node has left: nobody waits for what it asked. */
  onGone(peer: Peer): void {
    for (const [op, running] of this.#running) {
      if (running.asker === peer) this.#running.delete(op);
    }
  }

  #onLookup(running: Running, outcome: Outcome, tookMs: number): void {
    const { measures } = this.#world;
    measures.lookups++;
    measures.lookupMs.add(tookMs);
    if ('trail' in outcome) measures.lookupMessages.add(messagesOf(outcome.trail));
    if (outcome.type !== 'nodes') return;
    const { trail } = outcome;
    const { asker, target, startedAt } = running;
    const verdict = this.#oracle.judge(asker, target, startedAt, trail);
    if (verdict.exact) measures.lookupsExact++;
    if (!verdict.succeeded) return;
    measures.lookupsSucceeded++;
    if (verdict.hops !== undefined) measures.hops.add(verdict.hops);
  }

  #onPut(running: Running, outcome: Outcome, tookMs: number): void {
    const { measures, values, now } = this.#world;
    measures.puts++;
    if (outcome.type !== 'stored') return;
    measures.putsStored++;
    measures.putMs.add(tookMs);
    values.onAcknowledged(running.put, now);
  }

  #onGet(running: Running, outcome: Outcome, tookMs: number): void {
    const { measures, values } = this.#world;
    measures.gets++;
    if (outcome.type !== 'found') {
      measures.getsNotFound++;
      return;
    }
    if (!values.isTrue(running.put, outcome.record)) measures.getsWrong++;
    measures.getsFound++;
    measures.getMs.add(tookMs);
    measures.getMessages.add(messagesOf(outcome.trail));
  }
}

function messagesOf(trail: Trail): number {
  return trail.requests + trail.replies;
}
