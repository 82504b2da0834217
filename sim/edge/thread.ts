/**
 * The thread of a simulation: runs it from its first to its last event and tells the main thread
 * how far it has come.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { simulate, type Progress } from '../main.ts';
import type { SimOptions } from '../options.ts';
import type { SimResult } from '../result.ts';

/** What the thread is given. */
export interface Task {
  readonly options: SimOptions;
  readonly version: string;
}

/** What the thread says. */
export type Report =
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'result'; readonly result: SimResult };

function report(message: Report): void {
  parentPort?.postMessage(message);
}

const { options, version } = workerData as Task;
const result = simulate(options, version, {
  onProgress: (progress) => {
    report({ type: 'progress', progress });
    return false;
  },
});
report({ type: 'result', result });
