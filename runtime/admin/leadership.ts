/**
 * What can be seen of the election from outside: the node's own role, who leads as far as it has
 * heard, and who votes. Peers go by the first eight digits of their ids and by where they can be
 * dialled.
 */
import { isLeading, isVoter, noElection } from '../../src/state/election.ts';
import type { Role } from '../../src/state/election.ts';
import type { NodeState } from '../../src/step.ts';
import type { Peer } from '../../src/types.ts';
import type { BallotState } from '../election/kept-ballot.ts';
import type { Ground } from '../ground.ts';
import { placeOf } from '../links/address-book.ts';
import { shortHex } from '../log.ts';

/** `none`: this node is no voter, and takes no part. */
export type SeenRole = 'none' | Role['type'];

export interface SeenVoter {
  readonly peer: string;
  readonly at: string | undefined;
}

export interface Leadership {
  readonly role: SeenRole;
  readonly term: number;
  /** Nobody that this node has heard of leads. */
  readonly leader: SeenVoter | undefined;
  /** When this node last took up another role or heard of another leader; ISO 8601. */
  readonly changedAt: string | undefined;
  /** Of the list by which this node votes; 0: of none. */
  readonly version: number;
  readonly voters: readonly SeenVoter[];
  readonly ballot: BallotState;
  /** The newest list of introducers that it was told of. */
  readonly listed: SeenList | undefined;
}

export interface SeenList {
  readonly term: number;
  readonly serial: number;
  /** ISO 8601, by the clock of the leader. */
  readonly madeAt: string;
  readonly introducers: readonly SeenVoter[];
}

export function leadershipOf(ground: Ground, { election }: NodeState): Leadership {
  const { ballot, leader, changedAtMs, introducers } = election;
  // Who does not vote hears of the leader by its list.
  const votes = isVoter(election, ground.self);
  const known = votes ? leader : introducers?.leader;
  return {
    role: roleOf(ground, election),
    term: votes ? ballot.term : (introducers?.term ?? 0),
    leader: known === undefined ? undefined : voterOf(ground, known),
    changedAt: changedAtMs === 0 ? undefined : new Date(changedAtMs).toISOString(),
    version: ballot.voters.version,
    voters: ballot.voters.peers.map((peer) => voterOf(ground, peer)),
    ballot: ground.voting.ballotState,
    listed: listOf(ground, election),
  };
}

function listOf(ground: Ground, { introducers }: NodeState['election']): SeenList | undefined {
  if (introducers === undefined) return undefined;
  const { term, serial, madeAtMs, peers } = introducers;
  const madeAt = new Date(madeAtMs).toISOString();
  return { term, serial, madeAt, introducers: peers.map((peer) => voterOf(ground, peer)) };
}

/** Whose lease is over leads no more, although the core has not been woken since. */
function roleOf({ clock }: Ground, election: NodeState['election']): SeenRole {
  if (election === noElection) return 'none';
  const { type } = election.role;
  return type === 'leader' && !isLeading(election, clock.moment().now) ? 'follower' : type;
}

function voterOf({ directory, book }: Ground, peer: Peer): SeenVoter {
  return { peer: shortHex(directory.idOf(peer)), at: placeOf(book, peer) };
}
