/**
 * A follower waits for a leader to be heard, and stands itself when none is for longer than any
 * lease can last. The voters take turns at that, so that few stand at once: two that do may split
 * the votes, which bind for a lease. Who has lost a round waits by chance (Raft, section 5.2).
 */

import { STAND_MS_MAX, STAND_MS_MIN, TURN_MS_MAX, TURN_MS_MIN } from '../limits.ts';
import { below } from '../random.ts';
import { isNear, isVoter, promiseFrom, type Election } from '../state/election.ts';
import { nextDraw, type Draft } from '../state/node.ts';
import type { Peer } from '../types.ts';

/** Takes up the role of a follower, or goes on in it, having heard of a leader or voted for one. */
export function follow(draft: Draft, leader: Peer | undefined): void {
  const { election, self, now } = draft;
  const isBallot = isVoter(election, self);
  const role = isBallot ? FOLLOWER : OBSERVER;
  const dueAt = isBallot ? promiseFrom(now) + standAfterMs(draft, 0) : Infinity;
  const lost = leader === undefined ? election.lost : 0;
  draft.election = changed(draft, { ...election, role, leader, dueAt, lost });
}

/**
 * Gives up what it was: another term has begun, or its time is over.
 *
 * @param term of which a voter spoke; 0: of none
 */
export function stepDown(draft: Draft, term: number): void {
  const { election, self, now } = draft;
  if (!isVoter(election, self)) return follow(draft, undefined);
  const lost = election.role.type === 'candidate' ? election.lost + 1 : election.lost;
  const dueAt = Math.max(now, election.promisedUntil) + standAfterMs(draft, lost);
  const next = { ...election, role: FOLLOWER, leader: undefined, dueAt, lost };
  const seen = isNear(election, term) ? Math.max(term, election.seen) : election.seen;
  draft.election = changed(draft, { ...next, seen });
}

/** The election as it has become; the time of the change beside it when there was one. */
export function changed({ election, moment }: Draft, next: Election): Election {
  const isSame = next.role.type === election.role.type && next.leader === election.leader;
  return isSame ? next : { ...next, changedAtMs: moment.wall };
}

/**
 * A wait in ms before standing: first each voter in its turn, as the list has them; by chance
 * alone, from a wider range each time, once rounds were lost. A turn is long where answers take
 * long, and there are only two lengths of it: whose turn it is must not hang on small differences.
 */
export function standAfterMs(draft: Draft, lost: number): number {
  const { timing, election, self } = draft;
  const turnMs = timing.knownMeanEighths >> 3 > TURN_MS_MIN ? TURN_MS_MAX : TURN_MS_MIN;
  const turn = Math.max(0, election.ballot.voters.peers.indexOf(self));
  if (lost === 0) return STAND_MS_MIN + turn * turnMs + below(nextDraw(draft), turnMs >> 1);
  const range = (STAND_MS_MAX - STAND_MS_MIN) * 2 ** Math.min(lost, WIDENINGS_MAX);
  return STAND_MS_MIN + below(nextDraw(draft), range);
}

/** Where answers take long, several stand at once until their waits lie further apart than that. */
const WIDENINGS_MAX = 3;
const FOLLOWER = { type: 'follower' } as const;
const OBSERVER = { type: 'observer' } as const;
