/**
 * PUT and GET through random nodes of a small simulated network against a plain map: as long as the
 * network stays whole, every GET returns the newest acknowledged version, also where older ones are
 * left on more nodes, and what was never PUT is absent.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { keyOf } from '../../host/admit.ts';
import { sha256 } from '../../sim/main.ts';
import { compareVersions } from '../../src/state/store.ts';
import type { Key, RecordHeader } from '../../src/types.ts';
import { law } from '../harness.ts';
import { smallOptions, WatchedRun } from '../sim/sim-kit.ts';
import { plain } from './arbitraries.ts';

interface Request {
  readonly type: 'put' | 'get' | 'wait';
  readonly node: number;
  readonly key: number;
  readonly size: number;
  /** 0: as many as the network's default. */
  readonly replication: number;
  readonly ms: number;
}

const request = plain<Request>({
  type: fc.constantFrom('put', 'get', 'get', 'wait'),
  node: fc.nat({ max: 29 }),
  key: fc.nat({ max: 5 }),
  size: fc.integer({ min: 1, max: 65_495 }),
  replication: fc.nat({ max: 9 }),
  ms: fc.constantFrom(1, 100, 10_000, 400_000),
});

const network = fc.record(
  {
    nodes: fc.integer({ min: 8, max: 30 }),
    seed: fc.nat({ max: 999 }).map(String),
    replication: fc.integer({ min: 1, max: 8 }),
    alpha: fc.integer({ min: 1, max: 5 }),
    tables: fc.constantFrom('converged' as const, 'joined' as const),
    links: fc.constantFrom('dial' as const, 'dial-back' as const, 'warm' as const),
  },
  { noNullPrototype: true },
);

const keys: readonly Key[] = [0, 1, 2, 3, 4, 5].map((i) =>
  keyOf({ hash: sha256 }, new Uint8Array(32).fill(i)),
);

function keyAt(index: number): Key {
  const key = keys[index];
  assert.ok(key !== undefined);
  return key;
}

law(
  'a network that stays whole is a map',
  [network, fc.array(request, { minLength: 1, maxLength: 40, size: 'max' })],
  60,
  (options, requests) => {
    const run = new WatchedRun({ ...smallOptions, ...options, durationMs: 1e9 });
    // Joins, where there are any, come first.
    run.pass(options.nodes * 20 + 60_000);
    const model = new Map<number, RecordHeader>();
    for (const { type, node, key: index, ms, ...value } of requests) {
      const peer = node % options.nodes;
      if (type === 'wait') run.pass(ms);
      else if (type === 'put') put(run, model, peer, index, value);
      else get(run, model, peer, index);
    }
    for (const index of keys.keys()) get(run, model, 0, index);
    run.checkAll();
  },
);

function put(
  run: WatchedRun,
  model: Map<number, RecordHeader>,
  peer: number,
  index: number,
  value: Pick<Request, 'size' | 'replication'>,
): void {
  const command = { type: 'put', key: keyAt(index), ...value, ttlS: 0 } as const;
  const outcome = run.command(peer, command);
  assert.ok(outcome.type === 'stored', `PUT ended as ${outcome.type}`);
  const { holders, wanted, record } = outcome;
  assert.equal(holders.length, wanted);
  assert.equal(new Set(holders).size, wanted);
  assert.equal(record.size, value.size);
  const before = model.get(index);
  if (before !== undefined) assert.ok(compareVersions(record, before) > 0, 'versions rise');
  model.set(index, record);
}

function get(
  run: WatchedRun,
  model: ReadonlyMap<number, RecordHeader>,
  peer: number,
  index: number,
): void {
  const outcome = run.command(peer, { type: 'get', key: keyAt(index) });
  const expected = model.get(index);
  if (expected === undefined) {
    assert.equal(outcome.type, 'absent');
    return;
  }
  assert.ok(outcome.type === 'found', `GET ended as ${outcome.type}`);
  assert.equal(compareVersions(outcome.record, expected), 0, 'the newest version');
  assert.equal(outcome.record.size, expected.size);
  assert.ok(outcome.record.lifeMs <= expected.lifeMs);
}
