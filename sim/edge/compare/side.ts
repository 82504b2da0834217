/**
 * One of the two results that are compared: its folder as read, the samples in it, and in which
 * settings it differs from the other.
 */

import { join } from 'node:path';
import { operationName } from '../../observer/operation-row.ts';
import type { OperationOutcome, OperationRow } from '../../observer/operation-row.ts';
import { ReportFault } from '../report/fault.ts';
import type { LookupTable } from '../report/lookup-table.ts';
import { bytesOf, readRun } from '../report/read.ts';
import type { Result } from '../report/read.ts';
import { optionsOf, settingLines } from '../report/settings-text.ts';
import { TableFault } from '../report/table-file.ts';
import { readOperations } from './operation-table.ts';
import { sampleOf } from './sample.ts';
import type { Sample } from './sample.ts';

export interface Side {
  readonly dir: string;
  readonly result: Result;
  readonly lookups: LookupTable;
  readonly operations: readonly OperationRow[];
}

/** @throws ReportFault when it is not the folder of a run with its tables */
export async function readSide(dir: string): Promise<Side> {
  if ((await bytesOf(join(dir, 'sweep.json'))) !== undefined) {
    throw new ReportFault(`${dir} is a sweep: name the folder of a run`);
  }
  try {
    return await readTables(dir);
  } catch (error) {
    // A comparison cannot do without the table.
    if (!(error instanceof TableFault)) throw error;
    throw new ReportFault(`in ${dir}, ${error.what}: run it again with --out ${dir}`);
  }
}

async function readTables(dir: string): Promise<Side> {
  const { result, lookups } = await readRun(dir);
  const packed = await bytesOf(join(dir, 'operations.csv.gz'));
  if (lookups === undefined || packed === undefined) {
    const lacking = lookups === undefined ? 'lookups.csv.gz' : 'operations.csv.gz';
    throw new ReportFault(`${dir} has no ${lacking}: run it again with --out ${dir}`);
  }
  return { dir, result, lookups, operations: await readOperations(packed) };
}

/** Whether its machine was too late for what it measured to be judged. */
export function isTooLate({ result }: Side): boolean {
  return result.playing?.tooLate === true;
}

export interface DifferingSetting {
  readonly setting: string;
  readonly a: string;
  readonly b: string;
}

/** A difference in these is no difference in what is asked. */
const FREE: ReadonlySet<string> = new Set(['seed', 'workers']);

export function differingSettings(a: Side, b: Side): readonly DifferingSetting[] {
  const [inA, inB] = [settingsOf(a), settingsOf(b)];
  return [...new Set([...inA.keys(), ...inB.keys()])]
    .filter((key) => !FREE.has(key) && inA.get(key) !== inB.get(key))
    .map((key) => ({ setting: key, a: inA.get(key) ?? 'none', b: inB.get(key) ?? 'none' }));
}

function settingsOf({ result }: Side): ReadonlyMap<string, string> {
  return new Map(settingLines(optionsOf(result.config)).map(({ key, value }) => [key, value]));
}

/** Of lookups that reached one of the true nearest nodes. */
export function hopsOf({ lookups }: Side): Sample {
  return sampleOf(lookups.names, lookups.hops);
}

export function lookupLatency({ lookups }: Side): Sample {
  return sampleOf(lookups.names, lookups.latencyMs);
}

export function lookupMessages({ lookups }: Side): Sample {
  return sampleOf(lookups.names, lookups.messages);
}

/** Of the operations that ended so; an operation without the figure is left out. */
export function figuresOf(
  { operations }: Side,
  outcome: OperationOutcome,
  figure: (row: OperationRow) => number | null,
): Sample {
  const rows = operations.filter((row) => row.outcome === outcome);
  return sampleOf(
    Float64Array.from(rows, ({ operation, asker }) => operationName(operation, asker)),
    Float64Array.from(rows, (row) => figure(row) ?? Number.NaN),
  );
}

export function tookMs({ startMs, endMs }: OperationRow): number {
  return endMs - startMs;
}

/** How many operations of a kind ended so, of how many. */
export function endings(
  { operations }: Side,
  kind: OperationRow['kind'],
  outcome: OperationOutcome,
): readonly [number, number] {
  const all = operations.filter((row) => row.kind === kind);
  return [all.filter((row) => row.outcome === outcome).length, all.length];
}
