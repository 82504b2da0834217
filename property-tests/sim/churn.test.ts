/**
 * The laws of sessions and absences: exponential and Weibull, and what is left of those met under
 * way (Kolmogorov-Smirnov); a population that starts as it goes on; streams of chance of which none
 * follows another. Laws from files are in `churn-curves.test.ts`.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { Churn } from '../../sim/churn/churn.ts';
import { parseChurn } from '../../sim/churn/spec.ts';
import { exponential, normalQuantile } from '../../sim/laws.ts';
import { Sample } from '../../sim/observer/distribution.ts';
import { index, keysOf, mix, share } from '../../sim/streams.ts';
import { word } from '../core/arbitraries.ts';
import { law } from '../harness.ts';
import { DISTANCE_MAX, distanceTo, DRAWS, equilibriumOf } from './laws-kit.ts';

const key = keysOf('sessions').churn;

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

test('exponential draws and starts are the same on every machine', (t) => {
  const spec = { type: 'exponential', meanOnMs: 60_000, meanOffMs: 20_000 } as const;
  const churn = new Churn(spec, 3, 12_345);
  const drawn = [0, 1, 2].map((slot) => [churn.sessionUs(slot), churn.absenceUs(slot)]);
  t.deepEqual(drawn, [
    [7_539_333, 16_805_928],
    [173_237_030, 11_701_332],
    [4_909_694, 10_544_486],
  ]);
  t.deepEqual([...churn.draws], [2, 2, 2]);
  // What is left of an exponential life is drawn like a whole one.
  const again = new Churn(spec, 3, 12_345);
  const residual = [0, 1, 2].map((slot) => [
    again.residualSessionUs(slot),
    again.residualAbsenceUs(slot),
  ]);
  t.deepEqual(residual, drawn);
  t.is(churn.meanSessionMs, 60_000);
  t.is(churn.meanResidualMs, 60_000);
  // A slot whose count of draws is set back repeats itself: that is all a snapshot keeps.
  churn.draws[1] = 0;
  t.is(churn.sessionUs(1), 173_237_030);
});

/** Gamma function values 1 + 1/shape and 1 + 2/shape. */
const WEIBULL = [
  { shape: 0.5, one: 2, two: 24 },
  { shape: 1, one: 1, two: 2 },
  { shape: 2, one: Math.sqrt(Math.PI) / 2, two: 1 },
  { shape: 0.25, one: 24, two: 40_320 },
  { shape: 0.2, one: 120, two: 3_628_800 },
];

for (const { shape, one, two } of WEIBULL) {
  test(`Weibull with shape ${shape}: sessions, what is left of them, and their means`, (t) => {
    const scaleMs = 3_600_000;
    const churn = new Churn({ type: 'weibull', on: { scaleMs, shape }, off: null }, DRAWS, key);
    t.false(churn.returns);
    t.is(churn.absenceUs(0), 0);
    const closeTo = (value: number, expected: number): boolean =>
      Math.abs(value / expected - 1) < 1e-4;
    t.true(closeTo(churn.meanSessionMs, scaleMs * one), `mean ${churn.meanSessionMs}`);
    t.true(closeTo(churn.meanResidualMs, (scaleMs * two) / (2 * one)), `${churn.meanResidualMs}`);
    // Below, whole microseconds and the longest life of 2 ** 52 of them would show.
    if (shape < 0.25) return;
    const slots = Array.from({ length: DRAWS }, (_, slot) => slot);
    const inScales = (us: number): number => us / (scaleMs * 1000);
    const sessions = slots.map((slot) => inScales(churn.sessionUs(slot)));
    t.true(distanceTo(sessions, (x) => 1 - Math.exp(-(x ** shape))) < DISTANCE_MAX);
    // In y = x ** shape the law is smooth at both ends: its density is y ** (1/shape - 1) e ** -y.
    const powers = slots.map((slot) => inScales(churn.residualSessionUs(slot)) ** shape);
    const law = gammaLaw(1 / shape);
    t.true(distanceTo(powers, law) < DISTANCE_MAX);
    // The test can tell: what is left is not a whole session, unless the law has no memory.
    const whole = slots.map((slot) => inScales(churn.sessionUs(slot)) ** shape);
    t.is(distanceTo(whole, law) > 0.1, shape !== 1);
  });
}

/** The law with density y ** (a - 1) e ** -y, in y = v ** 4 to be smooth at 0. */
function gammaLaw(a: number): (y: number) => number {
  const density = (v: number): number => v ** (4 * a - 1) * Math.exp(-(v ** 4));
  const law = equilibriumOf(density, 3);
  return (y) => law(y ** 0.25);
}

