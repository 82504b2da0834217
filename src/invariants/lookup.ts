/**
 * What must be true of a lookup at any time: its shortlist is sorted and of one length, no more
 * calls are in flight than allowed, each peer counts as answered once, and each path keeps its
 * share and was named by its own. Part of `checkNode`, and used on bare lookups by their own tests.
 */

import { LOOKUP_REQUESTS_MAX, SHORTLIST_FACTOR } from '../limits.ts';
import { trailOf, type Lookup } from '../lookup/lookup.ts';
import { ANSWERED, FRESH, isAsked, namerOf, pathOf, requestsOf, stateOf } from '../lookup/marks.ts';
import { callsMax, shareOf } from '../lookup/paths.ts';
import { compareDistance, peerWord, SIGN } from '../position.ts';
import type { Directory } from '../types.ts';

/** @returns what is broken, one line each; empty when all is well */
export function checkLookup(lookup: Lookup, directory: Directory): readonly string[] {
  const faults: string[] = [];
  const { responders, namers, target } = lookup;
  const { peers, distances, marks } = lookup.list;
  if (peers.length !== distances.length || peers.length !== marks.length) {
    faults.push('lookup: lists of different lengths');
  }
  if (peers.includes(lookup.self)) faults.push('lookup: the own node is a candidate');
  if (new Set(peers).size !== peers.length) faults.push('lookup: a candidate is there twice');
  peers.forEach((peer, i) => {
    const distance = peerWord(directory, peer, 0) ^ target.w0 ^ SIGN;
    if (distances[i] !== distance) faults.push(`lookup: wrong distance of peer ${peer}`);
    const next = peers[i + 1];
    if (next !== undefined && compareDistance(directory, target, peer, next) > 0) {
      faults.push('lookup: not sorted');
    }
  });
  if (lookup.inFlight < 0 || lookup.inFlight > callsMax(lookup.alpha, lookup.paths)) {
    faults.push(`lookup: ${lookup.inFlight} calls in flight`);
  }
  const asked = marks.filter(isAsked).length;
  if (asked !== lookup.inFlight)
    faults.push(`lookup: ${asked} asked, ${lookup.inFlight} in flight`);
  for (let path = 0; path < lookup.paths; path++) faults.push(...checkPath(lookup, path));
  if (marks.some((mark) => pathOf(mark) >= lookup.paths)) faults.push('lookup: a path too many');
  if (lookup.requests > LOOKUP_REQUESTS_MAX) faults.push(`lookup: ${lookup.requests} requests`);
  if (new Set(responders).size !== responders.length) faults.push('lookup: one answered twice');
  if (responders.length !== namers.length || responders.length !== lookup.replies) {
    faults.push('lookup: answers do not add up');
  }
  namers.forEach((namer, i) => {
    if (namer < 0 || namer > i) faults.push('lookup: named by one that answered later');
  });
  if (trailOf(lookup, directory).nearest.some((peer) => !responders.includes(peer))) {
    faults.push('lookup: a result that did not answer');
  }
  return faults;
}

function checkPath(lookup: Lookup, path: number): string[] {
  const faults: string[] = [];
  const fault = (what: string): void => void faults.push(`lookup: path ${path} ${what}`);
  const { alpha, paths, responders } = lookup;
  const { peers, marks } = lookup.list;
  const own = marks.filter((mark) => pathOf(mark) === path);
  const inFlight = own.filter(isAsked).length;
  if (inFlight > shareOf(alpha, paths, path)) fault(`has ${inFlight} calls in flight`);
  // Calls in flight are kept even when there is no room, and with several paths all that was asked.
  const room = lookup.nearest * SHORTLIST_FACTOR;
  if (paths === 1 && own.length > room + alpha) fault(`has ${own.length} candidates`);
  if (paths === 1) return faults;
  if (own.slice(room).some((mark) => stateOf(mark) === FRESH)) fault('has too many candidates');
  const requests = own.reduce((sum, mark) => sum + requestsOf(mark), 0);
  if (requests > shareOf(LOOKUP_REQUESTS_MAX, paths, path)) fault(`made ${requests} requests`);
  marks.forEach((mark, i) => {
    if (pathOf(mark) !== path) return;
    const peer = peers[i] ?? 0;
    if ((stateOf(mark) === ANSWERED) !== responders.includes(peer)) fault(`lost peer ${peer}`);
    const namer = peers.indexOf(responders[namerOf(mark) - 1] ?? -1);
    if (namerOf(mark) > 0 && pathOf(marks[namer] ?? -1) !== path) {
      fault(`took peer ${peer} from another`);
    }
  });
  return faults;
}
