/**
 * kill -9 while writing, again and again, in several networks side by side (`lane.ts`); stops a
 * network at its first fault.
 */
import { keepRecords } from './ending.ts';
import { withFleet } from './fleet.ts';
import type { Fleet } from './fleet.ts';
import { Lane } from './lane.ts';
import type { Counts } from './lane.ts';

export interface CrashPlan {
  readonly seed: string;
  /** Nodes of one network; one of them is killed in each cycle. */
  readonly nodes: number;
  readonly cycles: number;
  /** Networks side by side. */
  readonly lanes: number;
}

export interface CrashReport extends Readonly<Counts> {
  readonly faults: readonly string[];
}

/** @throws when a node cannot be started or the signal ends the run */
export async function crash(
  plan: CrashPlan,
  signal: AbortSignal,
  onCycle: (report: CrashReport) => void = () => undefined,
): Promise<CrashReport> {
  const counts: Counts = { cycles: 0, acknowledged: 0, unknown: 0, failed: 0, reads: 0, late: 0 };
  const faults: string[] = [];
  const report = (): CrashReport => ({ ...counts, faults });
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  let begun = 0;
  const work = async (fleet: Fleet, number: number): Promise<boolean> => {
    const lane = new Lane(fleet, plan.seed, number, counts);
    const keep = async (): Promise<string> => {
      const path = await keepRecords(`crash-${plan.seed}-${number}`, lane.records());
      return `what was sent is in ${path}`;
    };
    try {
      await fleet.startAll();
      while (begun < plan.cycles && lane.faults.length === 0 && !either.aborted) {
        begun += 1;
        await Promise.race([lane.cycle(), fleet.accident]);
        counts.cycles += 1;
        onCycle(report());
      }
      if (lane.faults.length === 0) await lane.readAll();
    } catch (error) {
      throw new Error(await keep(), { cause: error });
    }
    lane.close();
    if (lane.faults.length === 0) return true;
    faults.push(...lane.faults, await keep(), `the disks are in ${fleet.dir}`);
    return false;
  };
  const lanes = Array.from({ length: plan.lanes }, async (_, number) => {
    try {
      await withFleet(plan.nodes, either, (fleet) => work(fleet, number), Boolean);
    } catch (error) {
      stop.abort(error);
      throw error;
    }
  });
  const settled = await Promise.allSettled(lanes);
  for (const one of settled) if (one.status === 'rejected') throw one.reason;
  if (counts.acknowledged === 0) faults.push('nothing was acknowledged: nothing is shown');
  return report();
}

export function crashLine(report: CrashReport): string {
  const { cycles, acknowledged, unknown, failed, reads, late, faults } = report;
  const puts = `${acknowledged} acknowledged, ${unknown} unknown, ${failed} failed`;
  return `${cycles} cycles: ${puts}; ${reads} read back, ${late} late; ${faults.length} faults`;
}
