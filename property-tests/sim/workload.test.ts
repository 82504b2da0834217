/**
 * Who asks for what, when, as a run does it: lookups evenly over the duration, PUTs in its first
 * tenth, GETs over the rest and only of acknowledged keys; workloads with times of their own;
 * askers and targets without preference; keys by Zipf's law.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import type { SimOptions, WorkKind, WorkSpec } from '../../sim/options.ts';
import { positionOf } from '../../src/position.ts';
import { law } from '../harness.ts';
import { surprise } from './laws-kit.ts';
import { SeenRun, type Begun } from './seen-run.ts';
import { smallOptions } from './sim-kit.ts';

const counts = { min: 1, max: 80 };
const plain = fc.record(
  {
    nodes: fc.integer({ min: 10, max: 30 }),
    seed: fc.nat({ max: 9999 }).map(String),
    warmupMs: fc.constantFrom(0, 1234),
    lookups: fc.integer(counts),
    puts: fc.integer(counts),
    gets: fc.integer(counts),
    targets: fc.constantFrom('random' as const, 'nodes' as const),
    zipf: fc.constantFrom(0, 1),
    loss: fc.constantFrom(0, 0.2),
  },
  { noNullPrototype: true },
);

/** Runs to the end; the items of one kind in the order of their beginnings. */
function itemsOf(run: SeenRun, kind: WorkKind): readonly Begun[] {
  return [...run.begun.values()].filter((each) => each.kind === kind);
}

/** Ms after the warm-up at which each began. */
function timesOf(run: SeenRun, items: readonly Begun[]): readonly number[] {
  return items.map(({ startedAt }) => (startedAt - run.measureFrom) / 1000);
}

/** So many, evenly from a time on: each at its instant, in whole microseconds. */
function evenly(count: number, fromMs: number, overMs: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => {
    return Math.floor(1000 * (fromMs + (overMs * i) / count)) / 1000;
  });
}

function assertTimes(actual: readonly number[], expected: readonly number[], what: string): void {
  assert.equal(actual.length, expected.length, what);
  actual.forEach((ms, i) => {
    assert.ok(Math.abs(ms - (expected[i] ?? NaN)) < 0.0015, `${what} ${i} at ${ms} ms`);
  });
}

/** A GET waits until something can be read; else it begins at its instant. */
function assertReads(run: SeenRun, expected: readonly number[]): void {
  const acknowledged = new Map<number, number>();
  for (const { op, at, outcome } of run.outcomes) {
    const put = run.begun.get(op)?.put ?? -1;
    if (outcome.type === 'stored') acknowledged.set(put, at);
  }
  const first = Math.min(...acknowledged.values());
  const gets = itemsOf(run, 'get').toSorted((a, b) => a.item - b.item);
  assert.equal(gets.length, acknowledged.size === 0 ? 0 : expected.length);
  timesOf(run, gets).forEach((ms, i) => {
    const { put, startedAt } = gets[i] ?? { put: -1, startedAt: 0 };
    const at = acknowledged.get(put) ?? Infinity;
    assert.ok(at < startedAt, 'only acknowledged keys are read');
    const due = expected[i] ?? NaN;
    // For longer than a second after the first acknowledgement, and a retry, nobody waits.
    const latest = Math.max(due, (first - run.measureFrom) / 1000 + 1200);
    assert.ok(ms >= due - 0.0015 && ms <= latest + 0.0015, `GET ${i}, due at ${due}, at ${ms} ms`);
  });
}

law(
  'with a duration: lookups over it, PUTs over its first tenth, GETs over the rest',
  [plain, fc.integer({ min: 20, max: 200 })],
  12,
  (given, seconds) => {
    const durationMs = 1000 * seconds;
    const run = new SeenRun({ ...smallOptions, ...given, replication: 3, durationMs });
    run.toEnd(100_000);
    const { lookups, puts, gets } = given;
    const at = (kind: WorkKind): readonly number[] => timesOf(run, itemsOf(run, kind));
    assertTimes(at('lookup'), evenly(lookups, 0, durationMs), 'lookup');
    assertTimes(at('put'), evenly(puts, 0, durationMs / 10), 'PUT');
    assertReads(run, evenly(gets, durationMs / 10, 0.9 * durationMs));
    const inOrder = itemsOf(run, 'put').map(({ put }) => put);
    assert.deepEqual(
      inOrder,
      Array.from({ length: puts }, (_, i) => i),
      'each key is PUT once',
    );
  },
);

law(
  'without one: PUTs first, then lookups and GETs, at the rate of lookups',
  [plain, fc.integer({ min: 1, max: 200 })],
  8,
  (given, lookupsPerSecond) => {
    const options: SimOptions = { ...smallOptions, ...given, replication: 3, durationMs: 0 };
    const run = new SeenRun({ ...options, lookupsPerSecond });
    run.toEnd(100_000);
    const { lookups, puts, gets } = given;
    const over = (count: number): number => (1000 * count) / lookupsPerSecond;
    const at = (kind: WorkKind): readonly number[] => timesOf(run, itemsOf(run, kind));
    assertTimes(at('put'), evenly(puts, 0, over(puts)), 'PUT');
    const [begin = 0] = at('lookup');
    assert.ok(begin > over(puts), 'lookups come when all has been PUT');
    assertTimes(at('lookup'), evenly(lookups, begin, over(lookups)), 'lookup');
    assertReads(run, evenly(gets, begin, over(gets)));
  },
);

