// Damaged files: whatever happens to one file of the database, the disk opens, and what it serves
// is what was written. The database is real and has tables, a log and a history of versions.
import assert from 'node:assert/strict';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import test from 'ava';
import { ClassicLevel } from 'classic-level';
import fc from 'fast-check';
import { silentLog } from '../../runtime/log.ts';
import type { Log, LogFields } from '../../runtime/log.ts';
import { openDisk } from '../../runtime/records/disk.ts';
import type { Disk } from '../../runtime/records/disk.ts';
import { scratch } from '../certificates/identity-kit.ts';
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

interface Line extends LogFields {
  readonly text: string;
}

/** A log that is kept: what went wrong is told in it. */
function listening(): { readonly log: Log; readonly lines: Line[] } {
  const lines: Line[] = [];
  const note = (fields: LogFields, text: string): void => void lines.push({ ...fields, text });
  return { log: { ...silentLog, warn: note, error: note }, lines };
}

/** Two tables of as many records each; @returns the path of the older one. */
async function twoTables(dir: string): Promise<string> {
  for (const life of [0, 1, 2]) {
    const disk = await openDisk(dir, silentLog);
    await disk.load(STORED_MS);
    const seeds = Array.from(
      { length: life < 2 ? SEEDS / 2 : 0 },
      (_, i) => (life * SEEDS) / 2 + i,
    );
    await disk.write(seeds.map((seed) => putOf(written(seed, 1))));
    await disk.close();
  }
  const tables = (await readdir(join(dir, 'records'))).filter((name) => name.endsWith('.ldb'));
  assert.equal(tables.length, 2);
  return join(dir, 'records', tables.sort()[0] ?? '');
}

/** What is broken of a table, and how many of its records may come back. */
const BROKEN = [
  {
    what: 'its end',
    spoil: (table: Buffer) => table.fill(0xa5, table.length - 48),
    least: 0,
    most: 0,
  },
  {
    what: 'its first half',
    spoil: (table: Buffer) => table.fill(0xff, 0, table.length >> 1),
    least: SEEDS / 6,
    most: SEEDS / 2 - 1,
  },
];

for (const { what, spoil, least, most } of BROKEN) {
  test(`a table with ${what} broken is set aside and told, and the others serve on`, async (t) => {
    const dir = await scratch(t);
    const path = await twoTables(dir);
    const damaged = spoil(await readFile(path));
    await writeFile(path, damaged);
    const { log, lines } = listening();
    const disk = await openDisk(dir, log);
    const heads = await disk.load(STORED_MS);
    t.is(check(disk), heads.length);
    const ofGood = heads.filter(({ header }) => header.key.position.w0 >= SEEDS / 2).length;
    t.is(ofGood, SEEDS / 2, 'every record of the good table');
    const saved = heads.length - ofGood;
    t.true(saved >= least && saved <= most, `${saved} of the damaged table`);

    const told = lines.filter(({ movedTo }) => movedTo !== undefined);
    const copies = (await readdir(dir)).filter((name) => name !== 'records');
    t.deepEqual(
      told.map(({ movedTo }) => movedTo),
      copies.map((name) => join(dir, name)),
    );
    t.is(copies.length, 1);
    const aside = join(dir, copies[0] ?? '');
    t.deepEqual(await readdir(aside), [basename(path)], 'nothing that was taken over');
    t.is(told[0]?.['files'], basename(path));
    t.deepEqual(await readFile(join(aside, basename(path))), damaged);
    t.true(lines.some(({ text, kept }) => kept === heads.length && text.includes('were checked')));
    t.false((await readdir(join(dir, 'records'))).includes('lost'));
    await disk.close();

    const again = await openDisk(dir, silentLog);
    t.is((await again.load(STORED_MS)).length, heads.length, 'mended once');
    await again.close();
  });
}
