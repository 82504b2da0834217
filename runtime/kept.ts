/**
 * What an earlier life of this node left on disk, as the core takes it back (`Kept`).
 *
 * Headers only: the bytes stay on disk until they are asked for. The age that a record gained while
 * the node was down is for the core to subtract, by the wall clock.
 */
import { keyOf } from '../host/admit.ts';
import type { Kept, KeptRecord } from '../src/types.ts';
import type { Disk } from './disk.ts';
import { headerOf } from './values.ts';

export async function loadKept(disk: Disk, hash: (bytes: Uint8Array) => Uint8Array): Promise<Kept> {
  const records: KeptRecord[] = [];
  await disk.load(Date.now(), ({ record, storedAtMs }) => {
    const header = headerOf(record, keyOf({ hash }, record.key));
    records.push({ header, storedAtMs });
  });
  return { records, peers: [] };
}
