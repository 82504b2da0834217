/**
 * Real results for the tests of reports: small simulations run here and written as `orrery sim`
 * and `orrery sweep` write them.
 */
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeOutputs } from '../../sim/edge/outputs.ts';
import { writeReport } from '../../sim/edge/report/write.ts';
import { cellId, finish } from '../../sim/edge/sweep/cell.ts';
import { simulate, simulateWhole } from '../../sim/main.ts';
import { defaultOptions } from '../../sim/options.ts';
import type { SimOptions } from '../../sim/options.ts';
import type { SimResult } from '../../sim/result/result.ts';

export { scratch } from '../cli/cli-kit.ts';

export const VERSION = '0.0.0-test';

/** Some nodes that come and go, lookups, values, places: every part of a report has something. */
export const BUSY: Partial<SimOptions> = {
  nodes: 60,
  seed: '11',
  durationMs: 240_000,
  tables: 'converged',
  lookups: 400,
  puts: 12,
  gets: 60,
  latency: { type: 'regions' },
  loss: 0.03,
  churn: { type: 'exponential', meanOnMs: 240_000, meanOffMs: 120_000 },
};

/** A run for which the hop law holds. */
export const GREEDY: Partial<SimOptions> = {
  nodes: 300,
  k: 8,
  alpha: 1,
  beta: 1,
  targets: 'nodes',
  tables: 'converged',
  links: 'warm',
  durationMs: 0,
  lookups: 3000,
  lookupsPerSecond: 200,
};

/** Runs it and writes its folder, without the report. */
export async function makeRun(
  dir: string,
  given: Partial<SimOptions>,
  about: object = {},
): Promise<SimResult> {
  await mkdir(dir, { recursive: true });
  const output = simulateWhole(defaultOptions(given), VERSION, { rows: true });
  const { result } = output;
  await writeOutputs(dir, { ...output, result: { ...result, ...about } });
  return result;
}

interface GridAxis {
  readonly key: 'nodes' | 'k' | 'alpha';
  readonly values: readonly number[];
}

/** Every cell of a grid; the last one is said to have failed. */
export async function makeSweep(
  dir: string,
  name: string,
  axes: readonly GridAxis[],
  seeds: readonly number[],
  base: Partial<SimOptions>,
): Promise<void> {
  await mkdir(join(dir, 'cells'), { recursive: true });
  const cells: object[] = [];
  for (const values of placesOf(axes)) {
    for (const seed of seeds) {
      const options = defaultOptions({ ...base, ...values, seed: String(seed) });
      const id = cellId(options, VERSION);
      const { text, digest } = finish(simulate(options, VERSION));
      await writeFile(join(dir, 'cells', `${id}.json`), text);
      cells.push({ id, values, seed, status: 'done', digest });
    }
  }
  const last = cells.pop();
  cells.push({ ...last, status: 'failed', error: 'no <b>room</b>', digest: undefined });
  const index = { schema: 1, version: VERSION, name, axes, seeds, cells };
  await writeFile(join(dir, 'sweep.json'), JSON.stringify(index));
}

function placesOf(axes: readonly GridAxis[]): readonly Record<string, number>[] {
  return axes.reduce<readonly Record<string, number>[]>(
    (places, { key, values }) =>
      places.flatMap((place) => values.map((value) => ({ ...place, [key]: value }))),
    [{}],
  );
}

export interface BusyReport {
  readonly dir: string;
  readonly result: SimResult;
}

let busy: Promise<BusyReport> | undefined;

/** One run with its report, for all tests of a file that only look at it. */
export async function busyReport(): Promise<BusyReport> {
  busy ??= makeBusy();
  return await busy;
}

async function makeBusy(): Promise<BusyReport> {
  const dir = await mkdtemp(join(tmpdir(), 'orrery-report-'));
  process.once('exit', () => {
    rmSync(dir, { recursive: true, force: true });
  });
  const result = await makeRun(dir, BUSY, { name: 'A busy network' });
  await writeReport(dir);
  return { dir, result };
}

export async function reportIn(dir: string): Promise<string> {
  return await readFile(join(dir, 'report.html'), 'utf8');
}

/** Every file of a report with its text. */
export async function reportFiles(dir: string): Promise<Record<string, string>> {
  const files: Record<string, string> = { 'report.html': await reportIn(dir) };
  for (const name of (await readdir(join(dir, 'figures'))).sort()) {
    files[name] = await readFile(join(dir, 'figures', name), 'utf8');
  }
  return files;
}

/** A file of numbers as rows of cells, the head first. */
export function cellsOf(csv: string): string[][] {
  return csv
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));
}

/** What is wrong with a text as XML, at the first place; nothing when all tags fit. */
export function xmlFault(text: string): string | undefined {
  const open: string[] = [];
  for (const [tag] of text.matchAll(/<[^>]*>?/g)) {
    const parts = TAG.exec(tag);
    if (parts === null) {
      if (tag.startsWith('<?xml ')) continue;
      return `no tag: ${tag}`;
    }
    const [, slash, name = '', , end] = parts;
    if (slash === '/') {
      if (open.pop() !== name) return `closes what is not open: ${tag}`;
    } else if (end !== '/') open.push(name);
  }
  if (open.length > 0) return `never closed: ${open.join(', ')}`;
  return /&(?!#?\w+;)/.test(text) ? 'an ampersand that stands for itself' : undefined;
}

const TAG = /^<(\/?)([a-zA-Z][\w:-]*)((?:\s+[a-zA-Z][\w:-]*="[^"<]*")*)\s*(\/?)>$/;
