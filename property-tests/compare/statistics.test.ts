/**
 * The statistics of comparisons against published and hand-made figures, and against what they must
 * hold of any samples: error rates under the null, intervals with their point in them, symmetry.
 */
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { judge, judgeDistribution, TOLERANCES } from '../../sim/edge/compare/rules.ts';
import { sampleOf, type Sample } from '../../sim/edge/compare/sample.ts';
import { distanceOf, permutationTest, ratioOf } from '../../sim/edge/compare/statistics.ts';
import { shareDifference, statisticOf } from '../../sim/edge/compare/statistics.ts';
import { mix, share } from '../../sim/streams.ts';
import { runs } from '../parameters.ts';

/** Whole values of a law with a tail, another sample for each number. */
function sample(number: number, size: number, factor = 1): Float64Array {
  const draw = (i: number): number => share(mix(0x5eed, number, i));
  return Float64Array.from({ length: size }, (_, i) =>
    Math.floor(factor * (3 - 4 * Math.log(1 - draw(i)))),
  ).sort();
}

/** The values as figures of operations that no other sample has. */
function apart(values: Float64Array, first: number): Sample {
  return sampleOf(
    values.map((_, i) => first + i),
    values,
  );
}

const rising = (values: readonly number[]): Float64Array => Float64Array.from(values).sort();

test('shares: the intervals of Newcombe 1998, table II, method 10', (t) => {
  const published = [
    [56, 70, 48, 80, 0.0524, 0.3339],
    [9, 10, 3, 10, 0.1705, 0.809],
    [5, 56, 0, 29, -0.0381, 0.1926],
    [10, 10, 0, 20, 0.6791, 1],
    [10, 10, 0, 10, 0.6075, 1],
  ] as const;
  for (const [a, m, b, n, low, high] of published) {
    const found = shareDifference([b, n], [a, m]);
    t.is(found?.low.toFixed(4), low.toFixed(4), `${a}/${m} - ${b}/${n}`);
    t.is(found?.high.toFixed(4), high.toFixed(4), `${a}/${m} - ${b}/${n}`);
  }
  t.is(shareDifference([0, 0], [1, 2]), undefined);
});

test('percentiles are of nearest rank, distances half the sum of gaps', (t) => {
  const ten = rising([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  t.is(statisticOf(ten, 'p50'), 5);
  t.is(statisticOf(ten, 'p95'), 10);
  t.is(statisticOf(ten, 'mean'), 5.5);
  t.is(distanceOf(rising([1, 1, 2, 2]), rising([2, 2, 3, 3])), 0.5);
  t.is(distanceOf(rising([1, 2]), rising([1, 1, 2, 2])), 0);
  t.is(distanceOf(rising([1]), rising([2, 2, 2])), 1);
});

test('the permutation test finds the chance that all divisions give', (t) => {
  // Of the 20 ways to take 3 of 6, two part the ones from the twos: p = 0.1.
  const p = permutationTest(rising([1, 1, 1]), rising([2, 2, 2]));
  t.true(Math.abs(p - 0.1) < 0.03, `${p}`);
  t.is(permutationTest(sample(1, 200), sample(1, 200)), 1);
  t.true(permutationTest(sample(1, 300), sample(2, 300, 2)) < 0.001);
});

test('samples of one law are told apart as seldom as the level says', (t) => {
  const pairs = 200;
  const ps = Array.from({ length: pairs }, (_, i) =>
    permutationTest(sample(2 * i, 40), sample(2 * i + 1, 60)),
  );
  for (const level of [0.1, 0.3, 0.5, 0.8]) {
    const below = ps.filter((p) => p <= level).length / pairs;
    // Four standard deviations of a binomial share.
    const room = 4 * Math.sqrt((level * (1 - level)) / pairs);
    t.true(Math.abs(below - level) < room, `${below} at ${level}`);
  }
});

test('nineteen in twenty intervals of a ratio hold the true one', (t) => {
  const pairs = 100;
  for (const statistic of ['mean', 'p50'] as const) {
    const holds = Array.from({ length: pairs }, (_, i) =>
      ratioOf(apart(sample(2 * i, 60), 0), apart(sample(2 * i + 1, 60), 60), statistic),
    ).filter(({ low, high }) => low <= 1 && 1 <= high).length;
    t.true(holds >= 87, `${statistic}: ${holds} of ${pairs}`);
  }
});

test('a large difference is outside the interval of no difference', (t) => {
  const [one, other] = [apart(sample(1, 400), 0), apart(sample(2, 400, 3), 400)];
  const { point, low, high } = ratioOf(one, other, 'p95');
  t.true(low > 2 && point > low && high > point && high < 4, `${low} ${point} ${high}`);
});

test('samples of the same operations are drawn as pairs, and their intervals are narrower', (t) => {
  const size = 60;
  const names = Float64Array.from({ length: size }, (_, i) => i);
  let [holds, narrower] = [0, 0];
  const pairs = 100;
  for (let i = 0; i < pairs; i++) {
    const draw = (key: number, at: number): number => share(mix(0xfeed, i, key * size + at));
    // What an operation takes, in runs that add up to a tenth of it.
    const long = Float64Array.from(names, (at) => 3 - 40 * Math.log(1 - draw(0, at)));
    const run = (key: number): Float64Array => long.map((ms, at) => ms * (1 + draw(key, at) / 10));
    const [a, b] = [run(1), run(2)];
    const both = ratioOf(sampleOf(names, a), sampleOf(names, b), 'mean');
    const each = ratioOf(
      sampleOf(names, a),
      sampleOf(
        names.map((at) => at + size),
        b,
      ),
      'mean',
    );
    t.true(both.isPaired && !each.isPaired);
    t.is(both.point, each.point);
    if (both.low <= 1 && 1 <= both.high) holds++;
    if (both.high - both.low < (each.high - each.low) / 5) narrower++;
  }
  t.true(holds >= 87, `${holds} of ${pairs}`);
  t.is(narrower, pairs);
});

test('an operation that one run failed is no pair, and a draw of nothing says nothing', (t) => {
  const names = rising([1, 2, 3, 4]);
  const failed = sampleOf(names, Float64Array.of(Number.NaN, 20, 30, 10));
  t.deepEqual(failed, { values: rising([10, 20, 30]), names: Float64Array.of(4, 2, 3) });
  t.true(ratioOf(failed, sampleOf(names, names), 'p50').isPaired);
  t.false(ratioOf(failed, apart(names, 3), 'p50').isPaired);
  const one = ratioOf(apart(rising([5]), 1), apart(rising([5, 10]), 1), 'p50');
  t.true(Number.isFinite(one.low) && Number.isFinite(one.high));
});

const values = fc
  .array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 40 })
  .map(rising);

