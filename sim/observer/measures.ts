/**
 * What is counted and sampled while a simulation runs. Messages and events count from the first to
 * the last event; everything else only from the moment the warm-up is over.
 *
 * In a divided simulation each part counts what its own nodes do, and `add` sums up; what follows
 * from the churn schedule alone (node time, sessions) every part counts for all nodes.
 */

import type { Message } from '../../src/types.ts';
import { Sample } from './distribution.ts';

export const MESSAGE_KINDS = [
  'ping',
  'find-node',
  'find-value',
  'find-version',
  'store',
  'check',
  'compare',
  'leave',
  'vote',
  'heartbeat',
  'resign',
  'announce',
  'introduce',
  'ok',
  'peers',
  'value',
  'version',
  'sum',
  'tags',
  'term',
  'introduction',
  'refused',
  'relay',
] as const;

export type MessageKind = (typeof MESSAGE_KINDS)[number];

/** Plain sums, of one part or of all. */
export interface Counts {
  /** Whole run. */
  events: number;
  messages: number;
  /** From the end of the warm-up on. */
  lookups: number;
  lookupsSucceeded: number;
  lookupsExact: number;
  /** Items of the workload that could not begin: nobody to ask, or nothing to read. */
  skipped: number;
  puts: number;
  putsStored: number;
  gets: number;
  getsFound: number;
  getsNotFound: number;
  getsWrong: number;
  /** Replicas sent to fellow holders. */
  replicasSent: number;
  /** Whole run (`run/joins.ts`). */
  joinsFailed: number;
  looked: number;
  eclipsed: number;
}

export interface Samples {
  readonly hops: Sample;
  readonly hopsToTarget: Sample;
  readonly lookupMs: Sample;
  readonly lookupMessages: Sample;
  readonly putMs: Sample;
  readonly getMs: Sample;
  readonly getMessages: Sample;
  readonly joinMs: Sample;
  readonly rejoinMs: Sample;
  readonly hostileShare: Sample;
}

export class Measures {
  readonly counts: Counts = {
    events: 0,
    messages: 0,
    lookups: 0,
    lookupsSucceeded: 0,
    lookupsExact: 0,
    skipped: 0,
    puts: 0,
    putsStored: 0,
    gets: 0,
    getsFound: 0,
    getsNotFound: 0,
    getsWrong: 0,
    replicasSent: 0,
    joinsFailed: 0,
    looked: 0,
    eclipsed: 0,
  };
  readonly samples: Samples = {
    hops: new Sample(),
    hopsToTarget: new Sample(),
    lookupMs: new Sample(),
    lookupMessages: new Sample(),
    putMs: new Sample(),
    getMs: new Sample(),
    getMessages: new Sample(),
    joinMs: new Sample(),
    rejoinMs: new Sample(),
    hostileShare: new Sample(),
  };
  readonly sent: Record<MessageKind, number> = {
    ping: 0,
    'find-node': 0,
    'find-value': 0,
    'find-version': 0,
    store: 0,
    check: 0,
    compare: 0,
    leave: 0,
    vote: 0,
    heartbeat: 0,
    resign: 0,
    announce: 0,
    introduce: 0,
    ok: 0,
    peers: 0,
    value: 0,
    version: 0,
    sum: 0,
    tags: 0,
    term: 0,
    introduction: 0,
    refused: 0,
    relay: 0,
  };

  measuring = false;
  sessions = 0;
  readonly residualMs = new Sample();
  /** Node time, in microseconds, as far as `#countedAt`. */
  onlineUs = 0;
  populationUs = 0;
  /** Places in the population, now; a join storm adds some. */
  slots: number;
  #online = 0;
  #countedAt = 0;

  constructor(slots: number) {
    this.slots = slots;
  }

  get online(): number {
    return this.#online;
  }

  /** What has been counted of the nodes' time, for a snapshot. */
  get time(): readonly number[] {
    return [this.onlineUs, this.populationUs, this.#online, this.#countedAt, this.slots];
  }

  set time(time: readonly number[]) {
    const [onlineUs = 0, populationUs = 0, online = 0, countedAt = 0, slots = 0] = time;
    Object.assign(this, { onlineUs, populationUs, slots });
    this.#online = online;
    this.#countedAt = countedAt;
  }

  /** Begins as if nothing had been measured; who is online stays known. */
  forget(): void {
    const fresh = new Measures(this.slots);
    Object.assign(this.counts, fresh.counts);
    Object.assign(this.samples, fresh.samples);
    Object.assign(this.sent, fresh.sent);
    this.measuring = false;
    this.sessions = 0;
    this.residualMs.clear();
  }

  onSent(message: Message): void {
    this.counts.messages++;
    if (!this.measuring) return;
    const { type } = message.body;
    // Nearly all are of these two kinds; a member by a name that varies takes its time.
    if (type === 'find-node') this.sent['find-node']++;
    else if (type === 'peers') this.sent.peers++;
    else this.sent[type]++;
  }

  onReplicaSent(): void {
    if (this.measuring) this.counts.replicasSent++;
  }

  /** The number of online nodes changes at an instant. */
  onOnline(change: number, now: number): void {
    this.countTime(now);
    this.#online += change;
  }

  begin(now: number): void {
    this.countTime(now);
    this.measuring = true;
    this.onlineUs = 0;
    this.populationUs = 0;
  }

  countTime(now: number): void {
    this.onlineUs += this.#online * (now - this.#countedAt);
    this.populationUs += this.slots * (now - this.#countedAt);
    this.#countedAt = now;
  }
}
