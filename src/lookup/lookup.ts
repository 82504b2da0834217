/**
 * The iterative lookup (Kademlia, section 2.3), a machine that knows no messages: it is told who
 * answered with which peers, who missed a deadline and who failed, and says whom to ask next.
 *
 * Rules: at most `alpha` calls in flight; only the nearest `nearest` candidates that have not
 * failed are asked; each peer at most twice, the second time only after a deadline passed; the
 * lookup is finished when the nearest `nearest` that can answer have answered. Only peers that
 * answered count in the result. A call past its deadline no longer counts as in flight, but an
 * answer that still comes is taken. With several paths the rules hold for each of them; `paths.ts`
 * says what divides them.
 *
 * Departure from the paper: no final burst of k calls at once; `alpha` holds to the end.
 */

import { assert } from '../assert.ts';
import { SHORTLIST_FACTOR } from '../limits.ts';
import { withAppended } from '../lists.ts';
import { compareDistance } from '../position.ts';
import type { Trail } from '../types.ts';
import type { Config, Directory, Peer, Position } from '../types.ts';
import { ANSWERED, askedMark, FAILED, FRESH, freshMark, isAsked, isOpen } from './marks.ts';
import { namerOf, OVERDUE, pathOf, stateOf, wasAskedAgain, withState } from './marks.ts';
import { callsLeft, callsMax, dealt, hasConverged, isExhausted, type Divided } from './paths.ts';
import { emptyShortlist, newcomers, withMark, withNewcomers } from './shortlist.ts';
import type { Shortlist } from './shortlist.ts';

export interface Lookup extends Divided {
  readonly self: Peer;
  readonly target: Position;
  readonly nearest: number;
  readonly replies: number;
  /** In the order of their answers. */
  readonly responders: readonly Peer[];
  /** For each responder: 0, from the own table, or 1 + the index of the responder that named it. */
  readonly namers: readonly number[];
}

/** Whom a lookup asks now, and the lookup in which they count as asked. */
export interface Asking {
  readonly lookup: Lookup;
  readonly ask: readonly Peer[];
}

const nobody: readonly Peer[] = [];

/** What sets the bounds of a lookup. */
export type LookupSize = Pick<Config, 'alpha' | 'nearest' | 'paths'>;

/** A lookup that knows the given peers and has asked nobody. */
export function beginLookup(
  self: Peer,
  target: Position,
  seeds: readonly Peer[],
  size: LookupSize,
  directory: Directory,
): Lookup {
  const blank: Lookup = {
    self,
    target,
    alpha: size.alpha,
    nearest: size.nearest,
    paths: size.paths,
    list: emptyShortlist,
    inFlight: 0,
    requests: 0,
    replies: 0,
    responders: nobody,
    namers: nobody,
  };
  const most = size.nearest * SHORTLIST_FACTOR * size.paths;
  const list = withNamed(blank, emptyShortlist, seeds, freshMark(0, 0), most, directory);
  return withProgress(blank, dealt(list, size.paths), 0, 0);
}

/** The peers to ask now, all of them. */
export function nextToAsk(lookup: Lookup): Asking {
  let ask = nobody;
  const { peers, distances } = lookup.list;
  let marks: number[] | undefined;
  for (let path = 0; path < lookup.paths; path++) {
    let left = callsLeft(lookup, path);
    let rank = 0;
    for (let i = 0; i < peers.length && rank < lookup.nearest && left > 0; i++) {
      const mark = lookup.list.marks[i] ?? 0;
      if (pathOf(mark) !== path || stateOf(mark) === FAILED) continue;
      rank++;
      if (!isOpen(mark)) continue;
      marks ??= lookup.list.marks.slice();
      marks[i] = askedMark(mark);
      ask = withAppended(ask, peers[i] ?? 0);
      left--;
    }
  }
  if (marks === undefined) return { lookup, ask };
  const { inFlight, requests } = lookup;
  const list = { peers, distances, marks };
  return { lookup: withProgress(lookup, list, inFlight + ask.length, requests + ask.length), ask };
}

