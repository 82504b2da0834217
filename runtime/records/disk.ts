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
 * owners were told that it is not on disk, and what it would have replaced is put back. Reads go
 * on meanwhile. Where damage was the reason (LevelDB comes upon it when it merges tables, and
 * writes no more), the files are mended as at a start.
 */
import { join } from 'node:path';
import type { KeptRecord } from '../../src/types.ts';
import { BATCH_BYTES_MAX, DELETE_BYTES, DISK_RETRY_MS } from '../bounds.ts';
import { UsageError } from '../failure.ts';
import { makePrivateDirectory } from '../files.ts';
import { reasonOf, shortHex } from '../log.ts';
import type { Log } from '../log.ts';
import { isDamage, mendDatabase, openDatabase, openPlainly, startAfresh } from './database.ts';
import { tryWriting } from './database.ts';
import type { Database, Opened } from './database.ts';
import { costOf, operationsOf, takenBack } from './record-batch.ts';
import type { DiskWrite } from './record-batch.ts';
import { decodeStored } from './record-bytes.ts';
import type { StoredRecord } from './record-bytes.ts';
import { readHeads, rebuildHeads, recordKey } from './record-index.ts';

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
  /** The error that told of damage, until that is mended. */
  #damage: unknown;
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
    const told = { key: shortHex(key) };
    try {
      const bytes = this.#db.getSync(recordKey(key));
      if (bytes === undefined) return undefined;
      const stored = decodeStored(key, bytes);
      if (stored !== undefined) return stored;
      this.#log.error({ ...told, reason: 'its check fails' }, 'a record is damaged');
      return undefined;
    } catch (error) {
      const what = isDamage(error) ? 'a record is damaged' : 'a record cannot be read now';
      this.#log.error({ ...told, reason: reasonOf(error) }, what);
      return undefined;
    }
  }

  /**
   * Whether the record of a key is gone for good: there is none, or it is damaged. What cannot be
   * read at the moment (no descriptor free, an error of the device) is not gone.
   */
  isGone(key: Uint8Array): boolean {
    if (!this.isOpen) return false;
    try {
      const bytes = this.#db.getSync(recordKey(key));
      return bytes === undefined || decodeStored(key, bytes) === undefined;
    } catch (error) {
      return isDamage(error);
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
      return await this.#mend(error);
    }
  }

  /** @throws UsageError when it cannot be mended now */
  async #mend(cause: unknown): Promise<readonly KeptRecord[]> {
    await this.#db.close();
    this.#db = await mendDatabase(this.#db.location, cause, this.#log);
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
    const costOfJob = ({ writes }: Job): number =>
      writes.reduce((sum, write) => sum + costOf(write), 0);
    return this.#jobs.splice(0, countOf(this.#jobs, costOfJob));
  }

  async #commit(writes: readonly DiskWrite[]): Promise<boolean> {
    if (this.#stalled) {
      for (const write of writes) if (write.type === 'delete') this.#owed.push(write);
      return false;
    }
    let undo: DiskWrite[] = [];
    try {
      const deletes = writes.flatMap((one) => (one.type === 'delete' ? [one.record] : []));
      undo = writes.map((write) => takenBack(this.#db, write, deletes));
      await this.#db.batch(operationsOf(this.#db, writes), { sync: true });
      return true;
    } catch (error) {
      for (const write of undo) this.#owed.push(write);
      this.#stall(error);
      return false;
    }
  }

  #stall(error: unknown): void {
    this.#stalled = true;
    if (isDamage(error)) this.#damage = error;
    this.#log.error({ reason: reasonOf(error) }, 'records cannot be written: trying again');
    this.#retryLater();
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
      // Before it is closed: while that cannot be opened either, what is there is still served.
      await tryWriting(location);
      await this.#reopen(location);
    } catch (error) {
      if (isDamage(error)) this.#damage = error;
      this.#log.debug({ reason: reasonOf(error) }, 'records still cannot be written');
      this.#retryLater();
      return;
    }
    try {
      await this.#payOwed();
      this.#stalled = false;
      this.#log.info({}, 'records are written again');
    } catch (error) {
      this.#stall(error);
    }
  }

  async #reopen(location: string): Promise<void> {
    if (this.#damage !== undefined) {
      await this.#mend(this.#damage);
      this.#damage = undefined;
      return;
    }
    await this.#db.close();
    this.#db = await openPlainly(location);
  }

  /** In batches as any: while nothing is written more and more may come to be owed. */
  async #payOwed(): Promise<void> {
    while (this.#owed.length > 0) {
      const some = this.#owed.slice(0, countOf(this.#owed, costOf));
      await this.#db.batch(operationsOf(this.#db, some), { sync: true });
      // Done twice where it failed half way, which changes nothing.
      this.#owed.splice(0, some.length);
    }
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

/** How many of the first fit one batch; one does in any case. */
function countOf<T>(items: readonly T[], cost: (item: T) => number): number {
  let bytes = 0;
  const beyond = items.findIndex((item, at) => {
    bytes += cost(item);
    return at > 0 && bytes > BATCH_BYTES_MAX;
  });
  return beyond < 0 ? items.length : beyond;
}

/** As many as fill a batch. */
const DELETES_AT_ONCE = BATCH_BYTES_MAX / DELETE_BYTES;
