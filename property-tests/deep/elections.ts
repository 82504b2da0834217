/**
 * The long forms of what shows that elections are right: trials of voters by the hundred thousand.
 * What is done is kept in `.orrery/deep/election.jsonl`, and not done again by the same build.
 */
import { join } from 'node:path';
import { addTo, newSeries, SEEDS_PER_SHARE, type Series } from '../election/series.ts';
import { inShares } from '../election/shares.ts';
import { HAPPENINGS } from '../election/trouble.ts';

/** The lines to be told, and what did not hold. */
export interface Report {
  readonly lines: readonly string[];
  readonly faults: readonly string[];
}

export interface TrialsPlan {
  readonly from: number;
  readonly seeds: number;
  readonly threads: number;
}

const FILE = join('.orrery', 'deep', 'election.jsonl');

/** Whole hundreds of seeds, those with the first and the last one among them. */
export async function elections(
  { from, seeds, threads }: TrialsPlan,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<Report> {
  const first = Math.floor((from - 1) / SEEDS_PER_SHARE);
  const count = Math.ceil((from - 1 + seeds) / SEEDS_PER_SHARE) - first;
  const shares = { kind: 'trials', from: first, count, file: FILE, threads } as const;
  const series = newSeries();
  let kept = 0;
  const began = performance.now();
  await inShares(shares, isSeries, signal, (one, isNew) => {
    addTo(series, one);
    if (!isNew) kept += one.trials;
    else if (series.trials % (10 * SEEDS_PER_SHARE) === 0) {
      const each = (performance.now() - began) / (series.trials - kept);
      const found = `${series.findings.length} findings`;
      say(`${series.trials} of ${count * SEEDS_PER_SHARE} trials, ${found}, ${each.toFixed(1)} ms`);
    }
  });
  const led = Math.round((100 * series.led) / series.trials);
  return {
    lines: [
      `trials      ${series.trials} (${kept} of earlier runs), ${series.steps} steps`,
      `replayed    ${series.replayed}`,
      `leaders     in ${series.terms} terms, ${led} % of the time`,
      ...HAPPENINGS.map((what) => `${series.counts[what] ?? 0} x ${what}`),
      `findings    ${series.findings.length}`,
    ],
    faults: series.findings,
  };
}

function isSeries(result: unknown): result is Series {
  return typeof result === 'object' && result !== null && 'trials' in result;
}
