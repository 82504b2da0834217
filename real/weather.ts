/**
 * What a network does to messages, played between a real node and its links: one-way delays, dials
 * of two round trips, lost calls and partitions, drawn by the same functions and keys as in the
 * simulator (`sim/network.ts`). Only here do real nodes meet a clock and chance that are not real.
 *
 * Rules, as there: a message overtakes nothing on its way between two nodes; a request without a
 * link pays for a dial; a lost call is one that is never answered; whoever is gone says nothing.
 */
import type { Endpoint } from '../runtime/links/address.ts';
import type { LinkPort } from '../runtime/links/ports.ts';
import type { LatencyModel } from '../sim/latency.ts';
import { dialUs, isCut, isLost } from '../sim/network.ts';
import type { Split } from '../sim/network.ts';
import { mix } from '../sim/streams.ts';
import type { Keys } from '../sim/streams.ts';
import type { CallId, Peer } from '../src/types.ts';
import { Delays } from './delays.ts';

export interface WeatherParts {
  readonly self: Peer;
  readonly keys: Keys;
  readonly latency: LatencyModel;
  readonly dials: boolean;
  /** Real milliseconds per millisecond of the scenario. */
  readonly scale: number;
  /** Whose address it is. */
  readonly peerAt: (endpoint: Endpoint) => Peer | undefined;
}

export class DelayedLinks implements LinkPort {
  /** Share of calls that are lost, and who is cut off from whom, now. */
  loss = 0;
  split: Split | undefined;
  readonly #links: LinkPort;
  readonly #parts: WeatherParts;
  readonly #delays = new Delays();
  /** When the last message to a peer leaves, in real ms: none leaves before it. */
  readonly #clearAt = new Map<Peer, number>();
  /** To whom only messages that are lost went: the dial is paid for, and nobody has dialled. */
  readonly #dialled = new Set<Peer>();
  /** Draws made so far. */
  #counter = 0;

  constructor(links: LinkPort, parts: WeatherParts) {
    this.#links = links;
    this.#parts = parts;
  }

  readonly isUp = (to: Peer): boolean => this.#links.isUp(to);

  readonly request: LinkPort['request'] = (to, call, frame, later) => {
    const at = this.#departure(to, !this.isUp(to) && !this.#dialled.has(to));
    if (this.#isLost(this.#parts.self, call, 0) || isCut(this.split, this.#parts.self, to)) {
      this.#dialled.add(to);
      return;
    }
    this.#dialled.delete(to);
    this.#delays.at(at, () => {
      this.#links.request(to, call, frame, later);
    });
  };

  readonly reply: LinkPort['reply'] = (to, call, frame) => {
    const at = this.#departure(to, false);
    if (this.#isLost(to, call, 1) || isCut(this.split, this.#parts.self, to)) return;
    this.#delays.at(at, () => {
      this.#links.reply(to, call, frame);
    });
  };

  readonly introduce: LinkPort['introduce'] = async (at, id) => {
    const { self, latency, keys, dials, scale, peerAt } = this.#parts;
    const other = at.map(peerAt).find((peer) => peer !== undefined);
    if (other === undefined || isCut(this.split, self, other)) return undefined;
    const counter = this.#counter++;
    const there = latency.draw(self, other, mix(keys.latency, self, counter));
    const back = latency.draw(other, self, mix(keys.introduction, self, counter));
    const dial = dials ? dialUs(latency, keys.dial, self, other, counter) : 0;
    await new Promise<void>((resolve) => {
      this.#delays.at(performance.now() + ((there + back + dial) / 1000) * scale, resolve);
    });
    return await this.#links.introduce(at, id);
  };

  end(): void {
    this.#delays.end();
  }

  #isLost(caller: Peer, call: CallId, half: 0 | 1): boolean {
    return this.loss > 0 && isLost(this.loss, this.#parts.keys.loss, caller, call, half);
  }

  /** When a message leaves, for to arrive in time: in real ms of `performance.now`. */
  #departure(to: Peer, needsDial: boolean): number {
    const { self, latency, keys, dials, scale } = this.#parts;
    const counter = this.#counter++;
    const now = performance.now();
    const clearAt = this.#clearAt.get(to) ?? 0;
    let us = latency.draw(self, to, mix(keys.latency, self, counter));
    // A dial that is under way is paid for.
    if (needsDial && dials && clearAt <= now) us += dialUs(latency, keys.dial, self, to, counter);
    const at = Math.max(now + (us / 1000) * scale, clearAt);
    this.#clearAt.set(to, at);
    return at;
  }
}
