/**
 * `npm run test:deep -- soak`: a plan from the flags, with the time it may take. A run that is cut
 * short gives a report too, of what there is.
 */
import { join } from 'node:path';
import { deadline } from '../ending.ts';
import type { Report } from '../report.ts';
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

export async function soakLane(
  { seed, nodes = NODES, minutes, rate, k, out }: SoakFlags,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<Report> {
  const plan = soakPlan(seed, { nodes, minutes, rate, k });
  const file = out ?? join('.orrery', 'deep', `soak-${seed}.json`);
  return await soak(plan, file, deadline(minutes * 60_000 + MORE_MS, signal), say);
}

const NODES = 20;
/** To start all nodes, for the last reads, and for the replay. */
const MORE_MS = 600_000;
