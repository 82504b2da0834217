/**
 * Dials of peers that nobody here ever found: their addresses are hearsay, and a liar may name
 * somebody else's. Into one subnet only so many may fail in a while, so that a network that
 * believes liars does not become a flood at their victim (RELIABILITY: reflection).
 *
 * Where a peer was found, dials are free again. Names count as themselves. Invariant: the map is
 * capped; the subnet that failed longest ago goes first.
 */
import { BLIND_DIALS_MAX, BLIND_DIALS_MS, BLIND_SUBNETS_MAX } from '../bounds.ts';
import { isLoopback, subnetOf } from './address.ts';
import type { Endpoint } from './address.ts';

export class BlindDials {
  readonly #strictLoopback: boolean;
  /** When the last dials into a subnet failed; monotonic ms. */
  readonly #failures = new Map<string, readonly number[]>();

  constructor(strictLoopback = false) {
    this.#strictLoopback = strictLoopback;
  }

  /** Those of the endpoints that may be dialled. */
  allowed(endpoints: readonly Endpoint[], nowMs: number): readonly Endpoint[] {
    return endpoints.filter(({ host }) => this.#recent(host, nowMs).length < BLIND_DIALS_MAX);
  }

  /** None of these led to the peer. */
  failed(endpoints: readonly Endpoint[], nowMs: number): void {
    for (const subnet of new Set(endpoints.map(({ host }) => host))) this.#note(subnet, nowMs);
  }

  /** A peer was found there. */
  found(host: string): void {
    this.#failures.delete(subnetOf(host));
  }

  #note(host: string, nowMs: number): void {
    if (this.#isFree(host)) return;
    const subnet = subnetOf(host);
    const times = [...this.#recent(host, nowMs), nowMs];
    this.#failures.delete(subnet);
    this.#failures.set(subnet, times);
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > BLIND_SUBNETS_MAX && oldest !== undefined) {
      this.#failures.delete(oldest);
    }
  }

  #recent(host: string, nowMs: number): readonly number[] {
    if (this.#isFree(host)) return [];
    const times = this.#failures.get(subnetOf(host)) ?? [];
    return times.filter((at) => nowMs - at < BLIND_DIALS_MS);
  }

  #isFree(host: string): boolean {
    return !this.#strictLoopback && isLoopback(host);
  }
}
