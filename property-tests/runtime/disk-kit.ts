// Records for tests of the disk: made from a number, so that what comes back can be told.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';
import { bits256Of } from '../../host/words.ts';
import { DAY_MS } from '../../runtime/clock.ts';
import { silentLog } from '../../runtime/log.ts';
import { openDatabase } from '../../runtime/records/database.ts';
import { Disk, openDisk } from '../../runtime/records/disk.ts';
import type { DiskWrite } from '../../runtime/records/record-batch.ts';
import { encodeStored } from '../../runtime/records/record-bytes.ts';
import type { StoredRecord } from '../../runtime/records/record-bytes.ts';
import type { KeptRecord, RecordHeader } from '../../src/types.ts';
import { scratch } from '../certificates/identity-kit.ts';

const run = promisify(execFile);

/** When the records of these tests were stored, unless they say otherwise. */
export const STORED_MS = 1000 * DAY_MS;

/** A record with its own key, and a value that tells seed and version. */
export function storedOf(seed: number, version: number, bytes = 1 + seed * 200): StoredRecord {
  const value = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at++) value[at] = (seed * 31 + version * 17 + at * 7) % 251;
  const publisher = new Uint8Array(32).fill(7);
  return {
    storedAtMs: STORED_MS,
    from: seed % 2 === 0 ? undefined : bits256Of(keyBytes(seed + 1)),
    header: {
      key: { raw: bits256Of(keyBytes(seed)), position: { w0: seed, w1: 1, w2: 2, w3: -3, w4: 4 } },
      version,
      publishedAtMs: 999 * DAY_MS,
      replication: 8,
      ttlS: 86_400,
      publisher: bits256Of(publisher),
      size: bytes,
      lifeMs: DAY_MS,
    },
    envelope: {
      publisher,
      certificate: new Uint8Array(300).fill(8),
      signature: new Uint8Array(64).fill(9),
      value,
    },
  };
}

export function keyBytes(seed: number): Uint8Array {
  const key = new Uint8Array(32).fill(seed);
  new DataView(key.buffer).setUint32(0, Math.imul(seed + 1, 0x9e3779b1));
  return key;
}

export function putOf(record: StoredRecord): DiskWrite {
  return { type: 'put', record: keptOf(record), bytes: encodeStored(record) };
}

export function deleteOf(record: RecordHeader): DiskWrite {
  return { type: 'delete', record };
}

export function keptOf({ envelope: _, ...kept }: StoredRecord): KeptRecord {
  return kept;
}

/** With parts copied into arrays of one kind, to be compared. */
export function plainStored(record: StoredRecord | undefined): unknown {
  if (record === undefined) return undefined;
  const { publisher, certificate, signature, value } = record.envelope;
  const parts = [publisher, certificate, signature, value].map((part) => Uint8Array.from(part));
  return { ...keptOf(record), parts };
}

/** What a new life finds: heads, by the first word of their positions, and records. */
export async function reopened(
  dir: string,
  nowMs: number,
): Promise<{ readonly heads: readonly KeptRecord[]; readonly disk: Disk }> {
  const disk = await openDisk(dir, silentLog);
  const heads = await disk.load(nowMs);
  return { disk, heads: heads.toSorted((a, b) => seedOf(a) - seedOf(b)) };
}

/** A file system of one megabyte and 500 files, or nothing where it cannot be had. */
export async function smallDisk(t: ExecutionContext): Promise<string | undefined> {
  const dir = await scratch(t);
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1m,nr_inodes=500', 'tmpfs', dir]);
  } catch {
    return undefined;
  }
  t.teardown(() => run('umount', ['--lazy', dir]));
  return dir;
}

function seedOf({ header }: KeptRecord): number {
  return header.key.position.w0;
}

export interface FailingDisk {
  readonly disk: Disk;
  readonly dir: string;
  /** How many operations each batch had. */
  readonly batches: number[];
  /** Fails the next batch after it was written. */
  readonly failNext: () => void;
}

/** A disk of which one batch can be made to fail after it was written; here, or somewhere. */
export async function failingDisk(t: ExecutionContext, there?: string): Promise<FailingDisk> {
  const dir = there ?? (await scratch(t));
  const opened = await openDatabase(join(dir, 'records'), silentLog);
  const { db } = opened;
  const write = db.batch.bind(db) as (operations: unknown[], options: object) => Promise<void>;
  const batches: number[] = [];
  let fails = false;
  const batch = async (operations: unknown[], options: object): Promise<void> => {
    batches.push(operations.length);
    await write(operations, options);
    if (!fails) return;
    fails = false;
    throw new Error('the sync failed');
  };
  Object.defineProperty(db, 'batch', { value: batch });
  const disk = new Disk(opened, silentLog);
  await disk.load(STORED_MS);
  return { disk, dir, batches, failNext: () => (fails = true) };
}
