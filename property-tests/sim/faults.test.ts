/**
 * What a scenario lets go wrong at a time: no message crosses a partition and all is well again
 * after it; a mass failure takes exactly its share; a join storm brings as many as it says; loss is
 * what it says while it lasts. Faults of one kind that overlap: the one that began last counts, and
 * none ends another.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { FaultSpec, SimOptions } from '../../sim/options.ts';
import type { Peer } from '../../src/types.ts';
import { law } from '../harness.ts';
import { SeenRun } from './seen-run.ts';
import { smallOptions } from './sim-kit.ts';

const LATENCY_MS = 10;
/** After so long all have met again, if the camps have not forgotten each other. */
const WHOLE_MS = 20_000;
/** A message sent before a cut has come by then: one way, after two round trips of a dial. */
const CLEAR_MS = { warm: LATENCY_MS, dial: 5 * LATENCY_MS, 'dial-back': 5 * LATENCY_MS };
const latency = { type: 'constant', ms: LATENCY_MS } as const;
const base: SimOptions = { ...smallOptions, latency, lookupsPerSecond: 10 };

const drawn = fc.record(
  {
    nodes: fc.integer({ min: 20, max: 60 }),
    seed: fc.nat({ max: 9999 }).map(String),
    links: fc.constantFrom('dial' as const, 'dial-back' as const, 'warm' as const),
    disk: fc.constantFrom('empty' as const, 'keep' as const),
  },
  { noNullPrototype: true },
);
const seconds = (min: number, max: number): fc.Arbitrary<number> =>
  fc.integer({ min, max }).map((s) => 1000 * s);
const percent = (min: number, max: number): fc.Arbitrary<number> =>
  fc.integer({ min, max }).map((p) => p / 100);

law(
  'partition: no message crosses it; after a short one everybody is found again',
  [drawn, seconds(5, 30), seconds(2, 20), percent(20, 50), fc.boolean()],
  10,
  (given, atMs, forMs, share, bursts) => {
    const faults: readonly FaultSpec[] = [{ type: 'partition', atMs, forMs, share }];
    const durationMs = atMs + forMs + 60_000;
    const lookups = durationMs / 500;
    const across = { before: 0, during: 0, after: 0 };
    const inCamp = new Set<Peer>();
    // With many calls under way when the cut comes: no reply may cross it either. So many that go
    // unanswered let the camps of a small network forget each other for good.
    const burst = { kind: 'lookup', count: 50, fromMs: atMs - 25, overMs: 25 } as const;
    const workloads = bursts ? [{ ...burst, targets: 'nodes', zipf: 0, ttlS: 60 } as const] : [];
    const work = { lookups, workloads, targets: 'nodes' } as const;
    const options: SimOptions = { ...base, ...given, ...work, durationMs, faults };
    const clearMs = CLEAR_MS[given.links];
    const run = new SeenRun(options, ({ from, to }) => {
      if (inCamp.has(from) === inCamp.has(to)) return;
      if (run.ms < atMs) across.before++;
      else if (run.ms < atMs + forMs) across.during += run.ms > atMs + clearMs ? 1 : 0;
      else across.after++;
    });
    // Who is in the smaller camp is known from the start on: it is drawn for each node.
    const twin = new SeenRun(options);
    twin.until(atMs + 1);
    const { split } = twin.world.network;
    assert.equal(split?.share, share);
    const [first = 0, ...others] = twin.online();
    for (const peer of others) if (twin.world.network.isCut(first, peer)) inCamp.add(peer);
    // Whichever camp the first node is in.
    const size = Math.min(...[share, 1 - share].map((part) => off(inCamp.size, part, given.nodes)));
    assert.ok(size < 4, `${inCamp.size} of ${given.nodes} are cut off, for ${share}`);
    const found = foundByTime(run, inCamp);
    const { before, during, after } = across;
    assert.equal(during, 0);
    if (inCamp.size === 0 || bursts) return;
    assert.ok(before > 0 && after > 0, 'but before and after it they do');
    for (const { startMs, endMs, crosses, succeeded } of found) {
      const isCut = startMs > atMs + clearMs && endMs < atMs + forMs && crosses;
      if (isCut) assert.ok(!succeeded, `${startMs}`);
      if (startMs < atMs - 10_000 || startMs > atMs + forMs + WHOLE_MS) {
        assert.ok(succeeded, `begun at ${startMs}, healed at ${atMs + forMs}`);
      }
    }
  },
);

/** Deviations of a count from its mean. */
function off(count: number, share: number, of: number): number {
  return Math.abs(count - share * of) / Math.sqrt(of * share * (1 - share));
}

interface Found {
  readonly startMs: number;
  readonly endMs: number;
  readonly crosses: boolean;
  readonly succeeded: boolean;
}

/** All lookups of nodes: when, whether of the other camp, and whether the target answered. */
function foundByTime(run: SeenRun, inCamp: ReadonlySet<Peer>): readonly Found[] {
  run.toEnd(100_000);
  return run.outcomes.flatMap(({ op, peer, at, outcome }) => {
    const begun = run.begun.get(op);
    if (begun === undefined) return [];
    const { targetPeer, startedAt } = begun;
    const ms = (us: number): number => (us - run.measureFrom) / 1000;
    const crosses = inCamp.has(peer) !== inCamp.has(targetPeer);
    const succeeded = outcome.type === 'nodes' && outcome.trail.responders.includes(targetPeer);
    return [{ startMs: ms(startedAt), endMs: ms(at), crosses, succeeded }];
  });
}