/** Shares of slots online at some times, followed from the start through their lives. */
function onlineAt(churn: Churn, timesUs: readonly number[], fresh: boolean): readonly number[] {
  const online = timesUs.map(() => 0);
  for (let slot = 0; slot < DRAWS; slot++) {
    let isOn = churn.startsOnline(slot);
    let until = isOn ? churn.residualSessionUs(slot) : churn.residualAbsenceUs(slot);
    if (fresh) until = isOn ? churn.sessionUs(slot) : churn.absenceUs(slot);
    for (const [i, time] of timesUs.entries()) {
      while (until <= time) {
        isOn = !isOn;
        until += isOn ? churn.sessionUs(slot) : churn.absenceUs(slot);
      }
      if (isOn) online[i] = (online[i] ?? 0) + 1;
    }
  }
  return online.map((count) => count / DRAWS);
}

for (const text of ['exponential:1h,20m', 'weibull:60m,0.5,20m,2', 'weibull:60m,3,90m,0.7']) {
  test(`the share online stays that of the equilibrium: ${text}`, (t) => {
    const parsed = parseChurn(text);
    if (!parsed.ok) return t.fail(parsed.fault);
    const times = [0, 5, 20, 60, 120, 300].map((minutes) => minutes * 60_000_000);
    const churn = new Churn(parsed.value, DRAWS, key);
    t.true(churn.returns);
    const expected = churn.onlineShare;
    const deviation = Math.sqrt((expected * (1 - expected)) / DRAWS);
    for (const share of onlineAt(churn, times, false)) {
      t.true(Math.abs(share - expected) < 4 * deviation, `${share}, not ${expected}`);
    }
    // The test can tell: whole sessions at the start make it swing, unless they have no memory.
    const swing = onlineAt(new Churn(parsed.value, DRAWS, key), times, true);
    const most = Math.max(...swing.map((share) => Math.abs(share - expected)));
    t.is(most > 8 * deviation, parsed.value.type === 'weibull', `${most / deviation}`);
  });
}

test('no churn: sessions do not end', (t) => {
  const churn = new Churn({ type: 'none' }, 1, key);
  t.deepEqual([churn.isActive, churn.returns, churn.startsOnline(0)], [false, false, true]);
  t.deepEqual([churn.sessionUs(0), churn.residualSessionUs(0)], [Infinity, Infinity]);
  t.deepEqual(
    [churn.meanSessionMs, churn.meanResidualMs, churn.onlineShare],
    [...[Infinity, Infinity, 1]],
  );
});

test('the language of --churn', (t) => {
  const read = (text: string): unknown => {
    const parsed = parseChurn(text);
    return parsed.ok ? parsed.value : parsed.fault;
  };
  t.deepEqual(read('none'), { type: 'none' });
  const exponential = { type: 'exponential', meanOnMs: 5_196_000, meanOffMs: null };
  t.deepEqual(read('exponential:86.6m'), exponential);
  t.deepEqual(read('exponential:86.6m,1h'), { ...exponential, meanOffMs: 3_600_000 });
  const on = { scaleMs: 3_600_000, shape: 0.5 };
  t.deepEqual(read('weibull:60m,0.5'), { type: 'weibull', on, off: null });
  const off = { scaleMs: 90_000, shape: 2 };
  t.deepEqual(read('weibull:1h,0.5,90s,2'), { type: 'weibull', on, off });
  const cdf = { type: 'cdf', file: 'a.csv', sha256: '', column: null };
  t.deepEqual(read('cdf:a.csv'), cdf);
  t.deepEqual(read('cdf:a.csv,column=2021-W42'), { ...cdf, column: '2021-W42' });
  t.deepEqual(read('survival:b.csv'), { type: 'survival', file: 'b.csv', sha256: '' });
  for (const text of ['', 'poisson:1h', 'none:1']) {
    t.regex(String(read(text)), /^'.*' is no churn model: write none, .* survival:FILE$/);
  }
  const wrong: Readonly<Record<string, RegExp>> = {
    'exponential:5': /write mean times with units/,
    'exponential:1h,1h,1h': /write mean times with units/,
    'exponential:10ms': /a mean session lasts at least 1s$/,
    'weibull:60m': /a time of at least 1s and a shape from 0\.2 to 50, once or twice/,
    'weibull:60m,0.5,10m': /once or twice/,
    'weibull:60m,0': /once or twice/,
    'weibull:60,1': /once or twice/,
    'cdf:': /write a file, and its column/,
    'cdf:a.csv,row=3': /write a file, and its column/,
    'survival:a.csv,column=x': /write a file, as in/,
  };
  for (const [text, message] of Object.entries(wrong)) {
    t.regex(String(read(text)), message);
    t.true(String(read(text)).startsWith(`'${text}': `));
  }
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
