/**
 * Intervals against values that are known from tables and, for percentiles, against the binomial
 * law that they are made from.
 */
import test from 'ava';
import fc from 'fast-check';
import {
  meanInterval,
  percentileInterval,
  studentInterval,
  studentT,
  summarize,
  summarizeHistogram,
  wilson,
} from '../../sim/edge/report/intervals.ts';
import { law } from '../harness.ts';

const near = (a: number | undefined, b: number, within = 0.0005): boolean =>
  a !== undefined && Math.abs(a - b) <= within;

test('Wilson’s interval is that of the tables', (t) => {
  const known = [
    [8, 10, 0.4902, 0.9433],
    [1, 10, 0.0179, 0.4042],
    [50, 100, 0.4038, 0.5962],
    [0, 10, 0, 0.2775],
    [10, 10, 0.7225, 1],
  ] as const;
  for (const [successes, trials, low, high] of known) {
    const interval = wilson(successes, trials);
    t.true(near(interval?.low, low) && near(interval?.high, high), `${successes} of ${trials}`);
  }
  t.is(wilson(0, 0), undefined);
});

test('Student’s points are those of the tables, between and beyond the known rows', (t) => {
  const known = [
    [1, 12.706],
    [4, 2.776],
    [30, 2.042],
    [31, 2.0395],
    [40, 2.0211],
    [60, 2.0003],
    [120, 1.9799],
    [100_000, 1.96],
  ] as const;
  for (const [freedom, point] of known) t.true(near(studentT(freedom), point), `${freedom}`);
});

test('means have the intervals that one computes by hand', (t) => {
  const seeds = studentInterval([1, 3]);
  t.true(near(seeds?.low, 2 - 12.706) && near(seeds?.high, 2 + 12.706));
  t.is(studentInterval([5]), undefined);
  const { mean, deviation, count } = summarize([2, 4, 4, 4, 5, 5, 7, 9]);
  t.is(mean, 5);
  t.true(near(deviation, 2.13809));
  const normal = meanInterval(mean, deviation, count);
  t.true(near(normal?.high, 5 + (1.959964 * 2.13809) / Math.sqrt(8)));
});

law(
  'a histogram of whole values has the mean and deviation of the values',
  [fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 2, maxLength: 60 })],
  200,
  (values) => {
    const histogram: Record<string, number> = {};
    for (const value of values) {
      histogram[String(value)] = (histogram[String(value)] ?? 0) + 1 / values.length;
    }
    const [a, b] = [summarize(values), summarizeHistogram(histogram, values.length)];
    return near(a.mean, b.mean, 1e-9) && near(a.deviation, b.deviation, 1e-7);
  },
);

test('a percentile lies in its interval as often as is said', (t) => {
  for (const count of [60, 200, 1000, 5000]) {
    for (const p of [0.5, 0.9, 0.99]) {
      if (count * (1 - p) < 5) continue;
      const ranks = Float64Array.from({ length: count }, (_, i) => i);
      const { low = 0, high = 0 } = percentileInterval(ranks, p) ?? {};
      // The percentile is below value i when more than i values are: a binomial count.
      let covered = 0;
      for (let below = low + 1; below <= high; below++) covered += binomial(count, p, below);
      t.true(covered > 0.945 && covered < 0.985, `${p} of ${count}: ${covered}`);
    }
  }
});

function binomial(n: number, p: number, successes: number): number {
  let log = successes * Math.log(p) + (n - successes) * Math.log(1 - p);
  for (let i = 1; i <= successes; i++) log += Math.log((n - i + 1) / i);
  return Math.exp(log);
}
