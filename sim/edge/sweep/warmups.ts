/**
 * Where the cells of a sweep begin when they do not begin from nothing: a snapshot that somebody
 * made, or one that the sweep makes by itself so that a warm-up is run once and every cell that
 * shares it is forked from there.
 *
 * Invariants: a start has a name that tells what it is, before it is made; a snapshot that lies in
 * the sweep's folder and is whole is not made again; only the last few are held in memory.
 */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Materials } from '../../materials.ts';
import type { SimOptions } from '../../options.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import { snapshotApart } from '../apart.ts';
import { loadSnapshot, saveSnapshot, SnapshotFault } from '../snapshot-file.ts';
import { cellId, type Start } from './cell.ts';
import { SweepFault, lineOf } from './fault.ts';

export class Warmups {
  readonly #folder: string;
  readonly #version: string;
  readonly #heldMax: number;
  readonly #starts = new Map<string, Start>();
  readonly #held = new Map<string, Promise<Snapshot>>();

  /**
   * @param folder of the sweep
   * @param atOnce how many cells run at a time
   */
  constructor(folder: string, version: string, atOnce: number) {
    this.#folder = join(folder, 'snapshots');
    this.#version = version;
    this.#heldMax = atOnce + 1;
  }

  /** @throws SweepFault when the file is no snapshot of this version */
  async fromFile(path: string): Promise<Start> {
    const load = async (): Promise<Snapshot> => {
      try {
        return await loadSnapshot(path, this.#version);
      } catch (error) {
        throw error instanceof SnapshotFault ? new SweepFault(error.message) : error;
      }
    };
    const { options, digest, afterMs } = await this.#hold(path, load);
    const name = `${digest} ${afterMs}`;
    return { name, options, snapshot: () => this.#hold(path, load) };
  }

  /** The end of the warm-up of a run with these options; it is run when a cell needs it. */
  after(options: SimOptions, materials: Materials): Start {
    const name = cellId(options, this.#version);
    const known = this.#starts.get(name);
    if (known !== undefined) return known;
    const path = join(this.#folder, `${name}.snapshot`);
    const start: Start = {
      name,
      options,
      snapshot: (signal) => this.#hold(name, () => this.#warmUp(path, start, materials, signal)),
    };
    this.#starts.set(name, start);
    return start;
  }

  async #warmUp(
    path: string,
    { options }: Start,
    materials: Materials,
    signal: AbortSignal,
  ): Promise<Snapshot> {
    const version = this.#version;
    try {
      return await loadSnapshot(path, version);
    } catch (error) {
      // What is not there yet, or not whole, is made.
      if (!(error instanceof SnapshotFault)) throw error;
    }
    const onProgress = (): boolean => signal.aborted;
    const snapshot = await snapshotApart(options, version, 0, { materials, onProgress });
    try {
      await mkdir(this.#folder, { recursive: true });
      await saveSnapshot(path, version, snapshot);
    } catch (error) {
      throw new SweepFault(`${path} cannot be written: ${lineOf(error)}`);
    }
    return snapshot;
  }

  #hold(name: string, make: () => Promise<Snapshot>): Promise<Snapshot> {
    const held = this.#held.get(name) ?? make();
    this.#held.delete(name);
    this.#held.set(name, held);
    held.catch(() => this.#held.delete(name));
    const [oldest] = this.#held.keys();
    if (this.#held.size > this.#heldMax && oldest !== undefined) this.#held.delete(oldest);
    return held;
  }
}
