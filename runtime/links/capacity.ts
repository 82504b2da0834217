/**
 * Who goes when there is no room: accepted links are bounded, and a peer that this node has found
 * itself gets in all the same, in the place of the newest link with a stranger. So nobody can shut
 * out the peers that matter by taking all places first (inbound-slot exhaustion; Marcus, Heilman
 * and Goldberg, "Low-resource eclipse attacks on Ethereum's peer-to-peer network", 2018). Links
 * that this node dialled are not counted: their places cannot be taken from outside.
 */
import type { Peer } from '../../src/types.ts';
import { HANDSHAKE_SHARE, OUTPUT_BYTES_MAX } from '../bounds.ts';
import type { Link } from './link.ts';

export interface Occupant<L = Link> {
  readonly peer: Peer;
  readonly link: L;
}

/** The links that may be up of so many accepted connections; the others are in their handshake. */
export function placesOf(connectionsMax: number): number {
  return Math.ceil(connectionsMax * (1 - HANDSHAKE_SHARE));
}

/**
 * Whom to ask to leave so that a newcomer has a place.
 *
 * @param occupants accepted links, in the order in which they came
 * @returns nobody when there is room, 'none' when there is none for this newcomer
 */
export function whoMakesRoom<L>(
  occupants: readonly Occupant<L>[],
  placesMax: number,
  newcomer: Peer,
  isFound: (peer: Peer) => boolean,
): L | 'none' | undefined {
  if (occupants.length < placesMax) return undefined;
  if (!isFound(newcomer)) return 'none';
  return occupants.findLast(({ peer }) => !isFound(peer))?.link ?? 'none';
}

/** The links that take the least of what they asked for, as many as it takes to fit the bound. */
export function whoTakesTooLittle<L extends Pick<Link, 'waitingBytes'>>(
  links: readonly L[],
  bytesMax: number = OUTPUT_BYTES_MAX,
): readonly L[] {
  let bytes = links.reduce((sum, { waitingBytes }) => sum + waitingBytes, 0);
  if (bytes <= bytesMax) return [];
  const chosen: L[] = [];
  for (const link of links.toSorted((a, b) => b.waitingBytes - a.waitingBytes)) {
    if (bytes <= bytesMax) break;
    bytes -= link.waitingBytes;
    chosen.push(link);
  }
  return chosen;
}
