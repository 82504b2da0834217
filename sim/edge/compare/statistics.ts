/**
 * What two samples say of each other: the ratio of a statistic with its bootstrap interval, the
 * difference of two shares with Newcombe's, and whether two samples of whole values may be of one
 * law. Chance comes from the streams of the simulator under fixed keys: the same samples give the
 * same figures, on every machine.
 *
 * Bootstrap, percentile interval, and the permutation test: Efron and Tibshirani, "An Introduction
 * to the Bootstrap", 1993, chapters 13 and 15. Shares: Newcombe, "Interval estimation for the
 * difference between independent proportions", Statistics in Medicine 17, 1998, method 10.
 */

import { index, mix } from '../../streams.ts';
import { wilson } from '../report/intervals.ts';
import type { Interval } from '../report/intervals.ts';
import { drawingOf } from './sample.ts';
import type { Counts, Sample } from './sample.ts';

export type Statistic = 'mean' | 'p50' | 'p95';

export interface Estimate extends Interval {
  readonly point: number;
}

/** Times that a sample is drawn anew. */
const RESAMPLES = 2000;
/** Of the largest samples fewer, lest a million values take minutes: their intervals are narrow. */
const RESAMPLES_LEAST = 200;
const DRAWS_MAX = 1e7;

function resamplesFor(size: number): number {
  return Math.min(RESAMPLES, Math.max(RESAMPLES_LEAST, Math.floor(DRAWS_MAX / size)));
}

/** Percentiles by nearest rank, as results have them; @param sorted rising, not empty */
export function statisticOf(sorted: Float64Array, statistic: Statistic): number {
  return ofCounts(sorted, new Uint32Array(sorted.length).fill(1), statistic);
}

export interface Ratio extends Estimate {
  /** Whether the interval is one of pairs: of operations that both did. */
  readonly isPaired: boolean;
}

/**
 * The statistic of B over that of A, with a 95 % interval that holds it.
 *
 * @param a not empty, like `b`
 */
export function ratioOf(a: Sample, b: Sample, statistic: Statistic): Ratio {
  const point = quotient(statisticOf(a.values, statistic), statisticOf(b.values, statistic));
  const times = Math.min(resamplesFor(a.values.length), resamplesFor(b.values.length));
  const { isPaired, next } = drawingOf(a, b);
  const ratios = new Float64Array(times).map((_, time) => {
    const [inA, inB] = next(time);
    return quotient(ofCounts(a.values, inA, statistic), ofCounts(b.values, inB, statistic));
  });
  // A draw in which one of the two has nothing says nothing: NaN, which sorts last.
  const found = ratios.sort().filter((ratio) => !Number.isNaN(ratio));
  const low = found[Math.floor(0.025 * found.length)] ?? point;
  const high = found[Math.ceil(0.975 * found.length) - 1] ?? point;
  return { isPaired, point, low: Math.min(low, point), high: Math.max(high, point) };
}

/** A word without a pattern: digits of pi. */
const KEY_SHUFFLE = 0x13198a2e;

function quotient(below: number, above: number): number {
  return below === above ? 1 : above / below;
}

/** @returns NaN when nothing was drawn */
function ofCounts(sorted: Float64Array, counts: Counts, statistic: Statistic): number {
  let size = 0;
  for (let i = 0; i < counts.length; i++) size += counts[i] ?? 0;
  if (size === 0) return Number.NaN;
  if (statistic === 'mean') {
    let sum = 0;
    for (let i = 0; i < sorted.length; i++) sum += (sorted[i] ?? 0) * (counts[i] ?? 0);
    return sum / size;
  }
  let left = Math.ceil((statistic === 'p50' ? 0.5 : 0.95) * size);
  let at = 0;
  while ((left -= counts[at] ?? 0) > 0) at++;
  return sorted[at] ?? Number.NaN;
}

/** Share of B less share of A, in parts of one; nothing where either has no trials. */
export function shareDifference(
  [successesA, trialsA]: readonly [number, number],
  [successesB, trialsB]: readonly [number, number],
): Estimate | undefined {
  const [a, b] = [wilson(successesA, trialsA), wilson(successesB, trialsB)];
  if (a === undefined || b === undefined) return undefined;
  const [shareA, shareB] = [successesA / trialsA, successesB / trialsB];
  const point = shareB - shareA;
  return {
    point,
    low: point - Math.hypot(shareB - b.low, a.high - shareA),
    high: point + Math.hypot(b.high - shareB, shareA - a.low),
  };
}

/** The share of one sample that would have to be other values for both to have the same shares. */
export function distanceOf(a: Float64Array, b: Float64Array): number {
  const { counts, all } = binned(a, b);
  const gap = (bin: number): number =>
    (counts[bin] ?? 0) / a.length - ((all[bin] ?? 0) - (counts[bin] ?? 0)) / b.length;
  return 0.5 * all.reduce((sum, _, bin) => sum + Math.abs(gap(bin)), 0);
}

/**
 * The chance that samples of one law are at least as unlike each other as these are, by the
 * chi-squared statistic of homogeneity: its law under a shuffling of who is in which sample needs
 * no bins pooled. Never zero, and as exact as its shuffles are many.
 */
export function permutationTest(a: Float64Array, b: Float64Array): number {
  const [small, large] = a.length <= b.length ? [a, b] : [b, a];
  const { bins, counts, all } = binned(small, large);
  const size = bins.length;
  const times = resamplesFor(size);
  const observed = unlikeness(counts, all, small.length, size);
  let atLeast = 1;
  for (let time = 0; time < times; time++) {
    counts.fill(0);
    for (let i = 0; i < small.length; i++) {
      const other = i + index(mix(KEY_SHUFFLE, time, i), size - i);
      const bin = bins[other] ?? 0;
      bins[other] = bins[i] ?? 0;
      bins[i] = bin;
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    if (unlikeness(counts, all, small.length, size) >= observed * (1 - 1e-9)) atLeast++;
  }
  return atLeast / (times + 1);
}

/** The chi-squared statistic but for a factor that depends on the sizes alone. */
function unlikeness(counts: Float64Array, all: Float64Array, part: number, size: number): number {
  let sum = 0;
  for (let bin = 0; bin < all.length; bin++) {
    const together = all[bin] ?? 1;
    sum += ((counts[bin] ?? 0) - (part * together) / size) ** 2 / together;
  }
  return sum;
}

/** Both samples as numbers of bins, a bin per value; how often each is in the first and in both. */
function binned(
  first: Float64Array,
  second: Float64Array,
): { readonly bins: Uint32Array; readonly counts: Float64Array; readonly all: Float64Array } {
  const numbers = new Map<number, number>();
  const bins = Uint32Array.from([...first, ...second], (value) => {
    const bin = numbers.get(value) ?? numbers.size;
    numbers.set(value, bin);
    return bin;
  });
  const [counts, all] = [new Float64Array(numbers.size), new Float64Array(numbers.size)];
  bins.forEach((bin, i) => {
    all[bin] = (all[bin] ?? 0) + 1;
    if (i < first.length) counts[bin] = (counts[bin] ?? 0) + 1;
  });
  return { bins, counts, all };
}
