/**
 * The laws that the simulator draws from: sessions are exponential (Kolmogorov-Smirnov), the share
 * online is that of the equilibrium, latencies have the quantiles that their names promise, and no
 * concern's draws follow another's.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { Churn } from '../sim/churn.ts';
import { Sample } from '../sim/distribution.ts';
import { latencyOf } from '../sim/latency.ts';
import { exponential, normalQuantile } from '../sim/laws.ts';
import { index, keysOf, mix, share } from '../sim/streams.ts';
import { word } from './arbitraries.ts';
import { law } from './harness.ts';

const DRAWS = 20_000;
/** Critical distance of 20,000 draws at 1 %: 1.63 / sqrt(n). */
const DISTANCE_MAX = 0.0115;
const key = keysOf('sessions').churn;

/** The greatest distance between the draws' own distribution and the law. */
function distanceTo(draws: readonly number[], cdf: (x: number) => number): number {
  const sorted = [...draws].sort((a, b) => a - b);
  let most = 0;
  sorted.forEach((x, i) => {
    const expected = cdf(x);
    most = Math.max(most, expected - i / sorted.length, (i + 1) / sorted.length - expected);
  });
  return most;
}

test('sessions and absences are exponential with their means', (t) => {
  const spec = { type: 'exponential', meanOnMs: 5_196_000, meanOffMs: 600_000 } as const;
  const churn = new Churn(spec, DRAWS, key);
  const sessions: number[] = [];
  const absences: number[] = [];
  for (let slot = 0; slot < DRAWS; slot++) {
    sessions.push(churn.sessionUs(slot));
    absences.push(churn.absenceUs(slot));
  }
  const lawOf = (meanUs: number) => (us: number) => 1 - Math.exp(-us / meanUs);
  t.true(distanceTo(sessions, lawOf(5_196_000_000)) < DISTANCE_MAX);
  t.true(distanceTo(absences, lawOf(600_000_000)) < DISTANCE_MAX);
  // The test can tell: a mean that is 5 % off is seen.
  t.true(distanceTo(sessions, lawOf(5_456_000_000)) > DISTANCE_MAX);
  t.true(sessions.every((us) => Number.isInteger(us) && us >= 1));
});

test('one slot’s sessions follow the law too, one after the other', (t) => {
  const churn = new Churn({ type: 'exponential', meanOnMs: 60_000, meanOffMs: null }, 1, key);
  const sessions = Array.from({ length: DRAWS }, () => churn.sessionUs(0));
  t.true(distanceTo(sessions, (us) => 1 - Math.exp(-us / 60_000_000)) < DISTANCE_MAX);
  t.is(churn.absenceUs(0), 0, 'without an off time the place is taken at once');
  t.false(churn.returns);
});

test('the share online at the start is that of the equilibrium', (t) => {
  const spec = { type: 'exponential', meanOnMs: 60_000, meanOffMs: 20_000 } as const;
  const churn = new Churn(spec, DRAWS, key);
  let online = 0;
  for (let slot = 0; slot < DRAWS; slot++) if (churn.startsOnline(slot)) online++;
  // Four standard deviations of a share of 0.75.
  t.true(Math.abs(online / DRAWS - 0.75) < 4 * Math.sqrt((0.75 * 0.25) / DRAWS));
});

law('exponential draws fall as their word grows', [word(), word()], 300, (a, b) => {
  const [less, more] = [a, b].sort((x, y) => (x >>> 0) - (y >>> 0));
  assert.ok(exponential(less ?? 0, 7) >= exponential(more ?? 0, 7));
  assert.ok(exponential(a, 7) > 0 && Number.isFinite(exponential(a, 7)));
});

test('the normal quantile agrees with published values', (t) => {
  const known: readonly (readonly [number, number])[] = [
    [0.5, 0],
    [0.8413447460685429, 1],
    [0.9772498680518208, 2],
    [0.975, 1.959963984540054],
    [0.995, 2.5758293035489004],
    [0.001, -3.090232306167813],
    [1e-9, -5.997807015007773],
  ];
  for (const [p, x] of known) {
    t.true(Math.abs(normalQuantile(p) - x) < 1e-7, `${p}: ${normalQuantile(p)}`);
    t.true(Math.abs(normalQuantile(1 - p) + x) < 1e-6, `${1 - p}`);
  }
});

test('latencies have the laws that their names promise', (t) => {
  const words = Array.from({ length: DRAWS }, (_, i) => mix(key, i, 1));
  const uniform = latencyOf({ type: 'uniform', lowMs: 10, highMs: 100 }, 1);
  const drawn = words.map(uniform);
  t.true(distanceTo(drawn, (us) => (us - 10_000) / 90_000) < DISTANCE_MAX);
  t.true(drawn.every((us) => Number.isInteger(us) && us >= 10_000 && us <= 100_000));
  const lognormal = words.map(latencyOf({ type: 'lognormal', medianMs: 50, sigma: 0.5 }, 1));
  const logs = lognormal.map((us) => Math.log(us / 50_000) / 0.5);
  for (const [p, x] of [
    [0.5, 0],
    [0.8413, 1],
    [0.9772, 2],
  ] as const) {
    const below = logs.filter((value) => value < x).length / DRAWS;
    t.true(Math.abs(below - p) < DISTANCE_MAX, `${below} below ${x} deviations`);
  }
  const constant = latencyOf({ type: 'constant', ms: 0.2 }, 1);
  t.true(
    words.every((each) => constant(each) === 1000),
    'never below the minimum',
  );
});

test('streams: keys differ by concern and by seed, and repeat', (t) => {
  const all = [keysOf('1'), keysOf('2'), keysOf('10')].flatMap((keys) =>
    Object.values<number>({ ...keys }),
  );
  t.is(new Set(all).size, all.length);
  t.deepEqual(keysOf('1'), keysOf('1'));
  const pairs = Array.from({ length: DRAWS }, (_, i) => share(mix(key, i, 0)));
  const next = Array.from({ length: DRAWS }, (_, i) => share(mix(key, i, 1)));
  const product = pairs.reduce((sum, x, i) => sum + (x - 0.5) * ((next[i] ?? 0) - 0.5), 0);
  // The correlation of two uniform streams; 4 standard deviations.
  t.true(Math.abs((12 * product) / DRAWS) < 4 / Math.sqrt(DRAWS));
});

law(
  'an index is below its bound',
  [word(), fc.integer({ min: 1, max: 4_000_000 })],
  300,
  (w, bound) => {
    const value = index(w, bound);
    assert.ok(Number.isInteger(value) && value >= 0 && value < bound);
  },
);

law(
  'percentiles are nearest-rank and shares add up',
  [fc.array(fc.nat({ max: 3000 }), { minLength: 1 }), fc.boolean()],
  200,
  (values, whole) => {
    const sample = new Sample();
    for (const value of values) sample.add(value);
    const { count, mean, p50, p99, max, histogram } = sample.distribution(whole);
    const sorted = values.toSorted((a, b) => a - b);
    assert.equal(count, values.length);
    assert.equal(max, sorted.at(-1));
    assert.ok(Math.abs((mean ?? 0) * count - sorted.reduce((sum, x) => sum + x, 0)) < 1e-6);
    assert.equal(p50, sorted[Math.ceil(count / 2) - 1]);
    assert.equal(p99, sorted[Math.ceil(0.99 * count) - 1]);
    const shares = Object.values(histogram).reduce((sum, x) => sum + x, 0);
    assert.ok(Math.abs(shares - 1) < 1e-9);
    assert.ok(whole || Object.keys(histogram).length <= 51);
  },
);
