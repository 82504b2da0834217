/**
 * The records on disk: one LevelDB database in the data directory, owned by one process.
 *
 * A record and its head change in one batch, synced before it counts as written. Batches go one
 * after another in the order asked for; what is asked for meanwhile shares the next one (one sync
 * for many writes).
 *
 * When a batch fails, nobody knows what of it is on disk, and LevelDB's log may end in half a
 * write, behind which later ones would be lost. So after a failure nothing is written until the
 * database was opened anew; then what the failed batch asked for is taken back first, because its
 * owners were told that it is not on disk, and what it would have replaced is put back. Reads go on
 * meanwhile.
 */
import { join } from 'node:path';
import { bytesOfBits256 } from '../../host/words.ts';
import { compareBits } from '../../src/position.ts';
import { compareVersions } from '../../src/state/store.ts';
import type { RecordWrite } from '../../src/step-types.ts';
import type { KeptRecord, RecordHeader } from '../../src/types.ts';
import { BATCH_BYTES_MAX, DISK_RETRY_MS } from '../bounds.ts';
import { UsageError } from '../failure.ts';
import { makePrivateDirectory } from '../files.ts';
import { reasonOf, shortHex } from '../log.ts';
import type { Log } from '../log.ts';
import { hasRoom, mendDatabase, openDatabase, openPlainly, startAfresh } from './database.ts';
import type { Database, Opened } from './database.ts';
import { decodeHead, decodeStored, encodeHead } from './record-bytes.ts';
import type { StoredRecord } from './record-bytes.ts';
import { headKey, nameOf, readHeads, rebuildHeads, recordKey } from './record-index.ts';
import type { Operation } from './record-index.ts';

/** A delete takes away this very version; another one that stands there stays. */
export type DiskWrite =
  | (Extract<RecordWrite, { readonly type: 'put' }> & { readonly bytes: Uint8Array })
  | Extract<RecordWrite, { readonly type: 'delete' }>;

export class Disk {
  readonly #log: Log;
  #db: Database;
  /** Whether entries may be missing, until the heads were made anew. */
  #mended: boolean;
  #jobs: Job[] = [];
  #writing: Promise<void> | undefined;
  /** After a failed write: what is to be done before anything else, and the next try. */
  #owed: DiskWrite[] = [];
  #stalled = false;
  #retry: NodeJS.Timeout | undefined;
  #retryDue = false;
  #closed = false;

  constructor({ db, mended }: Opened, log: Log) {
    this.#db = db;
    this.#mended = mended;
    this.#log = log;
  }

  /** Whether records can be read now; for a moment not, while writes are being resumed. */
  get isOpen(): boolean {
    return !this.#closed && this.#db.status === 'open';
  }

  /** Nothing is written until the disk takes it again. */
  get isStalled(): boolean {
    return this.#stalled;
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
    if (!this.isOpen) return undefined;
    try {
      const bytes = this.#db.getSync(recordKey(key));
      const stored = bytes === undefined ? undefined : decodeStored(key, bytes);
      if (bytes !== undefined && stored === undefined) throw new Error('its check fails');
      return stored;
    } catch (error) {
      this.#log.error({ key: shortHex(key), reason: reasonOf(error) }, 'a record is damaged');
      return undefined;
    }
  }

  /**
   * Whether the record of a key is gone for good: there is none, or its check fails. What cannot be
   * read at the moment (no descriptor free, an error of the device) is not gone.
   */
  isGone(key: Uint8Array): boolean {
    if (!this.isOpen) return false;
    try {
      const bytes = this.#db.getSync(recordKey(key));
      return bytes === undefined || decodeStored(key, bytes) === undefined;
    } catch {
      return false;
    }
  }

  /** What the core is to know of the records that have not expired; the others go away. */
  async load(nowMs: number): Promise<readonly KeptRecord[]> {
    const kept: KeptRecord[] = [];
    let expired: DiskWrite[] = [];
    for (const head of await this.#heads()) {
      if (head.storedAtMs + head.header.lifeMs > nowMs) kept.push(head);
      else expired.push({ type: 'delete', record: head.header });
    }
    while (expired.length > 0) {
      void this.write(expired.slice(0, DELETES_AT_ONCE));
      expired = expired.slice(DELETES_AT_ONCE);
    }
    return kept;
  }

  /** Ends when everything asked for is written. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#writing;
    await this.#db.close();
  }

  /** As they stand, or made anew; LevelDB mends its files when that is not enough. */
  async #heads(): Promise<readonly KeptRecord[]> {
    try {
      const heads = this.#mended ? undefined : await readHeads(this.#db);
      return heads ?? (await this.#rebuild());
    } catch (error) {
      if (error instanceof UsageError) throw error;
      await this.#db.close();
      this.#db = await mendDatabase(this.#db.location, error, this.#log);
    }
    try {
      return await this.#rebuild();
    } catch (error) {
      if (error instanceof UsageError) throw error;
      await this.#db.close();
      this.#db = await startAfresh(this.#db.location, error, this.#log);
      return [];
    }
  }

