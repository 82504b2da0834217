/** What a soak does, all of it from few settings. */
import type { LoadPlan } from '../load.ts';

export interface SoakPlan extends LoadPlan {
  readonly nodes: number;
  /** Contacts per bucket; a PUT asks as many nodes. */
  readonly k: number;
  /** Nodes from this one on are stopped and started again, those before live all the time. */
  readonly lasting: number;
  /** Mean time from the start of a node of the others to its end. */
  readonly upMs: number;
  /** Nothing before this is judged of memory and descriptors. */
  readonly warmS: number;
  readonly sampleMs: number;
}

export function soakPlan(
  seed: string,
  { nodes, minutes, rate, k }: Readonly<Record<'nodes' | 'minutes' | 'rate' | 'k', number>>,
): SoakPlan {
  const lengthS = minutes * 60;
  const roundS = Math.min(ROUND_S_MAX, lengthS / 3);
  return {
    seed,
    nodes,
    k,
    lengthS,
    rate,
    lasting: nodes - Math.max(1, Math.round(nodes * CHANGING_SHARE)),
    upMs: Math.min(UP_MS_MAX, (lengthS * 1000) / 4),
    roundS,
    keys: Math.min(KEYS_MAX, Math.floor((roundS * rate) / 5)),
    shortTtlS: 60,
    warmS: Math.min(WARM_S_MAX, (lengthS * 3) / 8),
    sampleMs: SAMPLE_MS,
  };
}

const ROUND_S_MAX = 300;
const CHANGING_SHARE = 0.3;
const UP_MS_MAX = 180_000;
const KEYS_MAX = 2000;
/** Resident memory settles in 40 minutes (docs/testing.md), the heap in 10. */
const WARM_S_MAX = 2700;
const SAMPLE_MS = 10_000;
