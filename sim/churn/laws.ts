/**
 * The laws of sessions and absences: exponential, Weibull, or a curve made from a file, each with
 * the law of what is left of one that is met under way.
 *
 * What is left of an exponential life has the same law. That of a Weibull life is an incomplete
 * gamma function; it is drawn from a curve through 4,096 points of the law, dense where the shape
 * matters, and within 2 parts in 100,000 of its mean.
 */

import { exponential, exponentialLeft, power, weibull } from '../laws.ts';
import type { WeibullSpec } from '../options.ts';
import { CurveLaw, type LifeLaw } from './session-curve.ts';

export function exponentialLaw(meanUs: number): LifeLaw {
  const draw = (word: number): number => exponential(word, meanUs);
  return { meanUs, meanResidualUs: meanUs, draw, residual: draw };
}

export function weibullLaw(spec: WeibullSpec): LifeLaw {
  const scaleUs = spec.scaleMs * 1000;
  const timesUs = new Float64Array(POINTS + 1);
  const left = new Float64Array(POINTS + 1).fill(1);
  for (let i = 1; i <= POINTS; i++) {
    const share = i / POINTS;
    const hazard = HAZARD_MAX * share * share;
    timesUs[i] = scaleUs * power(hazard, 1 / spec.shape);
    left[i] = exponentialLeft(hazard);
  }
  const curve = new CurveLaw({ timesUs, left, tailUs: 0 });
  return {
    meanUs: curve.meanUs,
    meanResidualUs: curve.meanResidualUs,
    draw: (word) => weibull(word, scaleUs, spec.shape),
    residual: (word) => curve.residual(word),
  };
}

const POINTS = 4096;
/** The share e^-64 of all lives, and of what is left of them, is beyond the last point. */
const HAZARD_MAX = 64;