testProp(
  'intervals hold their point, and the same samples give the same figures',
  [values, values, fc.constantFrom('mean', 'p50', 'p95')],
  (t, a, b, statistic) => {
    for (const first of [0, 20, 40]) {
      const [one, other] = [apart(a, 0), apart(b, first)];
      const found = ratioOf(one, other, statistic);
      t.true(found.low <= found.point && found.point <= found.high);
      t.deepEqual(ratioOf(one, other, statistic), found);
    }
    const { point, low, high } = ratioOf(apart(a, 0), apart(a, 0), statistic);
    t.deepEqual([point, low, high], [1, 1, 1]);
  },
  runs(30),
);

testProp(
  'distance and chance do not ask which sample is first',
  [values, values],
  (t, a, b) => {
    t.true(Math.abs(distanceOf(a, b) - distanceOf(b, a)) < 1e-12);
    const [there, back] = [permutationTest(a, b), permutationTest(b, a)];
    t.true(there > 0 && there <= 1);
    t.true(Math.abs(there - back) < 0.1);
    if (distanceOf(a, b) === 0) t.is(there, 1);
  },
  runs(30),
);

testProp(
  'an interval of shares holds the difference and turns round with the sides',
  [fc.nat(50), fc.nat(50), fc.nat(50), fc.nat(50)],
  (t, a, restA, b, restB) => {
    const [inA, inB] = [[a, a + restA] as const, [b, b + restB] as const];
    const [there, back] = [shareDifference(inA, inB), shareDifference(inB, inA)];
    if (there === undefined || back === undefined) {
      t.true(a + restA === 0 || b + restB === 0);
      return;
    }
    t.true(there.low <= there.point && there.point <= there.high);
    t.true(there.low >= -1 - 1e-12 && there.high <= 1 + 1e-12);
    t.true(Math.abs(there.low + back.high) < 1e-12);
  },
  runs(100),
);

test('two flawless shares agree from 125 operations on in each', (t) => {
  const judged = (a: number, b: number): string =>
    judge(shareDifference([a, a], [b, b]), TOLERANCES.share);
  t.is(judged(125, 125), 'agrees');
  t.is(judged(124, 1000), 'cannot tell');
  t.is(judged(1000, 124), 'cannot tell');
});

test('verdicts follow the rules', (t) => {
  t.is(judge({ point: 0.01, low: -0.04, high: 0.06 }, 0.02), 'agrees');
  t.is(judge({ point: 0.01, low: -0.5, high: 0.5 }, 0.02), 'cannot tell');
  t.is(judge({ point: -0.02, low: -0.03, high: -0.01 }, 0.02), 'agrees');
  t.is(judge({ point: 0.1, low: 0.021, high: 0.5 }, 0.02), 'differs');
  t.is(judge({ point: -0.1, low: -0.5, high: -0.021 }, 0.02), 'differs');
  t.is(judge({ point: 0.1, low: 0.019, high: 0.5 }, 0.02), 'cannot tell');
  t.is(judge({ point: -0.1, low: -0.5, high: 0.3 }, 0.02), 'cannot tell');
  t.is(judge(undefined, 0.02), 'cannot tell');
  t.is(judge({ point: Infinity, low: Infinity, high: Infinity }, 0.02), 'differs');
  t.is(judgeDistribution(0.05, 0.02), 'agrees');
  t.is(judgeDistribution(0.3, 0.02), 'cannot tell');
  t.is(judgeDistribution(0.3, 0.009), 'differs');
  t.is(judgeDistribution(0.001, 0.0001), 'agrees');
});
