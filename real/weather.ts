/**
 * What a network does to messages, played between a real node and its links: one-way delays, dials
 * of two round trips, lost calls and partitions, drawn by the same functions and keys as in the
 * simulator (`sim/network.ts`). Only here do real nodes meet a clock and chance that are not real.
 *
 * Rules, as there: a message overtakes nothing on its way between two nodes; a request without a
 * link pays for a dial, once; a lost call is one that is never answered. Unlike there, what a node
 * has sent waits with it: what is still on its way when it is killed is lost.
 */
import type { Endpoint } from '../runtime/links/address.ts';
import type { LinkPort } from '../runtime/links/ports.ts';
import type { LatencyModel } from '../sim/latency/latency.ts';
import { dialUs, isCut, isLost } from '../sim/network.ts';
import { mix } from '../sim/streams.ts';
import type { Keys } from '../sim/streams.ts';
import type { CallId, Peer } from '../src/types.ts';
import { Delays } from './delays.ts';
import type { Conditions } from './orders.ts';

export interface WeatherParts {
  readonly self: Peer;
  readonly keys: Keys;
  readonly latency: LatencyModel;
  readonly dials: boolean;
  /** Real milliseconds per millisecond of the scenario. */
  readonly scale: number;
  /** Whose address it is. */
  readonly peerAt: (endpoint: Endpoint) => Peer | undefined;
  /** At first. */
  readonly conditions: Conditions;
}

export class DelayedLinks implements LinkPort {
  /** How the network is, now. */
  conditions: Conditions;
  readonly #links: LinkPort;
  readonly #parts: WeatherParts;
  readonly #delays = new Delays();
  /** When the last message to a peer leaves, in real ms: none leaves before it. */
  readonly #clearAt = new Map<Peer, number>();
  /**
   * To whom a dial is paid for that has led to no link yet: it is under way, or was lost. In which
   * life of theirs: whoever returns is dialled anew.
   */
  readonly #paid = new Map<Peer, number>();
  /** Draws made so far. */
  #counter = 0;

  constructor(links: LinkPort, parts: WeatherParts) {
    this.#links = links;
    this.#parts = parts;
    this.conditions = parts.conditions;
  }

  readonly isUp = (to: Peer): boolean => this.#links.isUp(to);

  readonly request: LinkPort['request'] = (to, call, frame, later) => {
    const at = this.#departure(to, this.#mustPay(to));
    if (this.#isLost(this.#parts.self, call, 0) || this.#isCutOff(to)) return;
    this.#delays.at(at, () => {
      this.#links.request(to, call, frame, later);
    });
  };

  readonly reply: LinkPort['reply'] = (to, call, frame) => {
    const at = this.#departure(to, false);
    if (this.#isLost(to, call, 1) || this.#isCutOff(to)) return;
    this.#delays.at(at, () => {
      this.#links.reply(to, call, frame);
    });
  };

  readonly introduce: LinkPort['introduce'] = async (at, id) => {
    const { self, latency, keys, dials, scale, peerAt } = this.#parts;
    const other = at.map(peerAt).find((peer) => peer !== undefined);
    if (other === undefined || this.#isCutOff(other)) return undefined;
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

  /** The draw is of the caller's life: its calls are numbered anew in each. */
  #isLost(caller: Peer, call: CallId, half: 0 | 1): boolean {
    const { loss } = this.conditions;
    if (loss === 0) return false;
    const key = mix(this.#parts.keys.loss, caller, this.#lifeOf(caller));
    return isLost(loss, key, caller, call, half);
  }

  #lifeOf(peer: Peer): number {
    return this.conditions.lives.find(([one]) => one === peer)?.[1] ?? FIRST_LIFE;
  }

  #isCutOff(peer: Peer): boolean {
    return isCut(this.conditions.split, this.#parts.self, peer);
  }

  /** Whether a request pays for a dial: the first one, also when it is lost on its way. */
  #mustPay(to: Peer): boolean {
    if (this.isUp(to)) {
      this.#paid.delete(to);
      return false;
    }
    const life = this.#lifeOf(to);
    if (this.#paid.get(to) === life) return false;
    this.#paid.set(to, life);
    return true;
  }

  /** When a message leaves, for to arrive in time: in real ms of `performance.now`. */
  #departure(to: Peer, paysDial: boolean): number {
    const { self, latency, keys, dials, scale } = this.#parts;
    const counter = this.#counter++;
    const now = performance.now();
    const clearAt = this.#clearAt.get(to) ?? 0;
    let us = latency.draw(self, to, mix(keys.latency, self, counter));
    if (paysDial && dials) us += dialUs(latency, keys.dial, self, to, counter);
    const at = Math.max(now + (us / 1000) * scale, clearAt);
    this.#clearAt.set(to, at);
    return at;
  }
}

/** As in the population of a run. */
const FIRST_LIFE = 1;
