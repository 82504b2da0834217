/**
 * Where peers are, as the words that the core keeps its limits by (`src/table/places.ts`).
 *
 * A subnet is a keyed hash, so that nobody can choose one that is taken for another's: of where a
 * dial of ours found the peer, and before that of where it came from. Loopback is no place, unless
 * it is held to the limits as well. A peer whose hello names no address is a client, and so is one
 * that has a link and could not be found where it says several times in a row: until it is found,
 * says hello anew, or some time has passed, for its port may be opened meanwhile.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { PeerDirectory } from '../../host/directory.ts';
import { CLIENT_ONLY, NOWHERE } from '../../src/table/places.ts';
import type { Peer } from '../../src/types.ts';
import type { WireHello } from '../../src/wire-types.ts';
import { CLIENT_AGAIN_MS, CLIENT_AGAIN_MS_MAX, NOT_FOUND_MIN } from '../bounds.ts';
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

  onHello(peer: Peer, { addresses }: WireHello, { farHost }: Link, isFound: boolean): void {
    if (addresses.length === 0) this.#directory.setPlace(peer, CLIENT_ONLY);
    else if (!isFound) this.#directory.setPlace(peer, this.wordOf(farHost));
  }

  /** A dial of ours led to it. */
  onFound(peer: Peer, host: string): void {
    this.#directory.setPlace(peer, this.wordOf(host));
  }

  /** It has a link, and so many dials in a row did not find it. */
  onNotFound(pair: Pair, failures: number, now: number): void {
    if (failures < NOT_FOUND_MIN) return;
    this.#directory.setPlace(pair.peer, CLIENT_ONLY);
    const doublings = Math.min(failures - NOT_FOUND_MIN, 10);
    pair.soughtAgainAt = now + Math.min(CLIENT_AGAIN_MS_MAX, CLIENT_AGAIN_MS * 2 ** doublings);
  }

  /** It may be sought again after some time, or when its link is gone. */
  forgive(pair: Pair, now: number, link = pair.anyLink): void {
    if (pair.soughtAgainAt === 0 || now < pair.soughtAgainAt) return;
    pair.soughtAgainAt = 0;
    if (link !== undefined) this.#directory.setPlace(pair.peer, this.wordOf(link.farHost));
  }

  wordOf(host: string): number {
    if (!this.#strictLoopback && isLoopback(host)) return NOWHERE;
    const word = createHmac('sha256', this.#key).update(subnetOf(host)).digest().readInt32BE(0);
    return word === NOWHERE || word === CLIENT_ONLY ? 1 : word;
  }
}
