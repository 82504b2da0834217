// Records on disk: what was written comes back after a restart, whole, until it expires.
import test from 'ava';
import { openDisk } from '../../runtime/disk.ts';
import type { DiskWrite } from '../../runtime/disk.ts';
import { UsageError } from '../../runtime/failure.ts';
import { silentLog } from '../../runtime/log.ts';
import { decodeStored, encodeStored } from '../../runtime/record-bytes.ts';
import type { StoredRecord } from '../../runtime/record-bytes.ts';
import { scratch } from '../identity-kit.ts';

const DAY_MS = 86_400_000;

function stored(seed: number, version: number, changes: Partial<StoredRecord> = {}): StoredRecord {
  return {
    storedAtMs: 1000 * DAY_MS,
    record: {
      key: new Uint8Array(32).fill(seed),
      version,
      publishedAtMs: 999 * DAY_MS,
      ttlS: 86_400,
      publisher: new Uint8Array(32).fill(7),
      certificate: new Uint8Array(300).fill(8),
      signature: new Uint8Array(64).fill(9),
      value: new Uint8Array(1 + seed * 200).fill(version % 256),
      lifeMs: DAY_MS,
    },
    ...changes,
  };
}

function put(one: StoredRecord): DiskWrite {
  return { type: 'put', key: one.record.key, bytes: encodeStored(one) };
}

async function all(dir: string, nowMs: number): Promise<StoredRecord[]> {
  const disk = await openDisk(dir, silentLog);
  const found: StoredRecord[] = [];
  await disk.load(nowMs, (one) => found.push(one));
  await disk.close();
  return found;
}

function plain(one: StoredRecord | undefined): unknown {
  if (one === undefined) return undefined;
  const { record, storedAtMs } = one;
  return { storedAtMs, ...record, key: Uint8Array.from(record.key) };
}

test('records come back as they were, newest version only', async (t) => {
  const dir = await scratch(t);
  const disk = await openDisk(dir, silentLog);
  // Asked for in one breath: they share batches, and the order still holds.
  const done = Promise.all([
    disk.write([put(stored(1, 5)), put(stored(2, 5))]),
    disk.write([put(stored(1, 6))]),
    disk.write([put(stored(1, 7)), put(stored(3, 9))]),
  ]);
  t.deepEqual(await done, [true, true, true]);
  t.deepEqual(plain(disk.read(stored(1, 7).record.key)), plain(stored(1, 7)));
  t.is(disk.read(new Uint8Array(32)), undefined);
  await disk.close();
  const found = await all(dir, 1000 * DAY_MS + 5);
  t.deepEqual(found.map(plain), [stored(1, 7), stored(2, 5), stored(3, 9)].map(plain));
});

test('a delete takes away the version that it names and no other', async (t) => {
  const dir = await scratch(t);
  const disk = await openDisk(dir, silentLog);
  const { key, publisher } = stored(1, 5).record;
  await disk.write([put(stored(1, 5))]);
  await disk.write([{ type: 'delete', key, version: 4, publisher }]);
  await disk.write([{ type: 'delete', key, version: 5, publisher: new Uint8Array(32) }]);
  t.truthy(disk.read(key));
  const gone = disk.write([{ type: 'delete', key, version: 5, publisher }]);
  const back = disk.write([put(stored(1, 6)), { type: 'delete', key, version: 5, publisher }]);
  t.deepEqual(await Promise.all([gone, back]), [true, true]);
  t.is(disk.read(key)?.record.version, 6);
  await disk.write([{ type: 'delete', key, version: 6, publisher }]);
  t.is(disk.read(key), undefined);
  await disk.close();
  t.deepEqual(await all(dir, 0), []);
});

test('what expired while nobody ran is gone, and a renewed record is not', async (t) => {
  const dir = await scratch(t);
  const disk = await openDisk(dir, silentLog);
  await disk.write([put(stored(1, 5)), put(stored(2, 5)), put(stored(3, 5))]);
  await disk.write([put(stored(2, 6, { storedAtMs: 1001 * DAY_MS }))]);
  await disk.close();
  t.is((await all(dir, 1001 * DAY_MS)).length, 3);
  const left = await all(dir, 1001 * DAY_MS + 1);
  t.deepEqual(
    left.map(({ record }) => [record.key[0], record.version]),
    [[2, 6]],
  );
  t.is((await all(dir, 1002 * DAY_MS + 1)).length, 0);
});

test('a directory in use is refused in one line, and free again after close', async (t) => {
  const dir = await scratch(t);
  const disk = await openDisk(dir, silentLog);
  const error = await t.throwsAsync(openDisk(dir, silentLog), { instanceOf: UsageError });
  t.regex(error.message, /^[^\n]*in use[^\n]*$/);
  await disk.close();
  t.false(await disk.write([put(stored(1, 1))]));
  await (await openDisk(dir, silentLog)).close();
});

test('bytes that this version did not write are no record', (t) => {
  const good = encodeStored(stored(1, 5));
  const key = new Uint8Array(32);
  t.truthy(decodeStored(key, good));
  for (let length = 0; length <= 131 + 300; length++) {
    t.is(decodeStored(key, good.subarray(0, length)), undefined);
  }
  t.is(decodeStored(key, Uint8Array.from([2, ...good.subarray(1)])), undefined);
});
