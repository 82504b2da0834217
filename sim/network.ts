/**
 * What happens to a message between two nodes: it is lost or not, waits for a link, takes its
 * latency, and overtakes nothing on its link.
 *
 * A lost call is never answered: one draw per call says whether it is lost, and whether its request
 * or its reply is the half that disappears; both ends can make that draw. With `dial`, the first
 * contact of a pair costs two extra round trips (TCP, TLS); with `warm`, links are just there. A
 * link ends with the life of either end.
 */

import type { CallId, Peer } from '../src/types.ts';
import type { Latency } from './latency.ts';
import { LinkTable } from './links.ts';
import type { Population } from './population.ts';
import { mix, share, type Keys } from './streams.ts';

export class Network {
  readonly #population: Population;
  readonly #keys: Keys;
  readonly #latency: Latency;
  readonly #loss: number;
  readonly #dials: boolean;
  readonly #links: LinkTable;
  /** The instant, in microseconds; set by the world before each step. */
  now = 0;

  constructor(
    population: Population,
    keys: Keys,
    model: { readonly latency: Latency; readonly loss: number; readonly links: 'dial' | 'warm' },
  ) {
    this.#population = population;
    this.#keys = keys;
    this.#latency = model.latency;
    this.#loss = model.loss;
    this.#dials = model.links === 'dial';
    this.#links = new LinkTable((node, peer, since, clearAt) => {
      if (!this.#dials) return clearAt > this.now;
      return this.#isUp(node, since) && this.#isUp(peer, since);
    });
  }

  /** Whether the request (`half` 0) or the reply (1) of a call is lost. */
  isLost(caller: Peer, call: CallId, half: 0 | 1): boolean {
    if (this.#loss === 0) return false;
    // Calls are numbered anew in each life.
    const life = mix(this.#keys.loss, caller, this.#population.lives[caller] ?? 0);
    const word = mix(life, caller, call);
    return share(word) < this.#loss && (word & 1) === half;
  }

  /** When a message sent now arrives, in microseconds; `counter` is the sender's. */
  arrival(from: Peer, to: Peer, counter: number): number {
    const takes = this.#latency(mix(this.#keys.latency, from, counter));
    const row = this.#links.find(from, to);
    if (row >= 0 && (!this.#dials || this.#isValid(row, from, to))) {
      const at = Math.max(this.now + takes, this.#links.clearAt(row));
      this.#links.setClearAt(row, at);
      return at;
    }
    const at = this.now + takes + (this.#dials ? this.#dialUs(from, counter) : 0);
    this.#links.begin(from, to, this.now, at);
    return at;
  }

  /** A message from `from` arrived: its receiver has that link too. */
  onArrival(from: Peer, to: Peer): void {
    if (!this.#dials) return;
    const row = this.#links.find(to, from);
    if (row >= 0 && this.#isValid(row, to, from)) return;
    this.#links.begin(to, from, this.now, this.now);
  }

  /** When a node that dials a stranger now has heard from it; its side has a link from then on. */
  introduction(from: Peer, to: Peer | undefined, counter: number): number {
    const first = this.#latency(mix(this.#keys.latency, from, counter));
    const second = this.#latency(mix(this.#keys.introduction, from, counter));
    const at = this.now + first + second + (this.#dials ? this.#dialUs(from, counter) : 0);
    if (this.#dials && to !== undefined) {
      this.#links.begin(from, to, this.now, at);
    }
    return at;
  }

  /** Two round trips. */
  #dialUs(from: Peer, counter: number): number {
    let us = 0;
    for (let i = 0; i < 4; i++) us += this.#latency(mix(this.#keys.dial, from, 4 * counter + i));
    return us;
  }

  #isValid(row: number, from: Peer, to: Peer): boolean {
    const since = this.#links.since(row);
    return this.#isUp(from, since) && this.#isUp(to, since);
  }

  /** Whether the node is in the life in which it was at that time. */
  #isUp(peer: Peer, since: number): boolean {
    return this.#population.isOnline(peer) && (this.#population.bornAt[peer] ?? 0) <= since;
  }
}
