/**
 * The iterative lookup (Kademlia, section 2.3), a machine that knows no messages: it is told who
 * answered with which peers, who missed a deadline and who failed, and says whom to ask next.
 *
 * The shortlist is sorted by distance and lives in three parallel arrays of small integers: the
 * peer, the first word of its distance, and a mark that packs the peer's state with the responder
 * that first named it.
 *
 * Rules: at most `alpha` calls in flight; only the nearest `nearest` candidates that have not
 * failed are asked; each peer at most twice, the second time only after a deadline passed; the
 * lookup is finished when the nearest `nearest` that can answer have answered. Only peers that
 * answered count in the result. A call past its deadline no longer counts as in flight, but an
 * answer that still comes is taken.
 *
 * Departure from the paper: no final burst of k calls at once; `alpha` holds to the end.
 */

import { assert } from './assert.ts';
import { LOOKUP_REQUESTS_MAX, PEERS_PER_REPLY_MAX, SHORTLIST_FACTOR } from './limits.ts';
import { compareDistance, peerWord, SIGN } from './position.ts';
import type { Directory, Peer, Position, Trail } from './types.ts';

export interface Lookup {
  readonly self: Peer;
  readonly target: Position;
  readonly alpha: number;
  readonly nearest: number;
  /** Sorted by distance, nearest first. */
  readonly peers: readonly Peer[];
  readonly distances: readonly number[];
  readonly marks: readonly number[];
  readonly inFlight: number;
  readonly requests: number;
  readonly replies: number;
  /** In the order of their answers. */
  readonly responders: readonly Peer[];
  /** For each responder: 0, from the own table, or 1 + the index of the responder that named it. */
  readonly namers: readonly number[];
}

/** A mark is a state plus `NAMER` times the number of the namer (as in `namers`). */
const FRESH = 0;
const ASKED = 1;
const OVERDUE = 2;
const ASKED_AGAIN = 3;
const ANSWERED = 4;
const FAILED = 5;
const NAMER = 8;

/** A lookup that knows the given peers and has asked nobody. */
export function beginLookup(
  self: Peer,
  target: Position,
  seeds: readonly Peer[],
  size: { readonly alpha: number; readonly nearest: number },
  directory: Directory,
): Lookup {
  const blank: Lookup = {
    self,
    target,
    alpha: size.alpha,
    nearest: size.nearest,
    peers: [],
    distances: [],
    marks: [],
    inFlight: 0,
    requests: 0,
    replies: 0,
    responders: [],
    namers: [],
  };
  return withCandidates(blank, seeds, 0, directory);
}

/** The peers to ask now, all of them, and the lookup in which they count as asked. */
export function nextToAsk(lookup: Lookup): { readonly lookup: Lookup; readonly ask: Peer[] } {
  const ask: Peer[] = [];
  let { inFlight, requests } = lookup;
  let marks: number[] | undefined;
  let rank = 0;
  for (let i = 0; i < lookup.peers.length && rank < lookup.nearest; i++) {
    if (inFlight >= lookup.alpha || requests >= LOOKUP_REQUESTS_MAX) break;
    const mark = lookup.marks[i] ?? 0;
    const state = mark % NAMER;
    if (state === FAILED) continue;
    rank++;
    if (state !== FRESH && state !== OVERDUE) continue;
    marks ??= lookup.marks.slice();
    marks[i] = mark - state + (state === FRESH ? ASKED : ASKED_AGAIN);
    ask.push(lookup.peers[i] ?? 0);
    inFlight++;
    requests++;
  }
  if (marks === undefined) return { lookup, ask };
  return { lookup: changed(lookup, marks, inFlight, requests), ask };
}

/** Whether the nearest that can answer have answered, or nobody is left to be asked. */
export function isFinished(lookup: Lookup): boolean {
  let rank = 0;
  for (let i = 0; i < lookup.marks.length && rank < lookup.nearest; i++) {
    const state = (lookup.marks[i] ?? 0) % NAMER;
    if (state === FAILED) continue;
    if (state !== ANSWERED) return lookup.inFlight === 0 && lookup.requests >= LOOKUP_REQUESTS_MAX;
    rank++;
  }
  return true;
}

/** The peer answered, in time or late, and named others; `PEERS_PER_REPLY_MAX` are looked at. */
export function onAnswer(
  lookup: Lookup,
  peer: Peer,
  named: readonly Peer[],
  directory: Directory,
): Lookup {
  const at = lookup.peers.indexOf(peer);
  const mark = lookup.marks[at] ?? 0;
  const state = mark % NAMER;
  if (at < 0 || state === FRESH || state === ANSWERED) return lookup;
  const marks = lookup.marks.slice();
  marks[at] = mark - state + ANSWERED;
  const answered: Lookup = {
    self: lookup.self,
    target: lookup.target,
    alpha: lookup.alpha,
    nearest: lookup.nearest,
    peers: lookup.peers,
    distances: lookup.distances,
    marks,
    inFlight: isAsked(mark) ? lookup.inFlight - 1 : lookup.inFlight,
    requests: lookup.requests,
    replies: lookup.replies + 1,
    responders: [...lookup.responders, peer],
    namers: [...lookup.namers, (mark / NAMER) | 0],
  };
  return withCandidates(answered, named, answered.responders.length, directory);
}

