/**
 * The folder of a sweep: sweep.json, cells/ID.json with results, costs/ID.json with what each of
 * them took.
 *
 * Invariants: a file is there whole or not at all, also after a crash; costs are written before the
 * result, so a result that is there has its costs; what lies in the folder from elsewhere is left
 * alone.
 */

import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keepFile } from '../keep-file.ts';
import { digestIn } from './cell.ts';
import type { Finished, Place } from './cell.ts';
import { SweepFault, lineOf } from './fault.ts';

export interface Axis {
  readonly key: string;
  readonly values: readonly unknown[];
}

export interface CellEntry extends Place {
  readonly id: string;
  readonly status: 'done' | 'failed' | 'missing';
  /** Why it failed, in one line. */
  readonly error?: string;
  readonly digest?: string;
}

/** sweep.json. */
export interface SweepIndex {
  readonly schema: number;
  readonly version: string;
  readonly name: string;
  readonly question?: string;
  readonly axes: readonly Axis[];
  readonly seeds: readonly (number | string)[];
  readonly cells: readonly CellEntry[];
}

export class SweepFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** @throws SweepFault when it cannot be made, or holds a run, whose report it would replace */
  async make(): Promise<void> {
    if (existsSync(join(this.path, 'result.json'))) {
      throw new SweepFault(`${this.path} holds a run: name another folder with --out`);
    }
    try {
      for (const part of PARTS) await mkdir(join(this.path, part), { recursive: true });
    } catch (error) {
      throw new SweepFault(`the folder ${this.path} cannot be made: ${lineOf(error)}`);
    }
  }

  /** The digest of a result that is there already. */
  async digestOf(id: string): Promise<string | undefined> {
    const text = await this.#read(id);
    return text === undefined ? undefined : digestIn(text);
  }

  /** The result of a cell, as JSON reads it. */
  async result(id: string): Promise<unknown> {
    const text = await this.#read(id);
    return text === undefined ? undefined : JSON.parse(text);
  }

  async keep(id: string, { text, cost }: Finished): Promise<void> {
    await this.#write(join('costs', `${id}.json`), `${JSON.stringify(cost)}\n`);
    await this.#write(join('cells', `${id}.json`), text);
  }

  async keepIndex(index: SweepIndex): Promise<void> {
    await this.#write('sweep.json', indexText(index));
  }

  async #read(id: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.path, 'cells', `${id}.json`), 'utf8');
    } catch {
      // What cannot be read is made again; that it cannot be written is told then.
      return undefined;
    }
  }

  async #write(name: string, text: string): Promise<void> {
    const path = join(this.path, name);
    try {
      await keepFile(path, text);
    } catch (error) {
      throw new SweepFault(`${path} cannot be written: ${lineOf(error)}`);
    }
  }
}

export function indexText(index: SweepIndex): string {
  return `${JSON.stringify(index, null, 2)}\n`;
}

const PARTS = ['cells', 'costs'] as const;
