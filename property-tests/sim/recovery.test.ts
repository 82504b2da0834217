/**
 * Networks that fall apart or fall down, in small: halves that were cut off from each other, nodes
 * that all restart while their introducers are gone, newcomers of whose introducers one is hostile.
 * The full figures are those of scenarios/halves.yaml, all-restart.yaml, hostile-introducer.yaml.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import { simulateWhole } from '../../sim/main.ts';
import { isCut } from '../../sim/network.ts';
import { defaultOptions } from '../../sim/options.ts';
import { newestHeld } from '../../src/state/store.ts';
import type { Key, Peer } from '../../src/types.ts';
import { smallKey } from '../core/core-arbitraries.ts';
import { WatchedRun } from './sim-kit.ts';

const MINUTE = 60_000;

test('halves cut off from each other for an hour are one network soon after', (t) => {
  const fault = { type: 'partition', atMs: MINUTE, forMs: 60 * MINUTE, share: 0.5 } as const;
  const { result } = simulateWhole(
    defaultOptions({
      nodes: 80,
      tables: 'converged',
      durationMs: 67 * MINUTE,
      puts: 30,
      workloads: [
        {
          kind: 'put',
          count: 30,
          fromMs: 0,
          overMs: 50 * MINUTE,
          targets: 'random',
          zipf: 0,
          ttlS: 86_400,
        },
        {
          kind: 'get',
          count: 300,
          fromMs: 65 * MINUTE,
          overMs: MINUTE,
          targets: 'random',
          zipf: 0,
          ttlS: 0,
        },
      ],
      faults: [fault],
    }),
    'test',
  );
  const { atMs, knowAllNearest, nearestKnown } = result.recovery;
  t.is(atMs[0], 61 * MINUTE);
  t.true((nearestKnown[0] ?? 1) < 0.6, 'they had forgotten each other');
  const soon = atMs.indexOf(62 * MINUTE);
  t.true((knowAllNearest[soon] ?? 0) >= 0.95, `${knowAllNearest[soon]} a minute later`);
  t.true((nearestKnown[soon] ?? 0) >= 0.99);
  t.deepEqual([result.values.gets, result.values.found], [300, 300]);
});

test('a key that both halves wrote has its newest version everywhere soon after', (t) => {
  const forMs = 20 * MINUTE;
  const options = defaultOptions({
    nodes: 60,
    tables: 'converged',
    durationMs: 60 * MINUTE,
    lookups: 0,
    puts: 0,
    faults: [{ type: 'partition', atMs: 1000, forMs, share: 0.5 }],
  });
  const run = new WatchedRun(options);
  const until = (ms: number): void => {
    while (run.world.nowMs < ms && run.advance());
  };
  until(15 * MINUTE);
  const { split } = run.world.network;
  const peers = Array.from({ length: 60 }, (_, peer) => peer);
  const other = peers.find((peer) => isCut(split, 0, peer));
  assert.ok(other !== undefined);
  const key: Key = smallKey(1);
  const put = { type: 'put', key, size: 10, replication: 8, ttlS: 86_400 } as const;
  t.like(run.command(0, put), { type: 'stored' });
  until(16 * MINUTE);
  t.like(run.command(other, put), { type: 'stored' });
  const versions = (): number[] => {
    const held = run.world.population.states.flatMap((state) => {
      const one = state && newestHeld(state.store, key);
      return one === undefined ? [] : [one.header.version];
    });
    return [...new Set(held)].sort((a, b) => a - b);
  };
  const [old, newest] = versions();
  t.is(versions().length, 2, 'each half has its own');
  assert.ok(old !== undefined && newest !== undefined);
  until(forMs + 4 * MINUTE);
  for (const reader of [0, other, ...peers.slice(20, 30)] as readonly Peer[]) {
    t.like(run.command(reader, { type: 'get', key }), { record: { version: newest } });
  }
  run.checkAll();
});

test('all restart, their introducers are gone for good, and all find back by their disks', (t) => {
  const { result } = simulateWhole(
    defaultOptions({
      nodes: 103,
      introducers: 3,
      disk: 'keep',
      durationMs: 3 * MINUTE,
      lookups: 0,
      puts: 20,
      faults: [
        { type: 'mass-failure', atMs: 30_000, share: 1, returnMs: 10_000, introducers: 'dead' },
      ],
    }),
    'test',
  );
  const { again, failed } = result.joins;
  t.deepEqual([again.count, again.within30s, failed], [100, 1, 0]);
  const soon = result.recovery.atMs.indexOf(100_000);
  t.true((result.recovery.knowAllNearest[soon] ?? 0) >= 0.9);
  t.true((result.recovery.nearestKnown[soon] ?? 0) >= 0.99);
  t.deepEqual([result.values.lost, result.values.unreachable], [0, 0]);
});

test('with empty disks and without introducers nobody finds back: the disks did it', (t) => {
  const { result } = simulateWhole(
    defaultOptions({
      nodes: 33,
      introducers: 3,
      durationMs: 90_000,
      lookups: 0,
      puts: 1,
      faults: [
        { type: 'mass-failure', atMs: 20_000, share: 1, returnMs: 10_000, introducers: 'dead' },
      ],
    }),
    'test',
  );
  t.is(result.joins.again.count, 0);
});

test('who is told to leave before it knows anybody has not failed to join', (t) => {
  const { result } = simulateWhole(
    defaultOptions({
      nodes: 33,
      introducers: 3,
      churn: { type: 'exponential', meanOnMs: MINUTE, meanOffMs: 10_000 },
      departure: 'leave',
      durationMs: 3 * MINUTE,
      lookups: 0,
      puts: 1,
      faults: [{ type: 'mass-failure', atMs: 1000, share: 1, returnMs: 1000, introducers: 'dead' }],
    }),
    'test',
  );
  t.true(result.churn.sessions > 30, 'they come and go');
  t.is(result.joins.failed, 0);
});

test('one hostile introducer of three eclipses nobody; all three do', (t) => {
  const shares = [1, 3].map((hostileIntroducers) => {
    const { result } = simulateWhole(
      defaultOptions({
        nodes: 150,
        k: 8,
        tables: 'converged',
        adversaries: { share: 0.1, kind: 'lie' },
        introducers: 3,
        hostileIntroducers,
        durationMs: 3 * MINUTE,
        lookups: 1,
        faults: [{ type: 'join-storm', atMs: 1000, overMs: MINUTE, nodes: 60 }],
      }),
      'test',
    );
    const { first, looked, eclipsed, hostileShare } = result.joins;
    t.deepEqual([first.count, looked], [60, 60], 'all have joined');
    return [eclipsed, hostileShare.mean ?? 0] as const;
  });
  const [one, all] = shares;
  assert.ok(one !== undefined && all !== undefined);
  t.is(one[0], 0);
  t.true(one[1] < 1 / 3, `a share of ${one[1]}`);
  t.true(all[0] > 30, 'the measure sees an eclipse');
});