  async #rebuild(): Promise<readonly KeptRecord[]> {
    const { heads, dropped } = await rebuildHeads(this.#db);
    this.#mended = false;
    this.#log.warn({ kept: heads.length, dropped }, 'records were checked after damage');
    return heads;
  }

  async #writeAll(): Promise<void> {
    while (this.#retryDue || this.#jobs.length > 0) {
      if (this.#retryDue) await this.#resume();
      const jobs = this.#nextJobs();
      const ok = await this.#commit(jobs.flatMap(({ writes }) => writes));
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

  async #commit(writes: readonly DiskWrite[]): Promise<boolean> {
    if (this.#stalled) {
      this.#owed.push(...writes.filter(({ type }) => type === 'delete'));
      return false;
    }
    let undo: DiskWrite[] = [];
    try {
      undo = writes.map((write) => this.#takenBack(write, writes));
      await this.#db.batch(this.#operationsOf([...this.#owed, ...writes]), { sync: true });
      this.#owed = [];
      return true;
    } catch (error) {
      this.#owed.push(...undo);
      this.#stalled = true;
      this.#log.error({ reason: reasonOf(error) }, 'records cannot be written: trying again');
      this.#retryLater();
      return false;
    }
  }

  /**
   * What a write leaves to be done when its batch fails: a delete again; instead of a put, what
   * stands there now, or nothing. Read before, since nobody knows what stands there after.
   */
  #takenBack(write: DiskWrite, batch: readonly DiskWrite[]): DiskWrite {
    if (write.type === 'delete') return write;
    const { header } = write.record;
    const key = bytesOfBits256(header.key.raw);
    const bytes = this.#db.getSync(recordKey(key));
    const there = bytes === undefined ? undefined : decodeStored(key, bytes);
    const isDeleted = batch.some(
      ({ type, record }) => type === 'delete' && there !== undefined && isOf(there.header, record),
    );
    if (bytes === undefined || there === undefined || isDeleted) {
      return { type: 'delete', record: header };
    }
    const { envelope: _, ...record } = there;
    return { type: 'put', record, bytes };
  }

  /** Each record's write beside that of its head. */
  #operationsOf(writes: readonly DiskWrite[]): Operation[] {
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
      const stands = touched.has(name)
        ? there !== undefined && compareVersions(there, header) === 0
        : this.#stands(key, header);
      if (!stands) continue;
      touched.set(name, undefined);
      operations.push({ type: 'del', key: recordKey(key) });
      operations.push({ type: 'del', key: headKey(key) });
    }
    return operations;
  }

  /** Whether this version stands on disk, or what stands there cannot be read any more. */
  #stands(key: Uint8Array, header: RecordHeader): boolean {
    try {
      const bytes = this.#db.getSync(headKey(key));
      if (bytes === undefined) return false;
      const there = decodeHead(key, bytes)?.header;
      return there === undefined || compareVersions(there, header) === 0;
    } catch {
      return true;
    }
  }

  #retryLater(): void {
    if (this.#closed) return;
    this.#retry = setTimeout(() => {
      this.#retryDue = true;
      this.#writing ??= this.#writeAll();
    }, DISK_RETRY_MS);
  }

  async #resume(): Promise<void> {
    this.#retryDue = false;
    try {
      const { location } = this.#db;
      if (!(await hasRoom(location))) throw new Error('the disk is full');
      await this.#db.close();
      this.#db = await openPlainly(location);
    } catch (error) {
      this.#log.debug({ reason: reasonOf(error) }, 'records still cannot be written');
      this.#retryLater();
      return;
    }
    this.#stalled = false;
    if (await this.#commit([])) this.#log.info({}, 'records are written again');
  }
}

/** @throws UsageError when the directory cannot be used, or another process uses it */
export async function openDisk(dataDir: string, log: Log): Promise<Disk> {
  await makePrivateDirectory(dataDir);
  return new Disk(await openDatabase(join(dataDir, 'records'), log), log);
}

/** Writes that are asked for together and succeed or fail together. */
interface Job {
  readonly writes: readonly DiskWrite[];
  readonly done: (ok: boolean) => void;
}

/** Whether two headers are of one version of one key. */
function isOf(a: RecordHeader, b: RecordHeader): boolean {
  return compareBits(a.key.raw, b.key.raw) === 0 && compareVersions(a, b) === 0;
}

/** As many as fill a batch of average records. */
const DELETES_AT_ONCE = 4096;
