// Damage that comes while a node runs: bytes of a table that rot where LevelDB notices it. The
// database is real, and so is the damage.
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { silentLog } from '../../runtime/log.ts';
import type { Log } from '../../runtime/log.ts';
import { openDisk } from '../../runtime/records/disk.ts';
import type { Disk } from '../../runtime/records/disk.ts';
import { scratch } from '../certificates/identity-kit.ts';
import { keyBytes, plainStored, putOf, storedOf, STORED_MS } from './disk-kit.ts';

const SEEDS = 60;
/** LevelDB merges four tables; the fourth is made of the log when the database is opened. */
const BEFORE_MERGE = 3;

const written = (seed: number) => storedOf(seed, 1, 400);

/** As many records in each table; @returns the paths of the tables, the oldest first. */
async function tables(dir: string, lives: number): Promise<readonly string[]> {
  for (let life = 0; life <= lives; life++) {
    const disk = await openDisk(dir, silentLog);
    await disk.load(STORED_MS);
    const seeds = Array.from({ length: life < lives ? SEEDS : 0 }, (_, at) => life * SEEDS + at);
    assert.ok(await disk.write(seeds.map((seed) => putOf(written(seed)))));
    await disk.close();
  }
  const names = (await readdir(join(dir, 'records'))).filter((name) => name.endsWith('.ldb'));
  return names.sort().map((name) => join(dir, 'records', name));
}

/** Spoils the records of a table and leaves their heads, which stand before them, and its index. */
async function rot(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes.fill(0xff, Math.floor(bytes.length * 0.5), Math.floor(bytes.length * 0.8));
  await writeFile(path, bytes);
}

function warnings(): { readonly log: Log; readonly texts: string[] } {
  const texts: string[] = [];
  const note = (_: unknown, text: string): void => void texts.push(text);
  return { log: { ...silentLog, warn: note, error: note }, texts };
}

async function untilWritten(t: ExecutionContext, disk: Disk, from: number): Promise<number> {
  for (let tries = 0; tries < 600; tries++) {
    if (await disk.write([putOf(written(from + tries))])) return from + tries;
    await delay(100);
  }
  return t.fail('writes were not resumed within a minute');
}

test('a table that rots is mended when a merge comes upon it, and writes go on', async (t) => {
  const dir = await scratch(t);
  const [oldest = ''] = await tables(dir, BEFORE_MERGE);
  const disk = await openDisk(dir, silentLog);
  await disk.load(STORED_MS);
  const seeds = Array.from({ length: SEEDS }, (_, at) => BEFORE_MERGE * SEEDS + at);
  t.true(await disk.write(seeds.map((seed) => putOf(written(seed)))));
  await disk.close();
  await rot(oldest);
  const { log, texts } = warnings();
  const again = await openDisk(dir, log);
  t.is((await again.load(STORED_MS)).length, (BEFORE_MERGE + 1) * SEEDS, 'heads tell nothing');
  // The merge goes on beside: when it comes upon the damage, writes are refused.
  const isRefused = (): boolean => texts.some((text) => text.includes('cannot be written'));
  for (let seed = 1000; !isRefused(); seed++) {
    if (seed > 1600) return t.fail('no merge within a minute');
    await again.write([putOf(written(seed))]);
    await delay(100);
  }
  const seed = await untilWritten(t, again, 2000);
  t.true(
    texts.some((text) => text.includes('mending them')),
    texts.join('\n'),
  );
  for (const one of [...seeds, seed]) {
    t.deepEqual(plainStored(again.read(keyBytes(one))), plainStored(written(one)));
  }
  await again.close();
});

test('a record that rots is gone, and a newer one takes its place at once', async (t) => {
  const dir = await scratch(t);
  const [path = ''] = await tables(dir, 1);
  const disk = await openDisk(dir, silentLog);
  await disk.load(STORED_MS);
  await rot(path);
  const seeds = Array.from({ length: SEEDS }, (_, seed) => seed);
  const gone = seeds.filter((seed) => disk.read(keyBytes(seed)) === undefined);
  t.true(gone.length > 0 && gone.length < SEEDS, `${gone.length} of ${SEEDS}`);
  for (const seed of seeds) t.is(disk.isGone(keyBytes(seed)), gone.includes(seed));
  const newer = gone.map((seed) => storedOf(seed, 2, 400));
  t.true(await disk.write(newer.map(putOf)));
  for (const one of newer) {
    const seed = one.header.key.position.w0;
    t.deepEqual(plainStored(disk.read(keyBytes(seed))), plainStored(one));
  }
  await disk.close();
});
