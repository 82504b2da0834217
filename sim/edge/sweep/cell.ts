/**
 * A cell of a sweep: one simulation, named by what it does.
 *
 * Invariants: cells with the same id have the same settings, files and version, so a result that is
 * there already need not be made again; the text of a result holds nothing that depends on the
 * machine, so its bytes are the same wherever the cell was run. What it cost stands apart.
 */

import { createHash } from 'node:crypto';
import type { Materials } from '../../materials.ts';
import type { SimOptions } from '../../options.ts';
import { canonical, canonicalOptions } from '../../result/canonical.ts';
import type { Cost, SimResult } from '../../result/result.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';

/** Where a cell stands in the grid: the value of each axis, as written in the sweep's file. */
export type Values = Readonly<Record<string, unknown>>;

export type Seed = number | string;

export interface Place {
  readonly values: Values;
  readonly seed: Seed;
}

/** A network that is there already, from which cells are forked. */
export interface Start {
  /** Says what it is; the same for the same network. */
  readonly name: string;
  /** Of the run that it comes from. */
  readonly options: SimOptions;
  /** Loads it, or makes it first. */
  readonly snapshot: (signal: AbortSignal) => Promise<Snapshot>;
}

/** What is run. */
export interface Task {
  readonly options: SimOptions;
  readonly materials: Materials;
  /** Undefined when it begins from nothing. */
  readonly start: Start | undefined;
}

/** A simulation to be run. */
export interface Cell extends Place, Task {
  readonly id: string;
}

/** Settings that contradict one another at this place of the grid. */
export interface ImpossibleCell extends Place {
  readonly id: string;
  readonly fault: string;
}

export interface Finished {
  /** The bytes of its file. */
  readonly text: string;
  readonly digest: string;
  readonly cost: Cost;
}

export function cellId(options: SimOptions, version: string, start?: Start): string {
  const from = start === undefined ? '' : `\nfrom ${start.name}`;
  return idOf(`${version}\n${canonicalOptions(options)}${from}`);
}

/** Of a cell whose settings do not resolve: they are taken as they were given. */
export function impossibleId(given: unknown, version: string): string {
  return idOf(`${version}\nimpossible\n${canonical(given)}`);
}

function idOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, ID_LENGTH);
}

/** Parts a result into what is repeatable and what the machine decided. */
export function finish(result: SimResult): Finished {
  const { wallMs, setupCpuMs, cpuMs, peakRssBytes, ...repeatable } = result;
  return {
    text: `${JSON.stringify(repeatable, null, 2)}\n`,
    digest: result.digest,
    cost: { wallMs, setupCpuMs, cpuMs, peakRssBytes },
  };
}

/** The digest in the text of a cell's file; undefined when the text is not whole. */
export function digestIn(text: string): string | undefined {
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read !== 'object' || read === null || !('digest' in read)) return undefined;
    return typeof read.digest === 'string' ? read.digest : undefined;
  } catch {
    return undefined;
  }
}

const ID_LENGTH = 16;
