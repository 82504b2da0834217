/**
 * Trials by the hundred: a share of a long series is the hundred seeds that its number names, and
 * its result what came of them together.
 */
import type { Happening } from './trouble.ts';
import { runTrial } from './trial.ts';
import { CORE } from './voter.ts';

export const SEEDS_PER_SHARE = 100;
/** Of so many trials one is replayed, for a replay costs as much as the trial. */
const REPLAYED_OF = 10;

export interface Series {
  trials: number;
  replayed: number;
  terms: number;
  steps: number;
  /** How long there was a leader, in whole trials. */
  led: number;
  readonly counts: Partial<Record<Happening, number>>;
  readonly findings: string[];
}

export function newSeries(): Series {
  return { trials: 0, replayed: 0, terms: 0, steps: 0, led: 0, counts: {}, findings: [] };
}

/** Whether the lives of a trial are gone through again. */
export function isReplayed(seed: number): boolean {
  return seed % REPLAYED_OF === 0;
}

/** @param share from 0: the seeds 1 to 100 */
export function trialsOf(share: number): Series {
  const series = newSeries();
  for (let i = 1; i <= SEEDS_PER_SHARE; i++) {
    const seed = share * SEEDS_PER_SHARE + i;
    const verdict = runTrial(seed, CORE, isReplayed(seed));
    addTo(series, {
      trials: 1,
      replayed: isReplayed(seed) ? 1 : 0,
      terms: verdict.terms,
      steps: verdict.steps,
      led: verdict.led,
      counts: Object.fromEntries(verdict.counts),
      findings: verdict.findings.map((what) => `seed ${seed}: ${what}`),
    });
  }
  return series;
}

export function addTo(series: Series, more: Series): void {
  series.trials += more.trials;
  series.replayed += more.replayed;
  series.terms += more.terms;
  series.steps += more.steps;
  series.led += more.led;
  for (const [what, count] of Object.entries(more.counts) as [Happening, number][]) {
    series.counts[what] = (series.counts[what] ?? 0) + count;
  }
  series.findings.push(...more.findings);
}
