/**
 * A simulation in threads of its own, so that the main thread can hear signals and show progress:
 * one thread, or as many as `workers` says.
 */

import { Interrupted, type SimOutput, type SimulateHooks } from '../main.ts';
import type { SimOptions } from '../options.ts';
import type { SimResult } from '../result/result.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { Crew } from './crew.ts';
import { simulateDivided } from './divided/divide.ts';
import type { Recorded, RecordOrder } from './node-recording.ts';
import type { Report, Task } from './thread.ts';

export interface ApartHooks extends Omit<SimulateHooks, 'touch' | 'step'> {
  /** One node to be recorded, where one thread has all of them. */
  readonly record?: RecordOrder | undefined;
  /** Told what became of it. */
  readonly onRecorded?: ((recorded: Recorded) => void) | undefined;
}

/**
 * Runs one simulation to its end.
 *
 * @throws Interrupted when `onProgress` said to stop
 */
export async function runApart(
  options: SimOptions,
  version: string,
  hooks: ApartHooks,
): Promise<SimOutput> {
  const crew = new Crew();
  const onProgress: NonNullable<SimulateHooks['onProgress']> = (progress) => {
    if (hooks.onProgress?.(progress) === true) throw new Interrupted('stopped before its end');
    return false;
  };
  try {
    if (options.workers > 1) {
      return await simulateDivided(crew, options, version, { ...hooks, onProgress });
    }
    const { materials = {}, rows = false, from, snapshot, record } = hooks;
    const snapshotAfterMs = snapshot?.afterMs;
    const task: Task = { options, version, materials, rows, from, snapshotAfterMs, record };
    return await crew.run<SimOutput>('thread.js', task, (message) => {
      const report = message as Report;
      if (report.type === 'output') return report.output;
      if (report.type === 'snapshot') snapshot?.take(report.snapshot);
      else if (report.type === 'recorded') hooks.onRecorded?.(report.recorded);
      else onProgress(report.progress);
      return undefined;
    });
  } finally {
    await crew.end();
  }
}

/**
 * Runs a simulation as far as a snapshot, and no further.
 *
 * @param afterMs ms after the end of the warm-up
 * @throws Interrupted when `onProgress` said to stop
 */
export async function snapshotApart(
  options: SimOptions,
  version: string,
  afterMs: number,
  hooks: Pick<ApartHooks, 'materials' | 'from' | 'onProgress'>,
): Promise<Snapshot> {
  let taken: Snapshot | undefined;
  const take = (snapshot: Snapshot): void => {
    taken = snapshot;
    throw new Enough('the snapshot is there');
  };
  try {
    await runApart(options, version, { ...hooks, rows: true, snapshot: { afterMs, take } });
  } catch (error) {
    if (!(error instanceof Enough)) throw error;
  }
  if (taken !== undefined) return taken;
  throw new Error(`the run ended before ${afterMs} ms after its warm-up: no snapshot was taken`);
}

class Enough extends Error {}

/** The same, for those who want the result alone. */
export async function simulateApart(
  options: SimOptions,
  version: string,
  hooks: Omit<ApartHooks, 'rows'>,
): Promise<SimResult> {
  return (await runApart(options, version, hooks)).result;
}
