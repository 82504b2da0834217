// LevelDB's logs, written by LevelDB itself: whole ones and cut ones are no damage, any change of a
// written byte is, and a node's disk says so when it opens.
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { silentLog } from '../../runtime/log.ts';
import type { Log } from '../../runtime/log.ts';
import { openDisk } from '../../runtime/records/disk.ts';
import { isDamaged } from '../../runtime/records/log-check.ts';
import { scratch } from '../certificates/identity-kit.ts';
import { runs } from '../parameters.ts';
import { keyBytes, plainStored, putOf, storedOf, STORED_MS } from './disk-kit.ts';

const RECORDS = 12;

async function writtenLog(dir: string): Promise<string> {
  const disk = await openDisk(dir, silentLog);
  await disk.load(STORED_MS);
  // Some go over the end of a block, some fill several.
  for (let seed = 0; seed < RECORDS; seed++) {
    await disk.write([putOf(storedOf(seed, 1, 1 + seed * 7000))]);
  }
  await disk.close();
  const records = join(dir, 'records');
  const [name = ''] = (await readdir(records)).filter((one) => one.endsWith('.log'));
  return join(records, name);
}

test('a log that is whole or cut is sound, one with another byte is not', async (t) => {
  const log = await readFile(await writtenLog(await scratch(t)));
  t.false(isDamaged(log));
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: log.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      (at, by) => {
        assert.ok(!isDamaged(log.subarray(0, at)), 'cut');
        const changed = Buffer.from(log);
        changed[at] = (changed[at] ?? 0) ^ by;
        // The last bytes of a block may belong to nothing, and a length reach beyond the end.
        const mayBeNothing = at % 32_768 > 32_768 - 7;
        if (!mayBeNothing && at < log.length - 70_000) assert.ok(isDamaged(changed), `at ${at}`);
        return Promise.resolve();
      },
    ),
    runs(300),
  );
});

test('a damaged log is told, copied, and read as far as it can be', async (t) => {
  const dir = await scratch(t);
  const path = await writtenLog(dir);
  const log = await readFile(path);
  log[log.length >>> 1] = (log[log.length >>> 1] ?? 0) ^ 1;
  await writeFile(path, log);
  const told: string[] = [];
  const note = (_details: object, text: string): void => void told.push(text);
  const listening: Log = { ...silentLog, error: note, warn: note };
  const disk = await openDisk(dir, listening);
  await disk.load(STORED_MS);
  t.true(told.some((text) => text.startsWith('values that were written last are damaged')));
  t.true(told.some((text) => text.startsWith('records were checked after damage')));
  const found = Array.from({ length: RECORDS }, (_, seed) => disk.read(keyBytes(seed)));
  t.true(found.some((one) => one === undefined));
  t.deepEqual(plainStored(found[0]), plainStored(storedOf(0, 1, 1)));
  const copies = (await readdir(dir)).filter((name) => name.startsWith('records.damaged-'));
  t.is(copies.length, 1);
  t.deepEqual(await readdir(join(dir, copies[0] ?? '')), [path.split('/').at(-1)]);
  await disk.close();
});