law(
  'mass failure: takes exactly its share of those online, and lets them return or not',
  [drawn, seconds(5, 30), percent(1, 100), fc.constantFrom(null, 5000, 20_000), fc.boolean()],
  16,
  (given, atMs, share, returnMs, churns) => {
    const faults: readonly FaultSpec[] = [{ type: 'mass-failure', atMs, share, returnMs }];
    const churn = { type: 'exponential', meanOnMs: 40_000, meanOffMs: 20_000 } as const;
    const options = { ...base, ...given, faults, ...(churns ? { churn } : {}) };
    const run = new SeenRun(options);
    run.until(atMs);
    const before = run.online();
    const lives = before.map((peer) => run.world.population.lifeOf(peer));
    run.until(atMs + 0.001);
    const after = run.online();
    const gone = before.filter((peer) => !after.includes(peer));
    assert.equal(gone.length, Math.round(share * before.length));
    assert.equal(after.length, before.length - gone.length);
    assert.equal(run.world.measures.online, after.length);
    for (const peer of gone) assert.equal(run.world.population.states[peer], undefined);
    if (returnMs !== null) {
      run.until(atMs + returnMs);
      for (const peer of gone) assert.ok(!run.world.population.isOnline(peer), 'not too soon');
      run.until(atMs + returnMs + 0.001);
      const isBack = (peer: Peer): boolean =>
        run.world.population.lifeOf(peer) === (lives[before.indexOf(peer)] ?? 0) + 1;
      for (const peer of gone) assert.ok(isBack(peer), 'the same nodes return, in another life');
    }
    run.toEnd(100_000);
    if (returnMs === null) for (const peer of gone) assert.ok(!run.online().includes(peer));
    else if (!churns) assert.equal(run.oracle.eligible.size, given.nodes, 'and all have joined');
  },
);

law(
  'join storm: so many new nodes come, evenly, join, and are found',
  [drawn, seconds(2, 20), seconds(0, 20), fc.integer({ min: 1, max: 40 })],
  8,
  (given, atMs, overMs, more) => {
    const faults: readonly FaultSpec[] = [{ type: 'join-storm', atMs, overMs, nodes: more }];
    const run = new SeenRun({ ...base, ...given, faults, durationMs: 90_000 });
    const { population, measures } = run.world;
    run.until(atMs);
    assert.equal(population.count, given.nodes);
    for (let come = 1; come <= more; come++) {
      run.until(atMs + (overMs * (come - 1)) / more + 0.001);
      const least = given.nodes + (overMs === 0 ? more : come);
      assert.equal(population.count, least, `${come} have come`);
      assert.equal(run.online().length, least);
    }
    run.toEnd(100_000);
    const all = given.nodes + more;
    assert.deepEqual([population.count, measures.slots, measures.sessions], [all, all, more]);
    assert.equal(run.oracle.eligible.size, all, 'everybody’s join has settled');
    const newcomers = run.online().slice(given.nodes);
    for (const peer of newcomers) {
      const knows = run.online().some((other) => run.knows(other, peer));
      assert.ok(run.knows(peer) && knows, 'they know somebody and are known');
    }
  },
);

const lossy = fc.record({
  before: percent(0, 20),
  during: percent(20, 60),
});

law(
  'loss: so many calls are lost while it lasts',
  [drawn, lossy],
  6,
  (given, { before, during }) => {
    const faults: readonly FaultSpec[] = [
      { type: 'loss', atMs: 20_000, forMs: 20_000, share: during },
    ];
    const counts = { requests: 0, messages: 0 };
    const options = { ...base, ...given, faults, loss: before, lookups: 3000 };
    const run = new SeenRun(options, ({ message }) => {
      counts.messages++;
      if (message.type === 'request') counts.requests++;
    });
    const shareIn = (fromMs: number, toMs: number): number => lostIn(run, counts, fromMs, toMs);
    assert.ok(Math.abs(shareIn(1000, 20_000) - before) < 0.03);
    assert.ok(Math.abs(shareIn(20_100, 40_000) - during) < 0.03);
    assert.ok(Math.abs(shareIn(40_100, 60_000) - before) < 0.03);
  },
);

/** The share of calls that were lost in a time. */
function lostIn(
  run: SeenRun,
  counts: { requests: number; messages: number },
  fromMs: number,
  toMs: number,
): number {
  run.until(fromMs);
  const { counts: sent } = run.world.measures;
  const [messages, requests, all] = [counts.messages, counts.requests, sent.messages];
  run.until(toMs);
  const lost = sent.messages - all - (counts.messages - messages);
  // Each request that comes is answered: what is sent is the calls, and a reply to each of those.
  const calls = sent.messages - all - (counts.requests - requests);
  return lost / calls;
}

const window = fc.record({ atMs: seconds(1, 40), forMs: seconds(1, 40), share: percent(10, 50) });

law(
  'faults that last and overlap: the one that began last counts, and none ends another',
  [drawn, fc.array(window, { minLength: 1, maxLength: 4 }), fc.constantFrom('partition', 'loss')],
  12,
  (given, windows, type) => {
    const faults = windows.map((each): FaultSpec => ({ ...each, type }));
    const run = new SeenRun({ ...base, ...given, faults, loss: 0.01, durationMs: 81_000 });
    for (let ms = 500; ms < 81_000; ms += 1000) {
      run.until(ms);
      const lasting = windows.filter(({ atMs, forMs }) => atMs < ms && ms < atMs + forMs);
      const latest = Math.max(...lasting.map(({ atMs }) => atMs));
      const share = lasting.findLast(({ atMs }) => atMs === latest)?.share;
      const { loss, split } = run.world.network;
      const [ofLoss, ofSplit] = type === 'loss' ? [share, undefined] : [undefined, share];
      assert.deepEqual([loss, split?.share], [ofLoss ?? 0.01, ofSplit], `at ${ms} ms`);
    }
  },
);
