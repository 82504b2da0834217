/**
 * Small simulated networks under generated conditions: every node keeps its invariants, every
 * operation settles, a GET returns only what was PUT, records end with their lives, and what a
 * result counts adds up.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { WALL_START_MS } from '../../sim/events.ts';
import { simulate } from '../../sim/main.ts';
import type { SimOptions } from '../../sim/options.ts';
import { allItems } from '../../src/paged.ts';
import { law } from '../harness.ts';
import { smallOptions, WatchedRun } from './sim-kit.ts';

const conditions = fc.record(
  {
    nodes: fc.integer({ min: 8, max: 40 }),
    seed: fc.nat({ max: 999 }).map(String),
    k: fc.integer({ min: 2, max: 20 }),
    alpha: fc.integer({ min: 1, max: 6 }),
    beta: fc.integer({ min: 2, max: 20 }),
    nearest: fc.integer({ min: 4, max: 20 }),
    replication: fc.integer({ min: 1, max: 4 }),
    tables: fc.constantFrom('converged' as const, 'joined' as const),
    links: fc.constantFrom('dial' as const, 'dial-back' as const, 'warm' as const),
    loss: fc.constantFrom(0, 0, 0.02, 0.3),
    timeoutMs: fc.constantFrom(0, 0, 500),
    latency: fc.constantFrom(
      { type: 'constant', ms: 50 } as const,
      { type: 'uniform', lowMs: 10, highMs: 100 } as const,
      { type: 'lognormal', medianMs: 60, sigma: 1 } as const,
    ),
    churn: fc.constantFrom(
      { type: 'none' } as const,
      { type: 'exponential', meanOnMs: 20_000, meanOffMs: null } as const,
      { type: 'exponential', meanOnMs: 40_000, meanOffMs: 20_000 } as const,
    ),
  },
  { noNullPrototype: true },
);

law(
  'nodes keep their invariants and operations settle, in any network',
  [conditions],
  24,
  (drawn) => {
    const work = { lookups: 60, puts: 20, gets: 30, durationMs: 60_000, warmupMs: 5000 };
    const options: SimOptions = { ...smallOptions, ...drawn, ...work };
    const run = new WatchedRun(options);
    run.toEnd(997);
    const { counts } = run.world.measures;
    assert.equal(counts.getsWrong, 0);
    assert.equal(counts.getsFound + counts.getsNotFound, counts.gets);
    if (drawn.churn.type !== 'none') return;
    const { lookups, puts, gets } = counts;
    assert.deepEqual({ lookups, puts }, { lookups: 60, puts: 20 });
    if (counts.putsStored > 0) assert.equal(gets, 30);
  },
);

law(
  'in a whole network every lookup is exact and every value is found',
  [conditions],
  20,
  (drawn) => {
    const { nodes, seed, alpha, replication, tables, links } = drawn;
    const work = { lookups: 60, puts: 20, gets: 60 };
    const options: SimOptions = {
      ...{ ...smallOptions, ...work },
      ...{ nodes, seed, alpha, replication, tables, links },
    };
    const { lookups, values } = simulate(options, 'test');
    assert.deepEqual(
      { count: lookups.count, succeeded: lookups.succeeded, exact: lookups.exact },
      { count: 60, succeeded: 60, exact: 60 },
    );
    const { puts, stored, gets, found, wrong, lost } = values;
    assert.deepEqual(
      { puts, stored, gets, found, wrong, lost },
      { puts: 20, stored: 20, gets: 60, found: 60, wrong: 0, lost: 0 },
    );
    assert.equal(values.replicas.p50, Math.min(options.replication, options.nodes));
  },
);

test('a record ends with its life, everywhere', (t) => {
  const run = new WatchedRun({ ...smallOptions, ttlS: 20, puts: 30, durationMs: 300_000 });
  let held = 0;
  let until = 0;
  while (run.advance()) {
    const { states } = run.world.population;
    const { nowMs } = run.world;
    if (run.world.measures.counts.events % 100 !== 0) continue;
    for (const state of states) {
      if (state === undefined) continue;
      held = Math.max(held, state.store.size);
      for (const { header, expiresAt } of allItems(state.store)) {
        const endsMs = header.publishedAtMs + header.ttlS * 1000 - WALL_START_MS;
        // Life is handed on as what is left: the way there shortens it, and never lengthens it.
        t.true(expiresAt <= endsMs + 1000, `${expiresAt} after ${endsMs}`);
        until = Math.max(until, nowMs);
      }
    }
  }
  t.true(held > 0);
  t.true(until < 30_000 + 20_000 + 1000, `held until ${until} ms`);
});

test('idle nodes send at most half a message a second', (t) => {
  const options = { ...smallOptions, nodes: 300, tables: 'joined', durationMs: 1_800_000 } as const;
  const { traffic, tables, simulatedMs, messages } = simulate(
    { ...options, warmupMs: 60_000 },
    'test',
  );
  t.true(traffic.perNodePerSecond <= 0.5, String(traffic.perNodePerSecond));
  t.true(traffic.perNodePerSecond > 0.05, 'but they look after their tables');
  t.is(tables.deadShare, 0);
  t.true(tables.knowAllNearest > 0.95, String(tables.knowAllNearest));
  t.true(messages > 300 * 1800 * traffic.perNodePerSecond, 'joins and warm-up count as messages');
  t.true(simulatedMs >= 1_860_000);
});

test('what a result counts begins after the warm-up', (t) => {
  const measured = simulate({ ...smallOptions, durationMs: 60_000, warmupMs: 10_000 }, 'test');
  const whole = simulate({ ...smallOptions, durationMs: 70_000, warmupMs: 0 }, 'test');
  t.is(measured.simulatedMs, 70_000);
  t.is(whole.simulatedMs, 70_000);
  t.is(measured.messages, whole.messages, 'messages cover the whole run');
  const sent = whole.traffic.perNodePerSecond * 30 * 70;
  t.is(Math.round(sent), whole.messages);
  t.true(measured.traffic.perNodePerSecond * 30 * 60 < sent);
  const kinds = Object.values(measured.traffic.byKind).reduce((sum, rate) => sum + rate, 0);
  t.true(Math.abs(kinds - measured.traffic.perNodePerSecond) < 1e-9);
});

test('without a duration a run ends with its workload', (t) => {
  const result = simulate({ ...smallOptions, durationMs: 0, lookups: 500 }, 'test');
  t.is(result.lookups.count, 500);
  t.true(result.simulatedMs < 10_000, String(result.simulatedMs));
});

test('churn: sessions are replaced or return, and the share online is the equilibrium’s', (t) => {
  const options = { ...smallOptions, nodes: 40, durationMs: 600_000 };
  const replaced = { type: 'exponential', meanOnMs: 60_000, meanOffMs: null } as const;
  const first = new WatchedRun({ ...options, churn: replaced });
  first.toEnd(50_000);
  const { measures, population } = first.world;
  // 40 nodes for 10 sessions each; four standard deviations.
  t.true(Math.abs(measures.sessions - 400) < 80, String(measures.sessions));
  t.is(population.count, 40 + measures.sessions, 'each session is a new node');
  const returning = { type: 'exponential', meanOnMs: 60_000, meanOffMs: 30_000 } as const;
  const second = new WatchedRun({ ...options, churn: returning });
  second.toEnd(50_000);
  t.is(second.world.population.count, 40, 'nodes come back with their ids');
  const share = resultShare(second);
  // Four standard deviations for absences of 30 s and 40 times 600 s.
  t.true(Math.abs(share - 2 / 3) < 0.08, String(share));
});

function resultShare({ world }: WatchedRun): number {
  world.measures.countTime(world.now);
  return world.measures.onlineUs / world.measures.populationUs;
}
