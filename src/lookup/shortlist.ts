/**
 * The candidates of a lookup, sorted by distance to its target, in three parallel arrays of small
 * integers: the peer, the first word of its distance, and its mark. Only the order and the room
 * live here; of a mark, the path counts, because each path has room of its own.
 *
 * Invariants: strictly ascending distance, no peer twice. A list is never changed in place.
 */

import { PEERS_PER_REPLY_MAX } from '../limits.ts';
import { compareDistance, peerWord, SIGN } from '../position.ts';
import type { Directory, Peer, Position } from '../types.ts';
import { mustStay, pathOf } from './marks.ts';

export interface Shortlist {
  /** Nearest first. */
  readonly peers: readonly Peer[];
  readonly distances: readonly number[];
  readonly marks: readonly number[];
}

export const emptyShortlist: Shortlist = { peers: [], distances: [], marks: [] };

/** Peers that are not in a list yet, nearest first, and the slot before which each goes. */
export interface Newcomers {
  readonly peers: Peer[];
  readonly distances: number[];
  readonly slots: number[];
}

/** The list with another mark for one of its peers. */
export function withMark(list: Shortlist, at: number, mark: number): Shortlist {
  const marks = list.marks.slice();
  marks[at] = mark;
  return { peers: list.peers, distances: list.distances, marks };
}

/** Who of those named is not in the list; undefined when nobody is, as after most answers. */
export function newcomers(
  list: Shortlist,
  target: Position,
  self: Peer,
  named: readonly Peer[],
  directory: Directory,
): Newcomers | undefined {
  let fresh: Newcomers | undefined;
  const from = distancesOf(named, target, directory);
  for (let i = 0; i < from.length; i++) {
    const peer = named[i] ?? 0;
    const distance = from[i] ?? 0;
    const slot = slotFor(list.peers, list.distances, distance, peer, target, directory);
    if (slot < 0 || peer === self) continue;
    if (fresh === undefined) {
      fresh = { peers: [peer], distances: [distance], slots: [slot] };
      continue;
    }
    const at = slotFor(fresh.peers, fresh.distances, distance, peer, target, directory);
    if (at < 0) continue;
    insert(fresh.peers, at, peer);
    insert(fresh.distances, at, distance);
    insert(fresh.slots, at, slot);
  }
  return fresh;
}

/**
 * The list with newcomers, all under one mark.
 *
 * @param most how many of them are taken, the nearest; so that one liar cannot fill the list
 * @param room candidates of one path at most; beyond it only those that `mustStay` are kept
 */
export function withNewcomers(
  list: Shortlist,
  fresh: Newcomers,
  mark: number,
  most: number,
  room: number,
  paths: number,
): Shortlist {
  const path = pathOf(mark);
  const before = list.peers.length;
  const taken = Math.min(most, fresh.peers.length);
  const peers = new Array<Peer>(before + taken);
  const distances = new Array<number>(before + taken);
  const marks = new Array<number>(before + taken);
  let length = 0;
  let inPath = 0;
  for (let i = 0, j = 0; i <= before; i++) {
    for (; j < taken && fresh.slots[j] === i && inPath < room; j++, inPath++) {
      peers[length] = fresh.peers[j] ?? 0;
      distances[length] = fresh.distances[j] ?? 0;
      marks[length++] = mark;
    }
    if (i === before) break;
    const old = list.marks[i] ?? 0;
    if (pathOf(old) === path && ++inPath > room && !mustStay(old, paths)) continue;
    peers[length] = list.peers[i] ?? 0;
    distances[length] = list.distances[i] ?? 0;
    marks[length++] = old;
  }
  if (length === peers.length) return { peers, distances, marks };
  return {
    peers: peers.slice(0, length),
    distances: distances.slice(0, length),
    marks: marks.slice(0, length),
  };
}

/**
 * The distances of those named, as far as they are looked at. All at once, and only then compared:
 * the directory is large, and a processor fetches many places of it together where none waits for
 * the outcome of a comparison.
 */
function distancesOf(named: readonly Peer[], target: Position, directory: Directory): number[] {
  const count = Math.min(named.length, PEERS_PER_REPLY_MAX);
  const distances = new Array<number>(count);
  for (let i = 0; i < count; i++) {
    distances[i] = peerWord(directory, named[i] ?? 0, 0) ^ target.w0 ^ SIGN;
  }
  return distances;
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
  let low = countBelow(distances, distance);
  while (low < distances.length && distances[low] === distance) {
    const other = peers[low] ?? 0;
    if (other === peer) return -1;
    if (compareDistance(directory, target, other, peer) > 0) break;
    low++;
  }
  return low;
}

/**
 * How many of the ascending distances are below one. The halving has no branch: where a peer
 * belongs cannot be foreseen, and a wrong guess costs a processor more than the comparison.
 */
function countBelow(distances: readonly number[], distance: number): number {
  let low = 0;
  let left = distances.length;
  while (left > 1) {
    const half = left >>> 1;
    low += Number((distances[low + half - 1] ?? 0) < distance) * half;
    left -= half;
  }
  return low + Number(left === 1 && (distances[low] ?? 0) < distance);
}
