/**
 * Where a step meets the election: how it begins, what falls due, answers to this node's calls, and
 * lists of voters that the host was given.
 */

import { assertNever } from '../assert.ts';
import { NEWCOMER_MS, STAND_MS_MAX, STAND_MS_MIN } from '../limits.ts';
import { below, draw } from '../random.ts';
import type { Call } from '../state/calls.ts';
import { noElection, noVoters, promiseFrom, UNWRITTEN, type Election } from '../state/election.ts';
import type { Draft } from '../state/node.ts';
import type { Ballot, Kept, Moment, Peer, Reply, Token, Voters } from '../types.ts';
import { cast, onBallot } from './ballot.ts';
import { onOwnVote, onRoundDue, onVoted, stand } from './candidate.ts';
import { stepDown } from './follower.ts';
import { onBeatAnswered, onBeatDue } from './leader.ts';

/**
 * The first state. A voter that was here before may have given a promise just before its end, and
 * keeps it; who has no ballot votes by the first list, or else when a leader has named it.
 */
export function beginElection(self: Peer, moment: Moment, kept: Kept): Election {
  const { ballot } = kept;
  const voters = kept.voters ?? noVoters;
  const isFirst = ballot === undefined && voters.version === 1;
  const list = isFirst ? voters : (ballot?.voters ?? noVoters);
  const proposed = voters.version > list.version ? voters : undefined;
  const known: Ballot = { term: 0, vote: undefined, ...ballot, voters: list };
  const election: Election = { ...noElection, ballot: known, proposed };
  // Who votes has a ballot on disk from the first: then nobody takes it for a newcomer.
  const writing = isFirst ? UNWRITTEN : 0;
  if (!list.peers.includes(self)) {
    // Who was taken off the list knows its term all the same, and obeys no earlier one (E6).
    if (proposed === undefined) return ballot === undefined ? noElection : election;
    return { ...election, promisedUntil: moment.now + NEWCOMER_MS };
  }
  const promisedUntil = promiseFrom(moment.now);
  const chance = below(draw(moment.entropy, FIRST_DRAW), STAND_MS_MAX - STAND_MS_MIN);
  const dueAt = isFirst ? moment.now + 1 : promisedUntil + STAND_MS_MIN + chance;
  return { ...election, role: { type: 'follower' }, writing, promisedUntil, dueAt };
}

/** The time of this node's role has come. */
export function onElectionDue(draft: Draft): void {
  const { role, promisedUntil, writing, ballot } = draft.election;
  switch (role.type) {
    case 'observer':
      draft.election = { ...draft.election, dueAt: Infinity };
      return;
    case 'follower':
      if (writing === UNWRITTEN) cast(draft, ballot);
      if (promisedUntil > draft.now) return stepDown(draft, 0);
      return stand(draft, true);
    case 'candidate':
      return onRoundDue(draft, role);
    case 'leader':
      return onBeatDue(draft, role);
    default:
      return assertNever(role);
  }
}

/** @returns whether it was the ballot that the host has written, or could not write */
export function onElectionPersisted(draft: Draft, token: Token, ok: boolean): void {
  if (onBallot(draft, token, ok)) onOwnVote(draft);
}

/** @returns false when it is no answer to what was asked */
export function onTerm(draft: Draft, call: Call, body: Extract<Reply, { type: 'term' }>): boolean {
  if (call.kind === 'vote') onVoted(draft, call, body);
  else if (call.kind === 'heartbeat' && onBeatAnswered(draft, call, body)) stand(draft, false);
  return call.kind === 'vote' || call.kind === 'heartbeat' || call.kind === 'resign';
}

/** The host was given a list of voters that the authority has certified. */
export function onVoters(draft: Draft, voters: Voters): void {
  const { election } = draft;
  const known = Math.max(election.ballot.voters.version, election.proposed?.version ?? 0);
  if (voters.version > known) draft.election = { ...election, proposed: voters };
}

/** Draws 0 and 1 are those of `create`. */
const FIRST_DRAW = 2;
