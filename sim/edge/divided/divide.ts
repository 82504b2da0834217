/**
 * One simulation divided among threads: the nodes by their slots. The digest and all that is
 * measured are those of the undivided run.
 */

import { availableParallelism } from 'node:os';
import { Bill, originOf, sha256, type SimOutput, type SimulateHooks } from '../../main.ts';
import type { SimOptions } from '../../options.ts';
import type { PartReport } from '../../result/part-report.ts';
import { operationsOf, resultOf, rowsOf } from '../../result/result.ts';
import { snapshotOf, type Section } from '../../snapshot/snapshot.ts';
import type { Crew } from '../crew.ts';
import { sharedFor } from './mailbox.ts';
import type { PartMessage, PartTask } from './part-thread.ts';

/** Runs a simulation in `options.workers` threads; what `onProgress` throws ends it. */
export async function simulateDivided(
  crew: Crew,
  options: SimOptions,
  version: string,
  hooks: SimulateHooks,
): Promise<SimOutput> {
  const { workers } = options;
  const { materials = {}, rows = false, from, snapshot, onProgress } = hooks;
  const snapshotAfterMs = snapshot?.afterMs;
  const shared = sharedFor(workers);
  const spins = workers <= availableParallelism();
  const bill = new Bill();
  let started = 0;
  const sections = new Map<number, Section>();
  const run = (part: number): Promise<PartReport> => {
    const plan = { options, materials, part, rows, from, snapshotAfterMs };
    const task: PartTask = { ...plan, shared, spins };
    return crew.run<PartReport>('divided/part-thread.js', task, (said) => {
      const message = said as PartMessage;
      if (message.type === 'report') return message.report;
      if (message.type === 'progress') onProgress?.(message.progress);
      else if (message.type === 'started' && ++started === workers) bill.begin();
      else if (message.type === 'section' && sections.set(part, message.section).size === workers) {
        const all = Array.from({ length: workers }, (_, i) => sections.get(i)).filter(isThere);
        snapshot?.take(snapshotOf(options, all, sha256));
      }
      return undefined;
    });
  };
  const parts = await Promise.all(Array.from({ length: workers }, (_, part) => run(part)));
  const origin = originOf(from, options);
  const result = resultOf(options, parts, origin, bill.end(), version, sha256);
  return { result, rows: rowsOf(parts), operations: operationsOf(parts) };
}

function isThere(section: Section | undefined): section is Section {
  return section !== undefined;
}
