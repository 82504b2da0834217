/**
 * Reads of one key through one node do not go back (the watch says so at each), though PUTs fail
 * half-way and half of the holders are slow by turns; and a record that all holders but one have
 * lost at once comes back from its publisher at half its life.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { REPUBLICATIONS_MAX } from '../../src/limits.ts';
import { countItems } from '../../src/paged.ts';
import type { Operation } from '../../src/state/operation.ts';
import type { Message } from '../../src/types.ts';
import { plain } from '../core/arbitraries.ts';
import { law } from '../harness.ts';
import { calm } from './faults.ts';
import { Fleet } from './fleet.ts';

const SIZE = 14;

interface Turn {
  readonly act: 'read' | 'put' | 'half-put';
  readonly reader: number;
  /** A bit for each of the nearest that is slow. */
  readonly slow: number;
  /** A bit for each of the nearest that a store reaches, of a PUT that fails half-way. */
  readonly reached: number;
}

const turns = (): fc.Arbitrary<Turn[]> =>
  fc.array(
    plain<Turn>({
      act: fc.constantFrom('read', 'read', 'read', 'put', 'half-put'),
      reader: fc.nat({ max: 1 }),
      slow: fc.nat({ max: 1023 }),
      reached: fc.nat({ max: 1023 }),
    }),
    { minLength: 4, maxLength: 14, size: 'max' },
  );

function readInTurns(
  seed: number,
  replication: number,
  all: readonly Turn[],
  isDiskSlow: boolean,
): void {
  const fleet = Fleet.joined({ size: SIZE, seed, config: { replication } });
  // The ways of slow nodes are added to a life.
  fleet.watch.graceMs = 30_000;
  const order = fleet.watch.ranking(fleet.key(0));
  const nearest = order.slice(0, replication + 2);
  const readers = order.slice(-2);
  const [writer = 0] = order.slice(-3);
  assert.equal(fleet.settled(fleet.put(writer, 0))?.type, 'stored');
  if (isDiskSlow) fleet.faults = { ...calm, diskMs: [300, 900] };
  for (const { act, reader, slow, reached } of all) {
    let left = Math.floor((replication - 1) / 2);
    for (const [i, peer] of nearest.entries()) {
      const member = fleet.members[peer];
      const isSlow = ((slow >> i) & 1) === 1 && left-- > 0;
      if (member !== undefined) member.slowMs = isSlow ? 2500 : 0;
    }
    fleet.twist = (from, _to, message): Message | undefined => {
      if (act !== 'half-put' || from !== writer || message.body.type !== 'store') return message;
      const at = nearest.indexOf(_to);
      return at >= 0 && ((reached >> at) & 1) === 1 ? message : undefined;
    };
    if (act === 'read') fleet.settled(fleet.get(readers[reader] ?? 0, 0));
    else fleet.settled(fleet.put(writer, 0));
  }
  assert.ok(fleet.watch.outcomes.size > all.length);
}

law(
  'reads do not go back',
  [fc.integer(), fc.integer({ min: 2, max: 8 }), turns(), fc.boolean()],
  60,
  readInTurns,
);

test('what was read holds also when those are back that were slow meanwhile', (t) => {
  const read = { act: 'read', reader: 1, slow: 0, reached: 0 } as const;
  const all: readonly Turn[] = [
    { act: 'half-put', reader: 0, slow: 405, reached: 608 },
    { ...read, slow: 505 },
    read,
  ];
  t.notThrows(() => {
    readInTurns(1337336378, 5, all, true);
  });
});

const TTL_S = 600;

law(
  'what all holders but one have lost comes back from its publisher',
  [fc.integer(), fc.integer({ min: 2, max: 8 }), fc.nat()],
  6,
  (seed, replication, which) => {
    const fleet = Fleet.joined({ size: SIZE, seed, config: { replication } });
    // No rounds: fellows do not notice.
    fleet.twist = (_from, _to, message): Message | undefined =>
      message.body.type === 'check' || message.body.type === 'compare' ? undefined : message;
    const order = fleet.watch.ranking(fleet.key(0));
    const publisher = order.at(-1) ?? 0;
    const stored = fleet.settled(fleet.put(publisher, 0, { ttlS: TTL_S }));
    assert.ok(stored?.type === 'stored');
    const { record, holders } = stored;
    const survivor = holders[which % holders.length];
    for (const peer of holders) if (peer !== survivor) fleet.members[peer]?.forgetAll();
    fleet.run((TTL_S * 1000 * 3) / 8 - 5000);
    assert.deepEqual(fleet.watch.holding(record), [survivor]);
    fleet.run((TTL_S * 1000) / 4 + 10_000);
    assert.equal(fleet.watch.holding(record).length, replication);
    fleet.run((TTL_S * 1000 * 3) / 8 + 2000);
    assert.deepEqual(fleet.watch.holding(record), []);
  },
);

const FEW = 6;
const KEYS = 400;

test('of many records only so many are looked up at once, and they come back', (t) => {
  const fleet = Fleet.joined({ size: FEW, seed: 1, config: { replication: FEW } });
  fleet.twist = (_from, _to, message): Message | undefined =>
    message.body.type === 'check' || message.body.type === 'compare' ? undefined : message;
  const [publisher, survivor] = [0, 1];
  const puts = Array.from({ length: KEYS }, (_, at) => {
    if (at % 20 === 0) fleet.run(1500);
    return fleet.put(publisher, at, { ttlS: TTL_S });
  });
  const records = puts.map((op) => {
    const stored = fleet.settled(op);
    assert.ok(stored?.type === 'stored' && stored.holders.length === FEW);
    return stored.record;
  });
  const storedAt = fleet.now;
  for (const member of fleet.members) if (member.peer !== survivor) member.forgetAll();
  // Reads take seconds in the end, so that many would go on at once; slowly enough for nobody to
  // be taken for gone.
  fleet.watch.graceMs = 30_000;
  for (const ms of [80, 160, 300, 500, 700]) {
    fleet.faults = { ...calm, delayMs: [ms, 1.3 * ms] };
    fleet.run(30_000);
  }
  const isRead = ({ op, type }: Operation): boolean =>
    op < 0 && (type === 'get' || type === 'fetch');
  let most = 0;
  while (fleet.now < storedAt + TTL_S * 850) {
    fleet.run(500);
    const state = fleet.members[publisher]?.state ?? t.fail();
    most = Math.max(most, countItems(state.operations, isRead));
  }
  t.is(most, REPUBLICATIONS_MAX);
  // On all but the own disk, of which only rounds would find that it lacks something.
  const missing = records.filter((record) => fleet.watch.holding(record).length < FEW - 1);
  t.true(missing.length < KEYS / 20, `${missing.length}: a few were too slow`);
});
