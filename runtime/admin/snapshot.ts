/**
 * What the dashboard is told: what can be seen of the node (`observed.ts`), its contacts and where
 * they are in the space of ids, the operations of the last minute, the last warnings.
 */
import { positionOf } from '../../src/position.ts';
import { bucketCount, bucketEnd, bucketStart, contactAt } from '../../src/table/table.ts';
import { CONTACTS_SEEN_MAX } from '../bounds.ts';
import { placeOf } from '../links/address-book.ts';
import { shortHex } from '../log.ts';
import { observe } from './observed.ts';
import type { Observed, ObservedParts } from './observed.ts';
import type { Recent, RecentSeen } from './recent.ts';

export interface SeenContact {
  readonly peer: string;
  /** Where it can be dialled. */
  readonly at: string | undefined;
  /** The leading 32 bits of its position. */
  readonly position: number;
  /** Leading bits that it shares with this node. */
  readonly bucket: number;
  /** It missed a call. */
  readonly isSuspect: boolean;
}

export interface Snapshot extends Observed {
  /** The leading 32 bits of the own position. */
  readonly position: number;
  /** The shallowest bucket first, `CONTACTS_SEEN_MAX` at most. */
  readonly contactList: readonly SeenContact[];
  readonly reads: RecentSeen;
  readonly writes: RecentSeen;
  readonly warnings: readonly string[];
}

export interface Counting {
  readonly reads: Recent;
  readonly writes: Recent;
}

export function snapshot(
  parts: ObservedParts,
  { reads, writes }: Counting,
  now: number,
  startedAt: number,
): Snapshot {
  const { directory, self, warnings } = parts.ground;
  return {
    ...observe(parts, now, startedAt),
    position: positionOf(directory, self).w0 >>> 0,
    contactList: contactsOf(parts),
    reads: reads.seen(now),
    writes: writes.seen(now),
    warnings,
  };
}

function contactsOf({ ground, engine }: ObservedParts): readonly SeenContact[] {
  const { directory, book } = ground;
  const { table, suspects } = engine.driver.state;
  const list: SeenContact[] = [];
  for (let bucket = 0; bucket < bucketCount(table); bucket++) {
    const end = bucketEnd(table, bucket);
    for (let slot = bucketStart(table, bucket); slot < end; slot++) {
      if (list.length >= CONTACTS_SEEN_MAX) return list;
      const peer = contactAt(table, slot);
      list.push({
        peer: shortHex(directory.idOf(peer)),
        at: placeOf(book, peer),
        position: positionOf(directory, peer).w0 >>> 0,
        bucket,
        isSuspect: suspects.includes(peer),
      });
    }
  }
  return list;
}
