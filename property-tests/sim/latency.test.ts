/**
 * Latency models: the laws that their names promise, the region table with the published shares of
 * nodes, jitter that follows nothing else, and a least latency that no draw is below.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { latencyModel, type LatencyModel } from '../../sim/latency/latency.ts';
import { parseMatrix } from '../../sim/latency/matrix.ts';
import { parseLatency } from '../../sim/latency/spec.ts';
import type { LatencySpec } from '../../sim/options.ts';
import { keysOf, share } from '../../sim/streams.ts';
import { word } from '../core/arbitraries.ts';
import { law } from '../harness.ts';
import { correlation, DISTANCE_MAX, distanceTo, DRAWS, surprise, wordsOf } from './laws-kit.ts';

const { latency: key } = keysOf('latency');
const words = wordsOf(key);

function modelOf(spec: LatencySpec, jitter = 0, minLatencyMs = 1): LatencyModel {
  return latencyModel(spec, { minLatencyMs, jitter, key });
}

/** Between two fixed nodes. */
function drawsOf(model: LatencyModel): readonly number[] {
  return words.map((each) => model.draw(0, 1, each));
}

test('latencies have the laws that their names promise', (t) => {
  const uniform = drawsOf(modelOf({ type: 'uniform', lowMs: 10, highMs: 100 }));
  t.true(distanceTo(uniform, (us) => (us - 10_000) / 90_000) < DISTANCE_MAX);
  t.true(uniform.every((us) => Number.isInteger(us) && us >= 10_000 && us <= 100_000));
  const lognormal = drawsOf(modelOf({ type: 'lognormal', medianMs: 50, sigma: 0.5 }));
  const logs = lognormal.map((us) => Math.log(us / 50_000) / 0.5);
  for (const [p, x] of [
    [0.5, 0],
    [0.8413, 1],
    [0.9772, 2],
  ] as const) {
    const below = logs.filter((value) => value < x).length / DRAWS;
    t.true(Math.abs(below - p) < DISTANCE_MAX, `${below} below ${x} deviations`);
  }
  const constant = modelOf({ type: 'constant', ms: 0.2 });
  t.true(drawsOf(constant).every((us) => us === 1000));
  t.is(constant.placeName(3), '');
});

test('a word gives the same latency on every machine', (t) => {
  const some = [0, 1, -1, 0x12345678, -0x76543210];
  const of = (spec: LatencySpec, jitter: number): readonly number[] => {
    const model = latencyModel(spec, { minLatencyMs: 1, jitter, key: 1 });
    return some.map((each) => model.draw(0, 1, each));
  };
  const uniform = { type: 'uniform', lowMs: 10, highMs: 100 } as const;
  t.deepEqual(of(uniform, 0), [10_000, 10_000, 100_000, 16_400, 58_400]);
  t.deepEqual(of(uniform, 0.3), [8398, 7248, 85_531, 19_164, 58_748]);
  const lognormal = { type: 'lognormal', medianMs: 50, sigma: 0.5 } as const;
  t.deepEqual(of(lognormal, 0), [2102, 2291, 1_189_159, 24_004, 52_428]);
});

test('jitter spreads evenly to both sides and follows nothing else', (t) => {
  const constant = drawsOf(modelOf({ type: 'constant', ms: 100 }, 0.2));
  t.true(distanceTo(constant, (us) => (us - 80_000) / 40_000) < DISTANCE_MAX);
  t.true(constant.every((us) => Number.isInteger(us) && us >= 80_000 && us <= 120_000));
  const spec = { type: 'uniform', lowMs: 10, highMs: 100 } as const;
  const plain = drawsOf(modelOf(spec));
  const factors = drawsOf(modelOf(spec, 0.5)).map((us, i) => us / (plain[i] ?? 1));
  t.true(distanceTo(factors, (factor) => factor - 0.5) < DISTANCE_MAX);
  // Four standard deviations of the correlation of independent draws.
  t.true(Math.abs(correlation(plain, factors)) < 4 / Math.sqrt(DRAWS));
  t.true(Math.abs(correlation(words.map(share), factors)) < 4 / Math.sqrt(DRAWS));
});

const REGIONS = {
  'North America': 0.3316,
  Europe: 0.4998,
  'South America': 0.009,
  'Asia Pacific': 0.1177,
  Japan: 0.0224,
  Australia: 0.0195,
};

