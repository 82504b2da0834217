/**
 * One-way latency of a message, in whole microseconds, from its ends and one random word. Models:
 * constant, uniform, lognormal, regions, and a matrix of measured round trips; in the last two the
 * nodes are laid on places (`places.ts`).
 *
 * With jitter j a latency is multiplied by a uniform draw from 1 - j to 1 + j, made from a second
 * word that follows from the first. Every draw is at least the configured minimum, and none is
 * below `leastUs`, which is as long as workers may run apart.
 */

import type { Peer } from '../../src/types.ts';
import { lognormal } from '../laws.ts';
import type { LatencySpec, SimOptions } from '../options.ts';
import { mix, share } from '../streams.ts';
import { matrixPlaces, type Matrix } from './matrix.ts';
import { Places } from './places.ts';
import { regionPlaces } from './regions.ts';

export interface LatencyModel {
  /** No draw is ever below it. */
  readonly leastUs: number;
  /** Microseconds, one way. */
  draw(from: Peer, to: Peer, word: number): number;
  /** The node's region, or its row as in `row 17`; empty where the model knows no places. */
  placeName(peer: Peer): string;
}

export interface LatencySettings {
  readonly minLatencyMs: number;
  readonly jitter: number;
  /** Lays nodes on places and draws jitter. */
  readonly key: number;
}

/** A model before its jitter and minimum; microseconds that need not be whole. */
interface Source {
  readonly leastUs: number;
  us(from: Peer, to: Peer, word: number): number;
  placeName(peer: Peer): string;
}

/** The model of a run. @param key lays nodes on places and draws jitter */
export function latencyOf(options: SimOptions, key: number, matrix?: Matrix): LatencyModel {
  const { latency, minLatencyMs, jitter } = options;
  return latencyModel(latency, { minLatencyMs, jitter, key }, matrix);
}

export function latencyModel(
  spec: LatencySpec,
  settings: LatencySettings,
  matrix?: Matrix,
): LatencyModel {
  const source = sourceOf(spec, settings.key, matrix);
  const { jitter, key } = settings;
  const floorUs = Math.round(settings.minLatencyMs * 1000);
  const draw =
    jitter === 0
      ? (from: Peer, to: Peer, word: number): number =>
          Math.max(floorUs, Math.round(source.us(from, to, word)))
      : (from: Peer, to: Peer, word: number): number => {
          const factor = 1 - jitter + 2 * jitter * share(mix(key, word, JITTER));
          return Math.max(floorUs, Math.round(source.us(from, to, word) * factor));
        };
  return {
    leastUs: Math.max(floorUs, Math.round(source.leastUs * (1 - jitter))),
    draw,
    placeName: (peer) => source.placeName(peer),
  };
}

/** The counter of a word's jitter; places are drawn with another (`places.ts`). */
const JITTER = 1;
/** An hour: keeps draws of a wide lognormal law within whole microseconds. */
const LONGEST_US = 3_600_000_000;

function sourceOf(spec: LatencySpec, key: number, matrix: Matrix | undefined): Source {
  switch (spec.type) {
    case 'constant': {
      const us = spec.ms * 1000;
      return { leastUs: us, us: () => us, placeName: nowhere };
    }
    case 'uniform': {
      const lowUs = spec.lowMs * 1000;
      const spanUs = (spec.highMs - spec.lowMs) * 1000;
      return {
        leastUs: lowUs,
        us: (_from, _to, word) => lowUs + spanUs * share(word),
        placeName: nowhere,
      };
    }
    case 'lognormal': {
      const medianUs = spec.medianMs * 1000;
      const us = (_from: Peer, _to: Peer, word: number): number =>
        Math.min(LONGEST_US, lognormal(word, medianUs, spec.sigma));
      return { leastUs: 0, us, placeName: nowhere };
    }
    case 'regions':
      return new Places(regionPlaces, key);
    case 'matrix':
      if (matrix === undefined) throw new Error(`${spec.file} has not been read`);
      return new Places(matrixPlaces(matrix), key);
  }
}

function nowhere(): string {
  return '';
}
