/**
 * The records on disk: one classic-level database in the data directory, owned by one process.
 *
 * Keys: `r!` and the 32 bytes of the key hold the record; `x!`, its expiry (wall ms, 8 bytes, big-
 * endian) and the key hold nothing and keep the order of expiry. Both change in one batch, synced
 * before it counts as written, so a crash leaves both or none. Batches go one after another in the
 * order asked for; what is asked for meanwhile shares the next one (one sync for many writes).
 */
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { BATCH_BYTES_MAX } from './bounds.ts';
import { systemCode, UsageError } from './failure.ts';
import { makePrivateDirectory } from './files.ts';
import { reasonOf } from './log.ts';
import type { Log } from './log.ts';
import { decodeStored } from './record-bytes.ts';
import type { StoredRecord } from './record-bytes.ts';

export type DiskWrite =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly bytes: Uint8Array }
  /** Takes away this very version; another one that stands there stays. */
  | {
      readonly type: 'delete';
      readonly key: Uint8Array;
      readonly version: number;
      readonly publisher: Uint8Array;
    };

export class Disk {
  readonly #db: ClassicLevel<Uint8Array, Uint8Array>;
  readonly #log: Log;
  #jobs: Job[] = [];
  #writing: Promise<void> | undefined;
  #closed = false;

  constructor(db: ClassicLevel<Uint8Array, Uint8Array>, log: Log) {
    this.#db = db;
    this.#log = log;
  }

  /** All writes or none; @returns whether they are on disk. Never rejects. */
  write(writes: readonly DiskWrite[]): Promise<boolean> {
    return new Promise((done) => {
      if (this.#closed) {
        done(false);
        return;
      }
      this.#jobs.push({ writes, done });
      this.#writing ??= this.#writeAll();
    });
  }

  /** The record of a key as it is on disk now; synchronous, because that is ten times cheaper. */
  read(key: Uint8Array): StoredRecord | undefined {
    return this.#closed ? undefined : this.#readNow(key);
  }

  /** Every record that has not expired, each given once; expired ones are taken away first. */
  async load(nowMs: number, each: (stored: StoredRecord) => void): Promise<void> {
    await this.#deleteExpired(nowMs);
    let unreadable = 0;
    for await (const [key, bytes] of this.#db.iterator(RECORD_RANGE)) {
      const stored = decodeStored(Uint8Array.from(key.subarray(PREFIX_BYTES)), bytes);
      if (stored === undefined) unreadable += 1;
      else each(stored);
    }
    if (unreadable > 0) this.#log.warn({ records: unreadable }, 'records on disk cannot be read');
  }

  /** Ends when everything asked for is written. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
    await this.#db.close();
  }

  #readNow(key: Uint8Array): StoredRecord | undefined {
    const bytes = this.#db.getSync(recordKey(key));
    return bytes === undefined ? undefined : decodeStored(key, bytes);
  }

  async #writeAll(): Promise<void> {
    while (this.#jobs.length > 0) {
      const jobs = this.#nextJobs();
      let ok = true;
      try {
        await this.#db.batch(this.#operationsOf(jobs), { sync: true });
      } catch (error) {
        ok = false;
        this.#log.error({ reason: reasonOf(error) }, 'records could not be written');
      }
      for (const job of jobs) job.done(ok);
    }
    this.#writing = undefined;
  }

  #nextJobs(): readonly Job[] {
    let bytes = 0;
    let count = 0;
    for (const { writes } of this.#jobs) {
      for (const write of writes) bytes += write.type === 'put' ? write.bytes.length : 0;
      if (count > 0 && bytes > BATCH_BYTES_MAX) break;
      count += 1;
    }
    return this.#jobs.splice(0, count);
  }

  /** Each record's write beside the change of its expiry entry, which needs what stands there. */
  #operationsOf(jobs: readonly Job[]): Operation[] {
    const operations: Operation[] = [];
    const touched = new Map<string, StoredRecord | undefined>();
    for (const write of jobs.flatMap((job) => job.writes)) {
      const { key } = write;
      const name = Buffer.from(key).toString('latin1');
      const before = touched.has(name) ? touched.get(name) : this.#readNow(key);
      if (write.type === 'delete' && !isVersion(before, write.version, write.publisher)) continue;
      if (before !== undefined) operations.push({ type: 'del', key: expiryKey(before) });
      if (write.type === 'delete') {
        touched.set(name, undefined);
        operations.push({ type: 'del', key: recordKey(key) });
        continue;
      }
      const after = decodeStored(key, write.bytes);
      if (after === undefined) throw new Error('a record to be written cannot be read back');
      touched.set(name, after);
      operations.push({ type: 'put', key: recordKey(key), value: write.bytes });
      operations.push({ type: 'put', key: expiryKey(after), value: NOTHING });
    }
    return operations;
  }

  async #deleteExpired(nowMs: number): Promise<void> {
    const range = { gte: EXPIRY_PREFIX, lt: Buffer.concat([EXPIRY_PREFIX, u64(nowMs)]) };
    const operations: Operation[] = [];
    for await (const key of this.#db.keys(range)) {
      operations.push({ type: 'del', key });
      operations.push({ type: 'del', key: recordKey(key.subarray(PREFIX_BYTES + 8)) });
    }
    await this.#db.batch(operations, { sync: true });
  }
}

/** @throws UsageError when the directory cannot be used, or another process uses it */
export async function openDisk(dataDir: string, log: Log): Promise<Disk> {
  const location = join(dataDir, 'records');
  await makePrivateDirectory(dataDir);
  try {
    const db = new ClassicLevel<Uint8Array, Uint8Array>(location, {
      keyEncoding: 'view',
      valueEncoding: 'view',
    });
    await db.open();
    return new Disk(db, log);
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    if (systemCode(cause) === 'LEVEL_LOCKED') {
      throw new UsageError(
        `${location} is in use by another process: stop that node or give --data another directory`,
      );
    }
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`${location} cannot be opened: ${why}`);
  }
}

/** Writes that are asked for together and succeed or fail together. */
interface Job {
  readonly writes: readonly DiskWrite[];
  readonly done: (ok: boolean) => void;
}

type Operation =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Uint8Array };

function isVersion(
  stored: StoredRecord | undefined,
  version: number,
  publisher: Uint8Array,
): boolean {
  if (stored?.record.version !== version) return false;
  return Buffer.compare(stored.record.publisher, publisher) === 0;
}

function recordKey(key: Uint8Array): Uint8Array {
  return Buffer.concat([RECORD_PREFIX, key]);
}

function expiryKey(stored: StoredRecord): Uint8Array {
  const { record, storedAtMs } = stored;
  return Buffer.concat([EXPIRY_PREFIX, u64(storedAtMs + record.lifeMs), record.key]);
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

const RECORD_PREFIX = Buffer.from('r!');
const EXPIRY_PREFIX = Buffer.from('x!');
const PREFIX_BYTES = 2;
/** `"` follows `!`. */
const RECORD_RANGE = { gte: RECORD_PREFIX, lt: Buffer.from('r"') };
const NOTHING = new Uint8Array(0);
