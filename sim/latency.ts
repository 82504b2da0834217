/**
 * One-way latency of a message, in whole microseconds, from one random word. Models: constant,
 * uniform, lognormal; every draw is at least the configured minimum.
 */

import { lognormal } from './laws.ts';
import type { LatencySpec } from './options.ts';
import { share } from './streams.ts';

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
      throw new Error(`latency model ${spec.type} needs its file`);
  }
}
