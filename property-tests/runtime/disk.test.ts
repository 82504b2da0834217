// Records on disk: what was written comes back after a restart, whole, until it expires.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import test from 'ava';
import { ClassicLevel } from 'classic-level';
import { bits256Of } from '../../host/words.ts';
import { DAY_MS } from '../../runtime/clock.ts';
import { UsageError } from '../../runtime/failure.ts';
import { silentLog } from '../../runtime/log.ts';
import { openDisk } from '../../runtime/records/disk.ts';
import {
  decodeHead,
  decodeStored,
  encodeHead,
  encodeStored,
} from '../../runtime/records/record-bytes.ts';
import { scratch } from '../certificates/identity-kit.ts';
import { deleteOf, keptOf, keyBytes, plainStored, putOf } from './disk-kit.ts';
import { reopened, storedOf, STORED_MS } from './disk-kit.ts';

/** As the disk opens it. */
const RAW = { keyEncoding: 'view', valueEncoding: 'view' } as const;

test('records come back as they were, newest version only', async (t) => {
  const dir = await scratch(t);
  const disk = await openDisk(dir, silentLog);
  // Asked for in one breath: they share batches, and the order still holds.
  const done = Promise.all([
    disk.write([putOf(storedOf(1, 5)), putOf(storedOf(2, 5))]),
    disk.write([putOf(storedOf(1, 6))]),
    disk.write([putOf(storedOf(1, 7)), putOf(storedOf(3, 9))]),
  ]);
  t.deepEqual(await done, [true, true, true]);
  t.is(disk.read(new Uint8Array(32)), undefined);
  await disk.close();
  const left = [storedOf(1, 7), storedOf(2, 5), storedOf(3, 9)];
  const again = await reopened(dir, STORED_MS + 5);
  t.deepEqual(again.heads, left.map(keptOf));
  for (const [index, one] of left.entries()) {
    t.deepEqual(plainStored(again.disk.read(keyBytes(index + 1))), plainStored(one));
  }
  await again.disk.close();
});

test('writes asked for together share a sync', async (t) => {
  const dir = await scratch(t);
  const disk = await openDisk(dir, silentLog);
  const writes = Array.from({ length: 100 }, (_, i) => disk.write([putOf(storedOf(i, 1, 100))]));
  t.true((await Promise.all(writes)).every((ok) => ok));
  // LevelDB's log has one entry for each batch, and each of ours is synced.
  t.is(await batchesIn(join(dir, 'records')), 2);
  t.true(await disk.write([putOf(storedOf(1, 2))]));
  t.is(await batchesIn(join(dir, 'records')), 3);
  await disk.close();
});

test('a delete takes away the version that it names and no other', async (t) => {
  const dir = await scratch(t);
  const disk = await openDisk(dir, silentLog);
  const { header } = storedOf(1, 5);
  const key = keyBytes(1);
  await disk.write([putOf(storedOf(1, 5))]);
  await disk.write([deleteOf({ ...header, version: 4 })]);
  await disk.write([deleteOf({ ...header, publisher: bits256Of(new Uint8Array(32)) })]);
  t.truthy(disk.read(key));
  const gone = disk.write([deleteOf(header)]);
  const back = disk.write([putOf(storedOf(1, 6)), deleteOf(header)]);
  t.deepEqual(await Promise.all([gone, back]), [true, true]);
  t.is(disk.read(key)?.header.version, 6);
  await disk.write([deleteOf(storedOf(1, 6).header)]);
  t.is(disk.read(key), undefined);
  await disk.close();
  t.deepEqual(await entriesIn(dir), 0);
});

test('what expired while nobody ran is gone, and a renewed record is not', async (t) => {
  const dir = await scratch(t);
  const disk = await openDisk(dir, silentLog);
  await disk.write([1, 2, 3].map((seed) => putOf(storedOf(seed, 5))));
  await disk.write([putOf({ ...storedOf(2, 6), storedAtMs: STORED_MS + DAY_MS })]);
  await disk.close();
  const versionsAt = async (nowMs: number): Promise<number[]> => {
    const again = await reopened(dir, nowMs);
    await again.disk.close();
    return again.heads.map(({ header }) => header.version);
  };
  t.deepEqual(await versionsAt(STORED_MS + DAY_MS - 1), [5, 6, 5]);
  t.is(await entriesIn(dir), 6);
  t.deepEqual(await versionsAt(STORED_MS + DAY_MS), [6]);
  t.is(await entriesIn(dir), 2);
  t.deepEqual(await versionsAt(STORED_MS + 2 * DAY_MS), []);
  t.is(await entriesIn(dir), 0);
});

