// Deletes by the hundred thousand, as when many records end at once: they go in batches, so that
// none keeps the event loop, and also where the disk is full.
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { BATCH_BYTES_MAX, DELETE_BYTES } from '../../runtime/bounds.ts';
import { silentLog } from '../../runtime/log.ts';
import { openDatabase } from '../../runtime/records/database.ts';
import { Disk } from '../../runtime/records/disk.ts';
import type { DiskWrite } from '../../runtime/records/disk.ts';
import { scratch } from '../certificates/identity-kit.ts';
import { deleteOf, keyBytes, putOf, storedOf, STORED_MS } from './disk-kit.ts';
import { eventually } from './node-kit.ts';

interface Watched {
  readonly disk: Disk;
  /** How many operations each batch had. */
  readonly batches: number[];
  /** Fails the next batch after it was written. */
  readonly failNext: () => void;
}

async function watchedDisk(t: ExecutionContext): Promise<Watched> {
  const opened = await openDatabase(join(await scratch(t), 'records'), silentLog);
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
  t.teardown(() => disk.close());
  return { disk, batches, failNext: () => (fails = true) };
}

/** A job of so many records each. */
function jobsOf(jobs: number, each: number): readonly (readonly DiskWrite[])[] {
  const sizes = Array.from({ length: jobs }, (_, job) => job);
  return sizes.map((job) =>
    Array.from({ length: each }, (_, at) => putOf(storedOf(job * each + at, 1, 10))),
  );
}

test('deletes that are asked for together are no batch without a bound', async (t) => {
  t.timeout(120_000);
  const { disk, batches } = await watchedDisk(t);
  const jobs = jobsOf(12, 1000);
  t.true((await Promise.all(jobs.map((writes) => disk.write(writes)))).every((ok) => ok));
  batches.length = 0;
  const deletes = jobs.map((writes) =>
    writes.map((write) => deleteOf(write.type === 'put' ? write.record.header : write.record)),
  );
  t.true((await Promise.all(deletes.map((writes) => disk.write(writes)))).every((ok) => ok));
  t.is(
    batches.reduce((sum, count) => sum + count, 0),
    2 * 12 * 1000,
  );
  // Each takes away a record and its head.
  t.true(Math.max(...batches) <= (2 * BATCH_BYTES_MAX) / DELETE_BYTES, batches.join(' '));
});

test('any number of deletes may fail: they are done when the disk takes them', async (t) => {
  t.timeout(120_000);
  const { disk, failNext } = await watchedDisk(t);
  const kept = storedOf(1, 1, 10);
  t.true(await disk.write([putOf(kept)]));
  // Far more than a call takes arguments, also on the larger stack of a worker.
  const many = Array.from({ length: 600_000 }, () => deleteOf(kept.header));
  failNext();
  t.false(await disk.write(many));
  t.true(disk.isStalled);
  t.false(await disk.write(many), 'nor while nothing is written');
  await eventually(t, 'it is written again', () => !disk.isStalled, 60_000);
  t.true(await disk.write([putOf(storedOf(2, 1, 10))]));
  t.is(disk.read(keyBytes(1)), undefined);
});
