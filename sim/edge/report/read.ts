/**
 * Reads the folder of a run or of a sweep. What a report relies on is checked here, so that a
 * damaged or foreign file is one clear line and never half a page.
 *
 * Parts that a result of this version may lack (the series over time, lookups.csv.gz) are absent;
 * fields that this version does not know are kept.
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Series } from '../../observer/series.ts';
import type { RunResult } from '../../result/result.ts';
import { ReportFault } from './fault.ts';
import { readLookups } from './lookup-table.ts';
import type { LookupTable } from './lookup-table.ts';

/** Costs are absent from the cells of a sweep. */
export type Result = Omit<RunResult, CostKey | 'series'> &
  Partial<Pick<RunResult, CostKey>> & {
    readonly series?: Series;
    /** Of the scenario, when it has them. */
    readonly name?: string;
    readonly question?: string;
    /** What made the result, in words, when it was recorded. */
    readonly machine?: Readonly<Record<string, string | number>>;
  };

type CostKey = 'wallMs' | 'setupCpuMs' | 'cpuMs' | 'peakRssBytes';

export interface RunFolder {
  readonly result: Result;
  readonly lookups: LookupTable | undefined;
}

const distribution = z.looseObject({
  count: z.number(),
  mean: z.number().nullable(),
  p50: z.number().nullable(),
  p90: z.number().nullable(),
  p99: z.number().nullable(),
  max: z.number().nullable(),
  histogram: z.record(z.string().regex(/^-?\d/), z.number()),
});

const counts = (...names: readonly string[]): Record<string, z.ZodNumber> =>
  Object.fromEntries(names.map((name) => [name, z.number()]));

const distributions = (...names: readonly string[]): Record<string, typeof distribution> =>
  Object.fromEntries(names.map((name) => [name, distribution]));

const columns = z.array(z.number());

const series = z.looseObject({
  stepMs: z.number(),
  atMs: columns,
  online: columns,
  traffic: z.record(z.string(), columns),
  lookups: columns,
  succeeded: columns,
  exact: columns,
  gets: columns,
  found: columns,
  deadShare: columns,
  replicas: z.array(z.number().nullable()),
});

const result = z.looseObject({
  schema: z.number(),
  version: z.string(),
  seed: z.union([z.number(), z.string()]),
  digest: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  ...counts('events', 'messages', 'simulatedMs', 'skipped'),
  config: z.looseObject({
    seed: z.union([z.number(), z.string()]),
    ...counts('nodes', 'k', 'alpha', 'beta', 'nearest', 'paths', 'durationMs', 'warmupMs'),
    ...counts('lookups', 'puts', 'gets', 'loss', 'silent', 'ttlS'),
    tables: z.string(),
    targets: z.string(),
    latency: z.looseObject({ type: z.string() }),
    churn: z.looseObject({ type: z.string() }),
    adversaries: z.looseObject({ share: z.number(), kind: z.string() }).nullable(),
    workloads: z.array(z.looseObject({ kind: z.string(), ...counts('count', 'fromMs', 'overMs') })),
    faults: z.array(z.looseObject({ type: z.string(), atMs: z.number() })),
  }),
  lookups: z.looseObject({
    ...counts('count', 'succeeded', 'exact'),
    ...distributions('hops', 'hopsToTarget', 'latencyMs', 'messages'),
  }),
  values: z.looseObject({
    ...counts('puts', 'stored', 'gets', 'found', 'notFound', 'wrong', 'lost', 'immortal'),
    ...distributions('replicas', 'repairDelayMs', 'putLatencyMs', 'getLatencyMs', 'getMessages'),
  }),
  tables: z.looseObject({
    ...counts('contactsMean', 'deadShare', 'knowAllNearest', 'nearestKnownMean'),
    bucketMeans: z.array(z.number()),
    contacts: distribution,
  }),
  churn: z.looseObject(counts('sessions', 'onlineShare')),
  traffic: z.looseObject({
    ...counts('perNodePerSecond'),
    byKind: z.record(z.string(), z.number()),
  }),
  series: series.optional(),
  from: z
    .looseObject({ digest: z.string(), config: z.looseObject({}), afterMs: z.number() })
    .optional(),
  host: z.literal('real').optional(),
  playing: z
    .looseObject({
      seats: z.string(),
      timeScale: z.number(),
      lateMs: z.looseObject(counts('mean', 'p50', 'p99')),
      tooLate: z.boolean(),
    })
    .optional(),
  name: z.string().optional(),
  question: z.string().optional(),
  machine: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
});

export async function readRun(dir: string): Promise<RunFolder> {
  const found = await readResult(join(dir, 'result.json'));
  const packed = await bytesOf(join(dir, 'lookups.csv.gz'));
  return { result: found, lookups: packed === undefined ? undefined : await readLookups(packed) };
}

export async function readResult(path: string): Promise<Result> {
  // The schema has checked every field that a report reads.
  return (await readChecked(path, result, 'the result of a simulation')) as unknown as Result;
}

/** A JSON file that has to be there and to fit. */
export async function readChecked<T>(path: string, shape: z.ZodType<T>, what: string): Promise<T> {
  const bytes = await bytesOf(path);
  if (bytes === undefined) throw new ReportFault(`${path} is missing: name a folder with a result`);
  let content: unknown;
  try {
    content = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new ReportFault(`${path} is no JSON: it is damaged or was cut short`);
  }
  const checked = shape.safeParse(content);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
  const reason = (issue?.message ?? 'it does not fit').replace(/\s+/g, ' ');
  throw new ReportFault(`${path} is not ${what}${place}: ${reason}`);
}

/** Nothing when there is no such file. */
export async function bytesOf(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ReportFault(`${path} cannot be read: ${reason}`);
  }
}
