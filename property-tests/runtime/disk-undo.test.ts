// A batch that reached the files and failed all the same: what it wrote was promised to nobody and
// is taken back, what it replaced was acknowledged and comes back (S16). The database is real; its
// last step, the sync, is made to fail once.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { openDatabase } from '../../runtime/database.ts';
import { Disk } from '../../runtime/disk.ts';
import { silentLog } from '../../runtime/log.ts';
import { scratch } from '../identity-kit.ts';
import { deleteOf, keyBytes, plainStored, putOf } from './disk-kit.ts';
import { reopened, storedOf, STORED_MS } from './disk-kit.ts';

interface Failing {
  readonly disk: Disk;
  readonly dir: string;
  readonly failNext: () => void;
}

/** A disk of which one batch can be made to fail after it was written. */
async function failingDisk(t: ExecutionContext): Promise<Failing> {
  const dir = await scratch(t);
  const opened = await openDatabase(join(dir, 'records'), silentLog);
  const { db } = opened;
  const write = db.batch.bind(db) as (...args: unknown[]) => Promise<void>;
  let fails = false;
  const batch = async (...args: unknown[]): Promise<void> => {
    await write(...args);
    if (!fails) return;
    fails = false;
    throw new Error('the sync failed');
  };
  Object.defineProperty(db, 'batch', { value: batch });
  const disk = new Disk(opened, silentLog);
  await disk.load(STORED_MS);
  return { disk, dir, failNext: () => (fails = true) };
}

async function untilWritten(t: ExecutionContext, disk: Disk): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await disk.write([putOf(storedOf(99, 1))])) return;
    await delay(50);
  }
  t.fail('writes were not resumed within ten seconds');
}

test('what a failed batch wrote goes, and what it replaced comes back', async (t) => {
  const { disk, dir, failNext } = await failingDisk(t);
  const kept = [1, 2, 3].map((seed) => storedOf(seed, 1));
  t.true(await disk.write(kept.map(putOf)));
  failNext();
  const [first, second, third] = kept;
  t.false(
    await disk.write([
      putOf(storedOf(1, 2)),
      putOf(storedOf(1, 3)),
      putOf(storedOf(4, 1)),
      ...(second === undefined ? [] : [deleteOf(second.header)]),
      putOf(storedOf(2, 2)),
    ]),
  );
  await untilWritten(t, disk);
  const holds = (where: Disk): void => {
    t.deepEqual(plainStored(where.read(keyBytes(1))), plainStored(first));
    t.is(where.read(keyBytes(2)), undefined);
    t.deepEqual(plainStored(where.read(keyBytes(3))), plainStored(third));
    t.is(where.read(keyBytes(4)), undefined);
  };
  holds(disk);
  await disk.close();
  const again = await reopened(dir, STORED_MS);
  holds(again.disk);
  t.is(again.heads.length, 3);
  await again.disk.close();
});
