/**
 * Dials of peers that nobody here ever found: their addresses are hearsay, and a liar may name
 * somebody else's. Into one subnet only so many go in vain in a while, so that a network that
 * believes liars does not become a flood at their victim. They are counted as they begin, each
 * connection by itself, so that none goes before the others have failed.
 *
 * Where a peer was found of late there may be many more, for there live others. Names count as
 * themselves. Invariant: the map is capped; the subnet that was dialled longest ago goes first.
 */
import { BLIND_DIALS_AMONG_MAX, BLIND_DIALS_MAX, BLIND_DIALS_MS } from '../bounds.ts';
import { BLIND_SUBNETS_MAX } from '../bounds.ts';
import { keepLatest } from '../latest.ts';
import { isLoopback, subnetOf } from './address.ts';
import { Refusals } from './counts.ts';

export class BlindDials {
  readonly #strictLoopback: boolean;
  readonly #refusals: Refusals;
  readonly #subnets = new Map<string, Subnet>();

  constructor(strictLoopback = false, refusals = new Refusals()) {
    this.#strictLoopback = strictLoopback;
    this.#refusals = refusals;
  }

  /** A connection is about to be opened there; false: not now. It counts until `found`. */
  begin(host: string, nowMs: number): boolean {
    if (this.#isFree(host)) return true;
    const subnet = subnetOf(host);
    const { begun, foundAt } = this.#subnets.get(subnet) ?? NOBODY;
    const recent = begun.filter((at) => nowMs - at < BLIND_DIALS_MS);
    const isKnown = nowMs - foundAt < BLIND_DIALS_MS;
    if (recent.length >= (isKnown ? BLIND_DIALS_AMONG_MAX : BLIND_DIALS_MAX)) {
      this.#refusals.dial(isKnown ? 'known-subnet' : 'unknown-subnet');
      return false;
    }
    this.#set(subnet, { begun: [...recent, nowMs], foundAt });
    return true;
  }

  /** A peer was found there. */
  found(host: string, nowMs: number): void {
    if (!this.#isFree(host)) this.#set(subnetOf(host), { begun: [], foundAt: nowMs });
  }

  #set(subnet: string, state: Subnet): void {
    keepLatest(this.#subnets, subnet, state, BLIND_SUBNETS_MAX);
  }

  #isFree(host: string): boolean {
    return !this.#strictLoopback && isLoopback(host);
  }
}

interface Subnet {
  /** When connections were opened that found nobody, or not yet; monotonic ms. */
  readonly begun: readonly number[];
  readonly foundAt: number;
}

const NOBODY: Subnet = { begun: [], foundAt: -Infinity };
