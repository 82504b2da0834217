// A full disk, a real one of one megabyte: writes fail as values, reads go on, and writes are
// resumed when there is room again. Needs the right to mount.
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { silentLog } from '../../runtime/log.ts';
import { openDisk } from '../../runtime/records/disk.ts';
import type { Disk } from '../../runtime/records/disk.ts';
import { requireOrSkip } from '../require.ts';
import { deleteOf, keyBytes, plainStored, putOf } from './disk-kit.ts';
import { reopened, smallDisk, storedOf, STORED_MS } from './disk-kit.ts';

/** Writes records until one is refused; @returns the seeds of those that were acknowledged. */
async function fill(disk: Disk, from: number, bytes: number): Promise<number[]> {
  const seeds: number[] = [];
  for (let seed = from; ; seed++) {
    if (!(await disk.write([putOf(storedOf(seed, 1, bytes))]))) return seeds;
    seeds.push(seed);
  }
}

async function untilWritten(t: ExecutionContext, disk: Disk, seed: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await disk.write([putOf(storedOf(seed, 1, 100))])) return;
    await delay(100);
  }
  t.fail('writes were not resumed within ten seconds');
}

for (const [bytes, ballast] of [
  [20_000, 700_000],
  [300, 700_000],
  [60_000, 850_000],
] as const) {
  test(`a full disk with values of ${bytes} bytes: nothing acknowledged is lost`, async (t) => {
    const dir = await smallDisk(t);
    if (dir === undefined) return void requireOrSkip(t, false, 'mounting a tmpfs (root)');
    const filler = join(dir, 'filler');
    await writeFile(filler, Buffer.alloc(ballast, 1));
    const disk = await openDisk(dir, silentLog);
    await disk.load(STORED_MS);
    const seeds = await fill(disk, 0, bytes);
    t.true(seeds.length > 0);
    const refused = seeds.length;
    const holds = (where: Disk): void => {
      for (const seed of seeds) {
        const stored = where.read(keyBytes(seed));
        t.deepEqual(plainStored(stored), plainStored(storedOf(seed, 1, bytes)));
      }
      t.is(where.read(keyBytes(refused)), undefined);
    };
    holds(disk);
    t.false(await disk.write([putOf(storedOf(1000, 1, 100))]));
    // A record that expires now is gone at the latest when there is room again.
    const [expired = 0] = seeds.splice(0, 1);
    t.false(await disk.write([deleteOf(storedOf(expired, 1, bytes).header)]));
    holds(disk);
    await rm(filler);
    await untilWritten(t, disk, 1001);
    holds(disk);
    t.is(disk.read(keyBytes(expired)), undefined);
    await disk.close();
    const again = await reopened(dir, STORED_MS);
    holds(again.disk);
    t.is(again.heads.length, seeds.length + 1);
    await again.disk.close();
  });
}