const spec = fc.record({
  kind: fc.constantFrom('lookup' as const, 'put' as const),
  count: fc.integer({ min: 1, max: 40 }),
  fromMs: fc.integer({ min: 0, max: 30_000 }),
  overMs: fc.integer({ min: 0, max: 30_000 }),
  targets: fc.constantFrom('random' as const, 'nodes' as const),
  zipf: fc.constant(0),
  ttlS: fc.constant(86_400),
});

law(
  'workloads of their own begin when they say, each item once',
  [fc.array(spec, { minLength: 1, maxLength: 4 }), fc.nat({ max: 99 }).map(String)],
  8,
  (workloads, seed) => {
    const run = new SeenRun({ ...smallOptions, seed, workloads });
    run.toEnd(100_000);
    let first = 0;
    for (const { kind, count, fromMs, overMs, targets } of workloads) {
      const last = first + count;
      const own = [...run.begun.values()].filter(({ item }) => item >= first && item < last);
      const expected = evenly(count, fromMs, overMs);
      assertTimes(
        timesOf(
          run,
          own.toSorted((a, b) => a.item - b.item),
        ),
        expected,
        kind,
      );
      const seeksNodes = kind === 'lookup' && targets === 'nodes';
      assert.ok(own.every((each) => each.kind === kind && each.targetPeer >= 0 === seeksNodes));
      first = last;
    }
    assert.equal(run.begun.size, first);
  },
);

/** How often each of `size` numbers is there. */
function tally(numbers: readonly number[], size: number): readonly number[] {
  const all = new Array<number>(size).fill(0);
  for (const each of numbers) all[each] = (all[each] ?? 0) + 1;
  return all;
}

const alike = (size: number): readonly number[] => new Array<number>(size).fill(1 / size);

test('askers and targets: any node alike, nobody itself; or points of no node', (t) => {
  const nodes = 40;
  const sizes = { nodes, nearest: 1, replication: 1, beta: 1 };
  const options: SimOptions = { ...smallOptions, ...sizes, links: 'warm' };
  const lookups = 4000;
  const run = new SeenRun({ ...options, lookups, targets: 'nodes' });
  run.toEnd(100_000);
  const items = itemsOf(run, 'lookup');
  t.is(items.length, lookups);
  const { directory } = run.world.population;
  for (const { asker, targetPeer, target } of items) {
    t.not(asker, targetPeer);
    t.deepEqual(target, positionOf(directory, targetPeer));
  }
  const askers = tally(
    items.map(({ asker }) => asker),
    nodes,
  );
  const targets = tally(
    items.map(({ targetPeer }) => targetPeer),
    nodes,
  );
  t.true(surprise(askers, alike(nodes)) < 4, askers.join(' '));
  t.true(surprise(targets, alike(nodes)) < 4, targets.join(' '));
  t.is(run.world.measures.counts.lookupsSucceeded, lookups, 'each target answers');
  const points = new SeenRun({ ...options, lookups, targets: 'random' });
  points.toEnd(100_000);
  const drawn = itemsOf(points, 'lookup');
  t.true(drawn.every(({ targetPeer }) => targetPeer < 0));
  const eighths = tally(
    drawn.map(({ target }) => target.w0 >>> 29),
    8,
  );
  t.true(surprise(eighths, alike(8)) < 4, eighths.join(' '));
});

for (const zipf of [0, 0.8, 1.2]) {
  test(`keys are read by their ranks, exponent ${zipf}`, (t) => {
    const puts = 20;
    const reads: WorkSpec = {
      ...{ kind: 'get', count: 4000, fromMs: 20_000, overMs: 40_000 },
      ...{ targets: 'random', zipf, ttlS: 86_400 },
    };
    const workloads = [
      { ...reads, kind: 'put', count: puts, fromMs: 0, overMs: 10_000 } as const,
      reads,
    ];
    const options = {
      ...smallOptions,
      workloads,
      nearest: 4,
      replication: 2,
      links: 'warm',
    } as const;
    const run = new SeenRun({ ...options, durationMs: 60_000 });
    run.toEnd(100_000);
    const read = tally(
      itemsOf(run, 'get').map(({ put }) => put),
      puts,
    );
    const weights = Array.from({ length: puts }, (_, rank) => (rank + 1) ** -zipf);
    const sum = weights.reduce((all, weight) => all + weight, 0);
    t.true(
      surprise(
        read,
        weights.map((weight) => weight / sum),
      ) < 4,
      read.join(' '),
    );
    t.is(run.world.measures.counts.getsFound, 4000);
  });
}
