// Files that cannot be used: they are read again when something about them changes, also their
// permissions alone, and not at each look. And those that somebody asks to be read.
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { UsageError } from '../../runtime/failure.ts';
import { watchFiles } from '../../runtime/file-watch.ts';
import { silentLog } from '../../runtime/log.ts';
import { scratch } from '../certificates/identity-kit.ts';
import { eventually } from './node-kit.ts';

test('a file that cannot be used is not read at each look, but when it changes', async (t) => {
  const path = join(await scratch(t), 'file');
  await writeFile(path, 'bad', { mode: 0o600 });
  const seen = { looks: 0, reads: 0, used: '' };
  let isGood = false;
  const watched = {
    get paths() {
      seen.looks += 1;
      return [path];
    },
    read: async () => {
      seen.reads += 1;
      if (!isGood) throw new UsageError('it is bad');
      return 'good';
    },
    isSame: (used: string, next: string) => used === next,
    use: (next: string) => {
      seen.used = next;
    },
    words: { same: 'same', used: 'used', unusable: 'unusable' },
    fieldsOf: () => ({}),
  };
  const watch = watchFiles(watched, 'first', silentLog);
  t.teardown(() => {
    watch.end();
  });
  await eventually(t, 'it is looked at', () => seen.looks > LOOKS, 60_000);
  // At 0, 1, 3 and 7 s; more are owed to a machine that stands still between two looks.
  t.true(seen.reads <= 7, `${seen.reads} reads in ${seen.looks} looks`);
  isGood = true;
  await chmod(path, 0o640);
  const before = seen.looks;
  await eventually(t, 'it is read again', () => seen.used === 'good', 60_000);
  t.true(seen.looks <= before + 3, `${seen.looks - before} looks`);
});

test('who asks for it while files are read is heard', async (t) => {
  const path = join(await scratch(t), 'file');
  await writeFile(path, 'as it was');
  const said: string[] = [];
  const log = { ...silentLog, info: (_: unknown, words: string): void => void said.push(words) };
  let reads = 0;
  let goOn = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const watched = {
    paths: [path],
    read: async () => {
      reads += 1;
      if (reads === 1) await gate;
      return 'as it was';
    },
    isSame: (used: string, next: string) => used === next,
    use: () => undefined,
    words: { same: 'same', used: 'used', unusable: 'unusable' },
    fieldsOf: () => ({}),
  };
  const watch = watchFiles(watched, 'as it was', log);
  t.teardown(() => {
    watch.end();
  });
  watch.readNow();
  await eventually(t, 'it is being read', () => reads === 1);
  watch.readNow();
  goOn();
  await eventually(t, 'both were answered', () => said.length === 2);
  t.deepEqual([said, reads], [['same', 'same'], 2]);
});

const LOOKS = 8;
