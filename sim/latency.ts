/**
 * One-way latency of a message, in whole microseconds, from one random word. Models: constant,
 * uniform, lognormal; every draw is at least the configured minimum.
 */

import { assertNever } from '../src/assert.ts';
import { lognormal } from './laws.ts';
import { share } from './streams.ts';

export type LatencySpec =
  | { readonly type: 'constant'; readonly ms: number }
  | { readonly type: 'uniform'; readonly lowMs: number; readonly highMs: number }
  | { readonly type: 'lognormal'; readonly medianMs: number; readonly sigma: number };

/** Draws one latency in microseconds. */
export type Latency = (word: number) => number;

export function latencyOf(spec: LatencySpec, minLatencyMs: number): Latency {
  const leastUs = Math.round(minLatencyMs * 1000);
  switch (spec.type) {
    case 'constant': {
      const us = Math.max(leastUs, Math.round(spec.ms * 1000));
      return () => us;
    }
    case 'uniform': {
      const lowUs = spec.lowMs * 1000;
      const spanUs = (spec.highMs - spec.lowMs) * 1000;
      return (word) => Math.max(leastUs, Math.round(lowUs + spanUs * share(word)));
    }
    case 'lognormal':
      return (word) =>
        Math.max(leastUs, Math.round(lognormal(word, spec.medianMs * 1000, spec.sigma)));
    default:
      return assertNever(spec);
  }
}
