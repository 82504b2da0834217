/**
 * The files of a run: `result.json`, the tables of its operations and its time series. What a
 * result holds of the machine's figures is in `result.json` alone.
 */

import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { LOOKUP_COLUMNS, lookupLine, type LookupRow } from '../observer/lookup-row.ts';
import { OPERATION_COLUMNS, operationLine, type OperationRow } from '../observer/operation-row.ts';
import type { Series } from '../observer/series.ts';
import type { RunResult } from '../result/result.ts';
import { keepFile } from './keep-file.ts';

/** What either host makes of a run. */
export interface RunOutput {
  readonly result: RunResult;
  readonly rows: readonly LookupRow[];
  readonly operations: readonly OperationRow[];
}

/** Writes the files into a folder that is there, the result last: the others are there with it. */
export async function writeOutputs(dir: string, output: RunOutput): Promise<void> {
  const { result, rows, operations } = output;
  await writeTable(join(dir, 'lookups.csv.gz'), LOOKUP_COLUMNS, rows.map(lookupLine));
  await writeTable(
    join(dir, 'operations.csv.gz'),
    OPERATION_COLUMNS,
    operations.map(operationLine),
  );
  await keepFile(join(dir, 'series.csv'), seriesText(result.series));
  await keepFile(join(dir, 'result.json'), resultText(result));
}

/** `result.json` as it stands on disk and on standard output. */
export function resultText(result: RunResult): string {
  return `${JSON.stringify(result, null, 2)}\n`;
}

async function writeTable(
  path: string,
  columns: readonly string[],
  lines: readonly string[],
): Promise<void> {
  const text = `${[columns.join(','), ...lines].join('\n')}\n`;
  await keepFile(path, await promisify(gzip)(text));
}

/** A line per step; a measure that does not exist at a time is an empty cell. */
function seriesText({ stepMs: _, traffic, ...columns }: Series): string {
  const sent = Object.entries(traffic).map(([kind, values]) => [`sent_${kind}`, values] as const);
  const all: (readonly [string, readonly (number | null)[]])[] = [
    ...Object.entries(columns),
    ...sent,
  ];
  const lines = columns.atMs.map((_at, step) =>
    all.map(([, values]) => values[step] ?? '').join(','),
  );
  return `${[all.map(([name]) => name).join(','), ...lines].join('\n')}\n`;
}
