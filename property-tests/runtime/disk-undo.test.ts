// A disk that fails for a moment (S16): a batch that reached the files and failed all the same is
// taken back, and what it replaced comes back; a record that cannot be read now is not lost, and
// one that can be is served. The database is real; one step of it is made to fail once.
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { DISK_RETRY_MS } from '../../runtime/bounds.ts';
import { createSigner } from '../../runtime/edge.ts';
import { LiveIdentity } from '../../runtime/identity/live-identity.ts';
import { silentLog } from '../../runtime/log.ts';
import { openDatabase } from '../../runtime/records/database.ts';
import { Disk } from '../../runtime/records/disk.ts';
import { Values } from '../../runtime/records/values.ts';
import type { RecordHeader } from '../../src/types.ts';
import { newAuthority, newIdentity, scratch } from '../certificates/identity-kit.ts';
import { requireOrSkip } from '../require.ts';
import { deleteOf, failingDisk, keyBytes, plainStored, putOf } from './disk-kit.ts';
import { reopened, smallDisk, storedOf, STORED_MS } from './disk-kit.ts';

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

test('while the disk takes no file, what is there is served', async (t) => {
  const small = await smallDisk(t);
  if (small === undefined) return void requireOrSkip(t, false, 'mounting a tmpfs (root)');
  const { disk, failNext } = await failingDisk(t, small);
  const kept = storedOf(1, 1);
  t.true(await disk.write([putOf(kept)]));
  const fillers: string[] = [];
  const fill = async (): Promise<void> => {
    for (;;) {
      const path = join(small, `filler-${fillers.length}`);
      await writeFile(path, '');
      fillers.push(path);
    }
  };
  await t.throwsAsync(fill(), { code: 'ENOSPC' });
  failNext();
  t.false(await disk.write([putOf(storedOf(2, 1))]));
  const until = performance.now() + 2.5 * DISK_RETRY_MS;
  while (performance.now() < until) {
    t.deepEqual(plainStored(disk.read(keyBytes(1))), plainStored(kept));
    await delay(20);
  }
  t.true(disk.isStalled);
  await Promise.all(fillers.map((path) => rm(path)));
  await untilWritten(t, disk);
  await disk.close();
});

test('a record that cannot be read at the moment is not taken for lost', async (t) => {
  const dir = await scratch(t);
  const opened = await openDatabase(join(dir, 'records'), silentLog);
  const { db } = opened;
  const read: (key: Uint8Array) => Uint8Array | undefined = db.getSync.bind(db);
  let fails = false;
  const getSync = (key: Uint8Array): Uint8Array | undefined => {
    if (fails) throw new Error('too many open files');
    return read(key);
  };
  Object.defineProperty(db, 'getSync', { value: getSync });
  const disk = new Disk(opened, silentLog);
  await disk.load(STORED_MS);
  const identity = await newIdentity(await newAuthority(join(dir, 'ca')), join(dir, 'node'));
  const values = new Values(disk, createSigner(new LiveIdentity(identity)));
  const lost: RecordHeader[] = [];
  values.tellLost((header) => lost.push(header));
  const stored = storedOf(1, 1);
  t.true(await disk.write([putOf(stored)]));
  fails = true;
  t.is(values.envelopeOf(stored.header), undefined);
  t.deepEqual(lost, []);
  fails = false;
  t.not(values.envelopeOf(stored.header), undefined);
  // One that is not there, or is older than the one that is asked for, is gone indeed.
  t.is(values.envelopeOf(storedOf(2, 1).header), undefined);
  t.is(values.envelopeOf(storedOf(1, 2).header), undefined);
  t.is(lost.length, 2);
  // Where a newer one has come in its place, that is what a reader gets.
  const newer = storedOf(1, 3);
  t.true(await disk.write([putOf(newer)]));
  t.deepEqual(values.valueOf(stored.header), newer.envelope.value);
  t.is(lost.length, 2);
  await disk.close();
});
