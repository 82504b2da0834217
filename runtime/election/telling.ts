/**
 * Says in the log who leads, whenever that changes for this node.
 */
import type { PeerDirectory } from '../../host/directory.ts';
import type { Election } from '../../src/state/election.ts';
import type { Peer } from '../../src/types.ts';
import { shortHex } from '../log.ts';
import type { Log } from '../log.ts';

/** @returns is given the election as it is after each step */
export function leaderTeller(
  self: Peer,
  directory: Pick<PeerDirectory, 'idOf'>,
  log: Log,
): (election: Election) => void {
  let told: Peer | undefined;
  return ({ leader, ballot: { term } }) => {
    if (leader === told) return;
    told = leader;
    if (leader === undefined) log.info({ term }, 'no leader is known');
    else if (leader === self) log.info({ term }, 'this node leads');
    else log.info({ term, peer: shortHex(directory.idOf(leader)) }, 'another node leads');
  };
}
