/**
 * The ballot: the term this node is in and whom it voted for in it. Both are on disk before any
 * message carries them (Raft, figure 2, "persistent state"): who asked waits until then. A vote
 * that could not be written stays given, in case the disk has it after all.
 */

import { reply } from '../asking.ts';
import { AWAITING_MAX } from '../limits.ts';
import { isVoter, promiseFrom, UNWRITTEN, type Awaiting } from '../state/election.ts';
import { emit, nextNumber, type Draft } from '../state/node.ts';
import type { Ballot, Token } from '../types.ts';

/**
 * Answers a voter now, or when what the answer says is on disk. Whoever else asks for nothing it
 * could be given does not wait: strangers could take the place of all voters.
 */
export function answer(draft: Draft, asked: Awaiting): void {
  const { writing, waiting, ballot } = draft.election;
  if (writing === 0) return send(draft, asked);
  const { peer, call, ok } = asked;
  if (!ok && !isVoter(draft.election, peer)) {
    return reply(draft, peer, call, { type: 'refused', reason: 'not-stored' });
  }
  if (waiting.length < AWAITING_MAX) {
    draft.election = { ...draft.election, waiting: [...waiting, asked] };
  }
  if (writing === UNWRITTEN) cast(draft, ballot);
}

/**
 * Puts a ballot on disk. A term never goes down (E2), and a vote is given once (E3). A list that
 * was proposed is done with once the ballot has it, or a newer one.
 */
export function cast(draft: Draft, ballot: Ballot): void {
  const { waiting, ballot: before } = draft.election;
  const isNewer = (draft.election.proposed?.version ?? 0) > ballot.voters.version;
  const proposed = isNewer ? draft.election.proposed : undefined;
  const token = nextNumber(draft);
  // Who asked for something in an earlier term gets it no more.
  const isSame = ballot.term === before.term;
  const still = isSame ? waiting : waiting.map((each) => ({ ...each, ok: false }));
  draft.election = { ...draft.election, ballot, proposed, writing: token, waiting: still };
  emit(draft, { type: 'persist', token, writes: [{ type: 'ballot', ballot }] });
}

/** @returns whether the ballot is on disk now, and was not before */
export function onBallot(draft: Draft, token: Token, ok: boolean): boolean {
  const { writing, waiting } = draft.election;
  if (writing !== token) return false;
  draft.election = { ...draft.election, writing: ok ? 0 : UNWRITTEN, waiting: [] };
  // Without a disk nobody is told anything: the next who asks has it written again.
  if (ok) for (const each of waiting) send(draft, each);
  return ok;
}

function send(draft: Draft, { peer, call, ok, binds }: Awaiting): void {
  const { election, now } = draft;
  if (ok && binds) {
    const promisedUntil = Math.max(election.promisedUntil, promiseFrom(now));
    draft.election = { ...election, promisedUntil };
  }
  const { term, voters } = election.ballot;
  reply(draft, peer, call, { type: 'term', term, version: voters.version, ok });
}