test('a directory in use is refused in one line, and free again after close', async (t) => {
  const dir = await scratch(t);
  const disk = await openDisk(dir, silentLog);
  const error = await t.throwsAsync(openDisk(dir, silentLog), { instanceOf: UsageError });
  t.regex(error.message, /^[^\n]*in use[^\n]*$/);
  await disk.close();
  t.false(await disk.write([putOf(storedOf(1, 1))]));
  await (await openDisk(dir, silentLog)).close();
});

test('a database of another version is refused in one line and stays as it is', async (t) => {
  const earlier = await scratch(t);
  const first = new ClassicLevel<Uint8Array, Uint8Array>(join(earlier, 'records'), RAW);
  await first.batch([
    { type: 'put', key: Buffer.concat([Buffer.from('r!'), keyBytes(1)]), value: Buffer.of(1, 2) },
    { type: 'put', key: Buffer.from(`x!12345678${'k'.repeat(32)}`), value: Buffer.alloc(0) },
  ]);
  await first.close();
  const later = await scratch(t);
  const disk = await openDisk(later, silentLog);
  await disk.write([putOf(storedOf(1, 1))]);
  await disk.close();
  const next = new ClassicLevel<Uint8Array, Uint8Array>(join(later, 'records'), RAW);
  const headKey = Buffer.concat([Buffer.from('i!'), keyBytes(1)]);
  await next.put(headKey, inFormat(4, keyBytes(1), encodeHead(storedOf(1, 1))));
  await next.close();
  for (const [dir, pattern] of [
    [earlier, /^[^\n]*earlier version[^\n]*$/],
    [later, /^[^\n]*later version[^\n]*$/],
  ] as const) {
    const opened = await openDisk(dir, silentLog);
    const error = await t.throwsAsync(opened.load(0), { instanceOf: UsageError });
    t.regex(error.message, pattern);
    await opened.close();
    t.is(await entriesIn(dir), 2);
  }
});

test('bytes that this version did not write under this key are no record', (t) => {
  const key = keyBytes(1);
  const one = storedOf(1, 5);
  for (const [bytes, decode] of [
    [encodeStored(one), decodeStored],
    [encodeHead(one), decodeHead],
  ] as const) {
    t.truthy(decode(key, bytes));
    t.is(decode(keyBytes(2), bytes), undefined);
    t.is(decode(key, inFormat(1, key, bytes)), undefined);
    for (let at = 0; at < bytes.length; at++) {
      const flipped = Uint8Array.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      t.is(decode(key, flipped), undefined);
      t.is(decode(key, bytes.subarray(0, at)), undefined);
    }
  }
});

test('a record that an earlier version wrote is read, without its sender', (t) => {
  const key = keyBytes(1);
  const one = storedOf(1, 5);
  t.truthy(one.from);
  const earlier = (bytes: Uint8Array): Uint8Array =>
    inFormat(2, key, Buffer.concat([bytes.subarray(0, SENDER_AT), bytes.subarray(SENDER_AT + 32)]));
  const before = { ...one, from: undefined };
  t.deepEqual(plainStored(decodeStored(key, earlier(encodeStored(one)))), plainStored(before));
  t.deepEqual(decodeHead(key, earlier(encodeHead(one))), keptOf(before));
});

/** Where the sender stands in a head; the format before had none. */
const SENDER_AT = 90;

/** The same with another format byte, and the check that goes with it. */
function inFormat(format: number, key: Uint8Array, from: Uint8Array): Uint8Array {
  const bytes = Buffer.from(from);
  const end = bytes.length - 4;
  bytes.writeUInt8(format, 0);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, end), crc32(key)), end);
  return bytes;
}

/** Entries that begin in LevelDB's log: blocks of 32 KiB, parts with a head of 7 bytes. */
async function batchesIn(location: string): Promise<number> {
  const [name] = (await readdir(location)).filter((file) => file.endsWith('.log'));
  const log = await readFile(join(location, name ?? ''));
  let batches = 0;
  for (let at = 0; at + 7 <= log.length;) {
    const left = 32_768 - (at % 32_768);
    if (left < 7) at += left;
    const type = log[at + 6];
    if (type === 1 || type === 2) batches += 1;
    at += 7 + log.readUInt16LE(at + 4);
  }
  return batches;
}

/** All that is in the database, record or head. */
async function entriesIn(dir: string): Promise<number> {
  const db = new ClassicLevel<Uint8Array, Uint8Array>(join(dir, 'records'), RAW);
  const keys = await db.keys().all();
  await db.close();
  return keys.length;
}
