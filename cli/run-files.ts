/**
 * What `orrery sim` and `orrery real` do with a result: where it was made, its folder, its report.
 */
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../runtime/failure.ts';
import { fileExists, fileFault, makeDirectory } from '../runtime/files.ts';
import { writeOutputs } from '../sim/edge/outputs.ts';
import type { RunOutput } from '../sim/edge/outputs.ts';
import type { Scenario } from '../sim/edge/scenario.ts';

/** Before the run, so that nobody computes for hours what cannot be kept. */
export async function prepareFolder(out: string): Promise<void> {
  if (await fileExists(join(out, 'sweep.json'))) {
    throw new UsageError(`${out} holds a sweep: name another folder with --out`);
  }
  await makeDirectory(out);
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
