/**
 * The pairs of a node: one for each peer with which it has a link, a dial or frames that wait, and
 * for nobody else.
 */
import type { PeerDirectory } from '../../host/directory.ts';
import type { Peer } from '../../src/types.ts';
import type { Occupant } from './capacity.ts';
import type { Link } from './link.ts';
import { Pair } from './pair.ts';

export interface SeenLink {
  readonly peer: Peer;
  readonly dialledByUs: boolean;
  /** Monotonic ms. */
  readonly openedAt: number;
  /** Bytes that the peer has not taken yet. */
  readonly waitingBytes: number;
  /** Smoothed time from a call to its answer, in ms; nothing before the first answer. */
  readonly roundTripMs: number | undefined;
}

export class Pairs {
  readonly #directory: PeerDirectory;
  readonly #ownId: Uint8Array;
  readonly #acceptedAreProven: boolean;
  readonly #pairs = new Map<Peer, Pair>();

  /** @param acceptedAreProven as in `Pair` */
  constructor(directory: PeerDirectory, self: Peer, acceptedAreProven: boolean) {
    this.#directory = directory;
    this.#ownId = directory.idOf(self);
    this.#acceptedAreProven = acceptedAreProven;
  }

  /** The pair of a peer, a new one if there is none; `forgetUnused` when it came to nothing. */
  of(peer: Peer): Pair {
    const known = this.#pairs.get(peer);
    if (known !== undefined) return known;
    const ownIsSmaller = Buffer.compare(this.#ownId, this.#directory.idOf(peer)) < 0;
    const pair = new Pair(peer, ownIsSmaller, this.#acceptedAreProven);
    this.#pairs.set(peer, pair);
    return pair;
  }

  find(peer: Peer): Pair | undefined {
    return this.#pairs.get(peer);
  }

  forgetUnused(pair: Pair): void {
    if (pair.isUnused && this.#pairs.get(pair.peer) === pair) this.#pairs.delete(pair.peer);
  }

  /** As they are now, whatever becomes of them meanwhile. */
  get all(): readonly Pair[] {
    return [...this.#pairs.values()];
  }

  /** The links that a peer began. */
  get accepted(): readonly Occupant[] {
    return this.all.flatMap(({ peer, links }) =>
      links.filter(({ dialledByUs }) => !dialledByUs).map((link) => ({ peer, link })),
    );
  }

  /** Of the links that we dialled, when they are too many: the one that was used longest ago. */
  surplusDial(most: number): Link | undefined {
    if (this.#pairs.size <= most) return undefined;
    const dialled = this.all.flatMap(({ kept }) => (kept?.dialledByUs === true ? [kept] : []));
    if (dialled.length <= most) return undefined;
    return dialled.reduce((a, b) => (b.usedAt < a.usedAt ? b : a));
  }

  /** What can be seen of the links for new calls. */
  get seen(): readonly SeenLink[] {
    return this.all.flatMap(({ peer, anyLink, roundTripMs }) => {
      if (anyLink === undefined) return [];
      const { dialledByUs, openedAt, waitingBytes } = anyLink;
      return [{ peer, dialledByUs, openedAt, waitingBytes, roundTripMs }];
    });
  }

  get links(): readonly Link[] {
    return this.all.flatMap((pair) => [...pair.links]);
  }
}
