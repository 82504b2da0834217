/**
 * What travels through Redis: a cell as a job, its result as the job's return value, and beside the
 * jobs what cells read from files and begin with, once for each content.
 *
 * Invariants: everything is JSON (typed arrays as base64 of their little-endian bytes), so any Node
 * version reads it and reading it runs nothing; what is read is checked for its shape; a result is
 * the very text of the cell's file, packed.
 */

import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gunzipSync, gzip, gzipSync } from 'node:zlib';
import { z } from 'zod';
import type { Materials } from '../../../materials.ts';
import type { SimOptions } from '../../../options.ts';
import type { Snapshot } from '../../../snapshot/snapshot.ts';
import { digestIn } from '../cell.ts';
import type { Finished } from '../cell.ts';
import { SweepFault } from '../fault.ts';

/** Workers see only cells of their own version. */
export function queueName(version: string): string {
  return `orrery-sweep-${version.replaceAll(':', '-')}`;
}

/** The queue refuses ids that are numbers, and a cell's id may look like one. */
export function jobId(cellId: string): string {
  return `cell-${cellId}`;
}

export function contentKey(sha256: string): string {
  return `orrery-sweep-content-${sha256}`;
}

export interface CellJob {
  readonly version: string;
  readonly options: SimOptions;
  /** SHA-256 of what it reads from files. */
  readonly materials: string;
  /** SHA-256 of the snapshot that it begins with, if it does. */
  readonly start: string | null;
}

/** @returns undefined when it is not a job of ours */
export function readJob(data: unknown): CellJob | undefined {
  const read = jobSchema.safeParse(data);
  if (!read.success) return undefined;
  const { options, ...rest } = read.data;
  return { ...rest, options: options as unknown as SimOptions };
}

export interface Packed {
  readonly sha256: string;
  readonly bytes: Buffer;
}

/** What cells share. */
export type Content = Materials | Snapshot;

/** @throws SweepFault when it is too big to travel */
export async function packContent(content: Content): Promise<Packed> {
  const text = textOf(content);
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { sha256, bytes: await promisify(gzip)(text) };
}

/** @throws Error when the bytes are not those that were packed */
export async function unpackContent({ sha256, bytes }: Packed): Promise<unknown> {
  const text = await promisify(gunzip)(bytes);
  if (createHash('sha256').update(text).digest('hex') !== sha256) {
    throw new Error('what the cell needs came damaged');
  }
  return JSON.parse(text.toString(), (_, value: unknown) => unpacked(value));
}

/** What a job returns. */
export type Returned = z.infer<typeof returnSchema>;

export function packResult({ text, cost }: Finished): Returned {
  return { text: gzipSync(text).toString('base64'), cost };
}

/** @returns undefined when it is not a result of ours */
export function unpackResult(value: unknown): Finished | undefined {
  const read = returnSchema.safeParse(value);
  if (!read.success) return undefined;
  try {
    const text = gunzipSync(Buffer.from(read.data.text, 'base64')).toString();
    const digest = digestIn(text);
    return digest === undefined ? undefined : { text, digest, cost: read.data.cost };
  } catch {
    return undefined;
  }
}

function textOf(content: Content): string {
  try {
    return JSON.stringify(content, (_, value: unknown) => packed(value));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new SweepFault('what the cells need is too big for Redis: leave --redis out');
  }
}

const jobSchema = z.object({
  version: z.string(),
  // Made and checked by the same version; contradictions are refused by the simulator.
  options: z.record(z.string(), z.unknown()),
  materials: z.string(),
  start: z.string().nullable(),
});

const amount = z.number().min(0);

const returnSchema = z.object({
  text: z.string(),
  cost: z.object({ wallMs: amount, setupCpuMs: amount, cpuMs: amount, peakRssBytes: amount }),
});

const ARRAYS = {
  Float64Array,
  Float32Array,
  Int32Array,
  Uint32Array,
  Int16Array,
  Uint16Array,
  Uint8Array,
} as const;

const NAMES = Object.keys(ARRAYS) as (keyof typeof ARRAYS)[];

const packedSchema = z.strictObject({ typed: z.enum(NAMES), base64: z.string() });

function packed(value: unknown): unknown {
  const typed = NAMES.find((name) => value instanceof ARRAYS[name]);
  if (typed === undefined || !ArrayBuffer.isView(value)) return value;
  const { buffer, byteOffset, byteLength } = value;
  return { typed, base64: Buffer.from(buffer, byteOffset, byteLength).toString('base64') };
}

function unpacked(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('typed' in value)) return value;
  const read = packedSchema.safeParse(value);
  if (!read.success) return value;
  // A copy of its own: the array must begin at a multiple of its element's size.
  const bytes = new Uint8Array(Buffer.from(read.data.base64, 'base64'));
  return new ARRAYS[read.data.typed](bytes.buffer);
}