/** A deadline passed: the peer may be asked once more, or has failed. */
export function onOverdue(lookup: Lookup, peer: Peer): Lookup {
  const at = lookup.peers.indexOf(peer);
  const mark = lookup.marks[at] ?? 0;
  if (at < 0 || !isAsked(mark)) return lookup;
  const again = mark % NAMER === ASKED;
  return remarked(lookup, at, again ? OVERDUE : FAILED);
}

/** The peer cannot be reached or refused: it is not asked again. */
export function onFailure(lookup: Lookup, peer: Peer): Lookup {
  const at = lookup.peers.indexOf(peer);
  return at < 0 || !isAsked(lookup.marks[at] ?? 0) ? lookup : remarked(lookup, at, FAILED);
}

/** The result so far: the nearest that answered, and the path. */
export function trailOf(lookup: Lookup): Trail {
  const nearest: Peer[] = [];
  for (let i = 0; i < lookup.peers.length && nearest.length < lookup.nearest; i++) {
    if ((lookup.marks[i] ?? 0) % NAMER === ANSWERED) nearest.push(lookup.peers[i] ?? 0);
  }
  return {
    nearest,
    responders: lookup.responders,
    namedBy: lookup.namers.map((namer) =>
      namer === 0 ? lookup.self : (lookup.responders[namer - 1] ?? lookup.self),
    ),
    requests: lookup.requests,
    replies: lookup.replies,
  };
}

function isAsked(mark: number): boolean {
  const state = mark % NAMER;
  return state === ASKED || state === ASKED_AGAIN;
}

function remarked(lookup: Lookup, at: number, state: number): Lookup {
  const marks = lookup.marks.slice();
  const mark = marks[at] ?? 0;
  marks[at] = mark - (mark % NAMER) + state;
  return changed(lookup, marks, lookup.inFlight - 1, lookup.requests);
}

function changed(
  lookup: Lookup,
  marks: readonly number[],
  inFlight: number,
  requests: number,
): Lookup {
  assert(inFlight >= 0 && inFlight <= lookup.alpha, 'a lookup keeps at most alpha calls in flight');
  return {
    self: lookup.self,
    target: lookup.target,
    alpha: lookup.alpha,
    nearest: lookup.nearest,
    peers: lookup.peers,
    distances: lookup.distances,
    marks,
    inFlight,
    requests,
    replies: lookup.replies,
    responders: lookup.responders,
    namers: lookup.namers,
  };
}

/** Merges newly named peers into the shortlist; the same lookup when none of them is new. */
function withCandidates(
  lookup: Lookup,
  named: readonly Peer[],
  namer: number,
  directory: Directory,
): Lookup {
  const { target } = lookup;
  const room = lookup.nearest * SHORTLIST_FACTOR;
  let peers: Peer[] | undefined;
  let distances = lookup.distances as number[];
  let marks = lookup.marks as number[];
  const count = Math.min(named.length, PEERS_PER_REPLY_MAX);
  for (let i = 0; i < count; i++) {
    const peer = named[i] ?? 0;
    const distance = peerWord(directory, peer, 0) ^ target.w0 ^ SIGN;
    const slot = slotFor(peers ?? lookup.peers, distances, distance, peer, target, directory);
    if (slot < 0 || slot >= room || peer === lookup.self) continue;
    if (peers === undefined) {
      peers = lookup.peers.slice();
      distances = distances.slice();
      marks = marks.slice();
    }
    peers.splice(slot, 0, peer);
    distances.splice(slot, 0, distance);
    marks.splice(slot, 0, namer * NAMER + FRESH);
    if (peers.length > room) dropFarthest(peers, distances, marks);
  }
  if (peers === undefined) return lookup;
  return {
    self: lookup.self,
    target,
    alpha: lookup.alpha,
    nearest: lookup.nearest,
    peers,
    distances,
    marks,
    inFlight: lookup.inFlight,
    requests: lookup.requests,
    replies: lookup.replies,
    responders: lookup.responders,
    namers: lookup.namers,
  };
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

/** Makes room at the far end, but never by forgetting a peer whose call is in flight. */
function dropFarthest(peers: Peer[], distances: number[], marks: number[]): void {
  let at = marks.length - 1;
  while (at > 0 && isAsked(marks[at] ?? 0)) at--;
  peers.splice(at, 1);
  distances.splice(at, 1);
  marks.splice(at, 1);
}
