/**
 * The store of records against a plain account of what came, what the disk took and what ran out:
 * newest wins, ties by publisher, never back; a failed write restores what was there; expiry
 * only comes nearer.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { defaultConfig } from '../../src/config.ts';
import { checkStored } from '../../src/invariants/store.ts';
import { CLOCK_ALLOWANCE_MS, TTL_S_MAX, UNWRITTEN_MAX } from '../../src/limits.ts';
import { allItems, pagedFromSorted, withItem } from '../../src/paged.ts';
import { keep, onLost, onPersisted } from '../../src/replicas/keep.ts';
import { closeDraft, openDraft } from '../../src/state/node.ts';
import { afterWrite, compareVersions, durableHeld, emptyStore } from '../../src/state/store.ts';
import { forEachWithin, headerNow, heldOrder, mappedWithin } from '../../src/state/store.ts';
import { newestHeld, newHeld, withGroup } from '../../src/state/store.ts';
import { EVERYTHING, isWithin } from '../../src/state/tags.ts';
import { create, step } from '../../src/step.ts';
import type { Position, RecordHeader } from '../../src/types.ts';
import { law } from '../harness.ts';
import { header, plain, position } from './arbitraries.ts';
import { directoryOf, short, smallKey, smallRecord } from './core-arbitraries.ts';

law('versions are ordered, ties by publisher', [header(), header()], 500, (a, b) => {
  assert.equal(Math.sign(compareVersions(a, b)), -Math.sign(compareVersions(b, a)));
  if (a.version !== b.version) assert.equal(compareVersions(a, b) > 0, a.version > b.version);
  const twin = { ...a, publisher: { ...a.publisher, b0: 0 } };
  const greater = { ...a, publisher: { ...a.publisher, b0: -1 } };
  assert.ok(compareVersions(greater, twin) > 0, 'as unsigned numbers');
  assert.equal(compareVersions(a, { ...a, lifeMs: 0 }), 0);
});

const noKept = { records: [], peers: [] };

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
  const directory = directoryOf([short('0')]);
  let state = create(0, defaultConfig, { now: 0, wall: 0, entropy: 0 }, noKept);
  let now = 0;
  const writes: { token: number; record: RecordHeader; at: number }[] = [];
  const onDisk = new Map<number, { record: RecordHeader; token: number; expiresAt: number }>();
  for (const each of moves) {
    now += each.afterMs;
    const draft = openDraft(state, { now, wall: now, entropy: 0 }, directory);
    if (each.type === 'store') {
      const record = smallRecord(each.key, each.version, each.lifeMs);
      const newest = newestHeld(state.store, record.key);
      const order = newest === undefined ? 1 : compareVersions(record, newest.header);
      const answer = keep(draft, record, { peer: 0, call: 0, op: 1 }, undefined);
      if (order < 0) assert.equal(answer, 'stale');
      else if (order === 0 && newest?.token === 0) assert.equal(answer, 'held');
      else if (order > 0) assert.equal(answer, 'writing');
      // The very version that is on its way is not written again.
      const tokens = (draft.effects ?? []).flatMap((effect) =>
        effect.type === 'persist' ? [effect.token] : [],
      );
      assert.equal(tokens.length, order > 0 ? 1 : 0);
      for (const token of tokens) writes.push({ token, record, at: now });
    } else if (each.type === 'lost') {
      const record = smallRecord(each.key, each.version, each.lifeMs);
      onLost(draft, record);
      const disk = onDisk.get(each.key);
      const isIt = disk !== undefined && compareVersions(disk.record, record) === 0;
      if (isIt) onDisk.set(each.key, { ...disk, expiresAt: 0 });
      else assert.equal(draft.store, state.store, 'another version is not lost with it');
    } else {
      const [write] = writes.splice(each.which % (writes.length || 1), 1);
      if (write === undefined) continue;
      const { token, record, at } = write;
      const name = record.key.raw.b7;
      onPersisted(draft, token, each.ok);
      const disk = onDisk.get(name);
      // Versions were taken in ascending order, and so were their tokens.
      const isNewer = disk === undefined || disk.token < token;
      if (each.ok && isNewer) onDisk.set(name, { record, token, expiresAt: at + record.lifeMs });
    }
    state = closeDraft(draft);
    assert.deepEqual(checkStored(state, directory), []);
    for (const key of [0, 1, 2]) {
      const held = durableHeld(state.store, smallKey(key), now);
      const disk = onDisk.get(key);
      const alive = disk !== undefined && disk.expiresAt > now;
      if (!alive) assert.equal(held, undefined);
      else assert.equal(held && compareVersions(held.header, disk.record), 0);
    }
  }
});

law(
  'what is left of a life only shrinks',
  [header(), fc.nat({ max: 1e9 }), fc.array(fc.nat({ max: 1e7 }))],
  500,
  (record, from, pauses) => {
    const held = afterWrite(
      newHeld(record, from + record.lifeMs, 1, undefined, undefined),
      1,
      true,
    );
    assert.ok(held);
    const store = withItem(emptyStore, heldOrder, held);
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
  const older = { header: smallRecord(0, 2, 9000), storedAtMs: 8000, from: undefined };
  const newer = { header: smallRecord(0, 4, 9000), storedAtMs: 7000, from: undefined };
  for (const records of [
    [older, newer],
    [newer, older],
  ]) {
    const state = create(0, defaultConfig, moment, { records, peers: [] });
    const held = durableHeld(state.store, smallKey(0), 500);
    t.is(held?.header.version, newer.header.version);
    t.is(held?.expiresAt, 500 + 9000 - 3000);
  }
  const ahead = { header: smallRecord(0, 2, 9000), storedAtMs: 99_000, from: undefined };
  const state = create(0, defaultConfig, moment, { records: [ahead], peers: [] });
  const held = durableHeld(state.store, smallKey(0), 500);
  t.is(held?.expiresAt, 500 + 9000, 'stored by a clock that was ahead: the life it had then');
});

/** A stored record and the wall clock of a later start, in ms from any time. */
interface Restart {
  readonly publishedAtMs: number;
  /** From its publication until it was stored, by a clock that may have been wrong. */
  readonly onItsWayMs: number;
  readonly ttlS: number;
  /** The part of its TTL that it had when it was stored. */
  readonly part: number;
  /** From there until the start, by a clock that may have been set meanwhile. */
  readonly wallMs: number;
}

