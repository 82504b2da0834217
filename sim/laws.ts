/**
 * Draws from continuous laws, by inversion, from one 32-bit word each, and what they are made of.
 * All transcendental functions of the simulator are called here, and only those on which V8's
 * versions agree: `log`, `exp` and `sqrt` (not `pow`, `cos` or the like).
 */

import { share } from './streams.ts';

/** A share strictly between 0 and 1. */
export function open(word: number): number {
  return share(word) + 2 ** -33;
}

/** Exponential with the given mean. */
export function exponential(word: number, mean: number): number {
  return exponentialOver(open(word), mean);
}

/** When only `left` of what falls exponentially, with the given mean, is left. */
export function exponentialOver(left: number, mean: number): number {
  return -mean * Math.log(left);
}

/** Share that is left after `means` mean lives of something that falls exponentially. */
export function exponentialLeft(means: number): number {
  return Math.exp(-means);
}

/** Weibull: a power of an exponential draw. */
export function weibull(word: number, scale: number, shape: number): number {
  return scale * power(exponential(word, 1), 1 / shape);
}

/** `x` above 0 to any power. */
export function power(x: number, exponent: number): number {
  return Math.exp(exponent * Math.log(x));
}

/** How far to go under a line that begins at `height` and rises by `slope` to cover an area. */
export function stretch(area: number, height: number, slope: number): number {
  return (2 * area) / (height + Math.sqrt(Math.max(0, height * height + 2 * slope * area)));
}

/** Lognormal: exp of a normal with standard deviation `sigma`, times the median. */
export function lognormal(word: number, median: number, sigma: number): number {
  return median * Math.exp(sigma * normalQuantile(open(word)));
}

/**
 * The quantile of the standard normal law; rational approximation with relative error below
 * 1.2e-9 (Acklam, 2003).
 */
export function normalQuantile(p: number): number {
  if (p < LOW) return tail(Math.sqrt(-2 * Math.log(p)));
  if (p > 1 - LOW) return -tail(Math.sqrt(-2 * Math.log(1 - p)));
  const q = p - 0.5;
  const r = q * q;
  return (horner(A, r) * q) / (horner(B, r) * r + 1);
}

const LOW = 0.02425;
const A = [
  -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2,
  -3.066479806614716e1, 2.506628277459239,
];
const B = [
  -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1,
  -1.328068155288572e1,
];
const C = [
  -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734,
  4.374664141464968, 2.938163982698783,
];
const D = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416];

function tail(q: number): number {
  return horner(C, q) / (horner(D, q) * q + 1);
}

function horner(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (const coefficient of coefficients) sum = sum * x + coefficient;
  return sum;
}
