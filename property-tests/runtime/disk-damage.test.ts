// Damaged files: whatever happens to one file of the database, the disk opens, and what it serves
// is what was written. The database is real and has tables, a log and a history of versions.
import assert from 'node:assert/strict';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { ClassicLevel } from 'classic-level';
import fc from 'fast-check';
import { silentLog } from '../../runtime/log.ts';
import { openDisk } from '../../runtime/records/disk.ts';
import type { Disk } from '../../runtime/records/disk.ts';
import { scratch } from '../identity-kit.ts';
import { runs } from '../parameters.ts';
import { deleteOf, keyBytes, plainStored, putOf, storedOf, STORED_MS } from './disk-kit.ts';

const SEEDS = 120;
const VERSIONS = 3;

/** Each record at up to three versions, some taken away, in tables of two levels and a log. */
async function history(dir: string): Promise<void> {
  for (let version = 1; version <= VERSIONS; version++) {
    const disk = await openDisk(dir, silentLog);
    await disk.load(STORED_MS);
    for (let seed = 0; seed < SEEDS; seed++) {
      if (seed % 4 >= version) await disk.write([putOf(written(seed, version))]);
      if (seed % 10 === version) await disk.write([deleteOf(written(seed, version).header)]);
    }
    await disk.close();
    if (version === 1) await compact(join(dir, 'records'));
  }
}

const written = (seed: number, version: number) => storedOf(seed, version, 1 + (seed % 7) * 150);

async function compact(location: string): Promise<void> {
  const db = new ClassicLevel(location);
  await db.compactRange('\x00', '\x7f');
  await db.close();
}

interface Damage {
  readonly file: number;
  readonly kind: 'flip' | 'cut' | 'zero' | 'garble' | 'gone';
  /** Where, from 0 to 1. */
  readonly at: number;
  readonly bit: number;
  readonly length: number;
}

const damage: fc.Arbitrary<Damage> = fc.record({
  file: fc.nat({ max: 1000 }),
  kind: fc.constantFrom('flip', 'flip', 'cut', 'zero', 'garble', 'gone'),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  bit: fc.nat({ max: 7 }),
  length: fc.integer({ min: 1, max: 5000 }),
});

async function hurt(location: string, { file, kind, at, bit, length }: Damage): Promise<void> {
  const names = (await readdir(location)).filter((name) => !/^LO/.test(name)).sort();
  const path = join(location, names[file % names.length] ?? '');
  const bytes = await readFile(path);
  if (kind === 'gone') {
    await rm(path);
    return;
  }
  const from = Math.floor(at * bytes.length);
  if (kind === 'flip') bytes[from] = (bytes[from] ?? 0) ^ (1 << bit);
  if (kind === 'zero') bytes.fill(0, from, Math.min(bytes.length, from + length));
  for (let i = 0; kind === 'garble' && i < length && from + i < bytes.length; i++) {
    bytes[from + i] = (i * 197 + length) % 256;
  }
  await writeFile(path, kind === 'cut' ? bytes.subarray(0, from) : bytes);
}

/** Every record that the disk serves was written so; @returns how many there are. */
function check(disk: Disk): number {
  let served = 0;
  for (let seed = 0; seed < SEEDS; seed++) {
    const record = disk.read(keyBytes(seed));
    if (record === undefined) continue;
    assert.deepEqual(plainStored(record), plainStored(written(seed, record.header.version)));
    served += 1;
  }
  return served;
}

test('after any single damage the disk opens and serves only what was written', async (t) => {
  const good = await scratch(t);
  await history(good);
  const whole = await openDisk(good, silentLog);
  const count = (await whole.load(STORED_MS)).length;
  t.is(check(whole), count);
  t.true(count > SEEDS / 2);
  await whole.close();
  const dir = await scratch(t);
  let round = 0;
  const property = fc.asyncProperty(damage, async (one) => {
    const copy = join(dir, String(round++));
    await cp(good, copy, { recursive: true });
    await hurt(join(copy, 'records'), one);
    for (const life of ['after the damage', 'once more']) {
      const disk = await openDisk(copy, silentLog);
      const heads = await disk.load(STORED_MS);
      check(disk);
      for (const { header } of heads) {
        const { version } = header;
        const seed = header.key.position.w0;
        assert.deepEqual(header, written(seed, version).header, life);
      }
      assert.ok(await disk.write([putOf(written(SEEDS, 1))]), life);
      assert.ok(disk.read(keyBytes(SEEDS)), life);
      await disk.close();
    }
    await rm(copy, { recursive: true });
  });
  const details = await fc.check(property, runs(200));
  t.false(
    details.failed,
    `${fc.stringify(details.counterexample)}\n${String(details.errorInstance)}`,
  );
});