/** Whether the nearest that can answer have answered, or nobody may be asked any more. */
export function isFinished(lookup: Lookup): boolean {
  for (let path = 0; path < lookup.paths; path++) {
    if (!hasConverged(lookup, path, lookup.nearest) && !isExhausted(lookup, path)) return false;
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
  const state = stateOf(mark);
  if (at < 0 || state === FRESH || state === ANSWERED) return lookup;
  const responders = withAppended(lookup.responders, peer);
  const list = withMark(lookup.list, at, withState(mark, ANSWERED));
  const newMark = freshMark(pathOf(mark), responders.length);
  return {
    self: lookup.self,
    target: lookup.target,
    alpha: lookup.alpha,
    nearest: lookup.nearest,
    paths: lookup.paths,
    list: withNamed(lookup, list, named, newMark, lookup.nearest, directory),
    inFlight: isAsked(mark) ? lookup.inFlight - 1 : lookup.inFlight,
    requests: lookup.requests,
    replies: lookup.replies + 1,
    responders,
    namers: withAppended(lookup.namers, namerOf(mark)),
  };
}

/** A deadline passed: the peer may be asked once more, or has failed. */
export function onOverdue(lookup: Lookup, peer: Peer): Lookup {
  const at = lookup.list.peers.indexOf(peer);
  const mark = lookup.list.marks[at] ?? 0;
  if (at < 0 || !isAsked(mark)) return lookup;
  return remarked(lookup, at, wasAskedAgain(mark) ? FAILED : OVERDUE);
}

/** The peer cannot be reached or refused: it is not asked again. */
export function onFailure(lookup: Lookup, peer: Peer): Lookup {
  const at = lookup.list.peers.indexOf(peer);
  const state = stateOf(lookup.list.marks[at] ?? 0);
  if (at < 0 || state === FRESH || state === ANSWERED || state === FAILED) return lookup;
  return remarked(lookup, at, FAILED);
}

/** The result so far: the nearest that answered, and the path. */
export function trailOf(lookup: Lookup, directory: Directory): Trail {
  const { list, target, responders } = lookup;
  const count = Math.min(lookup.nearest, responders.length);
  // Whoever was forgotten is farther than all that there is room for.
  const room = lookup.paths === 1 ? lookup.nearest * SHORTLIST_FACTOR : Infinity;
  let nearest: Peer[] = [];
  for (let i = 0; i < list.peers.length && i < room && nearest.length < count; i++) {
    if (stateOf(list.marks[i] ?? 0) === ANSWERED) nearest.push(list.peers[i] ?? 0);
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

function remarked(lookup: Lookup, at: number, state: number): Lookup {
  const mark = lookup.list.marks[at] ?? 0;
  const list = withMark(lookup.list, at, withState(mark, state));
  const inFlight = isAsked(mark) ? lookup.inFlight - 1 : lookup.inFlight;
  return withProgress(lookup, list, inFlight, lookup.requests);
}

function withProgress(lookup: Lookup, list: Shortlist, inFlight: number, requests: number): Lookup {
  const most = callsMax(lookup.alpha, lookup.paths);
  assert(inFlight >= 0 && inFlight <= most, 'a lookup keeps its bound on calls in flight');
  return {
    self: lookup.self,
    target: lookup.target,
    alpha: lookup.alpha,
    nearest: lookup.nearest,
    paths: lookup.paths,
    list,
    inFlight,
    requests,
    replies: lookup.replies,
    responders: lookup.responders,
    namers: lookup.namers,
  };
}

/** The list with those named that are new, the nearest `most` of them. */
function withNamed(
  { self, target, nearest, paths }: Lookup,
  list: Shortlist,
  named: readonly Peer[],
  mark: number,
  most: number,
  directory: Directory,
): Shortlist {
  const fresh = newcomers(list, target, self, named, directory);
  if (fresh === undefined) return list;
  const room = Math.max(most, nearest * SHORTLIST_FACTOR);
  return withNewcomers(list, fresh, mark, most, room, paths);
}
