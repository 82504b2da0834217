/**
 * What `orrery sim` and `orrery real` do with a result: where it was made, its folder, its report.
 */
import { open, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { systemCode, UsageError } from '../runtime/failure.ts';
import { fileExists, fileFault, makeDirectory } from '../runtime/files.ts';
import { resultText, writeOutputs } from '../sim/edge/outputs.ts';
import type { RunOutput } from '../sim/edge/outputs.ts';
import type { Scenario } from '../sim/edge/scenario.ts';
import type { Given } from '../sim/edge/settings/settings.ts';
import { EXIT_INTERRUPTED } from './failure.ts';
import { say } from './output.ts';
import { summaryOf } from './sim/summary.ts';

/**
 * A run whose result is for a folder, which is made before it: nobody computes for hours what
 * cannot be kept. What was made is gone again when the run comes to nothing.
 *
 * @param run gives nothing when it was stopped before its end
 */
export async function runInto<T>(
  out: string | undefined,
  command: 'sim' | 'real',
  run: () => Promise<T | undefined>,
): Promise<T | undefined> {
  if (out === undefined) return await run();
  if (await fileExists(join(out, 'sweep.json'))) {
    throw new UsageError(`${out} holds a sweep: name another folder with --out`);
  }
  const made = await missingIn(resolve(out));
  let output: T | undefined;
  try {
    await makeDirectory(out);
    await tryToWrite(out);
    await noteOther(out, command);
    output = await run();
    return output;
  } finally {
    if (output === undefined) await removeEmpty(made);
  }
}

/** The folders of a path that are not there yet, the innermost first. */
async function missingIn(path: string): Promise<readonly string[]> {
  if (path === dirname(path) || (await fileExists(path))) return [];
  return [path, ...(await missingIn(dirname(path)))];
}

async function tryToWrite(out: string): Promise<void> {
  const trial = join(out, `.trial-${process.pid}.part`);
  try {
    await writeFile(trial, '', { flag: 'wx' });
    await rm(trial, { force: true });
    await openToWrite(join(out, 'result.json'));
  } catch (error) {
    throw new UsageError(`nothing can be written to ${out}: ${fileFault(error)}`);
  }
}

/** What is there already, without a change of it. */
async function openToWrite(path: string): Promise<void> {
  try {
    await (await open(path, 'r+')).close();
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

/** A result of real nodes over one of a simulation, or the reverse, is often a slip. */
async function noteOther(out: string, command: 'sim' | 'real'): Promise<void> {
  const text = await readFile(join(out, 'result.json'), 'utf8').catch(() => '');
  if (text === '') return;
  const isReal = /^ {2}"host": "real"/m.test(text);
  if (isReal === (command === 'real')) return;
  const whose = isReal ? 'of real nodes' : 'of a simulation';
  say(`orrery ${command}: ${out} holds a result ${whose}, which this one will replace`);
}

async function removeEmpty(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    try {
      await rmdir(folder);
    } catch {
      return;
    }
  }
}

/** The files of the run; a report that cannot be drawn leaves the result where it is. */
export async function writeRun(out: string, output: RunOutput): Promise<void> {
  try {
    await writeOutputs(out, output);
    // Only now: what draws the charts takes a while to load.
    const { writeReport } = await import('../sim/edge/report/write.ts');
    await writeReport(out);
  } catch (error) {
    throw new UsageError(`the result cannot be written to ${out}: ${fileFault(error)}`);
  }
}

/** Where a result goes, and whether it alone goes to standard output; flags win over a file. */
export interface Wishes {
  readonly out: string | undefined;
  readonly json: boolean;
}

export function wishesOf(flags: Given, scenario: Scenario | undefined): Wishes {
  const { out, json } = flags;
  return {
    out: typeof out === 'string' ? out : scenario?.out,
    json: json === true || scenario?.json === true,
  };
}

/** @param output nothing of a run that was stopped before its end */
export async function keepAndTell(
  command: string,
  output: RunOutput | undefined,
  scenario: Scenario | undefined,
  { out, json }: Wishes,
): Promise<void> {
  if (output === undefined) {
    say(`orrery ${command}: stopped before its end; no result was written`);
    process.exitCode = EXIT_INTERRUPTED;
    return;
  }
  const result = recordOf(output.result, scenario);
  if (out !== undefined) await writeRun(out, { ...output, result });
  process.stdout.write(json ? resultText(result) : summaryOf(result, scenario, out));
}

/** The result with what it answers and where it was made. */
export function recordOf<T extends RunOutput['result']>(
  result: T,
  scenario: Scenario | undefined,
): T {
  const { name, question } = scenario ?? {};
  const processors = cpus();
  const machine = {
    node: process.version,
    system: `${process.platform} ${process.arch}`,
    processor: processors[0]?.model ?? 'unknown',
    processors: processors.length,
    memoryBytes: totalmem(),
  };
  const about = {
    ...(name === undefined ? {} : { name }),
    ...(question === undefined ? {} : { question }),
  };
  return { ...result, ...about, machine };
}
