/**
 * A voter's answers: to who would lead, to who leads, to a leader that resigns.
 *
 * A vote for another is refused while a promise holds, without regard to terms: so a node that
 * comes back from isolation with a high term does not remove a healthy leader (E9).
 */

import { below } from '../random.ts';
import { isNear, isVoter, latestTerm } from '../state/election.ts';
import { nextDraw, type Draft } from '../state/node.ts';
import type { CallId, Peer, Request, Voters } from '../types.ts';
import { answer, cast } from './ballot.ts';
import { stand } from './candidate.ts';
import { follow } from './follower.ts';

type Vote = Extract<Request, { type: 'vote' }>;
type Heartbeat = Extract<Request, { type: 'heartbeat' }>;
type Resign = Extract<Request, { type: 'resign' }>;

/** May it lead? (Raft, section 5.2; thesis, section 9.6) */
export function onVote(draft: Draft, from: Peer, call: CallId, asked: Vote): void {
  const { term, isPreVote, version } = asked;
  const { election, now, self } = draft;
  const { ballot } = election;
  const isOurs = isVoter(election, from) && isVoter(election, self);
  const isPromised = now < election.promisedUntil && from !== election.leader;
  // Who goes by an older list may not know a majority of the newer one.
  const isFree = isOurs && version >= ballot.voters.version && !isPromised;
  const isHigher = term > ballot.term && isNear(election, term);
  if (isPreVote) {
    return answer(draft, { peer: from, call, ok: isFree && isHigher, binds: false });
  }
  const isGiven = term === ballot.term && ballot.vote === from;
  const isOpen = term === ballot.term && ballot.vote === undefined;
  const ok = isFree && (isHigher || isGiven || isOpen);
  if (ok) {
    follow(draft, undefined);
    if (!isGiven) cast(draft, { ...ballot, term, vote: from });
  }
  answer(draft, { peer: from, call, ok, binds: true });
}

/** It leads, in its term and by its list (Raft, section 5.2). */
export function onHeartbeat(draft: Draft, from: Peer, call: CallId, beat: Heartbeat): void {
  const { term, voters } = beat;
  const { election } = draft;
  const ok = term >= latestTerm(election) && mayLead(draft, from, beat);
  if (ok) {
    const { ballot } = election;
    if (term > ballot.term) cast(draft, { term, vote: undefined, voters });
    else if (voters.version !== ballot.voters.version) cast(draft, { ...ballot, voters });
    follow(draft, from);
  }
  answer(draft, { peer: from, call, ok, binds: true });
}

/** The leader gives up its lease and every promise made to it: who is named stands at once. */
export function onResign(
  draft: Draft,
  from: Peer,
  call: CallId,
  { term, successor }: Resign,
): void {
  const { election, self, now } = draft;
  const ok = election.leader === from && election.ballot.term === term;
  if (ok) {
    const waitMs = HANDED_OVER_MS + below(nextDraw(draft), HANDED_OVER_MS);
    draft.election = { ...election, promisedUntil: now, leader: undefined, dueAt: now + waitMs };
    if (successor === self) stand(draft, false);
  }
  answer(draft, { peer: from, call, ok, binds: false });
}

/**
 * Whether its word as a leader counts: by a newer list than ours or by both, for who led before may
 * have proposed a list that came to nothing. The host has checked who certified it.
 */
function mayLead({ election, self, now }: Draft, from: Peer, { term, voters }: Heartbeat): boolean {
  const { ballot, role, leader } = election;
  if (!isNear(election, term) || !isMember(voters, from, self)) return false;
  if (term === ballot.term && (role.type === 'leader' || (leader ?? from) !== from)) return false;
  if (voters.version < ballot.voters.version && !isVoter(election, from)) return false;
  // Who has no ballot may have had one: what it then said is not under way any more after a while.
  return role.type !== 'observer' || now >= election.promisedUntil;
}

function isMember({ peers }: Voters, from: Peer, self: Peer): boolean {
  return peers.includes(from) && peers.includes(self);
}

/** Others than the successor wait so long, and up to twice as long, in ms. */
const HANDED_OVER_MS = 500;
