/**
 * `npm run test:deep -- soak`: a plan from the flags, with the time it may take. A run that is cut
 * short gives a report too, of what there is.
 */
import { join } from 'node:path';
import { deadline } from '../ending.ts';
import type { RunLane } from '../report.ts';
import { soakPlan } from './plan.ts';
import { soak } from './soak.ts';

export interface SoakFlags {
  readonly seed: string;
  readonly nodes?: number | undefined;
  readonly minutes: number;
  readonly rate: number;
  readonly k: number;
  readonly out?: string | undefined;
}

export const runSoak: RunLane<SoakFlags> = async (flags, signal, say) => {
  const { seed, nodes = 20, minutes, rate, k, out } = flags;
  const plan = soakPlan(seed, { nodes, minutes, rate, k });
  const file = out ?? join('.orrery', 'deep', `soak-${seed}.json`);
  return await soak(plan, file, deadline(minutes * 60_000 + MORE_MS, signal), say);
};

/** To start all nodes, and for the last reads. */
const MORE_MS = 600_000;
