/**
 * How far a run has come: in which phase it is, and how much of that is done. Without a duration
 * the measured time is as long as the workload takes, so then its items are what is counted.
 */

import type { Arena } from '../arena.ts';
import type { Run } from './run.ts';

export interface Stage {
  readonly phase: 'joining' | 'warm-up' | 'measuring';
  /** How much of the phase is done, from 0 to 1. */
  readonly share: number;
}

export function stageOf(run: Run<Arena>): Stage {
  const { now } = run.world;
  if (run.measureFrom === Infinity) {
    return { phase: 'joining', share: 1 - run.joinsLeft / Math.max(1, run.joinsAll) };
  }
  const { durationMs, warmupMs } = run.options;
  if (now < run.measureFrom) {
    return { phase: 'warm-up', share: 1 - (run.measureFrom - now) / (warmupMs * 1000) };
  }
  const done = 1 - run.items.left / Math.max(1, run.items.all);
  const share = durationMs === 0 ? done : (now - run.measureFrom) / (durationMs * 1000);
  return { phase: 'measuring', share: Math.min(1, share) };
}
