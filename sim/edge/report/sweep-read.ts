/**
 * Reads the folder of a sweep: sweep.json and the results that are there. Cells that failed or are
 * missing stay in the list, with what is known of them; a cell that is said to be done and is not
 * there is a fault.
 */

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { ReportFault } from './fault.ts';
import { readChecked, readResult } from './read.ts';
import type { Result } from './read.ts';

const entry = z.object({
  id: z.string().regex(/^[0-9a-f]{1,64}$/),
  values: z.record(z.string(), z.unknown()),
  seed: z.union([z.number(), z.string()]),
  status: z.enum(['done', 'failed', 'missing']),
  error: z.string().optional(),
  digest: z.string().optional(),
});

const index = z.object({
  schema: z.number(),
  version: z.string(),
  name: z.string(),
  question: z.string().optional(),
  axes: z.array(z.object({ key: z.string(), values: z.array(z.unknown()) })),
  seeds: z.array(z.union([z.number(), z.string()])),
  cells: z.array(entry),
});

export type CellEntry = z.output<typeof entry>;

export interface SweepCell extends CellEntry {
  /** Absent when it failed or is missing. */
  readonly result?: Result;
}

export interface SweepFolder {
  readonly schema: number;
  readonly version: string;
  readonly name: string;
  readonly question: string | undefined;
  readonly axes: readonly { readonly key: string; readonly values: readonly unknown[] }[];
  readonly seeds: readonly (number | string)[];
  readonly cells: readonly SweepCell[];
}

export async function readSweep(dir: string): Promise<SweepFolder> {
  const read = await readChecked(join(dir, 'sweep.json'), index, 'the index of a sweep');
  const results = new Map<string, Result>();
  const cells: SweepCell[] = [];
  for (const cell of read.cells) {
    if (cell.status !== 'done') {
      cells.push(cell);
      continue;
    }
    const path = join(dir, 'cells', `${cell.id}.json`);
    // Two places of a grid may be one cell.
    const result = results.get(cell.id) ?? (await readResult(path));
    if (cell.digest !== undefined && cell.digest !== result.digest) {
      throw new ReportFault(
        `${path} is not the result that sweep.json names: delete it and resume`,
      );
    }
    results.set(cell.id, result);
    cells.push({ ...cell, result });
  }
  return { ...read, question: read.question, cells };
}

/**
 * SHA-256 over the digests of the cells in the order of the grid, a line each; none before every
 * cell is done.
 */
export function digestOfSweep({ cells }: SweepFolder): string | undefined {
  const digests = cells.flatMap(({ result }) =>
    result?.digest === undefined ? [] : [result.digest],
  );
  if (digests.length < cells.length) return undefined;
  return createHash('sha256')
    .update(digests.map((digest) => `${digest}\n`).join(''))
    .digest('hex');
}

/** A value of an axis in words. */
export function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The values as words for a chart: what all begin with, such as a model's name, is said once. */
export function axisWords({ key, values }: SweepFolder['axes'][number]): {
  readonly name: string;
  readonly words: readonly string[];
} {
  const words = values.map(valueText);
  const shared = /^[^:]+:/.exec(words[0] ?? '')?.[0];
  if (shared === undefined || !words.every((word) => word.startsWith(shared))) {
    return { name: key, words };
  }
  const name = `${key} ${shared.slice(0, -1)}`;
  return { name, words: words.map((word) => word.slice(shared.length)) };
}
