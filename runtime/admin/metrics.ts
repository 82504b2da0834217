/**
 * The metrics of a node (docs/operations.md, Monitoring): counted as it steps, read when somebody
 * asks. Labels are our own words only, so their number is as small as the protocol; nothing that a
 * peer or a client chose is among them.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Effect, Input } from '../../src/step-types.ts';
import type { LinkCounts, Refusals } from '../links/counts.ts';
import type { Leadership, SeenRole } from './leadership.ts';
import type { Observed } from './observed.ts';

export class Metrics {
  readonly registry = new Registry();
  readonly #messages = this.#counter('messages_total', 'messages of calls', ['way', 'kind']);
  readonly #notes = this.#counter('events_total', 'what the core noted', ['event']);
  readonly #expired = this.#counter('calls_expired_total', 'calls without an answer', ['kind']);
  readonly #operations: Histogram<'kind' | 'outcome'>;

  readonly #observe: () => Observed;
  /** As it is for the answer under way. */
  #seen: Observed;

  constructor(observe: () => Observed, counts: LinkCounts, refusals: Refusals) {
    this.#observe = observe;
    this.#seen = observe();
    this.#operations = new Histogram({
      name: `${PREFIX}operation_seconds`,
      help: 'operations of clients, from the question to the answer',
      labelNames: ['kind', 'outcome'],
      buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
      registers: [this.registry],
    });
    // From the start, not from the first question on: a rate needs a zero to grow from.
    for (const kind of ['put', 'get']) this.#operations.zero({ kind, outcome: 'failed' });
    processMetrics();
    this.#gauges();
    this.#countsOf(counts);
    this.#byReason('handshakes_refused', 'connections that were not let in', refusals.handshakes);
    this.#byReason('blind_dials_refused', 'addresses that were not dialled', refusals.dials);
  }

  /** In the text format of Prometheus. */
  async text(): Promise<string> {
    this.#seen = this.#observe();
    return (await this.registry.metrics()) + (await processMetrics().metrics());
  }

  /** A step of the core. */
  step(input: Input, effects: readonly Effect[]): void {
    if (input.type === 'message') {
      this.#messages.inc({ way: 'in', kind: input.message.body.type });
    }
    for (const effect of effects) {
      if (effect.type === 'send') {
        this.#messages.inc({ way: 'out', kind: effect.message.body.type });
      } else if (effect.type === 'note') {
        const { note } = effect;
        if (note.type === 'call-expired') this.#expired.inc({ kind: note.kind });
        this.#notes.inc({ event: note.type });
      }
    }
  }

  /** An operation of a client is over. */
  operation(kind: string, outcome: string, seconds: number): void {
    this.#operations.observe({ kind, outcome }, seconds);
  }

  #countsOf(counts: LinkCounts): void {
    const of = (name: string, help: string, read: () => number): void => {
      const counter: Counter = new Counter({
        name: `${PREFIX}${name}_total`,
        help,
        registers: [this.registry],
        collect: () => {
          counter.reset();
          counter.inc(read());
        },
      });
    };
    of('frames_in', 'frames of calls received', () => counts.framesIn);
    of('frames_out', 'frames of calls sent', () => counts.framesOut);
    of('replies_unasked', 'replies to no open call', () => counts.repliesUnasked);
    of('replies_homeless', 'replies whose link was gone', () => counts.repliesHomeless);
    of(
      'requests_dropped',
      'requests beyond what a peer may have open',
      () => counts.requestsDropped,
    );
    of('links_revoked', 'links closed by a revocation list', () => counts.linksRevoked);
    of('links_refused', 'strangers refused for want of room', () => counts.linksRefused);
  }

  #gauges(): void {
    const of = (name: string, help: string, read: (seen: Observed) => number): void => {
      this.#gauge(name, help, () => read(this.#seen));
    };
    of('contacts', 'contacts in the routing table', (seen) => seen.contacts);
    of(
      'older_nodes',
      'nodes of the older implementation that are known',
      (seen) => seen.olderNodes,
    );
    of('ids', 'ids of nodes that it was told of', (seen) => seen.ids.count);
    of('ids_quota', 'ids above which others are not learned', (seen) => seen.ids.max);
    of('suspects', 'contacts that missed a call', (seen) => seen.suspects);
    of('links', 'links that are up', (seen) => seen.linksUp);
    of('records', 'records stored', (seen) => seen.records.keys);
    of('record_bytes', 'bytes of their values', (seen) => seen.records.bytes);
    of('records_quota', 'records that may be stored', (seen) => seen.records.keysMax);
    of('record_bytes_quota', 'bytes that may be stored', (seen) => seen.records.bytesMax);
    of('disk_stalled', 'whether records cannot be written', (seen) => Number(seen.diskStalled));
    of('recording_ended', 'whether --record has ended', (seen) => Number(seen.recordingEnded));
    of('recording_gaps', 'stretches missing from --record', (seen) => seen.recordingGaps);
    of('fellows', 'nodes with which records are shared', (seen) => seen.repair.fellows);
    of('fellows_missed', 'of these: missed a call', (seen) => seen.repair.missed);
    of('fellows_passed_over', 'of these: passed over', (seen) => seen.repair.passedOver);
    of('published', 'records of its own to be republished', (seen) => seen.repair.published);
    of('operations', 'operations under way', (seen) => seen.operations);
    of('calls', 'calls without an answer yet', (seen) => seen.calls);
    of('clients', 'connections of clients', (seen) => seen.clients);
    of('unfinished_bytes', 'bytes of unfinished messages', (seen) => seen.unfinishedBytes);
    of('up_seconds', 'since the start', (seen) => seen.upSeconds);
    of('joined', 'whether the node has joined a network', (seen) => Number(seen.joined));
    this.#endings();
    this.#leadership();
  }

  #endings(): void {
    const of = (name: string, read: (seen: Observed) => string | undefined): void => {
      this.#gauge(name, 'when that runs out, since 1970; +Inf: never', () => {
        const until = read(this.#seen);
        return until === undefined ? Infinity : Date.parse(until) / 1000;
      });
    };
    of('certificate_until_seconds', ({ endings }) => endings.certificateUntil);
    of('revocations_until_seconds', ({ endings }) => endings.revocationsUntil);
  }

  #leadership(): void {
    const of = (name: string, help: string, read: (seen: Leadership) => number): void => {
      this.#gauge(name, help, () => read(this.#seen.leadership));
    };
    of('term', 'of the leader election', (seen) => seen.term);
    of('leader_known', 'whether somebody leads, as far as it has heard', ({ leader }) =>
      Number(leader !== undefined),
    );
    of('leader_changed_seconds', 'when that or its role last changed, since 1970', (seen) =>
      seen.changedAt === undefined ? 0 : Date.parse(seen.changedAt) / 1000,
    );
    of('voters', 'who elect the leader', (seen) => seen.voters.length);
    of('voters_version', 'of their list', (seen) => seen.version);
    of('ballot_lost', 'whether it abstains', (seen) => Number(seen.ballot === 'lost'));
    const gauge: Gauge<'role'> = new Gauge({
      name: `${PREFIX}role`,
      help: 'in the leader election',
      labelNames: ['role'],
      registers: [this.registry],
      collect: () => {
        for (const role of ROLES) gauge.set({ role }, Number(role === this.#seen.leadership.role));
      },
    });
  }

  #counter<L extends string>(name: string, help: string, labelNames: L[]): Counter<L> {
    return new Counter({ name: PREFIX + name, help, labelNames, registers: [this.registry] });
  }

  #byReason(name: string, help: string, counts: ReadonlyMap<string, number>): void {
    const counter: Counter<'reason'> = new Counter({
      name: `${PREFIX}${name}_total`,
      help,
      labelNames: ['reason'],
      registers: [this.registry],
      collect: () => {
        counter.reset();
        for (const [reason, count] of counts) counter.inc({ reason }, count);
      },
    });
  }

  #gauge(name: string, help: string, read: () => number): void {
    const gauge: Gauge = new Gauge({
      name: PREFIX + name,
      help,
      registers: [this.registry],
      collect: () => {
        gauge.set(read());
      },
    });
  }
}

let ofProcess: Registry | undefined;

/** Those of the process, once for all the nodes in it: they watch its memory and its event loop. */
function processMetrics(): Registry {
  if (ofProcess === undefined) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess, prefix: PREFIX });
  }
  return ofProcess;
}

const PREFIX = 'orrery_';
const ROLES: readonly SeenRole[] = ['none', 'observer', 'follower', 'candidate', 'leader'];
