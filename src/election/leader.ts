/**
 * Leading: a heartbeat to every voter, and a lease that lasts as long as a majority answers. It is
 * looked at when it ends and before each act, also after a pause (E7): a step begins with what has
 * fallen due.
 */

import { ask } from '../asking.ts';
import { BEAT_CALLS_MAX, BEAT_MS } from '../limits.ts';
import { countBeats, type Call } from '../state/calls.ts';
import { isLeading, isNear, leaseOf, promiseFrom } from '../state/election.ts';
import type { Granted, Leader } from '../state/election.ts';
import type { Draft } from '../state/node.ts';
import type { Peer, Reply } from '../types.ts';
import { cast } from './ballot.ts';
import { changed, standAfterMs, stepDown } from './follower.ts';
import { announce } from './introducers.ts';
import { mayFollow, reorder, UNHEARD } from './voters.ts';

type TermReply = Extract<Reply, { type: 'term' }>;

/** A majority has voted for this node: their votes are the first round that they answered. */
export function lead(draft: Draft, granted: readonly Granted[]): void {
  const { election, self, now } = draft;
  const { voters } = election.ballot;
  const heard = voters.peers.map((peer) => {
    const vote = granted.find((each) => each.peer === peer);
    return vote === undefined ? UNHEARD : { sentAt: vote.sentAt, version: 0 };
  });
  const leaseUntil = leaseOf(voters, heard);
  const role: Leader = { type: 'leader', heard, leaseUntil, beatAt: now, announceAt: now };
  draft.election = changed(draft, { ...election, role, leader: self, dueAt: now + 1 });
  onBeatDue(draft, role);
}

/** It is time for a heartbeat, or the lease is over. */
export function onBeatDue(draft: Draft, role: Leader): void {
  const { now, self } = draft;
  if (now >= role.leaseUntil) return stepDown(draft, 0);
  if (now < role.beatAt) return;
  propose(draft, role);
  if (draft.election.role.type !== 'leader') return;
  const { voters } = draft.election.ballot;
  for (const peer of voters.peers) {
    if (peer === self || countBeats(draft.calls, peer) >= BEAT_CALLS_MAX) continue;
    ask(draft, peer, { type: 'heartbeat', term: draft.election.ballot.term, voters }, 0);
  }
  const promisedUntil = promiseFrom(now);
  draft.election = { ...draft.election, promisedUntil };
  renew(draft, self, { sentAt: now, version: voters.version }, now + BEAT_MS);
  const next = draft.election.role;
  if (next.type === 'leader' && now >= next.announceAt) announce(draft, next);
}

/**
 * A voter that knows of a later term obeys this one no more, but it does not remove a leader that
 * most obey: that one goes on in a term above both (E9).
 *
 * @returns whether it is to stand for it
 */
export function onBeatAnswered(draft: Draft, call: Call, answer: TermReply): boolean {
  const { election } = draft;
  const { role, ballot } = election;
  const { term, version, ok } = answer;
  if (role.type !== 'leader') return false;
  const isAhead = !ok && term > ballot.term && isNear(election, term);
  if (isAhead) stepDown(draft, term);
  else if (ok && term === ballot.term) {
    renew(draft, call.peer, { sentAt: call.sentAt, version }, role.beatAt);
  }
  return isAhead;
}

/** Gives the lease up in good order: to the voter that answered last. */
function resign(draft: Draft): void {
  const { election, self, now } = draft;
  const { role, ballot } = election;
  if (role.type !== 'leader') return;
  const successor = isLeading(election, now) ? latest(ballot.voters.peers, role, self) : undefined;
  const dueAt = promiseFrom(now) + standAfterMs(draft, 0);
  const next = { ...election, role: { type: 'follower' }, leader: undefined, dueAt } as const;
  draft.election = changed(draft, { ...next, promisedUntil: now });
  if (successor === undefined) return;
  for (const peer of ballot.voters.peers) {
    if (peer !== self) ask(draft, peer, { type: 'resign', term: ballot.term, successor }, 0);
  }
}

/** The node is about to leave: others are to lead, and it stands no more (`stand`). */
export function withdraw(draft: Draft): void {
  resign(draft);
  if (draft.election.role.type === 'candidate') stepDown(draft, 0);
}

/** A voter has answered a round, or the own node has sent one. */
function renew(draft: Draft, peer: Peer, answered: Leader['heard'][number], beatAt: number): void {
  const { election } = draft;
  const { role, ballot } = election;
  if (role.type !== 'leader') return;
  const heard = role.heard.map((before, at) => {
    if (ballot.voters.peers[at] !== peer) return before;
    return before.sentAt > answered.sentAt ? before : answered;
  });
  const leaseUntil = Math.max(role.leaseUntil, leaseOf(ballot.voters, heard));
  const next: Leader = { ...role, heard, leaseUntil, beatAt };
  draft.election = { ...election, role: next, dueAt: Math.min(beatAt, leaseUntil) };
}

/**
 * Goes on to the list that was proposed, when it may. One without this node is for another leader
 * to propose: so whoever goes by a list has a seat in it.
 */
function propose(draft: Draft, role: Leader): void {
  const { election, self } = draft;
  const { ballot, proposed, writing } = election;
  if (proposed === undefined || writing !== 0) return;
  if (!mayFollow(proposed, ballot.voters, role.heard)) return;
  if (!proposed.peers.includes(self)) return resign(draft);
  const heard = reorder(role.heard, ballot.voters, proposed);
  draft.election = { ...election, role: { ...role, heard } };
  cast(draft, { ...ballot, voters: proposed });
}

/** Of the others, who answered last. */
function latest(voters: readonly Peer[], { heard }: Leader, self: Peer): Peer | undefined {
  let found = -1;
  voters.forEach((peer, at) => {
    const isLater = (heard[at]?.sentAt ?? -Infinity) > (heard[found]?.sentAt ?? -Infinity);
    if (peer !== self && isLater) found = at;
  });
  return voters[found];
}
