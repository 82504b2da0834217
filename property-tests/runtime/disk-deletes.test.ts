// Deletes by the hundred thousand, as when many records end at once: they go in batches, so that
// none keeps the event loop, and also where the disk is full.
import test from 'ava';
import { BATCH_BYTES_MAX, DELETE_BYTES } from '../../runtime/bounds.ts';
import type { DiskWrite } from '../../runtime/records/record-batch.ts';
import { deleteOf, failingDisk, keyBytes, putOf, storedOf } from './disk-kit.ts';
import { eventually } from './node-kit.ts';

/** A job of so many records each. */
function jobsOf(jobs: number, each: number): readonly (readonly DiskWrite[])[] {
  const sizes = Array.from({ length: jobs }, (_, job) => job);
  return sizes.map((job) =>
    Array.from({ length: each }, (_, at) => putOf(storedOf(job * each + at, 1, 10))),
  );
}

test('deletes that are asked for together are no batch without a bound', async (t) => {
  t.timeout(120_000);
  const { disk, batches } = await failingDisk(t);
  t.teardown(() => disk.close());
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
  const { disk, failNext } = await failingDisk(t);
  t.teardown(() => disk.close());
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