test('regions: nodes are laid on them in the published shares', (t) => {
  const model = modelOf({ type: 'regions' });
  const counts = new Map<string, number>();
  const nodes = 100_000;
  for (let peer = 0; peer < nodes; peer++) {
    const name = model.placeName(peer);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  t.deepEqual([...counts.keys()].sort(), Object.keys(REGIONS).sort());
  const found = Object.keys(REGIONS).map((name) => counts.get(name) ?? 0);
  t.true(surprise(found, Object.values(REGIONS)) < 4, found.join(' '));
});

test('regions: delays are the published means, the same both ways, for any word', (t) => {
  const model = modelOf({ type: 'regions' });
  const resident = (name: string, from = 0): number => {
    for (let peer = from; peer < 100_000; peer++) if (model.placeName(peer) === name) return peer;
    throw new Error(`nobody lives in ${name}`);
  };
  const delay = (a: string, b: string, each = 5): number => {
    const from = resident(a);
    return model.draw(from, resident(b, from + 1), each) / 1000;
  };
  t.is(delay('Europe', 'Europe'), 11);
  t.is(delay('Japan', 'Japan'), 12);
  t.is(delay('North America', 'Europe', 77), 124);
  t.is(delay('Asia Pacific', 'South America'), 325);
  const names = Object.keys(REGIONS);
  for (const a of names) for (const b of names) t.is(delay(a, b), delay(b, a, -9));
  t.is(model.leastUs, 11_000);
  // Places depend on the key and on nothing else.
  const other = latencyModel({ type: 'regions' }, { minLatencyMs: 1, jitter: 0, key: key + 1 });
  const peers = Array.from({ length: 200 }, (_, i) => 199 - i);
  const namesOf = (of: LatencyModel) => peers.map((peer) => of.placeName(peer));
  t.notDeepEqual(namesOf(other), namesOf(model));
  t.deepEqual(namesOf(modelOf({ type: 'regions' })), namesOf(model));
});

const matrix = parseMatrix('0 40 7\n50 0 90\n8 70 0', { unit: 'ms', missing: 'refuse' });
const double = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const file = { file: 'made here', sha256: '' };
const specs = fc.oneof(
  fc.record({ type: fc.constant('constant' as const), ms: double(0, 300) }),
  fc
    .tuple(double(0, 300), double(0, 300))
    .map(([lowMs, more]) => ({ type: 'uniform' as const, lowMs, highMs: lowMs + more })),
  fc.record({
    type: fc.constant('lognormal' as const),
    medianMs: double(0.1, 300),
    sigma: double(0, 5),
  }),
  fc.constant({ type: 'regions' as const }),
  fc.constant({
    type: 'matrix' as const,
    unit: 'ms' as const,
    missing: 'refuse' as const,
    ...file,
  }),
);

law(
  'draws are whole, and none is below the least latency or the minimum',
  [specs, fc.constantFrom(0, 0.1, 0.5, 1), double(0.001, 50), word()],
  200,
  (spec, jitter, minLatencyMs, start) => {
    assert.ok(matrix.ok);
    const settings = { minLatencyMs, jitter, key: start };
    const model = latencyModel(spec, settings, matrix.value);
    assert.ok(model.leastUs >= Math.round(minLatencyMs * 1000));
    for (let i = 0; i < 300; i++) {
      const us = model.draw(i % 7, i % 5, start + i);
      assert.ok(Number.isSafeInteger(us) && us >= model.leastUs, `${us} < ${model.leastUs}`);
      assert.equal(model.draw(i % 7, i % 5, start + i), us);
    }
  },
);

test('the least latency is as large as can be: some draw comes near it', (t) => {
  const uniform = modelOf({ type: 'uniform', lowMs: 10, highMs: 100 }, 0.5);
  t.is(uniform.leastUs, 5000);
  t.true(drawsOf(uniform).some((us) => us < 6000));
  t.is(modelOf({ type: 'constant', ms: 50 }, 0.1).leastUs, 45_000);
  t.is(modelOf({ type: 'lognormal', medianMs: 50, sigma: 1 }, 0, 3).leastUs, 3000);
});

test('the language of --latency', (t) => {
  const read = (text: string): unknown => {
    const parsed = parseLatency(text);
    return parsed.ok ? parsed.value : parsed.fault;
  };
  t.deepEqual(read('constant:0.5'), { type: 'constant', ms: 0.5 });
  t.deepEqual(read('uniform:10,100'), { type: 'uniform', lowMs: 10, highMs: 100 });
  t.deepEqual(read('lognormal:60,0.4'), { type: 'lognormal', medianMs: 60, sigma: 0.4 });
  t.deepEqual(read('regions'), { type: 'regions' });
  const plain = { type: 'matrix', file: 'a/b:c.tsv', sha256: '', unit: 'ms', missing: 'refuse' };
  t.deepEqual(read('matrix:a/b:c.tsv'), plain);
  t.deepEqual(read('matrix:a/b:c.tsv,missing=median,unit=s'), {
    ...plain,
    unit: 's',
    missing: 'median',
  });
  t.is(read('uniform:9,8'), "'uniform:9,8': the lower bound comes first, as in uniform:10,100");
  t.is(read('matrix:'), "'matrix:' names no file: write matrix:FILE, as in matrix:rtt.tsv");
  t.regex(String(read('matrix:a,unit=us')), /^'matrix:a,unit=us': a file is followed by unit=ms/);
  t.regex(String(read('lognormal:60,9')), /sigma/);
  for (const text of ['', 'regions:', 'regions:6', 'constant:', 'constant:-1', 'constant:1,2']) {
    t.regex(String(read(text)), /^'.*' is no latency model: write constant:MS, .* matrix:FILE$/);
  }
});
