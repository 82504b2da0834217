// A real node and its disk: what has run out leaves it, what is damaged is not served and can be
// stored again, a database beyond mending is moved away, and a full disk stops nothing else.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { ClassicLevel } from 'classic-level';
import { silentLog } from '../../runtime/log.ts';
import type { Log, LogFields } from '../../runtime/log.ts';
import type { RunningNode } from '../../runtime/node.ts';
import { requireOrSkip } from '../require.ts';
import { smallDisk } from './disk-kit.ts';
import { eventually, identityAt, newKey, newSite, nodeAt, valueOf } from './node-kit.ts';

async function entriesIn(location: string): Promise<number> {
  const db = new ClassicLevel(location);
  const keys = await db.keys().all();
  await db.close();
  return keys.length;
}

async function put(node: RunningNode, key: Uint8Array, value: Uint8Array): Promise<boolean> {
  return (await node.put(key, value)).status === 'good';
}

test('a record leaves the disk of a running node when its time has run out', async (t) => {
  const site = await newSite(t);
  const node = await nodeAt(t, site, 'node');
  const kept = newKey();
  await node.put(kept, valueOf(10));
  await node.put(newKey(), valueOf(10), { ttlS: 8 });
  t.is(node.status().records, 2);
  await eventually(t, 'the record has run out', () => node.status().records === 1, 30_000);
  await node.close();
  t.is(await entriesIn(join(site.dir, 'node', 'records')), 2, 'a record and its head');
});

test('a record whose bytes are damaged is not served, and can be stored again', async (t) => {
  const site = await newSite(t);
  const identity = await identityAt(site, 'node');
  const first = await nodeAt(t, site, 'node', { identity });
  const [good, bad] = [newKey(), newKey()];
  const [goodValue, badValue] = [valueOf(1000), valueOf(1000)];
  t.true(await put(first, good, goodValue));
  t.true(await put(first, bad, badValue));
  await first.close();
  const location = join(site.dir, 'node', 'records');
  await intoTables(location);
  await flip(location, badValue);
  const second = await nodeAt(t, site, 'node', { identity });
  t.is(second.status().records, 2);
  t.deepEqual((await second.get(good)).value, goodValue);
  t.is((await second.get(bad)).value, undefined);
  t.is(second.status().records, 1);
  t.true(await put(second, bad, badValue));
  t.deepEqual((await second.get(bad)).value, badValue);
});

test('a database beyond mending is moved away, and one line says where it is', async (t) => {
  const site = await newSite(t);
  const identity = await identityAt(site, 'node');
  const dataDir = join(site.dir, 'node');
  const location = join(dataDir, 'records');
  const first = await nodeAt(t, site, 'node', { identity });
  t.true(await put(first, newKey(), valueOf(10)));
  await first.close();
  // LevelDB can neither read this nor put a file in its place.
  await rm(join(location, 'CURRENT'));
  await mkdir(join(location, 'CURRENT'));
  const said: LogFields[] = [];
  const log: Log = { ...silentLog, error: (fields) => said.push(fields) };
  const second = await nodeAt(t, site, 'node', { identity, log });
  t.is(second.status().records, 0);
  t.true(await put(second, newKey(), valueOf(10)));
  const names = (await readdir(dataDir)).filter((name) => /^records\.damaged-\d+$/.test(name));
  t.deepEqual(
    said.map(({ movedTo }) => movedTo),
    names.map((name) => join(dataDir, name)),
  );
  t.is(names.length, 1);
});

test('a node on a full disk lives, serves what it holds and takes PUTs again later', async (t) => {
  const dir = await smallDisk(t);
  if (dir === undefined) return void requireOrSkip(t, false, 'mounting a tmpfs (root)');
  const site = await newSite(t);
  const identity = await identityAt(site, 'node');
  const filler = join(dir, 'filler');
  await writeFile(filler, Buffer.alloc(700_000, 1));
  const node = await nodeAt(t, site, 'node', { identity, dataDir: dir });
  const held = new Map<Uint8Array, Uint8Array>();
  for (;;) {
    const [key, value] = [newKey(), valueOf(20_000)];
    if (!(await put(node, key, value))) break;
    held.set(key, value);
  }
  t.true(held.size > 0);
  await rm(filler);
  let written = false;
  for (let tries = 0; !written && tries < 100; tries++) {
    await delay(100);
    written = await put(node, newKey(), valueOf(10));
  }
  t.true(written, 'PUTs work again');
  for (const [key, value] of held) t.deepEqual((await node.get(key)).value, value);
});

/** Moves all that is in LevelDB's log into its tables, whose bytes nobody checks but we. */
async function intoTables(location: string): Promise<void> {
  const db = new ClassicLevel(location);
  await db.compactRange('\x00', '\x7f');
  await db.close();
}

/** Flips a bit of a value in the one table that holds it. */
async function flip(location: string, value: Uint8Array): Promise<void> {
  for (const name of await readdir(location)) {
    const bytes = await readFile(join(location, name));
    const at = bytes.indexOf(value.subarray(100, 200));
    if (at < 0) continue;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    await writeFile(join(location, name), bytes);
    return;
  }
  throw new Error('the value is nowhere');
}
