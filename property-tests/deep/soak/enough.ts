/**
 * Whether a soak has seen enough to pass: nodes that tell nothing do not grow, and a network that
 * answers nothing answers nothing wrong.
 */
import type { Verdict } from '../checker.ts';
import type { SoakPlan } from './plan.ts';
import type { Sample } from './sampler.ts';

/** Of a run that came to its end. */
export function unsampled(
  samples: readonly Pick<Sample, 'node'>[],
  { lasting, lengthS, sampleMs }: Pick<SoakPlan, 'lasting' | 'lengthS' | 'sampleMs'>,
): string[] {
  const needed = Math.floor(((lengthS * 1000) / sampleMs) * SAMPLED_SHARE_MIN);
  return Array.from({ length: lasting }, (_, node) => {
    const taken = samples.filter((one) => one.node === node).length;
    return taken < needed
      ? [`node ${node} gave ${taken} samples, at least ${needed} are needed`]
      : [];
  }).flat();
}

/** Values lost and stale reads are what kills do to a few; of more something else is the cause. */
export function unanswered({ puts, rules }: Verdict): string[] {
  const faults: string[] = [];
  const share = puts.acknowledged / Math.max(1, puts.acknowledged + puts.failed + puts.unknown);
  if (share < ACKNOWLEDGED_SHARE_MIN)
    faults.push(`only ${(100 * share).toFixed(1)} % of the PUTs were acknowledged`);
  for (const name of ['stale', 'lost'] as const) {
    const { checked, violations } = rules[name];
    if (checked === 0) faults.push(`no read was judged for ${name}`);
    else if (violations > checked * WRONG_SHARE_MAX)
      faults.push(`${name}: ${violations} of ${checked} reads, too many for the nodes killed`);
  }
  return faults;
}

const SAMPLED_SHARE_MIN = 0.9;
const ACKNOWLEDGED_SHARE_MIN = 0.95;
const WRONG_SHARE_MAX = 0.01;
