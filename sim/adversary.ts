/**
 * What hostile nodes do in place of their cores' answers. Otherwise they behave: their cores join,
 * look after their tables and are found.
 *
 * - `drop` answers pings, acknowledges stores and keeps nothing, names nobody.
 * - `lie` names only other hostile nodes, the nearest to the target or, to a newcomer, to itself,
 *   and serves forged records.
 * - `stale` keeps and serves the first version of a record that it got, and acknowledges others.
 * - `flood` answers well, and sends well-formed requests by the hundred.
 *
 * A forged record bears `FORGER` as its publisher: no host admits it, on the wire its signature
 * does not fit.
 */

import { LISTED_MAX } from '../src/limits.ts';
import { compareBits, positionOf } from '../src/position.ts';
import { newestHeld, type Store } from '../src/state/store.ts';
import type { Bits256, Key, Message, Peer, RecordHeader } from '../src/types.ts';
import type { Reply, Request } from '../src/types.ts';
import type { AdversaryKind, SimOptions } from './options.ts';
import type { Population } from './population.ts';
import { Ring } from './ring.ts';
import type { Roles } from './roles.ts';
import { index, mix } from './streams.ts';

/** Between two bursts of a flooding node, in microseconds, and requests of a burst. */
export const BURST_US = 100_000;
const BURST_REQUESTS = 10;
/** Calls from here on are a flood's: no core numbers its own so high. */
const FLOOD_CALLS = 0x40000000;
const DRAWS_MAX = 16;

type Question = Extract<Request, { type: 'find-node' | 'find-value' | 'find-version' }>;

const FORGER: Bits256 = { b0: -1, b1: -1, b2: -1, b3: -1, b4: -1, b5: -1, b6: -1, b7: -1 };

export class Adversaries {
  readonly kind: AdversaryKind;
  readonly #population: Population;
  readonly #roles: Roles;
  readonly #key: number;
  readonly #options: SimOptions;
  /** The hostile nodes that are online, where they lie. */
  readonly #ring: Ring;

  constructor(
    kind: AdversaryKind,
    population: Population,
    roles: Roles,
    options: SimOptions,
    key: number,
  ) {
    this.kind = kind;
    this.#population = population;
    this.#roles = roles;
    this.#options = options;
    this.#key = key;
    this.#ring = new Ring(population.directory, []);
  }

  isHostile(peer: Peer): boolean {
    return this.#roles.isHostile(this.#population.slotOf(peer));
  }

  onBegin(peer: Peer): void {
    if (this.kind === 'lie' && this.isHostile(peer)) this.#ring.add(peer);
  }

  onEnd(peer: Peer): void {
    if (this.kind === 'lie' && this.isHostile(peer)) this.#ring.remove(peer);
  }

  /** What a hostile node says to a request; undefined: what its core says. */
  answer(self: Peer, from: Peer, asked: Request, store: Store, wallMs: number): Reply | undefined {
    switch (asked.type) {
      case 'store':
      case 'relay': {
        if (this.kind === 'drop' || this.kind === 'lie') return { type: 'ok' };
        const has = newestHeld(store, asked.record.key) !== undefined;
        return this.kind === 'stale' && has ? { type: 'ok' } : undefined;
      }
      case 'introduce':
        return this.#introduction(self, from);
      case 'find-node':
      case 'find-value':
      case 'find-version':
        if (this.kind === 'drop') return { type: 'peers', peers: [] };
        return this.kind === 'lie' ? this.#lie(self, asked, wallMs) : undefined;
      default:
        return undefined;
    }
  }

  /** The requests of one burst, with those that they go to. */
  burst(self: Peer, counter: number, now: number): { to: Peer; message: Message }[] {
    const sent: { to: Peer; message: Message }[] = [];
    for (let i = 0; i < BURST_REQUESTS; i++) {
      const draw = mix(mix(this.#key, self, counter), i, 0);
      const to = this.#victim(draw, now);
      if (to === undefined || to === self) continue;
      const word = (at: number): number => mix(draw, at, 1);
      const target = { w0: word(0), w1: word(1), w2: word(2), w3: word(3), w4: word(4) };
      const call = FLOOD_CALLS + ((BURST_REQUESTS * counter + i) & (FLOOD_CALLS - 1));
      sent.push({ to, message: { type: 'request', call, body: { type: 'find-node', target } } });
    }
    return sent;
  }

  #victim(draw: number, now: number): Peer | undefined {
    for (let attempt = 0; attempt < DRAWS_MAX; attempt++) {
      const slot = index(mix(draw, attempt, 2), this.#options.nodes);
      const peer = this.#population.occupants[slot] ?? -1;
      if (this.#population.isEstablished(peer, now)) return peer;
    }
    return undefined;
  }

  #lie(self: Peer, asked: Question, wallMs: number): Reply {
    if (asked.type === 'find-node') {
      const others = (peer: Peer): boolean => peer !== self;
      const peers = this.#ring.nearest(asked.target, this.#options.beta, others);
      return { type: 'peers', peers };
    }
    const record = forged(asked.key, wallMs);
    if (asked.type === 'find-value') return { type: 'value', record };
    return { type: 'version', record, peers: [] };
  }

  /** What a newcomer is told, which asks for others: of no leader, and of no list. */
  #introduction(self: Peer, from: Peer): Reply | undefined {
    if (this.kind !== 'drop' && this.kind !== 'lie') return undefined;
    const others = (peer: Peer): boolean => peer !== self && peer !== from;
    const own = positionOf(this.#population.directory, from);
    // Empty where hostile nodes only drop.
    const peers = this.#ring.nearest(own, LISTED_MAX, others);
    return { type: 'introduction', introducers: undefined, peers };
  }
}

/** Whoever is hostile in a simulation; undefined: nobody. */
export function adversariesOf(
  options: SimOptions,
  population: Population,
  roles: Roles,
  key: number,
): Adversaries | undefined {
  const kind = options.adversaries?.kind;
  return kind && new Adversaries(kind, population, roles, options, key);
}

/** Whether the message answers a request of a flood, which no core has made. */
export function isFlood(message: Message): boolean {
  return message.type === 'reply' && message.call >= FLOOD_CALLS;
}

/** Whether the message carries a record that nobody signed. */
export function isForged(message: Message): boolean {
  const { body } = message;
  return 'record' in body && isForgery(body.record);
}

export function isForgery(record: RecordHeader): boolean {
  return compareBits(record.publisher, FORGER) === 0;
}

function forged(key: Key, wallMs: number): RecordHeader {
  const ttlS = 3600;
  const life = { ttlS, publishedAtMs: wallMs, lifeMs: ttlS * 1000 };
  return { key, version: wallMs + 1, publisher: FORGER, size: 100, replication: 1, ...life };
}
