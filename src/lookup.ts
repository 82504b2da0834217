/**
 * The iterative lookup (Kademlia, section 2.3), a machine that knows no messages: it is told who
 * answered with which peers, who missed a deadline and who failed, and says whom to ask next.
 *
 * A mark in the shortlist packs a peer's state with the responder that first named it.
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
import { LOOKUP_REQUESTS_MAX, SHORTLIST_FACTOR } from './limits.ts';
import { compareDistance } from './position.ts';
import { emptyShortlist, withMark, withNamed, type Shortlist } from './shortlist.ts';
import type { Directory, Peer, Position, Trail } from './types.ts';

export interface Lookup {
  readonly self: Peer;
  readonly target: Position;
  readonly alpha: number;
  readonly nearest: number;
  readonly list: Shortlist;
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
    list: emptyShortlist,
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
  for (let i = 0; i < lookup.list.peers.length && rank < lookup.nearest; i++) {
    if (inFlight >= lookup.alpha || requests >= LOOKUP_REQUESTS_MAX) break;
    const mark = lookup.list.marks[i] ?? 0;
    const state = mark % NAMER;
    if (state === FAILED) continue;
    rank++;
    if (state !== FRESH && state !== OVERDUE) continue;
    marks ??= lookup.list.marks.slice();
    marks[i] = mark - state + (state === FRESH ? ASKED : ASKED_AGAIN);
    ask.push(lookup.list.peers[i] ?? 0);
    inFlight++;
    requests++;
  }
  if (marks === undefined) return { lookup, ask };
  const list = { peers: lookup.list.peers, distances: lookup.list.distances, marks };
  return { lookup: withProgress(lookup, list, inFlight, requests), ask };
}

/** Whether the nearest that can answer have answered, or nobody may be asked any more. */
export function isFinished(lookup: Lookup): boolean {
  if (haveAnswered(lookup, lookup.nearest)) return true;
  return lookup.inFlight === 0 && lookup.requests >= LOOKUP_REQUESTS_MAX;
}

/** Whether the nearest so many that have not failed have all answered. */
export function haveAnswered(lookup: Lookup, count: number): boolean {
  let rank = 0;
  for (let i = 0; i < lookup.list.marks.length && rank < count; i++) {
    const state = (lookup.list.marks[i] ?? 0) % NAMER;
    if (state === FAILED) continue;
    if (state !== ANSWERED) return false;
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
  const at = lookup.list.peers.indexOf(peer);
  const mark = lookup.list.marks[at] ?? 0;
  const state = mark % NAMER;
  if (at < 0 || state === FRESH || state === ANSWERED) return lookup;
  const answered: Lookup = {
    self: lookup.self,
    target: lookup.target,
    alpha: lookup.alpha,
    nearest: lookup.nearest,
    list: withMark(lookup.list, at, mark - state + ANSWERED),
    inFlight: isAsked(mark) ? lookup.inFlight - 1 : lookup.inFlight,
    requests: lookup.requests,
    replies: lookup.replies + 1,
    responders: lookup.responders.concat(peer),
    namers: lookup.namers.concat((mark / NAMER) | 0),
  };
  return withCandidates(answered, named, answered.responders.length, directory);
}

/** A deadline passed: the peer may be asked once more, or has failed. */
export function onOverdue(lookup: Lookup, peer: Peer): Lookup {
  const at = lookup.list.peers.indexOf(peer);
  const mark = lookup.list.marks[at] ?? 0;
  if (at < 0 || !isAsked(mark)) return lookup;
  const again = mark % NAMER === ASKED;
  return remarked(lookup, at, again ? OVERDUE : FAILED);
}

/** The peer cannot be reached or refused: it is not asked again. */
export function onFailure(lookup: Lookup, peer: Peer): Lookup {
  const at = lookup.list.peers.indexOf(peer);
  const state = (lookup.list.marks[at] ?? 0) % NAMER;
  if (at < 0 || state === FRESH || state === ANSWERED || state === FAILED) return lookup;
  return remarked(lookup, at, FAILED);
}

/** The result so far: the nearest that answered, and the path. */
export function trailOf(lookup: Lookup, directory: Directory): Trail {
  const { list, target, responders } = lookup;
  const count = Math.min(lookup.nearest, responders.length);
  // Whoever was forgotten is farther than all that there is room for.
  const room = Math.min(list.peers.length, lookup.nearest * SHORTLIST_FACTOR);
  let nearest: Peer[] = [];
  for (let i = 0; i < room && nearest.length < count; i++) {
    if ((list.marks[i] ?? 0) % NAMER === ANSWERED) nearest.push(list.peers[i] ?? 0);
  }
  if (nearest.length < count) {
    const sorted = [...responders].sort((a, b) => compareDistance(directory, target, a, b));
    nearest = sorted.slice(0, count);
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
  const mark = lookup.list.marks[at] ?? 0;
  const list = withMark(lookup.list, at, mark - (mark % NAMER) + state);
  const inFlight = isAsked(mark) ? lookup.inFlight - 1 : lookup.inFlight;
  return withProgress(lookup, list, inFlight, lookup.requests);
}

function withProgress(lookup: Lookup, list: Shortlist, inFlight: number, requests: number): Lookup {
  assert(inFlight >= 0 && inFlight <= lookup.alpha, 'a lookup keeps at most alpha calls in flight');
  return {
    self: lookup.self,
    target: lookup.target,
    alpha: lookup.alpha,
    nearest: lookup.nearest,
    list,
    inFlight,
    requests,
    replies: lookup.replies,
    responders: lookup.responders,
    namers: lookup.namers,
  };
}

/** The lookup with newly named peers; the own node is never one of them. */
function withCandidates(
  lookup: Lookup,
  named: readonly Peer[],
  namer: number,
  directory: Directory,
): Lookup {
  const { self, target } = lookup;
  const others = named.includes(self) ? named.filter((peer) => peer !== self) : named;
  const room = lookup.nearest * SHORTLIST_FACTOR;
  const mark = namer * NAMER + FRESH;
  const most = namer === 0 ? room : lookup.nearest;
  const list = withNamed(lookup.list, target, others, mark, most, room, isAsked, directory);
  return list === lookup.list
    ? lookup
    : withProgress(lookup, list, lookup.inFlight, lookup.requests);
}
