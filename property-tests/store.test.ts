/**
 * The store of records against a plain account of what came, what the disk took and what ran out:
 * newest wins, ties by publisher, never back; a failed write restores what was there; expiry
 * only comes nearer.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { compareVersions, durableHeld, emptyStore, headerNow } from '../src/store.ts';
import { newestHeld, withoutLost, withRecord, withWritten } from '../src/store.ts';
import { defaultConfig } from '../src/config.ts';
import { create } from '../src/step.ts';
import type { RecordHeader } from '../src/types.ts';
import { header, plain } from './arbitraries.ts';
import { smallKey, smallRecord } from './core-arbitraries.ts';
import { law } from './harness.ts';

law('versions are ordered, ties by publisher', [header(), header()], 500, (a, b) => {
  assert.equal(Math.sign(compareVersions(a, b)), -Math.sign(compareVersions(b, a)));
  if (a.version !== b.version) assert.equal(compareVersions(a, b) > 0, a.version > b.version);
  const twin = { ...a, publisher: { ...a.publisher, b0: 0 } };
  const greater = { ...a, publisher: { ...a.publisher, b0: -1 } };
  assert.ok(compareVersions(greater, twin) > 0, 'as unsigned numbers');
  assert.equal(compareVersions(a, { ...a, lifeMs: 0 }), 0);
});

interface Move {
  readonly type: 'store' | 'written' | 'lost';
  readonly key: number;
  readonly version: number;
  readonly lifeMs: number;
  readonly which: number;
  readonly ok: boolean;
  readonly afterMs: number;
}

const move = plain<Move>({
  type: fc.constantFrom('store', 'written', 'lost'),
  key: fc.nat({ max: 2 }),
  version: fc.integer({ min: 1, max: 9 }),
  lifeMs: fc.integer({ min: 1, max: 100 }),
  which: fc.nat({ max: 9 }),
  ok: fc.boolean(),
  afterMs: fc.nat({ max: 20 }),
});

law('the newest version on disk is held, whatever fails', [fc.array(move)], 2000, (moves) => {
  let store = emptyStore;
  let now = 0;
  const writes: { token: number; record: RecordHeader; at: number }[] = [];
  const onDisk = new Map<number, { record: RecordHeader; token: number; expiresAt: number }>();
  moves.forEach((each, i) => {
    now += each.afterMs;
    if (each.type === 'store') {
      const record = smallRecord(each.key, each.version, each.lifeMs);
      const newest = newestHeld(store, record.key);
      // Older ones, and what is on disk already, are never handed to the store.
      const order = newest === undefined ? 1 : compareVersions(record, newest.header);
      if (order < 0 || (order === 0 && newest?.token === 0)) return;
      store = withRecord(store, record, now, i + 1);
      writes.push({ token: i + 1, record, at: now });
    } else if (each.type === 'lost') {
      const record = smallRecord(each.key, each.version, each.lifeMs);
      const before = store;
      store = withoutLost(store, record);
      const disk = onDisk.get(each.key);
      const isIt = disk !== undefined && compareVersions(disk.record, record) === 0;
      if (isIt) onDisk.set(each.key, { ...disk, expiresAt: 0 });
      else assert.equal(store, before, 'another version is not lost with it');
    } else {
      const [write] = writes.splice(each.which % (writes.length || 1), 1);
      if (write === undefined) return;
      const { token, record, at } = write;
      const name = record.key.raw.b7;
      store = withWritten(store, record.key, token, each.ok);
      const disk = onDisk.get(name);
      // Versions were handed over in ascending order, and so are their tokens.
      const isNewer = disk === undefined || disk.token < token;
      if (each.ok && isNewer) onDisk.set(name, { record, token, expiresAt: at + record.lifeMs });
    }
    for (const key of [0, 1, 2]) {
      const held = durableHeld(store, smallKey(key), now);
      const disk = onDisk.get(key);
      const alive = disk !== undefined && disk.expiresAt > now;
      if (!alive) assert.equal(held, undefined);
      else assert.equal(held && compareVersions(held.header, disk.record), 0);
    }
  });
});

law(
  'what is left of a life only shrinks',
  [header(), fc.nat({ max: 1e9 }), fc.array(fc.nat({ max: 1e7 }))],
  500,
  (record, from, pauses) => {
    const store = withWritten(withRecord(emptyStore, record, from, 1), record.key, 1, true);
    const held = newestHeld(store, record.key);
    assert.ok(held);
    assert.equal(held.expiresAt, from + record.lifeMs);
    let now = from;
    let before = record.lifeMs;
    for (const pause of pauses) {
      now += pause;
      const { lifeMs, ...rest } = headerNow(held, now);
      assert.deepEqual({ ...rest, lifeMs: record.lifeMs }, record);
      assert.equal(lifeMs, Math.max(0, from + record.lifeMs - now));
      assert.ok(lifeMs <= before);
      before = lifeMs;
      assert.equal(durableHeld(store, record.key, now) !== undefined, lifeMs > 0);
    }
  },
);

test('after a restart the newest of several versions is held, with the age it has', (t) => {
  const moment = { now: 500, wall: 10_000, entropy: 0 };
  const older = { header: smallRecord(0, 2, 9000), storedAtMs: 8000 };
  const newer = { header: smallRecord(0, 4, 9000), storedAtMs: 7000 };
  for (const records of [
    [older, newer],
    [newer, older],
  ]) {
    const state = create(0, defaultConfig, moment, { records, peers: [] });
    const held = durableHeld(state.store, smallKey(0), 500);
    t.is(held?.header.version, newer.header.version);
    t.is(held?.expiresAt, 500 + 9000 - 3000);
  }
  const ahead = { header: smallRecord(0, 2, 9000), storedAtMs: 99_000 };
  const state = create(0, defaultConfig, moment, { records: [ahead], peers: [] });
  const held = durableHeld(state.store, smallKey(0), 500);
  t.is(held?.expiresAt, 500 + 9000, 'a clock that went back makes no life longer');
});
