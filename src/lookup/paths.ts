/**
 * Disjoint paths of a lookup (Baumgart and Mies, "S/Kademlia", 2007, section 4.4), so that one
 * liar met early misleads one path and not the lookup.
 *
 * The nearest known are dealt to the paths in turn; whom a responder names belongs to its path,
 * unless another path has that peer already. So each peer is asked by one path at most, and each
 * chain of namers stays within its path. Calls in flight and the requests of a lookup are divided
 * among the paths, so that none can starve another, at least one call for each; each path goes on
 * until the nearest of its own candidates have answered. The result is that of all paths together.
 *
 * A lookup with one path is the lookup of the Kademlia paper: then its own counters are the path's.
 */

import { LOOKUP_REQUESTS_MAX } from '../limits.ts';
import { ANSWERED, FAILED, freshMark, isAsked, pathOf, requestsOf, stateOf } from './marks.ts';
import type { Shortlist } from './shortlist.ts';

/** What the paths of a lookup divide. */
export interface Divided {
  /** Calls in flight at most, but each path has one. */
  readonly alpha: number;
  /** How many disjoint paths there are. */
  readonly paths: number;
  readonly list: Shortlist;
  readonly inFlight: number;
  readonly requests: number;
}

/** The candidates of a lookup that has just begun, dealt to its paths in turn, nearest first. */
export function dealt(list: Shortlist, paths: number): Shortlist {
  if (paths === 1) return list;
  const marks = list.marks.map((_, rank) => freshMark(rank % paths, 0));
  return { peers: list.peers, distances: list.distances, marks };
}

/** What a path gets of something divided among all, at least 1; the first paths get the rest. */
export function shareOf(total: number, paths: number, path: number): number {
  return Math.max(1, Math.floor((total + paths - 1 - path) / paths));
}

/** Calls in flight of all paths at most. */
export function callsMax(alpha: number, paths: number): number {
  return Math.max(alpha, paths);
}

/** How many calls a path may begin now. */
export function callsLeft(lookup: Divided, path: number): number {
  const { alpha, paths, list } = lookup;
  if (paths === 1) return Math.min(alpha - lookup.inFlight, LOOKUP_REQUESTS_MAX - lookup.requests);
  let inFlight = 0;
  let requests = 0;
  for (const mark of list.marks) {
    if (pathOf(mark) !== path) continue;
    if (isAsked(mark)) inFlight++;
    requests += requestsOf(mark);
  }
  return Math.min(
    shareOf(alpha, paths, path) - inFlight,
    shareOf(LOOKUP_REQUESTS_MAX, paths, path) - requests,
  );
}

/** Whether the nearest so many candidates of a path that have not failed have all answered. */
export function hasConverged(lookup: Divided, path: number, count: number): boolean {
  const { marks } = lookup.list;
  let rank = 0;
  for (let i = 0; i < marks.length && rank < count; i++) {
    const mark = marks[i] ?? 0;
    if (pathOf(mark) !== path) continue;
    const state = stateOf(mark);
    if (state === FAILED) continue;
    if (state !== ANSWERED) return false;
    rank++;
  }
  return true;
}

/** Whether a path waits for nobody and may not ask any more. */
export function isExhausted(lookup: Divided, path: number): boolean {
  const { paths, list } = lookup;
  if (paths === 1) return lookup.inFlight === 0 && lookup.requests >= LOOKUP_REQUESTS_MAX;
  const isWaiting = list.marks.some((mark) => pathOf(mark) === path && isAsked(mark));
  return !isWaiting && callsLeft(lookup, path) <= 0;
}
