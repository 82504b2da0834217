/**
 * The state of an election as one node knows it: who votes, what this node has promised, who leads.
 *
 * A fixed, certified list of voters elects, for one term after another, the leader: the node that
 * says who the network's introducers are. The rules are Raft's without its log (Ongaro and
 * Ousterhout, "In Search of an Understandable Consensus Algorithm", 2014, section 5; pre-vote and
 * changes of the list by one: Ongaro's thesis, 2014, sections 9.6 and 4.1), with a lease (Gray and
 * Cheriton, "Leases", 1989, section 3.1): only its holder acts as leader. The term is what keeps
 * an old leader out; the lease spares the network two at a time.
 *
 * Rules that the files of `election/` share:
 * - a term and a vote are on disk before any message carries them (`election/ballot.ts`);
 * - who answered a leader, or voted for a candidate, votes for no other within the lease
 *   (`election/voter.ts`);
 * - the lease runs on the monotonic clock, from when a round was sent that a majority answered
 *   (`election/leader.ts`).
 */

import { LEASE_HELD_MS, LEASE_MS, TERM_JUMP_MAX } from '../limits.ts';
import { majorityOf } from '../majority.ts';
import type { Ballot, CallId, Introducers, OpId, Peer, Token, Voters } from '../types.ts';

export interface Election {
  /** As it is on disk, or will be once `writing` is; the list of voters is a part of it. */
  readonly ballot: Ballot;
  /** The write of the ballot under way; 0: it is on disk; `UNWRITTEN`: it could not be written. */
  readonly writing: Token;
  /** Voters to be answered once it is. */
  readonly waiting: readonly Awaiting[];
  /** A newer list that the host was given: whoever leads proposes it when that may be. */
  readonly proposed: Voters | undefined;
  /** No vote for another before this; monotonic ms. */
  readonly promisedUntil: number;
  readonly role: Role;
  /** The leader of the ballot's term, as far as this node has heard. */
  readonly leader: Peer | undefined;
  /** The highest term of which this node was told; what carries a lower one is refused (E6). */
  readonly seen: number;
  /** The newest list of introducers that it was told of. */
  readonly introducers: Introducers | undefined;
  /** How many rounds of votes it has lost since it last heard a leader. */
  readonly lost: number;
  /** When this node last took up another role or heard of another leader; wall ms, 0: never. */
  readonly changedAtMs: number;
  /** When the role next does something of its own accord; monotonic ms. */
  readonly dueAt: number;
}

/** A voter that asked, and whether it gets what it asked for once the ballot is on disk. */
export interface Awaiting {
  readonly peer: Peer;
  readonly call: CallId;
  readonly ok: boolean;
  /** Whether it then has this node's promise. */
  readonly binds: boolean;
}

export const UNWRITTEN: Token = -1;

/** An observer is no voter; a follower waits for a leader to be heard. */
export type Role =
  { readonly type: 'observer' } | { readonly type: 'follower' } | Candidate | Leader;

/** Asks the others whether they would vote for it, then to do so. */
export interface Candidate {
  readonly type: 'candidate';
  readonly isPreVote: boolean;
  /** The term in which it would lead. */
  readonly term: number;
  /** Names the calls of this round; 0 while its own vote is on its way to the disk. */
  readonly round: OpId;
  /** How often the others were asked in it. */
  readonly asks: number;
  readonly granted: readonly Granted[];
  readonly refused: readonly Peer[];
}

/** The vote of a voter, and when it was asked for it. */
export interface Granted {
  readonly peer: Peer;
  readonly sentAt: number;
}

export interface Leader {
  readonly type: 'leader';
  /** For each voter of the list, in its order. */
  readonly heard: readonly Heard[];
  /** It leads until then, unless a majority answers a later round; monotonic ms. */
  readonly leaseUntil: number;
  readonly beatAt: number;
  /** When it makes the next list of introducers; monotonic ms. */
  readonly announceAt: number;
}

/** When the last round was sent that a voter answered, and by which list it then went. */
export interface Heard {
  readonly sentAt: number;
  readonly version: number;
}

const nobody: readonly Peer[] = [];
export const noVoters: Voters = { version: 0, peers: nobody };
const noBallot: Ballot = { term: 0, vote: undefined, voters: noVoters };

/** Of a network that elects nobody, or of a node that was told nothing yet. */
export const noElection: Election = {
  ballot: noBallot,
  writing: 0,
  waiting: [],
  proposed: undefined,
  promisedUntil: 0,
  role: { type: 'observer' },
  leader: undefined,
  seen: 0,
  introducers: undefined,
  lost: 0,
  changedAtMs: 0,
  dueAt: Infinity,
};

export function isVoter({ ballot }: Election, peer: Peer): boolean {
  return ballot.voters.peers.includes(peer);
}

/** Until when a node that answers now votes for nobody else. */
export function promiseFrom(now: number): number {
  return now + LEASE_MS;
}

/**
 * Until when a leader leads: counted from when the latest round was sent that a majority answered,
 * and shorter than what these promised (E5).
 */
export function leaseOf(voters: Voters, heard: readonly Heard[]): number {
  const latest = heard.map(({ sentAt }) => sentAt).sort((a, b) => b - a);
  return (latest[majorityOf(voters.peers.length) - 1] ?? -Infinity) + LEASE_HELD_MS;
}

/** The highest term that this node is in or was told of. */
export function latestTerm({ ballot, seen }: Election): number {
  return Math.max(ballot.term, seen);
}

/** The term in which to stand next: above all that this node knows of. */
export function nextTerm(election: Election): number {
  return latestTerm(election) + 1;
}

/** Whether a term is not far above all known ones: else a single voter could use them all up. */
export function isNear(election: Election, term: number): boolean {
  return term < nextTerm(election) + TERM_JUMP_MAX;
}

/** Whether this node leads now: asked before each act of a leader (E7). */
export function isLeading({ role }: Election, now: number): boolean {
  return role.type === 'leader' && now < role.leaseUntil;
}
