/**
 * Who looks up, puts and gets what, when. The schedule follows from the options alone: with a
 * duration, lookups are spread evenly over it, PUTs over its first tenth and GETs over the rest;
 * without one, PUTs go first, then lookups and GETs, at the lookup rate.
 *
 * Askers, targets and keys are drawn by item number and attempt, so that a choice depends on
 * nothing but what every worker knows by then.
 */

import type { Peer, Position } from '../src/types.ts';
import type { SimOptions } from './options.ts';
import type { Population } from './population.ts';
import { index, mix, type Keys } from './streams.ts';
import type { Values } from './values.ts';

export type ItemKind = 'lookup' | 'put' | 'get';

/** Attempts to find an established node, or an acknowledged key, before an item waits a little. */
const ATTEMPTS_MAX = 256;
/** A pause before the first GET of an open-ended run, so that PUTs can be acknowledged. */
const SETTLE_US = 5_000_000;

export class Workload {
  readonly #options: SimOptions;
  readonly #keys: Keys;
  readonly #population: Population;
  readonly #values: Values;

  constructor(options: SimOptions, keys: Keys, population: Population, values: Values) {
    this.#options = options;
    this.#keys = keys;
    this.#population = population;
    this.#values = values;
  }

  /** How many items of a kind there are. */
  count(kind: ItemKind): number {
    const { lookups, puts, gets } = this.#options;
    return kind === 'lookup' ? lookups : kind === 'put' ? puts : gets;
  }

  /** When an item begins, in microseconds after the measuring starts. */
  beginsUs(kind: ItemKind, item: number): number {
    const { durationMs, lookupsPerSecond, puts } = this.#options;
    const count = this.count(kind);
    if (durationMs > 0) {
      const tenth = puts > 0 ? durationMs * 100 : 0;
      if (kind === 'lookup') return Math.floor((durationMs * 1000 * item) / count);
      if (kind === 'put') return Math.floor((durationMs * 100 * item) / count);
      return Math.floor(tenth + ((durationMs * 1000 - tenth) * item) / count);
    }
    const at = (1_000_000 * item) / lookupsPerSecond;
    if (kind === 'put' || puts === 0) return Math.floor(at);
    return Math.floor(at + (1_000_000 * puts) / lookupsPerSecond + SETTLE_US);
  }

  /** A number of its own for each item, from 0. */
  number(kind: ItemKind, item: number): number {
    const { lookups, puts } = this.#options;
    return kind === 'lookup' ? item : kind === 'put' ? lookups + item : lookups + puts + item;
  }

  /** An established node, or undefined when none was drawn. */
  asker(kind: ItemKind, item: number, now: number): Peer | undefined {
    const number = this.number(kind, item);
    const slots = this.#options.nodes;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const slot = index(mix(this.#keys.askers, number, attempt), slots);
      const peer = this.#population.occupants[slot] ?? -1;
      if (this.#population.isEstablished(peer, now)) return peer;
    }
    return undefined;
  }

  /** A random point. */
  target(item: number): Position {
    const word = (i: number): number => mix(this.#keys.targets, item, i);
    return { w0: word(0), w1: word(1), w2: word(2), w3: word(3), w4: word(4) };
  }

  /** The number of an acknowledged PUT whose key a GET reads, or undefined when none was drawn. */
  keyToRead(item: number, now: number): number | undefined {
    const { puts } = this.#options;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const put = index(mix(this.#keys.reads, item, attempt), puts);
      if (this.#values.isReadable(put, now)) return put;
    }
    return undefined;
  }
}
