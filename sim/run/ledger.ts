/**
 * The operations of the workload that are under way at this part's nodes, and the book-keeping of
 * each as it ends. An operation whose asker leaves counts nowhere.
 */

import type { Outcome } from '../../src/step-types.ts';
import type { Trail } from '../../src/types.ts';
import type { OpId, Peer, Position, RecordHeader } from '../../src/types.ts';
import type { Arena } from '../arena.ts';
import type { LookupRow } from '../observer/lookup-row.ts';
import type { OperationOutcome, OperationRow } from '../observer/operation-row.ts';
import type { Oracle, Settled, Verdict } from '../observer/oracle.ts';
import type { WorkKind } from '../options.ts';

/** An operation of the workload that is under way. */
export interface Running {
  readonly kind: WorkKind;
  /** Its number among all items of its kind's workloads. */
  readonly item: number;
  readonly asker: Peer;
  readonly startedAt: number;
  readonly target: Position;
  /** The node that is looked up; -1 when it is a point. */
  readonly targetPeer: Peer;
  readonly put: number;
}

/** What other parts need to know of an operation's course. */
export interface Reports {
  onSigned(put: number, record: RecordHeader): void;
  onAcknowledged(put: number, at: number): void;
}

export class Ledger {
  /** Rows of lookups, where they are wanted. */
  readonly rows: LookupRow[] = [];
  /** Rows of PUTs and GETs, where rows are wanted. */
  readonly operations: OperationRow[] = [];
  readonly #world: Arena;
  readonly #oracle: Oracle;
  readonly #reports: Reports;
  readonly #placeName: ((peer: Peer) => string) | undefined;
  readonly running = new Map<OpId, Running>();
  /** Operations that have settled and wait for the oracle's verdict. */
  readonly #judged = new Map<OpId, Running>();

  /** @param placeName given where rows are wanted */
  constructor(
    world: Arena,
    oracle: Oracle,
    reports: Reports,
    placeName: ((peer: Peer) => string) | undefined,
  ) {
    this.#world = world;
    this.#oracle = oracle;
    this.#reports = reports;
    this.#placeName = placeName;
  }

  onBegun(op: OpId, running: Running): void {
    this.running.set(op, running);
  }

  onSigned(op: OpId, record: RecordHeader): void {
    const running = this.running.get(op);
    if (running !== undefined) this.#reports.onSigned(running.put, record);
  }

  onSettled(op: OpId, outcome: Outcome): void {
    const running = this.running.get(op);
    if (running === undefined) return;
    this.running.delete(op);
    const tookMs = (this.#world.now - running.startedAt) / 1000;
    if (running.kind === 'lookup') this.#onLookup(op, running, outcome, tookMs);
    else if (running.kind === 'put') this.#onPut(running, outcome, tookMs);
    else this.#onGet(running, outcome, tookMs);
  }

  /** Nobody waits for anything any more. */
  forget(): void {
    this.running.clear();
    this.rows.length = 0;
    this.operations.length = 0;
  }

  /** The node has left: nobody waits for what it asked. */
  onGone(peer: Peer): void {
    for (const [op, running] of this.running) {
      if (running.asker === peer) this.running.delete(op);
    }
  }

  /** The oracle has spoken. */
  onVerdict(settled: Settled, at: number, verdict: Verdict): void {
    const { counts, samples } = this.#world.measures;
    if (verdict.exact) counts.lookupsExact++;
    if (verdict.succeeded) {
      counts.lookupsSucceeded++;
      if (verdict.hops !== undefined) samples.hops.add(verdict.hops);
      if (verdict.hopsToTarget !== undefined) samples.hopsToTarget.add(verdict.hopsToTarget);
    }
    const running = this.#judged.get(settled.op);
    this.#judged.delete(settled.op);
    if (running !== undefined) this.#row(running, at, settled.trail, verdict);
  }

  #onLookup(op: OpId, running: Running, outcome: Outcome, tookMs: number): void {
    const { measures, now } = this.#world;
    measures.counts.lookups++;
    measures.samples.lookupMs.add(tookMs);
    const trail = 'trail' in outcome ? outcome.trail : NO_TRAIL;
    if (outcome.type !== 'nodes') {
      if ('trail' in outcome) measures.samples.lookupMessages.add(messagesOf(trail));
      this.#row(running, now, trail, undefined);
      return;
    }
    measures.samples.lookupMessages.add(messagesOf(trail));
    if (this.#placeName !== undefined) this.#judged.set(op, running);
    const { asker, target, targetPeer, startedAt } = running;
    this.#oracle.onSettled({ op, asker, target, targetPeer, startedAt, trail }, now);
  }

  #onPut(running: Running, outcome: Outcome, tookMs: number): void {
    const { measures, now } = this.#world;
    measures.counts.puts++;
    this.#operationRow(running, outcome, outcome.type === 'stored' ? 'stored' : 'failed');
    if (outcome.type !== 'stored') return;
    measures.counts.putsStored++;
    measures.samples.putMs.add(tookMs);
    this.#reports.onAcknowledged(running.put, now);
  }

  #onGet(running: Running, outcome: Outcome, tookMs: number): void {
    const { measures, values } = this.#world;
    measures.counts.gets++;
    if (outcome.type !== 'found') {
      measures.counts.getsNotFound++;
      this.#operationRow(running, outcome, outcome.type === 'absent' ? 'not-found' : 'failed');
      return;
    }
    const isTrue = values.isTrue(running.put, outcome.record);
    if (!isTrue) measures.counts.getsWrong++;
    this.#operationRow(running, outcome, isTrue ? 'found' : 'wrong');
    measures.counts.getsFound++;
    measures.samples.getMs.add(tookMs);
    measures.samples.getMessages.add(messagesOf(outcome.trail));
  }

  #row(running: Running, endedAt: number, trail: Trail, verdict: Verdict | undefined): void {
    if (this.#placeName === undefined) return;
    const { asker, item, target } = running;
    this.rows.push({
      lookup: item,
      asker: this.#nameOf(asker),
      place: this.#placeName(asker),
      target: (target.w0 >>> 0).toString(16).padStart(8, '0'),
      ...this.#spanOf(running, endedAt),
      succeeded: verdict?.succeeded ?? false,
      exact: verdict?.exact ?? false,
      hops: verdict?.hops ?? null,
      hopsToTarget: verdict?.hopsToTarget ?? null,
      requests: trail.requests,
      replies: trail.replies,
      path: verdict?.path.map((peer) => this.#nameOf(peer)) ?? [],
    });
  }

  #operationRow(running: Running, outcome: Outcome, word: OperationOutcome): void {
    if (this.#placeName === undefined || running.kind === 'lookup') return;
    const { kind, item, asker } = running;
    this.operations.push({
      operation: item,
      kind,
      asker: this.#nameOf(asker),
      ...this.#spanOf(running, this.#world.now),
      outcome: word,
      messages: 'trail' in outcome ? messagesOf(outcome.trail) : null,
      replicas: kind === 'put' && 'holders' in outcome ? outcome.holders.length : null,
    });
  }

  #nameOf(peer: Peer): string {
    return `${peer}:${this.#world.population.shortName(peer)}`;
  }

  #spanOf({ startedAt }: Running, endedAt: number): { startMs: number; endMs: number } {
    const { measuredFrom } = this.#world;
    return { startMs: (startedAt - measuredFrom) / 1000, endMs: (endedAt - measuredFrom) / 1000 };
  }
}

const NO_TRAIL: Trail = { nearest: [], responders: [], namedBy: [], requests: 0, replies: 0 };

function messagesOf(trail: Trail): number {
  return trail.requests + trail.replies;
}
