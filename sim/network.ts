/**
 * What happens to a message between two nodes: it is lost or not, waits for a link, takes its
 * latency, and overtakes nothing on its link.
 *
 * A lost call is never answered: one draw per call says whether it is lost, and whether its request
 * or its reply is the half that disappears; both ends can make that draw. With `dial`, the first
 * contact of a pair costs two extra round trips (TCP, TLS); with `warm`, links are just there. A
 * link ends with the life of either end. While a partition lasts, nothing crosses it.
 */

import type { CallId, Peer } from '../src/types.ts';
import type { LatencyModel } from './latency/latency.ts';
import { LinkTable } from './links.ts';
import type { LinksModel } from './options.ts';
import type { Population } from './population.ts';
import { mix, share, type Keys } from './streams.ts';

/** Two camps: a node is in the smaller one when its draw under this key is below the share. */
export interface Split {
  readonly key: number;
  readonly share: number;
}

export class Network {
  readonly #population: Population;
  readonly #keys: Keys;
  readonly #latency: LatencyModel;
  readonly #dials: boolean;
  /** Whether who was only called dials before it asks. */
  readonly #dialsBack: boolean;
  readonly links: LinkTable;
  /** The instant, in microseconds; set by the world before each step. */
  now = 0;
  /** Share of calls that are lost. */
  loss: number;
  split: Split | undefined = undefined;

  constructor(
    population: Population,
    keys: Keys,
    latency: LatencyModel,
    model: { readonly loss: number; readonly links: LinksModel },
  ) {
    this.#population = population;
    this.#keys = keys;
    this.#latency = latency;
    this.loss = model.loss;
    this.#dials = model.links !== 'warm';
    this.#dialsBack = model.links === 'dial-back';
    this.links = new LinkTable((row, node, peer) =>
      this.#dials ? this.#isValid(row, node, peer) : this.links.clearAt(row) > this.now,
    );
  }

  /** Whether the request (`half` 0) or the reply (1) of a call is lost. */
  isLost(caller: Peer, call: CallId, half: 0 | 1): boolean {
    if (this.loss === 0) return false;
    const life = this.#population.lifeOf(caller);
    return isLost(this.loss, mix(this.#keys.loss, caller, life), caller, call, half);
  }

  /** Whether a partition stands between two nodes. */
  isCut(from: Peer, to: Peer): boolean {
    return isCut(this.split, from, to);
  }

  /** When a message sent now arrives, in microseconds; `counter` is the sender's. */
  arrival(from: Peer, to: Peer, counter: number, isRequest: boolean): number {
    const takes = this.#latency.draw(from, to, mix(this.#keys.latency, from, counter));
    const row = this.links.find(from, to);
    if (row >= 0 && (!this.#dials || this.#isValid(row, from, to))) {
      const paysDial = this.#dialsBack && isRequest && !this.links.asks(row);
      if (paysDial) this.links.setAsks(row);
      const dial = paysDial ? this.#dialUs(from, to, counter) : 0;
      const at = Math.max(this.now + takes + dial, this.links.clearAt(row));
      this.links.setClearAt(row, at);
      return at;
    }
    const at = this.now + takes + (this.#dials ? this.#dialUs(from, to, counter) : 0);
    this.links.begin(from, to, this.now, at, true);
    return at;
  }

  /** A message from `from` arrived: its receiver has that link too, to answer over. */
  onArrival(from: Peer, to: Peer): void {
    if (!this.#dials) return;
    const row = this.links.find(to, from);
    if (row >= 0 && this.#isValid(row, to, from)) return;
    this.links.begin(to, from, this.now, this.now, false);
  }

  /** When a node that dials a stranger now has heard from it; its side has a link from then on. */
  introduction(from: Peer, to: Peer | undefined, counter: number): number {
    const other = to ?? from;
    const first = this.#latency.draw(from, other, mix(this.#keys.latency, from, counter));
    const second = this.#latency.draw(other, from, mix(this.#keys.introduction, from, counter));
    const dial = this.#dials ? this.#dialUs(from, other, counter) : 0;
    const at = this.now + first + second + dial;
    if (this.#dials && to !== undefined) this.links.begin(from, to, this.now, at, true);
    return at;
  }

  #dialUs(from: Peer, to: Peer, counter: number): number {
    return dialUs(this.#latency, this.#keys.dial, from, to, counter);
  }

  #isValid(row: number, from: Peer, to: Peer): boolean {
    const since = this.links.since(row);
    return this.#isUp(from, since) && this.#isUp(to, since);
  }

  /** Whether the node is in the life in which it was at that time. */
  #isUp(peer: Peer, since: number): boolean {
    return this.#population.isOnline(peer) && this.#population.bornAt(peer) <= since;
  }
}

/**
 * Whether the request (`half` 0) or the reply (1) of a call is lost.
 *
 * @param key of the caller's life: its calls are numbered anew in each
 */
export function isLost(
  loss: number,
  key: number,
  caller: Peer,
  call: CallId,
  half: 0 | 1,
): boolean {
  const word = mix(key, caller, call);
  return share(word) < loss && (word & 1) === half;
}

/** Whether two nodes are in different camps. */
export function isCut(split: Split | undefined, from: Peer, to: Peer): boolean {
  if (split === undefined) return false;
  const camp = (peer: Peer): boolean => share(mix(split.key, peer, 0)) < split.share;
  return camp(from) !== camp(to);
}

/** What a dial takes before a message can leave: two round trips, in microseconds. */
export function dialUs(
  latency: LatencyModel,
  key: number,
  from: Peer,
  to: Peer,
  counter: number,
): number {
  let us = 0;
  for (let i = 0; i < 4; i++) {
    const word = mix(key, from, 4 * counter + i);
    us += (i & 1) === 0 ? latency.draw(from, to, word) : latency.draw(to, from, word);
  }
  return us;
}
