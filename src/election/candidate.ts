/**
 * Standing for leader: first the others are asked whether they would vote for this node, which
 * changes nothing anywhere (pre-vote; Ongaro's thesis, section 9.6), then, its own vote on disk,
 * to do so. Who does not answer is asked again. A round ends when it is won, when it cannot be won
 * any more, or when its time is over.
 */

import { ask } from '../asking.ts';
import { ASK_AGAIN_MS, ROUND_ASKS_MAX } from '../limits.ts';
import { majorityOf } from '../majority.ts';
import type { Call } from '../state/calls.ts';
import { nextTerm, type Candidate } from '../state/election.ts';
import { isHandingOver, nextNumber, type Draft } from '../state/node.ts';
import type { Peer, Reply } from '../types.ts';
import { cast } from './ballot.ts';
import { changed, follow, stepDown } from './follower.ts';
import { lead } from './leader.ts';

type TermReply = Extract<Reply, { type: 'term' }>;

/**
 * Begins a round, with the question or, once that went well, with its own vote. Who is about to
 * leave votes and obeys to the end, but does not stand: it would be gone as soon as it led.
 */
export function stand(draft: Draft, isPreVote: boolean): void {
  const { election, self, now } = draft;
  if (isHandingOver(draft)) {
    draft.election = { ...election, dueAt: Infinity };
    return;
  }
  const { ballot } = election;
  const term = nextTerm(election);
  const role: Candidate = {
    type: 'candidate',
    isPreVote,
    term,
    round: 0,
    asks: 0,
    granted: [{ peer: self, sentAt: now }],
    refused: [],
  };
  const dueAt = now + ROUND_ASKS_MAX * ASK_AGAIN_MS;
  draft.election = changed(draft, { ...election, role, leader: undefined, dueAt });
  if (isPreVote) askForVotes(draft, { ...role, round: -nextNumber(draft) });
  else cast(draft, { ...ballot, term, vote: self });
}

/** Those who have not answered are asked again, or it is too late. */
export function onRoundDue(draft: Draft, role: Candidate): void {
  if (role.round === 0 || role.asks >= ROUND_ASKS_MAX) return stepDown(draft, 0);
  askForVotes(draft, role);
}

/** The own vote is on disk: now the others may hear of it. */
export function onOwnVote(draft: Draft): void {
  const { role } = draft.election;
  if (role.type !== 'candidate' || role.isPreVote || role.round !== 0) return;
  const granted = [{ peer: draft.self, sentAt: draft.now }];
  askForVotes(draft, { ...role, granted, round: -nextNumber(draft) });
}

export function onVoted(draft: Draft, call: Call, answer: TermReply): void {
  const { election, now } = draft;
  const { role, ballot } = election;
  const { peer, sentAt } = call;
  if (role.type !== 'candidate' || role.round !== call.op || hasAnswered(role, peer)) return;
  // In its own term a voter that says no has voted for another.
  const isOver = answer.term > role.term || (role.isPreVote && answer.term === role.term);
  if (!answer.ok && isOver) return stepDown(draft, answer.term);
  if (!answer.ok) return refuse(draft, role, peer, answer);
  if (!role.isPreVote && answer.term !== role.term) return;
  const granted = [...role.granted, { peer, sentAt }];
  draft.election = { ...election, role: { ...role, granted } };
  // The list may be one that goes on without this node.
  const votes = granted.filter((each) => ballot.voters.peers.includes(each.peer)).length;
  if (votes < majorityOf(ballot.voters.peers.length)) return;
  if (!role.isPreVote) return lead(draft, granted);
  // A leader that was heard meanwhile has this node's promise again.
  if (now >= election.promisedUntil) stand(draft, false);
  else stepDown(draft, 0);
}

/** A voter said no: a round that cannot be won ends at once. */
function refuse(draft: Draft, role: Candidate, peer: Peer, { term, version }: TermReply): void {
  const { ballot, proposed } = draft.election;
  const { voters } = ballot;
  const isOut = proposed?.peers.includes(draft.self) === false;
  if (isOut && proposed.version <= version) {
    // Others go by the list in which this node has no seat any more: nobody told it, being none.
    cast(draft, { ...ballot, voters: proposed });
    return follow(draft, undefined);
  }
  // Who has promised another its vote may soon be free: it is asked again.
  if (!role.isPreVote && term < role.term) return;
  const refused = [...role.refused, peer];
  draft.election = { ...draft.election, role: { ...role, refused } };
  if (voters.peers.length - refused.length < majorityOf(voters.peers.length)) stepDown(draft, 0);
}

function askForVotes(draft: Draft, role: Candidate): void {
  const { voters } = draft.election.ballot;
  const { term, isPreVote, round, asks } = role;
  const dueAt = draft.now + ASK_AGAIN_MS;
  draft.election = { ...draft.election, role: { ...role, asks: asks + 1 }, dueAt };
  for (const peer of voters.peers) {
    if (hasAnswered(role, peer)) continue;
    ask(draft, peer, { type: 'vote', term, isPreVote, version: voters.version }, round);
  }
}

/** The own node is among those that have granted. */
function hasAnswered({ granted, refused }: Candidate, peer: Peer): boolean {
  return refused.includes(peer) || granted.some((each) => each.peer === peer);
}
