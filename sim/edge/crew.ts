/**
 * Threads that simulate: each with a heap that fits the work (states are values that die young, and
 * a large young generation lets them die before they are copied).
 */

import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';

/** By how much a heap may grow, in percent, before it is swept: memory before a little time. */
const GROWTH_PERCENT = 40;
const YOUNG_MB = 192;
const OLD_MB = 16_384;

/** Threads that run now, so that all of them can be ended. */
export class Crew {
  readonly #workers = new Set<Worker>();

  /**
   * Runs a thread until it has said what is awaited.
   *
   * @param file the thread's compiled module, from this folder
   * @param hear what the message stands for, or undefined to go on listening
   */
  run<R>(file: string, task: unknown, hear: (message: unknown) => R | undefined): Promise<R> {
    setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
    const worker = new Worker(new URL(file, import.meta.url), {
      workerData: task,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB, maxOldGenerationSizeMb: OLD_MB },
    });
    this.#workers.add(worker);
    return new Promise<R>((resolve, reject) => {
      worker.on('error', reject);
      worker.on('exit', (code) => {
        this.#workers.delete(worker);
        reject(new Error(`the simulation's thread ended early, with code ${code}`));
      });
      worker.on('message', (message: unknown) => {
        try {
          const result = hear(message);
          if (result !== undefined) resolve(result);
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
  }

  /** Ends all threads, whatever they are doing. */
  async end(): Promise<void> {
    await Promise.all([...this.#workers].map((worker) => worker.terminate()));
  }
}
