/**
 * What writes become in the database, and what takes them back (`disk.ts`).
 *
 * Each record's entry changes beside that of its head, in one batch.
 */
import { bytesOfBits256 } from '../../host/words.ts';
import { compareBits } from '../../src/position.ts';
import { compareVersions } from '../../src/state/store.ts';
import type { RecordWrite } from '../../src/step-types.ts';
import type { RecordHeader } from '../../src/types.ts';
import { DELETE_BYTES } from '../bounds.ts';
import { isDamage } from './database.ts';
import type { Database } from './database.ts';
import { decodeHead, decodeStored, encodeHead } from './record-bytes.ts';
import { headKey, nameOf, recordKey } from './record-index.ts';
import type { Operation } from './record-index.ts';

/** A delete takes away this very version; another one that stands there stays. */
export type DiskWrite =
  | (Extract<RecordWrite, { readonly type: 'put' }> & { readonly bytes: Uint8Array })
  | Extract<RecordWrite, { readonly type: 'delete' }>;

/** What it counts for in a batch, in bytes. */
export function costOf(write: DiskWrite): number {
  return write.type === 'put' ? write.bytes.length : DELETE_BYTES;
}

/** What does these writes, as the database is now. */
export function operationsOf(db: Database, writes: readonly DiskWrite[]): Operation[] {
  const operations: Operation[] = [];
  /** What stands after the writes so far, nothing after a delete. */
  const touched = new Map<string, RecordHeader | undefined>();
  for (const write of writes) {
    const header = write.type === 'put' ? write.record.header : write.record;
    const key = bytesOfBits256(header.key.raw);
    const name = nameOf(key);
    if (write.type === 'put') {
      touched.set(name, header);
      operations.push({ type: 'put', key: recordKey(key), value: write.bytes });
      operations.push({ type: 'put', key: headKey(key), value: encodeHead(write.record) });
      continue;
    }
    const there = touched.get(name);
    const isThere = touched.has(name)
      ? there !== undefined && compareVersions(there, header) === 0
      : stands(db, key, header);
    if (!isThere) continue;
    touched.set(name, undefined);
    operations.push({ type: 'del', key: recordKey(key) });
    operations.push({ type: 'del', key: headKey(key) });
  }
  return operations;
}

/**
 * What a write leaves to be done when its batch fails: a delete again; instead of a put, what
 * stands there now, or nothing. Read before, since nobody knows what stands there after.
 *
 * @param deletes what the batch takes away
 */
export function takenBack(
  db: Database,
  write: DiskWrite,
  deletes: readonly RecordHeader[],
): DiskWrite {
  if (write.type === 'delete') return write;
  const { header } = write.record;
  const key = bytesOfBits256(header.key.raw);
  const bytes = bytesOf(db, key);
  const there = bytes === undefined ? undefined : decodeStored(key, bytes);
  const isDeleted = there !== undefined && deletes.some((record) => isOf(there.header, record));
  if (bytes === undefined || there === undefined || isDeleted) {
    return { type: 'delete', record: header };
  }
  const { envelope: _, ...record } = there;
  return { type: 'put', record, bytes };
}

/** What stands there; nothing when it is damaged, which must not keep others from being written */
function bytesOf(db: Database, key: Uint8Array): Uint8Array | undefined {
  try {
    return db.getSync(recordKey(key));
  } catch (error) {
    if (isDamage(error)) return undefined;
    throw error;
  }
}

/** Whether this version stands on disk, or what stands there cannot be read any more. */
function stands(db: Database, key: Uint8Array, header: RecordHeader): boolean {
  try {
    const bytes = db.getSync(headKey(key));
    if (bytes === undefined) return false;
    const there = decodeHead(key, bytes)?.header;
    return there === undefined || compareVersions(there, header) === 0;
  } catch {
    return true;
  }
}

/** Whether two headers are of one version of one key. */
function isOf(a: RecordHeader, b: RecordHeader): boolean {
  return compareBits(a.key.raw, b.key.raw) === 0 && compareVersions(a, b) === 0;
}