const either = (max: number) => fc.integer({ min: -max, max });

const restart = plain<Restart>({
  publishedAtMs: fc.integer({ min: 1e12, max: 2e12 }),
  onItsWayMs: fc.oneof(fc.nat({ max: 10_000 }), either(1e8), either(1e11)),
  ttlS: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: TTL_S_MAX })),
  part: fc.double({ min: 0, max: 1, noNaN: true }),
  wallMs: fc.oneof(fc.nat({ max: 10_000 }), either(1e8), either(1e11)),
});

law(
  'no start gives a record more than the life it was stored with, nor more than its publication',
  [restart, fc.nat({ max: 1e9 })],
  2000,
  ({ publishedAtMs, onItsWayMs, ttlS, part, wallMs }, now) => {
    const storedAtMs = publishedAtMs + onItsWayMs;
    const wall = storedAtMs + wallMs;
    const lifeMs = Math.max(1, Math.floor(part * ttlS * 1000));
    const record = { ...smallRecord(0, 2, lifeMs), publishedAtMs, ttlS };
    const kept = { records: [{ header: record, storedAtMs, from: undefined }], peers: [] };
    const state = create(0, defaultConfig, { now, wall, entropy: 0 }, kept);
    const [held] = allItems(state.store);
    assert.ok(held);
    const left = held.expiresAt - now;
    const granted = Math.min(ttlS, defaultConfig.ttlSMax) * 1000;
    const latest = publishedAtMs + granted + CLOCK_ALLOWANCE_MS;
    assert.ok(left <= lifeMs);
    assert.ok(wall + left <= latest, 'at whichever start');
    // Clocks that differ by less than is allowed for cost no life.
    const asStored = lifeMs - Math.max(0, wallMs);
    if (storedAtMs + lifeMs <= latest && wallMs >= 0) assert.equal(left, asStored);
    else assert.equal(left, Math.min(asStored, latest - wall));
    assert.equal(durableHeld(state.store, record.key, now) !== undefined, left > 0);
    const at = { now: state.wakeAt, wall, entropy: 0 };
    const { effects } = step(state, at, { type: 'wake' }, directoryOf([short('0')]));
    const writes = effects.flatMap((one) => (one.type === 'persist' ? one.writes : []));
    const gone = writes.some(({ type }) => type === 'delete');
    assert.equal(gone, held.expiresAt <= state.wakeAt, 'what is over leaves the disk');
  },
);

