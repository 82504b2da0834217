/**
 * Who elects the leader among the nodes of one machine: a list that their development authority
 * signs the first time, and that stays as it is from then on.
 */
import { hexOf } from '../../host/words.ts';
import { issueVoters, lastVoters, votersFile } from '../../runtime/election/voter-issuance.ts';
import { UsageError } from '../../runtime/failure.ts';
import { lockAuthority, openAuthority } from '../../runtime/identity/authority.ts';
import { idsIn } from '../../src/codec/election.ts';

/**
 * @param wanted how many voters; nothing: `VOTERS` where there are as many nodes
 * @returns the file with the list; nothing when nobody is to vote
 * @throws UsageError when there cannot be so many
 */
export async function clusterVoters(
  authorityDir: string,
  ids: readonly string[],
  wanted: number | undefined,
  tell: (line: string) => void,
): Promise<string | undefined> {
  if (wanted === 0 || (wanted === undefined && ids.length < VOTERS)) return undefined;
  if (wanted !== undefined && wanted > ids.length) {
    throw new UsageError(`--voters ${wanted} needs as many nodes: give --nodes ${wanted} or more`);
  }
  return await lockAuthority(authorityDir, async () => {
    const authority = await openAuthority(authorityDir);
    const last = await lastVoters(authority);
    if (last === undefined) await issueVoters(authority, ids.slice(0, wanted ?? VOTERS));
    const voters = last && idsIn(last).map(hexOf);
    const areHere = voters?.every((id) => ids.includes(id)) ?? true;
    const isFit = areHere && (voters === undefined || (wanted ?? voters.length) === voters.length);
    if (isFit) return votersFile(authorityDir);
    const fault =
      `the list in ${votersFile(authorityDir)} has other voters: ` +
      'change it with "npx orrery ca voters", or begin anew in another --data directory';
    if (wanted !== undefined) throw new UsageError(fault);
    tell(`orrery: no leader is elected, ${fault}`);
    return undefined;
  });
}

/** Unless told otherwise. */
const VOTERS = 3;
