/**
 * Where a peer is, as one word that the host keeps beside its id, and what follows from it for the
 * routing table.
 *
 * - `CLIENT_ONLY`: it can call others and cannot be called. It is served like anybody and never
 *   becomes a contact, nor a holder of records.
 * - `NOWHERE`: a place without limits (loopback, the nodes of a simulation).
 * - Any other word stands for a subnet. Of one subnet only so many contacts are taken into a
 *   bucket and into the table: whoever rents a subnet has many ids there, and would otherwise fill
 *   the tables of others (S3; the numbers are those of Ethereum's discv5 rationale, 2 and 10).
 */
import { sharedBitsOfPeers } from '../position.ts';
import type { Config, Directory, Peer } from '../types.ts';
import { bucketCount, bucketEnd, contactAt } from './table.ts';
import type { Table } from './table.ts';

export const NOWHERE = 0;
export const CLIENT_ONLY = -1;

export function isClientOnly(peers: Directory, peer: Peer): boolean {
  return peers.places[peer] === CLIENT_ONLY;
}

/** Whether the subnet of a peer that is no contact leaves room for it in its bucket. */
export function isPlaceFree(
  table: Table,
  bucket: number,
  peer: Peer,
  peers: Directory,
  limits: Pick<Config, 'subnetPerBucket' | 'subnetPerTable'>,
): boolean {
  const place = peers.places[peer] ?? NOWHERE;
  if (place === NOWHERE) return true;
  if (place === CLIENT_ONLY) return false;
  const { subnetPerBucket, subnetPerTable } = limits;
  let inTable = 0;
  let inBucket = 0;
  for (let other = 0, slot = 0; other < bucketCount(table); other++) {
    for (const end = bucketEnd(table, other); slot < end; slot++) {
      if (peers.places[contactAt(table, slot)] !== place) continue;
      inTable++;
      if (other === bucket) inBucket++;
    }
  }
  return isBelow(inTable, subnetPerTable) && isBelow(inBucket, subnetPerBucket);
}

/** @returns the subnets that have more contacts than allowed, for the invariants */
export function placeFaults(
  table: Table,
  self: Peer,
  peers: Directory,
  limits: Pick<Config, 'subnetPerBucket' | 'subnetPerTable'>,
): readonly string[] {
  const faults: string[] = [];
  const counts = new Map<string, number>();
  for (let slot = 0; slot < bucketEnd(table, bucketCount(table) - 1); slot++) {
    const peer = contactAt(table, slot);
    const place = peers.places[peer] ?? NOWHERE;
    if (place === CLIENT_ONLY) faults.push(`table: peer ${peer} cannot be called`);
    if (place === NOWHERE || place === CLIENT_ONLY) continue;
    const bucket = sharedBitsOfPeers(peers, self, peer);
    for (const [name, limit] of [
      [`table: subnet ${place}`, limits.subnetPerTable],
      [`bucket ${bucket}: subnet ${place}`, limits.subnetPerBucket],
    ] as const) {
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      if (limit > 0 && count === limit + 1) faults.push(`${name} has more than ${limit} contacts`);
    }
  }
  return faults;
}

function isBelow(count: number, limit: number): boolean {
  return limit === 0 || count < limit;
}
