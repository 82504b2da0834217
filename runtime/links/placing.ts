/**
 * Where peers are, as the words that the core keeps its limits by (`src/table/places.ts`).
 *
 * A subnet is a keyed hash of what the far end of a link shows, so that nobody can choose one that
 * is taken for another's. Loopback is no place, unless it is held to the limits as well. A peer
 * whose hello names no address is a client, and so is one that cannot be found where it says: the
 * latter until it says hello anew, or for a while, for its port may be opened meanwhile.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { PeerDirectory } from '../../host/directory.ts';
import { CLIENT_ONLY, NOWHERE } from '../../src/table/places.ts';
import type { Peer } from '../../src/types.ts';
import type { WireHello } from '../../src/wire-types.ts';
import { CLIENT_AGAIN_MS } from '../bounds.ts';
import { isLoopback, subnetOf } from './address.ts';
import type { Link } from './link.ts';
import type { Pair } from './pair.ts';

export class Placing {
  readonly #directory: PeerDirectory;
  readonly #strictLoopback: boolean;
  readonly #key = randomBytes(32);

  constructor(directory: PeerDirectory, strictLoopback = false) {
    this.#directory = directory;
    this.#strictLoopback = strictLoopback;
  }

  onHello(peer: Peer, { addresses }: WireHello, { farHost }: Link): void {
    this.#directory.setPlace(peer, addresses.length === 0 ? CLIENT_ONLY : this.wordOf(farHost));
  }

  /** It has a link, and was sought in vain. */
  onNotFound(pair: Pair, now: number): void {
    this.#directory.setPlace(pair.peer, CLIENT_ONLY);
    pair.notFoundAt = now;
  }

  /** It may be sought again when it was not found long ago. */
  forgive(pair: Pair, now: number): void {
    if (pair.notFoundAt === 0 || now - pair.notFoundAt < CLIENT_AGAIN_MS) return;
    pair.notFoundAt = 0;
    if (pair.kept === undefined) return;
    this.#directory.setPlace(pair.peer, this.wordOf(pair.kept.farHost));
  }

  wordOf(host: string): number {
    if (!this.#strictLoopback && isLoopback(host)) return NOWHERE;
    const word = createHmac('sha256', this.#key).update(subnetOf(host)).digest().readInt32BE(0);
    return word === NOWHERE || word === CLIENT_ONLY ? 1 : word;
  }
}
