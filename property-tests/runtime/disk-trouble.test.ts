/**
 * A database that cannot be opened for a reason other than damage: nothing is mended, moved away or
 * begun anew, the command ends with one line, and all is there when the reason is gone.
 */
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { UsageError } from '../../runtime/failure.ts';
import { silentLog } from '../../runtime/log.ts';
import { mendDatabase, startAfresh } from '../../runtime/records/database.ts';
import { openDisk } from '../../runtime/records/disk.ts';
import { scratch } from '../certificates/identity-kit.ts';
import { requireOrSkip } from '../require.ts';
import { keyBytes, plainStored, putOf, reopened } from './disk-kit.ts';
import { smallDisk, storedOf, STORED_MS } from './disk-kit.ts';

const run = promisify(execFile);

/** In the words of the system, as LevelDB passes them on. */
const REASONS = [
  'Permission denied',
  'No space left on device',
  'Disk quota exceeded',
  'Read-only file system',
  'Too many open files',
  'Too many open files in system',
  'Cannot allocate memory',
  'Operation not supported',
];

const record = storedOf(3, 1);

async function written(dir: string): Promise<void> {
  const disk = await openDisk(dir, silentLog);
  await disk.load(STORED_MS);
  if (!(await disk.write([putOf(record)]))) throw new Error('not written');
  await disk.close();
}

test('a sound database stays where it is, whatever keeps the system from opening it', async (t) => {
  const dir = await scratch(t);
  await written(dir);
  const location = join(dir, 'records');
  const before = await readdir(location);
  for (const reason of REASONS) {
    const message = `IO error: ${location}/000005.ldb: ${reason}`;
    const cause = Object.assign(new Error(message), { code: 'LEVEL_IO_ERROR' });
    const error = new Error('Database failed to open', { cause });
    for (const act of [mendDatabase, startAfresh]) {
      const told = { instanceOf: UsageError, message: new RegExp(`${reason}$`) };
      await t.throwsAsync(act(location, error, silentLog), told);
    }
  }
  t.deepEqual(await readdir(location), before);
  t.deepEqual(await readdir(dir), ['records']);
  const { disk, heads } = await reopened(dir, STORED_MS);
  t.is(heads.length, 1);
  await disk.close();
});

test('a disk that is mounted to be read only is no reason to begin anew', async (t) => {
  const dir = await smallDisk(t);
  if (!requireOrSkip(t, dir !== undefined, 'mount') || dir === undefined) return;
  await written(dir);
  await run('mount', ['-o', 'remount,ro', dir]);
  await t.throwsAsync(openDisk(dir, silentLog), { instanceOf: UsageError });
  await run('mount', ['-o', 'remount,rw', dir]);
  t.deepEqual(await readdir(dir), ['records']);
  const { disk } = await reopened(dir, STORED_MS);
  t.deepEqual(plainStored(disk.read(keyBytes(3))), plainStored(record));
  await disk.close();
});
