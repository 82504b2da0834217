/**
 * How much of a node one address, or one subnet, may take up before anybody there has proved an id:
 * handshakes at once and in a second, and links that are up.
 *
 * An address of IPv6 stands for its /64, of which one host has all; a subnet is a /24 of IPv4 or a
 * /48 of IPv6, what one tenant usually gets. Loopback addresses are
 * free of all this unless it is said otherwise, for many nodes run there in tests. Invariant: every
 * map here has an entry only while something counts, or for the second after, and is capped.
 */
import { HANDSHAKES_PER_ADDRESS_MAX, HANDSHAKES_PER_SECOND_MAX } from '../bounds.ts';
import { ADDRESS_HANDSHAKES_PER_SECOND_MAX, HANDSHAKES_PER_SUBNET_MAX } from '../bounds.ts';
import { SUBNET_HANDSHAKES_PER_SECOND_MAX, SUBNET_LINKS_MAX } from '../bounds.ts';
import { hostOf, isLoopback, subnetOf } from './address.ts';

export interface AdmissionOptions {
  /** Whether loopback addresses are held to the limits as well. */
  readonly strictLoopback?: boolean;
  /** Accepted links that are up with one subnet. */
  readonly subnetLinks?: number | undefined;
}

/** Why a connection is not let in, and how the log says it. */
export type Refused = keyof typeof REFUSED;
export const REFUSED = {
  'address-at-once': 'too many handshakes from this address',
  'address-a-second': 'too many a second from this address',
  'subnet-at-once': 'too many handshakes from this subnet',
  'subnet-a-second': 'too many a second from this subnet',
  'all-a-second': 'too many handshakes a second',
} as const;

export class Admission {
  readonly #strictLoopback: boolean;
  readonly #subnetLinks: number;
  /** Handshakes waited for or in progress, by address and by subnet. */
  readonly #handshakes = new Map<string, number>();
  readonly #links = new Map<string, number>();
  /** Handshakes begun in the second `#second`, by address and by subnet, and all of them. */
  readonly #begun = new Map<string, number>();
  #begunInAll = 0;
  #second = 0;

  constructor({ strictLoopback = false, subnetLinks = SUBNET_LINKS_MAX }: AdmissionOptions = {}) {
    this.#strictLoopback = strictLoopback;
    this.#subnetLinks = subnetLinks;
  }

  /**
   * A connection came in; it counts until `handshakeOver`.
   *
   * @returns why it is not let in
   */
  begin(address: string, nowMs: number): Refused | undefined {
    if (this.#isFree(address)) return undefined;
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#begun.clear();
      this.#begunInAll = 0;
    }
    const host = hostOf(address);
    const subnet = subnetName(address);
    const begun = this.#begun.get(host) ?? 0;
    const open = this.#handshakes.get(host) ?? 0;
    const begunAround = this.#begun.get(subnet) ?? 0;
    const openAround = this.#handshakes.get(subnet) ?? 0;
    if (open >= HANDSHAKES_PER_ADDRESS_MAX) return 'address-at-once';
    if (begun >= ADDRESS_HANDSHAKES_PER_SECOND_MAX) return 'address-a-second';
    if (openAround >= HANDSHAKES_PER_SUBNET_MAX) return 'subnet-at-once';
    if (begunAround >= SUBNET_HANDSHAKES_PER_SECOND_MAX) return 'subnet-a-second';
    if (this.#begunInAll >= HANDSHAKES_PER_SECOND_MAX) return 'all-a-second';
    this.#begun.set(subnet, begunAround + 1);
    this.#handshakes.set(subnet, openAround + 1);
    this.#begun.set(host, begun + 1);
    this.#begunInAll += 1;
    this.#handshakes.set(host, open + 1);
    return undefined;
  }

  handshakeOver(address: string): void {
    if (this.#isFree(address)) return;
    countDown(this.#handshakes, hostOf(address));
    countDown(this.#handshakes, subnetName(address));
  }

  /** Whether there is room for one more link with this subnet; it counts until `linkDown`. */
  linkUp(address: string): boolean {
    if (this.#isFree(address)) return true;
    const subnet = subnetOf(address);
    const up = this.#links.get(subnet) ?? 0;
    if (up >= this.#subnetLinks) return false;
    this.#links.set(subnet, up + 1);
    return true;
  }

  linkDown(address: string): void {
    if (!this.#isFree(address)) countDown(this.#links, subnetOf(address));
  }

  #isFree(address: string): boolean {
    return !this.#strictLoopback && isLoopback(address);
  }
}

/** Beside the names of hosts in one map. */
function subnetName(address: string): string {
  return `subnet ${subnetOf(address)}`;
}

function countDown(counts: Map<string, number>, name: string): void {
  const left = (counts.get(name) ?? 0) - 1;
  if (left > 0) counts.set(name, left);
  else counts.delete(name);
}
