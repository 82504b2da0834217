/**
 * Who looks up, puts and gets what, when. The schedule follows from the options alone: with a
 * duration, lookups are spread evenly over it, PUTs over its first tenth and GETs over the rest;
 * without one, PUTs go first, then lookups and GETs, at the lookup rate. Further workloads have
 * times of their own.
 *
 * Askers, targets and keys are drawn by item number and attempt, so that a choice depends on
 * nothing but what every part of a divided simulation knows by then.
 */

import { positionOf } from '../../src/position.ts';
import type { Peer, Position } from '../../src/types.ts';
import type { Values } from '../observer/values.ts';
import type { SimOptions, WorkKind, WorkSpec } from '../options.ts';
import type { Population } from '../population.ts';
import type { Roles } from '../roles.ts';
import { index, mix, type Keys } from '../streams.ts';
import { Zipf } from './zipf.ts';

/** Attempts to find an established node, or an acknowledged key, before an item waits a little. */
const ATTEMPTS_MAX = 256;
/** A pause before the first GET of an open-ended run, so that PUTs can be acknowledged. */
const SETTLE_MS = 5000;

/** A workload with its place in the numbering of all items. */
export interface Work extends WorkSpec {
  /** Number of its first item among all items, and of its first PUT among all PUTs. */
  readonly first: number;
  readonly firstPut: number;
}

/** All workloads of a run, those of the plain settings first. */
export function worksOf(options: SimOptions): readonly Work[] {
  const works: Work[] = [];
  let first = 0;
  let firstPut = 0;
  for (const spec of [...plainWorks(options), ...options.workloads]) {
    if (spec.count === 0) continue;
    works.push({ ...spec, first, firstPut });
    first += spec.count;
    if (spec.kind === 'put') firstPut += spec.count;
  }
  return works;
}

export function putsOf(works: readonly Work[]): number {
  return works.reduce((sum, { kind, count }) => sum + (kind === 'put' ? count : 0), 0);
}

/** `lookups`, `puts` and `gets` as workloads. */
function plainWorks(options: SimOptions): readonly WorkSpec[] {
  const { lookups, puts, gets, durationMs, lookupsPerSecond, targets, zipf, ttlS } = options;
  const openEnded = durationMs === 0;
  const late = puts === 0 ? 0 : (1000 * puts) / lookupsPerSecond + SETTLE_MS;
  const tenth = puts === 0 ? 0 : durationMs / 10;
  const span = (kind: WorkKind, count: number): { fromMs: number; overMs: number } => {
    if (openEnded) {
      return { fromMs: kind === 'put' ? 0 : late, overMs: (1000 * count) / lookupsPerSecond };
    }
    if (kind === 'put') return { fromMs: 0, overMs: durationMs / 10 };
    if (kind === 'lookup') return { fromMs: 0, overMs: durationMs };
    return { fromMs: tenth, overMs: durationMs - tenth };
  };
  const work = (kind: WorkKind, count: number): WorkSpec => {
    return { kind, count, ...span(kind, count), targets, zipf, ttlS };
  };
  return [work('lookup', lookups), work('put', puts), work('get', gets)];
}

export class Workload {
  readonly works: readonly Work[];
  readonly #nodes: number;
  readonly #keys: Keys;
  readonly #population: Population;
  readonly #roles: Roles;
  readonly #values: Values;
  readonly #laws = new Map<Work, Zipf>();

  constructor(
    works: readonly Work[],
    nodes: number,
    keys: Keys,
    population: Population,
    roles: Roles,
    values: Values,
  ) {
    this.works = works;
    this.#nodes = nodes;
    this.#keys = keys;
    this.#population = population;
    this.#roles = roles;
    this.#values = values;
    for (const work of works) {
      if (work.kind === 'get') this.#laws.set(work, new Zipf(putsOf(works), work.zipf));
    }
  }

  get items(): number {
    return this.works.reduce((sum, { count }) => sum + count, 0);
  }

  /** When an item begins, in microseconds after the measuring starts. */
  beginsUs(work: Work, item: number): number {
    return Math.floor(work.fromMs * 1000 + (work.overMs * 1000 * item) / work.count);
  }

  /** An established sound node, or undefined when none was drawn. */
  asker(work: Work, item: number, now: number): Peer | undefined {
    return this.#node(this.#keys.askers, work.first + item, -1, now);
  }

  /** The node whose id is looked up; undefined when none was drawn. */
  targetNode(work: Work, item: number, asker: Peer, now: number): Peer | undefined {
    return this.#node(this.#keys.targets, work.first + item, asker, now);
  }

  /** A random point, or the position of a node. */
  target(work: Work, item: number, node: Peer): Position {
    if (node >= 0) return positionOf(this.#population.directory, node);
    const word = (i: number): number => mix(this.#keys.targets, work.first + item, i);
    return { w0: word(0), w1: word(1), w2: word(2), w3: word(3), w4: word(4) };
  }

  /** The number of an acknowledged PUT whose key a GET reads, or undefined when none was drawn. */
  keyToRead(work: Work, item: number, now: number): number | undefined {
    const zipf = this.#laws.get(work);
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const put = zipf?.rank(mix(this.#keys.reads, work.first + item, attempt)) ?? 0;
      if (this.#values.isReadable(put, now)) return put;
    }
    return undefined;
  }

  #node(key: number, number: number, other: Peer, now: number): Peer | undefined {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const slot = index(mix(key, number, attempt), this.#nodes);
      const peer = this.#population.occupants[slot] ?? -1;
      if (peer === other || !this.#roles.isSound(slot)) continue;
      if (this.#population.isEstablished(peer, now)) return peer;
    }
    return undefined;
  }
}
