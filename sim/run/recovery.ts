/**
 * How a network grows together again: from the end of each partition and the return of each mass
 * failure on, every few seconds for some minutes, how many nodes know their true nearest ones. Each
 * part looks at its own nodes; sums add up to the whole.
 */

import type { Arena } from '../arena.ts';
import { nearestSums } from '../observer/health.ts';
import type { SimOptions } from '../options.ts';
import type { Ring } from '../ring.ts';
import { addedUp } from './sampler.ts';

const STEP_MS = 5000;
const SPAN_MS = 300_000;
/** Nodes looked at each time. */
const NODES_MAX = 1000;

/** Instant (ms since the end of the warm-up), nodes, those that know all, known, all nearest. */
export type RecoveryRow = readonly number[];

export interface RecoveryReport {
  /** Since the end of the warm-up. */
  readonly atMs: readonly number[];
  /** Share of the nodes that know all of their k nearest. */
  readonly knowAllNearest: readonly number[];
  /** Mean share of its k nearest that a node knows. */
  readonly nearestKnown: readonly number[];
}

export class Recovery {
  readonly rows: RecoveryRow[] = [];
  readonly #world: Arena;
  /** Ascending, in ms since the end of the warm-up. */
  readonly #times: readonly number[];

  constructor(world: Arena) {
    this.#world = world;
    this.#times = timesOf(world.options);
  }

  /** The rows of all parts of a snapshot go on in the first. */
  restore(parts: readonly (readonly RecoveryRow[])[]): void {
    const isFirst = this.#world.population.part.index === 0;
    const rows = summed(parts);
    this.rows.push(...(isFirst ? rows : rows.map(([atMs = 0]) => [atMs, 0, 0, 0, 0])));
  }

  forget(): void {
    this.rows.length = 0;
  }

  /** Adds the row that is due. */
  turn(ring: Ring): void {
    const { now, measuredFrom, population, options } = this.#world;
    const atMs = (now - measuredFrom) / 1000;
    const due = this.#times[this.rows.length];
    if (due === undefined || !(atMs >= due)) return;
    const { nodes, knowAll, known, wanted } = nearestSums(population, ring, options.k, NODES_MAX);
    this.rows.push([atMs, nodes, knowAll, known, wanted]);
  }
}

export function recoveryOf(parts: readonly (readonly RecoveryRow[])[]): RecoveryReport {
  const rows = summed(parts);
  const share = (over: number, under: number): number => (under === 0 ? 1 : over / under);
  return {
    atMs: rows.map(([atMs = 0]) => atMs),
    knowAllNearest: rows.map(([, nodes = 0, knowAll = 0]) => share(knowAll, nodes)),
    nearestKnown: rows.map(([, , , known = 0, wanted = 0]) => share(known, wanted)),
  };
}

function summed(parts: readonly (readonly RecoveryRow[])[]): readonly RecoveryRow[] {
  return addedUp(parts, (column) => column === 0);
}

function timesOf({ faults, durationMs }: SimOptions): readonly number[] {
  const ends = faults.flatMap((fault) => {
    if (fault.type === 'partition') return [fault.atMs + fault.forMs];
    if (fault.type !== 'mass-failure' || fault.returnMs === null) return [];
    return [fault.atMs + fault.returnMs];
  });
  const steps = Array.from({ length: SPAN_MS / STEP_MS + 1 }, (_, step) => step * STEP_MS);
  const times = new Set(ends.flatMap((end) => steps.map((step) => end + step)));
  return [...times].filter((ms) => ms <= durationMs).sort((a, b) => a - b);
}