test('of one key only so many versions are on their way to the disk', (t) => {
  const directory = directoryOf([short('0')]);
  const moment = { now: 0, wall: 0, entropy: 0 };
  const draft = openDraft(create(0, defaultConfig, moment, noKept), moment, directory);
  const next = (version: number): string =>
    keep(draft, smallRecord(1, 2 * version, 100), { peer: 0, call: 0, op: 1 }, undefined);
  for (let version = 1; version <= UNWRITTEN_MAX; version++) t.is(next(version), 'writing');
  t.is(next(UNWRITTEN_MAX + 1), 'full');
  const [writing] = (draft.effects ?? []).filter((effect) => effect.type === 'persist');
  onPersisted(draft, writing?.token ?? t.fail(), true);
  t.is(next(UNWRITTEN_MAX + 1), 'writing');
});

test('with what expires goes all that it was to replace, on disk or on its way there', (t) => {
  const versions = [2, 4, 6, 8].map((version) => smallRecord(0, version, 100));
  const [header = smallRecord(0, 2, 100), ...later] = versions;
  const kept = { records: [{ header, storedAtMs: 0, from: undefined }], peers: [] };
  const directory = directoryOf([short('0')]);
  let state = create(0, defaultConfig, { now: 0, wall: 0, entropy: 0 }, kept);
  for (const record of later) {
    const draft = openDraft(state, { now: 0, wall: 0, entropy: 0 }, directory);
    t.is(keep(draft, record, { peer: 0, call: 0, op: 1 }, undefined), 'writing');
    state = closeDraft(draft);
  }
  const { effects } = step(state, { now: 100, wall: 100, entropy: 0 }, { type: 'wake' }, directory);
  const writes = effects.flatMap((one) => (one.type === 'persist' ? one.writes : []));
  const gone = writes.flatMap((write) => (write.type === 'delete' ? write.record.version : []));
  t.deepEqual(gone.sort(), versions.map(({ version }) => version).sort());
});

law(
  'a walk over a range meets the records of the range, and no others',
  [fc.array(header(), { maxLength: 400 }), position(), fc.integer({ min: 0, max: 12 })],
  60,
  (headers, from, bits) => {
    const sorted = headers
      .map((one) => newHeld(one, 1000, 0, undefined, undefined))
      .sort((a, b) => heldOrder.compare(a, b.header.key));
    const store = pagedFromSorted(sorted, heldOrder);
    const range = { bits, from: bits === 0 ? EVERYTHING.from : cutTo(from, bits) };
    const wanted = allItems(store).filter(({ header: { key } }) => isWithin(key.position, range));
    const met: unknown[] = [];
    forEachWithin(store, range, (held) => met.push(held));
    assert.deepEqual(met, wanted);
    const changed = mappedWithin(store, range, (held) => withGroup(held, [7], 1));
    const marked = allItems(changed).filter(({ known }) => known === 1);
    assert.equal(marked.length, wanted.length);
    assert.equal(changed.size, store.size);
  },
);

/** A position whose bits beyond the first few, fewer than 32, are 0. */
function cutTo({ w0 }: Position, bits: number): Position {
  return { ...EVERYTHING.from, w0: w0 & ~(0xffffffff >>> bits) };
}
