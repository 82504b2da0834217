/**
 * How nodes go and come back. With its disk a node holds what it held, less what has expired;
 * without, nothing. Who leaves in order says so to its nearest contacts, which drop it at once, and
 * is asked nothing more; who crashes says nothing.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { PeerDirectory } from '../../host/directory.ts';
import { simulate } from '../../sim/main.ts';
import type { SimOptions } from '../../sim/options.ts';
import type { Task } from '../../sim/task.ts';
import { defaultConfig } from '../../src/config.ts';
import { create } from '../../src/create.ts';
import { HANDED_MAX, PUSHES_MAX } from '../../src/limits.ts';
import { allItems } from '../../src/paged.ts';
import { peerWord, sharedBitsOfPeers } from '../../src/position.ts';
import { durableHeld, type Store } from '../../src/state/store.ts';
import { step } from '../../src/step.ts';
import { withContact } from '../../src/table/table.ts';
import type { Peer } from '../../src/types.ts';
import { law } from '../harness.ts';
import { SeenRun, type Seen } from '../sim/seen-run.ts';
import { smallOptions } from '../sim/sim-kit.ts';
import { smallRecord } from './core-arbitraries.ts';

const returning = { type: 'exponential', meanOnMs: 40_000, meanOffMs: 15_000 } as const;

const drawn = fc.record(
  {
    nodes: fc.integer({ min: 12, max: 32 }),
    seed: fc.nat({ max: 9999 }).map(String),
    links: fc.constantFrom('dial' as const, 'dial-back' as const, 'warm' as const),
    tables: fc.constantFrom('converged' as const, 'joined' as const),
    departure: fc.constantFrom('crash' as const, 'leave' as const),
    ttlS: fc.constantFrom(20, 60, 86_400),
  },
  { noNullPrototype: true },
);

type Change = (peer: Peer, before: Store | undefined, after: Store | undefined) => void;

/** Shows the store of each node that goes or comes, as it was just before or is just after. */
class ComingsAndGoings extends SeenRun {
  #onChange: Change | undefined;

  watch(onChange: Change): void {
    this.#onChange = onChange;
    this.toEnd(100_000);
  }

  override onTask(task: Task): void {
    const { population } = this.world;
    const before = population.states.map((state) => state?.store);
    super.onTask(task);
    for (let peer = 0; peer < population.count; peer++) {
      const after = population.states[peer]?.store;
      if ((before[peer] === undefined) !== (after === undefined)) {
        this.#onChange?.(peer, before[peer], after);
      }
    }
  }
}

/** What is on the disk and alive at a time: versions and ends, by key. */
function durable(store: Store, nowMs: number): ReadonlyMap<string, string> {
  return new Map(
    allItems(store).flatMap(({ header: { key } }) => {
      const held = durableHeld(store, key, nowMs);
      if (held === undefined) return [];
      const { publisher, version } = held.header;
      return [[JSON.stringify(key.raw), JSON.stringify([version, publisher, held.expiresAt])]];
    }),
  );
}

for (const disk of ['keep', 'empty'] as const) {
  const holds = disk === 'keep' ? 'what it held, less what has expired' : 'nothing';
  law(`disk ${disk}: who returns holds ${holds}`, [drawn, fc.boolean()], 4, (given, fails) => {
    const work = { lookups: 0, puts: 60, replication: 8, durationMs: 120_000 };
    const fault = { type: 'mass-failure', atMs: 30_000, share: 0.5, returnMs: 20_000 } as const;
    const options: SimOptions = { ...smallOptions, ...work, ...given, disk };
    const faults = fails ? [fault] : [];
    const run = new ComingsAndGoings({ ...options, churn: returning, faults });
    const gone = new Map<Peer, Store>();
    const seen = { kept: 0, expired: 0 };
    run.watch((peer, before, after) => {
      const left = gone.get(peer);
      if (before !== undefined) gone.set(peer, before);
      if (after === undefined) return;
      const { nowMs } = run.world;
      const held = left === undefined ? new Map<string, string>() : durable(left, nowMs);
      // What has expired may still be there for a moment, and is not served.
      if (disk === 'empty') assert.equal(after.size, 0);
      else assert.deepEqual(durable(after, nowMs), held);
      seen.kept += held.size;
      seen.expired += (left?.size ?? 0) - held.size;
    });
    assert.ok(seen.kept + seen.expired > 0, 'some held something');
  });
}

