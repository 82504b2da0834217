/**
 * Where peers are: the addresses behind the handles, which the core never sees.
 *
 * Rule: what a peer said itself, in the hello of an authenticated link, wins over what others say
 * of it, until dialling it there has failed. Hearsay is only a place to try: the certificate found
 * there decides. A peer counts as found once a dial of ours has led to it; the address that did so
 * is tried first from then on. Who could not be dialled is left alone for a while, longer each
 * time, with a share drawn at random so that not all come back at once (full jitter).
 *
 * Invariant: at most `ADDRESSES_PER_PEER_MAX` addresses a peer, so the book is as bounded as the
 * directory; every address is kept in its one spelling, as a copy.
 */
import { randomInt } from 'node:crypto';
import { ADDRESSES_PER_PEER_MAX } from '../../src/limits.ts';
import type { Peer } from '../../src/types.ts';
import type { WireAddress } from '../../src/wire-types.ts';
import { REDIAL_MS, REDIAL_MS_MAX } from '../bounds.ts';
import { monotonicMs } from '../clock.ts';
import { formatEndpoint, fromWireAddress, toWireAddress } from './address.ts';
import type { Endpoint } from './address.ts';

export class AddressBook {
  readonly #entries = new Map<Peer, Entry>();

  addressesOf(peer: Peer): readonly WireAddress[] {
    return this.#entryOf(peer).addresses;
  }

  /** What the peer itself said on an authenticated link; whoever names no address is not found. */
  prove(peer: Peer, addresses: readonly WireAddress[]): void {
    const known = this.#entryOf(peer);
    const said = distinct(addresses);
    const [first] = known.addresses;
    const keeps = known.found && first !== undefined && isAmong(said, first);
    // Elsewhere than where it was found it may be out of reach.
    const found = keeps || (known.found && first === undefined && said.length > 0);
    const kept = keeps ? withFirst(said, first) : said;
    const { foundAt } = known;
    this.#entries.set(peer, { ...BLANK, addresses: kept, proven: true, found, foundAt });
  }

  /**
   * What another peer said. Two of its addresses at most push others out, and never the one that
   * was heard of first; nor does it end a wait more than once in a while: of liars, none may win.
   */
  hear(peer: Peer, addresses: readonly WireAddress[], nowMs = monotonicMs()): void {
    const known = this.#entryOf(peer);
    if (known.proven) return;
    const isNews = (one: WireAddress): boolean => !isAmong(known.addresses, one);
    const news = distinct(addresses).filter(isNews);
    if (news.length === 0) return;
    const taken = known.addresses.length === 0 ? news : news.slice(0, HEARD_AT_ONCE_MAX);
    const all = [...taken, ...known.addresses];
    const oldest = all.at(-1);
    const last = all.length > ADDRESSES_PER_PEER_MAX && oldest !== undefined ? [oldest] : [];
    const room = ADDRESSES_PER_PEER_MAX - last.length;
    const merged = [...all.slice(0, room), ...last];
    const isWaiting = known.retryAt > nowMs && nowMs - known.freshAt >= FRESH_MS_MIN;
    const wait = isWaiting ? { retryAt: 0, freshAt: nowMs } : {};
    this.#entries.set(peer, { ...known, addresses: merged, ...wait });
  }

  /**
   * A dial of ours led to the peer, at this end of the connection. That it once failed is forgotten
   * only when it is also willing (`prove`, `meet`): who is full ends the link after the handshake.
   */
  find(peer: Peer, at: Endpoint): void {
    const known = this.#entryOf(peer);
    const address = toWireAddress(at);
    const isOne = address !== undefined && isAmong(known.addresses, address);
    const addresses = isOne ? withFirst(known.addresses, address) : known.addresses;
    const foundAt = address && fromWireAddress(address)?.host;
    this.#entries.set(peer, { ...known, addresses, found: true, foundAt });
  }

  /** Whether the last dial of ours that led to the peer led there, be it no longer there now. */
  wasFoundAt(peer: Peer, host: string): boolean {
    return this.#entryOf(peer).foundAt === host;
  }

  /** It was found, and there is a link already. */
  meet(peer: Peer): void {
    this.#entries.set(peer, { ...this.#entryOf(peer), failures: 0, retryAt: 0 });
  }

  /** Dials in a row that failed. */
  failuresOf(peer: Peer): number {
    return this.#entryOf(peer).failures;
  }

  isFound(peer: Peer): boolean {
    return this.#entryOf(peer).found;
  }

  /** The peer was not to be found at any of its addresses: hearsay counts again. */
  doubt(peer: Peer, nowMs: number): void {
    const known = this.#entryOf(peer);
    const failures = known.failures + 1;
    const boundMs = Math.min(REDIAL_MS_MAX, REDIAL_MS * 2 ** Math.min(failures - 1, 20));
    const retryAt = nowMs + randomInt(boundMs + 1);
    this.#entries.set(peer, { ...known, proven: false, found: false, failures, retryAt });
  }

  /** Whether the last failed dial is long enough ago for another. */
  mayDial(peer: Peer, nowMs: number): boolean {
    return nowMs >= this.#entryOf(peer).retryAt;
  }

  #entryOf(peer: Peer): Entry {
    return this.#entries.get(peer) ?? BLANK;
  }
}

/** The first address of a peer as people write it; nothing when there is none. */
export function placeOf(book: AddressBook, peer: Peer): string | undefined {
  const [first] = book.addressesOf(peer);
  const endpoint = first === undefined ? undefined : fromWireAddress(first);
  return endpoint === undefined ? undefined : formatEndpoint(endpoint);
}

interface Entry {
  readonly addresses: readonly WireAddress[];
  /** Whether the peer said so itself, and was not sought there in vain since. */
  readonly proven: boolean;
  readonly found: boolean;
  /** The host at which a dial of ours last led to it. */
  readonly foundAt: string | undefined;
  /** Dials in a row that failed, and when the next may be made; monotonic ms. */
  readonly failures: number;
  readonly retryAt: number;
  /** When hearsay last ended such a wait. */
  readonly freshAt: number;
}

const BLANK: Entry = {
  addresses: [],
  proven: false,
  found: false,
  foundAt: undefined,
  failures: 0,
  retryAt: 0,
  freshAt: -Infinity,
};

function distinct(addresses: readonly WireAddress[]): readonly WireAddress[] {
  const kept: WireAddress[] = [];
  for (const address of addresses) {
    if (kept.length === ADDRESSES_PER_PEER_MAX) break;
    const plain = plainAddress(address);
    if (plain !== undefined && !isAmong(kept, plain)) kept.push(plain);
  }
  return kept;
}

function withFirst(addresses: readonly WireAddress[], first: WireAddress): readonly WireAddress[] {
  return [first, ...addresses.filter((one) => !isAmong([first], one))];
}

function plainAddress(address: WireAddress): WireAddress | undefined {
  const endpoint = fromWireAddress(address);
  return endpoint === undefined ? undefined : toWireAddress(endpoint);
}

function isAmong(list: readonly WireAddress[], address: WireAddress): boolean {
  return list.some(
    (one) =>
      one.port === address.port &&
      one.ip.length === address.ip.length &&
      one.ip.every((byte, index) => byte === address.ip[index]),
  );
}

/** Addresses of one hearsay that take the place of known ones. */
const HEARD_AT_ONCE_MAX = 2;
/** So long after hearsay ended a wait it ends none, in ms. */
const FRESH_MS_MIN = 60_000;
