/**
 * The lock of an authority's directory, held by one process at a time, whatever becomes of it.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { withLock } from '../../runtime/lock.ts';
import { inProcess } from '../processes.ts';
import { scratch } from './identity-kit.ts';

test('a lock is exclusive, and that of a dead process is broken', async (t) => {
  const dir = await scratch(t);
  const path = join(dir, 'lock');
  await writeFile(join(dir, 'count'), '0');
  const count = `const fs = await import('node:fs'); const file = a[1];
    for (let i = 0; i < 20; i += 1) await m.withLock(a[0], async () => {
      const seen = Number(fs.readFileSync(file, 'utf8'));
      await new Promise((done) => setTimeout(done, 1));
      fs.writeFileSync(file, String(seen + 1));
    });`;
  const die = `await m.withLock(a[0], async () => { process.exit(0); });`;
  const args = [path, join(dir, 'count')];
  await inProcess('../runtime/lock.js', die, args);
  t.deepEqual(await readdir(dir), ['count', 'lock']);
  const runs = [count, count, die, count, die].map(
    async (code) => await inProcess('../runtime/lock.js', code, args),
  );
  await Promise.all(runs);
  t.is(await readFile(join(dir, 'count'), 'utf8'), '60');
});

test('many that find the same dead lock never hold it together', async (t) => {
  const path = join(await scratch(t), 'lock');
  await inProcess('../runtime/lock.js', `await m.withLock(a[0], () => process.exit(0));`, [path]);
  const note: unknown = JSON.parse(await readFile(join(path, 'owner.json'), 'utf8'));
  let inside = 0;
  let insideMax = 0;
  let done = 0;
  for (let round = 0; round < 8; round += 1) {
    const dead = Object.assign({}, note, { nonce: round.toString(16).padStart(16, '0') });
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'owner.json'), JSON.stringify(dead));
    const holders = Array.from({ length: 12 }, async () => {
      await withLock(path, async () => {
        inside += 1;
        insideMax = Math.max(insideMax, inside);
        await readdir(path);
        inside -= 1;
        done += 1;
      });
    });
    await Promise.all(holders);
  }
  t.deepEqual([insideMax, done], [1, 96]);
});
