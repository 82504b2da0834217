/**
 * The thread of one part: runs it from its first to its last event, and tells the main thread how
 * far it has come and, at the end, what its nodes did. Parts never speak through the main thread:
 * what crosses goes through the mailbox.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { runOf, Watch, type Progress } from '../../main.ts';
import type { Materials } from '../../materials.ts';
import type { SimOptions } from '../../options.ts';
import { reportOf, type PartReport } from '../../result/part-report.ts';
import { sectionOf, type Section, type Snapshot } from '../../snapshot/snapshot.ts';
import { Mailbox, type Shared } from './mailbox.ts';
import { PartLoop } from './part.ts';

/** What the thread is given. */
export interface PartTask {
  readonly options: SimOptions;
  readonly materials: Materials;
  readonly part: number;
  readonly rows: boolean;
  readonly from: Snapshot | undefined;
  readonly snapshotAfterMs: number | undefined;
  readonly shared: Shared;
  /** Whether every part has a processor of its own. */
  readonly spins: boolean;
}

/** What the thread says. */
export type PartMessage =
  | { readonly type: 'started' }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'section'; readonly section: Section }
  | { readonly type: 'report'; readonly report: PartReport };

function say(message: PartMessage): void {
  parentPort?.postMessage(message);
}

const task = workerData as PartTask;
const { options, materials, part, rows, from, snapshotAfterMs } = task;
const count = options.workers;
const run = runOf(options, {
  materials,
  rows,
  part: { index: part, count },
  ...(from === undefined ? {} : { from }),
  ...(snapshotAfterMs === undefined
    ? {}
    : { snapshot: { afterMs: snapshotAfterMs, take: () => undefined } }),
});
say({ type: 'started' });
const watch = new Watch(run, (progress) => {
  if (part === 0) say({ type: 'progress', progress });
  return false;
});
new PartLoop(run, new Mailbox(task.shared, part, count, task.spins)).toEnd(
  () => {
    watch.look();
  },
  () => {
    say({ type: 'section', section: sectionOf(run) });
  },
);
say({ type: 'report', report: reportOf(run) });
