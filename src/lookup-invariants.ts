/**
 * What must be true of a lookup at any time: its shortlist is sorted and of one length, no more
 * calls are in flight than allowed, and each peer counts as answered once. Part of `checkNode`,
 * and used on bare lookups by their own tests.
 */

import { LOOKUP_REQUESTS_MAX, SHORTLIST_FACTOR } from './limits.ts';
import { trailOf, type Lookup } from './lookup.ts';
import { compareDistance, peerWord, SIGN } from './position.ts';
import type { Directory } from './types.ts';

/** @returns what is broken, one line each; empty when all is well */
export function checkLookup(lookup: Lookup, directory: Directory): readonly string[] {
  const faults: string[] = [];
  const { responders, namers, target } = lookup;
  const { peers, distances, marks } = lookup.list;
  if (peers.length !== distances.length || peers.length !== marks.length) {
    faults.push('lookup: lists of different lengths');
  }
  // Peers whose calls are in flight are kept even when there is no room.
  if (peers.length > lookup.nearest * SHORTLIST_FACTOR + lookup.alpha) {
    faults.push(`lookup: ${peers.length} candidates`);
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
  if (lookup.inFlight < 0 || lookup.inFlight > lookup.alpha) {
    faults.push(`lookup: ${lookup.inFlight} calls in flight`);
  }
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
