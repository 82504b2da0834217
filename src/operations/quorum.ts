/**
 * When a GET knows enough. A PUT is good when a majority of the replicas that it wants is on disk;
 * a GET knows the newest such version when it has heard from a majority of holders
 * (`src/majority.ts`).
 */

import type { Lookup } from '../lookup/lookup.ts';
import { FAILED, isAsked, OVERDUE, stateOf, wasAskedAgain, ANSWERED } from '../lookup/marks.ts';
import { majorityOf } from '../majority.ts';
import type { Met } from '../state/operation.ts';
import { compareVersions } from '../state/store.ts';
import type { Peer, RecordHeader } from '../types.ts';

/** The newest of the records met; undefined when there is none. */
function newestMet(met: readonly Met[]): RecordHeader | undefined {
  let newest: RecordHeader | undefined;
  for (const { record } of met) {
    if (newest === undefined || compareVersions(record, newest) > 0) newest = record;
  }
  return newest;
}

/**
 * Whether enough holders have been heard: a majority of the replicas wanted, all of them among as
 * many of the nearest that have not failed, with nobody nearer left to be asked. Who is late is not
 * waited for. Replicas farther away do not count: they may be old ones that are to be given up.
 *
 * @param isMember whether the own node should hold the record
 */
export function hasMajority(
  { list, self }: Lookup,
  met: readonly Met[],
  isMember: boolean,
): boolean {
  const newest = newestMet(met);
  if (newest === undefined) return false;
  let room = newest.replication - Number(isMember);
  let missing = majorityOf(newest.replication) - Number(isMember && isHolder(met, self));
  for (let i = 0; i < list.peers.length && missing > 0 && room > 0; i++) {
    const mark = list.marks[i] ?? 0;
    const state = stateOf(mark);
    if (state === FAILED) continue;
    room--;
    if (state === OVERDUE || (isAsked(mark) && wasAskedAgain(mark))) continue;
    if (state !== ANSWERED) return false;
    if (isHolder(met, list.peers[i] ?? 0)) missing--;
  }
  return missing <= 0;
}

function isHolder(met: readonly Met[], peer: Peer): boolean {
  return met.some(({ holder }) => holder === peer);
}