law('crash: says nothing', [drawn], 2, (given) => {
  const options = { ...smallOptions, ...given, durationMs: 120_000, churn: returning } as const;
  const run = new SeenRun({ ...options, departure: 'crash' }, ({ message }) => {
    assert.notEqual(message.body.type, 'leave');
  });
  run.toEnd(100_000);
  assert.ok(run.world.measures.sessions > 0);
});

law(
  'leave: who is told drops the node at once, and does not take it up again',
  [drawn],
  4,
  (given) => {
    const told = new Map<string, Farewell>();
    const options = { ...smallOptions, ...given, durationMs: 120_000, lookups: 500 } as const;
    const see = ({ from, to, message }: Seen): void => {
      const { population } = run.world;
      for (const [name, { leaver, life, by }] of told) {
        if (population.lifeOf(leaver) !== life || !population.isOnline(leaver)) told.delete(name);
        // One that leaves itself hears its own farewells answered.
        else if (by === to && !isLeaving(by))
          assert.ok(!run.knows(by, leaver), `${by} knows ${leaver}`);
      }
      if (message.body.type !== 'leave') return;
      assert.ok(!run.knows(to, from));
      const life = population.lifeOf(from);
      told.set(`${from}/${to}`, { leaver: from, life, by: to });
      farewells++;
    };
    let farewells = 0;
    const isLeaving = (peer: Peer): boolean => run.world.population.states[peer]?.leaving === true;
    const run = new SeenRun({ ...options, departure: 'leave', churn: returning }, see);
    run.toEnd(100_000);
    assert.ok(farewells > 0);
  },
);

interface Farewell {
  readonly leaver: Peer;
  readonly life: number;
  readonly by: Peer;
}

law('nobody asks, or is looked up, who has gone or is leaving', [drawn], 4, (given) => {
  const work = {
    lookups: 2000,
    targets: 'nodes',
    puts: 20,
    gets: 500,
    durationMs: 120_000,
  } as const;
  const churn = { ...returning, meanOnMs: 10_000 };
  const run = new SeenRun({ ...smallOptions, ...given, ...work, churn, replication: 4 });
  run.toEnd(100_000);
  assert.ok(run.begun.size > 1000);
  for (const each of run.begun.values()) assert.ok(each.areThere, JSON.stringify(each));
});

test('a node with more records than it could hand over plans for the rarest, and says so', (t) => {
  const moment = { now: 5, wall: 1000, entropy: 1 };
  const records = Array.from({ length: HANDED_MAX + 600 }, (_, i) => {
    const { key, ...rest } = smallRecord(i, 1, 60_000);
    const position = { ...key.position, w4: Math.imul(i, 0x9e3779b1) };
    const header = { ...rest, key: { raw: key.raw, position } };
    return { header, storedAtMs: moment.wall, from: undefined };
  });
  const directory = new PeerDirectory();
  for (let peer = 0; peer < 3; peer++) directory.add([0, 0, 0, peer << 29, 0, 0, 0, 0]);
  const fresh = create(0, defaultConfig, moment, { records, peers: [] });
  const bucket = sharedBitsOfPeers(directory, 0, 1);
  const table = withContact(fresh.table, bucket, 1, peerWord(directory, 1, 0));
  const joined = { ...fresh, table };
  const later = { now: joined.wakeAt, wall: 1000 + joined.wakeAt, entropy: 2 };
  const { state } = step(joined, later, { type: 'wake' }, directory);
  const leave = { type: 'command', op: 1, command: { type: 'leave' } } as const;
  const { effects, state: leaving } = step(state, later, leave, directory);
  const notes = effects.flatMap((one) => (one.type === 'note' ? one.note : []));
  const cut = notes.filter(({ type }) => type === 'handover-cut');
  t.deepEqual(cut, [{ type: 'handover-cut', count: 600 }]);
  const operation = allItems(leaving.operations).find(({ type }) => type === 'handover');
  if (operation?.type !== 'handover') return t.fail(operation?.type);
  t.is(operation.left.length, HANDED_MAX - PUSHES_MAX);
});

test('a goodbye saves dead contacts', (t) => {
  const options = { ...smallOptions, nodes: 60, durationMs: 300_000, churn: returning };
  // One instant of one small network says little.
  const seeds = ['1', '2', '3', '4', '5'];
  const [crash = 0, leave = 0] = (['crash', 'leave'] as const).map((departure) =>
    seeds
      .map((seed) => simulate({ ...options, seed, departure }, 'test').tables.deadShare)
      .reduce((sum, share) => sum + share / seeds.length, 0),
  );
  t.true(leave < 0.6 * crash, `${leave} of the contacts are dead, not ${crash}`);
});
