/**
 * The thread of a simulation: runs it from its first to its last event and tells the main thread
 * how far it has come.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { simulateWhole, type Progress, type SimOutput } from '../main.ts';
import type { Materials } from '../materials.ts';
import type { SimOptions } from '../options.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { NodeRecording } from './node-recording.ts';
import type { Recorded, RecordOrder } from './node-recording.ts';

/** What the thread is given. */
export interface Task {
  readonly options: SimOptions;
  readonly version: string;
  readonly materials: Materials;
  readonly rows: boolean;
  readonly from: Snapshot | undefined;
  readonly snapshotAfterMs: number | undefined;
  readonly record: RecordOrder | undefined;
}

/** What the thread says. */
export type Report =
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'snapshot'; readonly snapshot: Snapshot }
  | { readonly type: 'recorded'; readonly recorded: Recorded }
  | { readonly type: 'output'; readonly output: SimOutput };

function report(message: Report): void {
  parentPort?.postMessage(message);
}

const { options, version, materials, rows, from, snapshotAfterMs, record } = workerData as Task;
const take = (snapshot: Snapshot): void => {
  report({ type: 'snapshot', snapshot });
};
const recording = record && new NodeRecording(record, version);
try {
  const output = simulateWhole(options, version, {
    materials,
    rows,
    ...(from === undefined ? {} : { from }),
    ...(snapshotAfterMs === undefined ? {} : { snapshot: { afterMs: snapshotAfterMs, take } }),
    step: recording?.step,
    onProgress: (progress) => {
      report({ type: 'progress', progress });
      return false;
    },
  });
  if (recording !== undefined) report({ type: 'recorded', recorded: recording.end() });
  report({ type: 'output', output });
} finally {
  // Where a run fails, the step that failed is the last of the recording.
  recording?.end();
}
