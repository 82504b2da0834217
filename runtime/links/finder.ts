/**
 * Finding peers: dials them where the address book has them, and tells the book what came of it.
 *
 * Rules: peers that were found before are dialled there as often as they are needed, those that
 * never were, or are said to be elsewhere, only within the limits of `blind-dials.ts`; after a
 * failure both wait (`address-book.ts`).
 */
import type { TLSSocket } from 'node:tls';
import type { PeerDirectory } from '../../host/directory.ts';
import type { Peer } from '../../src/types.ts';
import { monotonicMs } from '../clock.ts';
import type { ProvenPeer } from '../identity/proof.ts';
import type { Log } from '../log.ts';
import type { AddressBook } from './address-book.ts';
import { fromWireAddress, plainHost, subnetOf } from './address.ts';
import type { Endpoint } from './address.ts';
import { bootstrapTeller } from './advice.ts';
import type { BlindDials } from './blind-dials.ts';
import { NOT_AWAITED, NOT_PERMITTED } from './dialer.ts';
import type { Dialer, Permit, Taker } from './dialer.ts';
import type { Placing } from './placing.ts';

export interface FinderOptions {
  readonly dialer: Dialer;
  readonly directory: Pick<PeerDirectory, 'idHexOf'>;
  readonly book: AddressBook;
  readonly blindDials: BlindDials;
  readonly placing: Placing;
  readonly log: Log;
  /** The handle of who proved an id; nothing when it is not wanted. */
  readonly peerOf: (proven: ProvenPeer) => Peer | undefined;
  /** Makes a link of the socket; @returns nothing once one is up, else why none will be */
  readonly take: (socket: TLSSocket, proven: ProvenPeer, peer: Peer) => Promise<string | undefined>;
}

export class Finder {
  readonly #options: FinderOptions;
  readonly #tellFailed: (endpoint: Endpoint, reason: string) => void;

  constructor(options: FinderOptions) {
    this.#options = options;
    this.#tellFailed = bootstrapTeller(options.log);
  }

  /**
   * Dials a peer.
   *
   * @param isAwaited whether anybody still waits for it, asked after a wait for a turn
   * @param seenAt the far end of a link that it began: nobody else is dialled by dialling there
   * @returns nothing once there is a link, else why there is none
   */
  async find(
    peer: Peer,
    isAwaited: () => boolean,
    seenAt: string | undefined,
  ): Promise<string | undefined> {
    const reason = await this.#findOnce(peer, isAwaited, seenAt);
    if (reason !== undefined || this.#options.book.isFound(peer)) return reason;
    // Its hello names other addresses than the one where it was found: those are what counts.
    return await this.#findOnce(peer, isAwaited, seenAt);
  }

  async #findOnce(
    peer: Peer,
    isAwaited: () => boolean,
    seenAt: string | undefined,
  ): Promise<string | undefined> {
    const { book, blindDials } = this.#options;
    if (!book.mayDial(peer, monotonicMs())) return 'no dial so soon after one that failed';
    const endpoints = book
      .addressesOf(peer)
      .map(fromWireAddress)
      .filter((endpoint) => endpoint !== undefined);
    if (endpoints.length === 0) return 'no address to dial';
    const seenIn = seenAt === undefined ? undefined : subnetOf(seenAt);
    const permit: Permit = (host) =>
      subnetOf(host) === seenIn ||
      book.wasFoundAt(peer, host) ||
      blindDials.begin(host, monotonicMs());
    const accept = (found: Peer): string | undefined =>
      found === peer ? undefined : 'another peer is there';
    const limits = book.isFound(peer) ? undefined : permit;
    const reason = await this.#dial(endpoints, accept, limits, isAwaited);
    if (reason === undefined) return undefined;
    // None says anything of the peer: that we did not dial, or have no descriptor left.
    const isOurs = reason === NOT_PERMITTED || reason === NOT_AWAITED;
    if (!isOurs && !/^E[MN]FILE/.test(reason)) book.doubt(peer, monotonicMs());
    return reason;
  }

  /**
   * Dials where somebody may be who is not known yet: an introducer, of whom only the address is
   * known, or a peer of an earlier life, by its id in hex.
   *
   * @returns nothing when nobody was there
   */
  async introduce(endpoints: readonly Endpoint[], id?: string): Promise<Peer | undefined> {
    const { directory, log } = this.#options;
    let found: Peer | undefined;
    const accept = (peer: Peer): string | undefined => {
      if (id !== undefined && directory.idHexOf(peer) !== id) return 'another peer is there';
      found = peer;
      return undefined;
    };
    // Who is saved was found once: dialled without limit, but not in the turns of who is known now.
    const permit = id === undefined ? undefined : () => true;
    const reason = await this.#dial(endpoints, accept, permit);
    if (reason === undefined) return found;
    const [first] = endpoints;
    if (id !== undefined) log.debug({ peer: id.slice(0, 8), reason }, 'saved peer not found');
    else if (first !== undefined) this.#tellFailed(first, reason);
    return undefined;
  }

  /** Dials until a link with an accepted peer is up; @returns why there is none */
  async #dial(
    endpoints: readonly Endpoint[],
    accept: (peer: Peer) => string | undefined,
    permit?: Permit,
    isAwaited?: () => boolean,
  ): Promise<string | undefined> {
    let up: Promise<string | undefined> = Promise.resolve(undefined);
    const take: Taker = (socket, proven) => {
      const peer = this.#options.peerOf(proven);
      if (peer === undefined) return NO_PEER;
      const refusal = accept(peer);
      if (refusal !== undefined) return refusal;
      this.#note(peer, socket);
      up = this.#options.take(socket, proven, peer);
      return undefined;
    };
    return (await this.#options.dialer.dial(endpoints, take, permit, isAwaited)) ?? up;
  }

  #note(peer: Peer, { remoteAddress, remotePort = 0 }: TLSSocket): void {
    const host = plainHost(remoteAddress ?? '');
    const { book, blindDials, placing } = this.#options;
    book.find(peer, { host, port: remotePort });
    blindDials.found(host, monotonicMs());
    placing.onFound(peer, host);
  }
}

/** Why somebody who proved an id is turned away before a word is said. */
export const NO_PEER = 'no room for it, or it is revoked';
