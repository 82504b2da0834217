/**
 * The long forms of what shows that elections are right: trials of voters by the hundred thousand,
 * every history of three of them up to some depth, and how long a network is without a leader. What
 * is done is kept in `.orrery/deep/election.jsonl`, and not done again by the same build.
 */
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { explore } from '../election/explore.ts';
import { ENDS_PER_SHARE, HOURS_PER_SHARE, quantile } from '../election/failover.ts';
import type { Calm, Gaps } from '../election/failover.ts';
import { addTo, newSeries, SEEDS_PER_SHARE, type Series } from '../election/series.ts';
import { HEALTHY } from '../election/setting.ts';
import { inShares } from '../election/shares.ts';
import { HAPPENINGS } from '../election/trouble.ts';
import { CORE } from '../election/voter.ts';
import type { Report, RunLane } from './report.ts';

export interface ElectionFlags {
  readonly from: number;
  readonly seeds: number;
  readonly threads: number;
  readonly depth: number;
  readonly crashes: number;
  readonly hours: number;
}

type Lane = RunLane<ElectionFlags>;

const FILE = join('.orrery', 'deep', 'election.jsonl');

/** Whole hundreds of seeds, those with the first and the last one among them. */
const election: Lane = async ({ from, seeds, threads }, signal, say) => {
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
};

const states: Lane = async ({ depth }, signal, say) => {
  const reports: Report[] = [];
  for (const start of ['two stand', 'at rest'] as const) {
    const found = explore(CORE, start, depth, (reached, scenes) => {
      signal.throwIfAborted();
      say(`${start}: ${scenes} scenes at depth ${reached}`);
    });
    const { scenes, events, leaders, findings } = found;
    const what = `${scenes} scenes to depth ${found.depth}, ${events} events`;
    const line = `${start}   ${what}, somebody leads in ${leaders}`;
    reports.push({ lines: [line], faults: findings });
    // Whoever waits for a signal to be seen.
    await setImmediate();
  }
  return {
    lines: reports.flatMap(({ lines }) => lines),
    faults: reports.flatMap(({ faults }) => faults),
  };
};

const failover: Lane = async ({ crashes, hours, threads }, signal, say) => {
  const gaps: Gaps = { crashMs: [], leaveMs: [], findings: [] };
  const count = Math.ceil(crashes / ENDS_PER_SHARE);
  const ends = { kind: 'gaps', from: 0, count, file: FILE, threads } as const;
  await inShares(ends, isGaps, signal, (one) => {
    gaps.crashMs.push(...one.crashMs);
    gaps.leaveMs.push(...one.leaveMs);
    gaps.findings.push(...one.findings);
  });
  const calm = { nodeHours: 0, changes: 0, leaderlessMs: 0, lost: 0 };
  const faults = [...gaps.findings];
  const shares = Math.ceil(hours / (HOURS_PER_SHARE * HEALTHY.voters));
  const rest = { kind: 'calm', from: 0, count: shares, file: FILE, threads } as const;
  await inShares(rest, isCalm, signal, (one) => {
    for (const name of ['nodeHours', 'changes', 'leaderlessMs', 'lost'] as const) {
      calm[name] += one[name];
    }
    faults.push(...one.findings);
    if (calm.nodeHours % 500 === 0) say(`${calm.nodeHours} node-hours, ${calm.changes} changes`);
  });
  const [crash, leave] = [gaps.crashMs, gaps.leaveMs].map((all) => all.sort((a, b) => a - b));
  const isQuick = quantile(crash ?? [], 0.5) <= 4000 && quantile(crash ?? [], 0.99) <= 5000;
  if (!isQuick) faults.push('a leader that crashed is missed for too long');
  if (!(quantile(leave ?? [], 0.99) < 1000)) faults.push('a hand-over takes too long');
  if (calm.changes > 0) faults.push(`${calm.changes} changes of leader without need`);
  return {
    lines: [
      `crashes     ${spread(crash ?? [])}`,
      `hand-overs  ${spread(leave ?? [])}`,
      `at rest     ${calm.nodeHours} node-hours, ${calm.lost} messages lost, ` +
        `${calm.changes} changes of leader, ${calm.leaderlessMs} ms without one`,
    ],
    faults,
  };
};

export const ELECTION_LANES = { election, states, failover } as const;

function spread(ms: readonly number[]): string {
  const at = (share: number): string => `${Math.round(quantile(ms, share))} ms`;
  return `${ms.length}: p50 ${at(0.5)}, p99 ${at(0.99)}, the longest ${at(1)}`;
}

function isGaps(result: unknown): result is Gaps {
  return typeof result === 'object' && result !== null && 'crashMs' in result;
}

function isCalm(result: unknown): result is Calm {
  return typeof result === 'object' && result !== null && 'nodeHours' in result;
}

function isSeries(result: unknown): result is Series {
  return typeof result === 'object' && result !== null && 'trials' in result;
}
