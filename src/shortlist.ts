/**
 * The candidates of a lookup, sorted by distance to its target, in three parallel arrays of small
 * integers: the peer, the first word of its distance, and a mark that the lookup gives a meaning.
 * Only the order lives here; what a mark says is the lookup's business.
 *
 * Invariants: strictly ascending distance, no peer twice. A list is never changed in place.
 */

import { PEERS_PER_REPLY_MAX } from './limits.ts';
import { compareDistance, peerWord, SIGN } from './position.ts';
import type { Directory, Peer, Position } from './types.ts';

export interface Shortlist {
  /** Nearest first. */
  readonly peers: readonly Peer[];
  readonly distances: readonly number[];
  readonly marks: readonly number[];
}

export const emptyShortlist: Shortlist = { peers: [], distances: [], marks: [] };

/** The list with another mark for one of its peers. */
export function withMark(list: Shortlist, at: number, mark: number): Shortlist {
  const marks = list.marks.slice();
  marks[at] = mark;
  return { peers: list.peers, distances: list.distances, marks };
}

/**
 * Merges newly named peers in; the same list when none of them is new.
 *
 * @param mark for the new ones
 * @param most how many new ones are taken, the nearest; so that one liar cannot fill the list
 * @param room how long the list may get; beyond it only marks that `mustStay` are kept
 */
export function withNamed(
  list: Shortlist,
  target: Position,
  named: readonly Peer[],
  mark: number,
  most: number,
  room: number,
  mustStay: (mark: number) => boolean,
  directory: Directory,
): Shortlist {
  const fresh = newCandidates(list, target, named, room, directory);
  if (fresh.peers.length === 0) return list;
  const peers: Peer[] = [];
  const distances: number[] = [];
  const marks: number[] = [];
  let i = 0;
  const taken = Math.min(most, fresh.peers.length);
  for (let j = 0; j < taken && peers.length < room; j++) {
    for (const slot = fresh.slots[j] ?? 0; i < slot && peers.length < room; i++) {
      peers.push(list.peers[i] ?? 0);
      distances.push(list.distances[i] ?? 0);
      marks.push(list.marks[i] ?? 0);
    }
    if (peers.length === room) break;
    peers.push(fresh.peers[j] ?? 0);
    distances.push(fresh.distances[j] ?? 0);
    marks.push(mark);
  }
  for (; i < list.peers.length; i++) {
    if (peers.length >= room && !mustStay(list.marks[i] ?? 0)) continue;
    peers.push(list.peers[i] ?? 0);
    distances.push(list.distances[i] ?? 0);
    marks.push(list.marks[i] ?? 0);
  }
  return { peers, distances, marks };
}

/** Peers that are not in the shortlist yet, nearest first, and the slot before which each goes. */
interface Candidates {
  readonly peers: Peer[];
  readonly distances: number[];
  readonly slots: number[];
}

function newCandidates(
  list: Shortlist,
  target: Position,
  named: readonly Peer[],
  room: number,
  directory: Directory,
): Candidates {
  const fresh: Candidates = { peers: [], distances: [], slots: [] };
  const count = Math.min(named.length, PEERS_PER_REPLY_MAX);
  for (let i = 0; i < count; i++) {
    const peer = named[i] ?? 0;
    const distance = peerWord(directory, peer, 0) ^ target.w0 ^ SIGN;
    const slot = slotFor(list.peers, list.distances, distance, peer, target, directory);
    if (slot < 0 || slot >= room) continue;
    const at = slotFor(fresh.peers, fresh.distances, distance, peer, target, directory);
    if (at < 0) continue;
    insert(fresh.peers, at, peer);
    insert(fresh.distances, at, distance);
    insert(fresh.slots, at, slot);
  }
  return fresh;
}

/** Moves what comes after one place on; for a few small integers faster than `splice`. */
function insert(list: number[], at: number, value: number): void {
  list.push(value);
  for (let i = list.length - 1; i > at; i--) list[i] = list[i - 1] ?? 0;
  list[at] = value;
}

/** Where a peer belongs, or -1 when it is there already. */
function slotFor(
  peers: readonly Peer[],
  distances: readonly number[],
  distance: number,
  peer: Peer,
  target: Position,
  directory: Directory,
): number {
  let low = 0;
  let high = distances.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((distances[middle] ?? 0) < distance) low = middle + 1;
    else high = middle;
  }
  while (low < distances.length && distances[low] === distance) {
    const other = peers[low] ?? 0;
    if (other === peer) return -1;
    if (compareDistance(directory, target, other, peer) > 0) break;
    low++;
  }
  return low;
}
