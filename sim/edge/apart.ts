/**
 * A simulation in a thread of its own, so that the main thread can hear signals and show progress,
 * and so that the thread's heap fits the work: states are values that die young, and a large young
 * generation lets them die before they are copied.
 */

import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { Interrupted, type SimulateHooks } from '../main.ts';
import type { SimOptions } from '../options.ts';
import type { SimResult } from '../result.ts';
import type { Report, Task } from './thread.ts';

/** By how much a heap may grow, in percent, before it is swept: memory before a little time. */
const GROWTH_PERCENT = 40;
const YOUNG_MB = 192;
const OLD_MB = 16_384;

/**
 * Runs one simulation to its end.
 *
 * @throws Interrupted when `onProgress` said to stop
 */
export async function simulateApart(
  options: SimOptions,
  version: string,
  hooks: Pick<SimulateHooks, 'onProgress'>,
): Promise<SimResult> {
  const task: Task = { options, version };
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
  const worker = new Worker(new URL('thread.js', import.meta.url), {
    workerData: task,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB, maxOldGenerationSizeMb: OLD_MB },
  });
  try {
    return await new Promise<SimResult>((resolve, reject) => {
      worker.on('error', reject);
      worker.on('exit', (code) => {
        reject(new Error(`the simulation's thread ended early, with code ${code}`));
      });
      worker.on('message', (report: Report) => {
        if (report.type === 'result') resolve(report.result);
        else if (hooks.onProgress?.(report.progress) === true) {
          reject(new Interrupted('stopped before its end'));
        }
      });
    });
  } finally {
    await worker.terminate();
  }
}
