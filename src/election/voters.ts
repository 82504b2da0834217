/**
 * Changes of the list of voters: one voter more or one less at a time, each on most disks before
 * the next, so that any two majorities of lists in use have a voter in common (Ongaro's thesis,
 * section 4.1; its correction of 2015: a leader proposes only once its own term is established).
 *
 * A list is certified by the authority, which the host has checked. Who was never given the first
 * one takes part only when a leader has named it, for it may be a voter that lost its ballot.
 * Therefore nobody is added while one that was added before has not been reached, and nobody is
 * taken away without whom too few would be left: a leader that dies leaves enough who may vote.
 */

import { majorityOf } from '../majority.ts';
import type { Heard } from '../state/election.ts';
import type { Peer, Voters } from '../types.ts';

/** Whether a leader that goes by a list may go on to the next. */
export function mayFollow(next: Voters, voters: Voters, heard: readonly Heard[]): boolean {
  const added = without(next.peers, voters.peers).length;
  const removed = without(voters.peers, next.peers).length;
  if (next.version !== voters.version + 1 || added + removed !== 1) return false;
  const reached = voters.peers.filter((_, at) => (heard[at]?.version ?? 0) >= voters.version);
  const left = reached.filter((peer) => next.peers.includes(peer));
  if (added > 0 && reached.length < voters.peers.length) return false;
  return (
    reached.length >= majorityOf(voters.peers.length) &&
    left.length >= majorityOf(next.peers.length)
  );
}

/** What was heard of the voters, for another list of them. */
export function reorder(heard: readonly Heard[], from: Voters, to: Voters): readonly Heard[] {
  return to.peers.map((peer) => heard[from.peers.indexOf(peer)] ?? UNHEARD);
}

function without(list: readonly Peer[], others: readonly Peer[]): readonly Peer[] {
  return list.filter((peer) => !others.includes(peer));
}

export const UNHEARD: Heard = { sentAt: -Infinity, version: 0 };
