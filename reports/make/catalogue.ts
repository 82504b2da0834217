/**
 * The curated reports, in the order of the README: what they are called, which of their figures the
 * README shows, about how long they take, and who says what was found.
 *
 * Invariant: the folder of each is reports/NAME and holds sweep.yaml, or scenario.yaml for a run.
 */
import { join } from 'node:path';
import type { Figure } from '../../sim/edge/report/figure.ts';
import { readResult } from '../../sim/edge/report/read.ts';
import { digestOfSweep, readSweep } from '../../sim/edge/report/sweep-read.ts';
import type { SweepFolder } from '../../sim/edge/report/sweep-read.ts';
import { bucketsFound, churnFound, regionsFound } from './found.ts';
import { hopsFound } from './hops.ts';
import { leadersFound } from './leaders.ts';
import { networkFound } from './network.ts';
import { boundFigure, pathsFound } from './paths.ts';

export interface Report {
  readonly name: string;
  readonly kind: 'sweep' | 'run';
  /** Id of the figure that the README shows. */
  readonly figure: string;
  /** What it shows, for those who do not see it. */
  readonly shows: string;
  /** On two processors with nothing else to do. */
  readonly takes: string;
  readonly read: (dir: string) => Promise<Reading>;
  /** A figure beside those that every sweep has. */
  readonly extra?: (sweep: SweepFolder) => Figure;
}

/** What the README says of a report. */
export interface Reading {
  readonly question: string;
  readonly digest: string;
  /** In a few words, such as how many cells. */
  readonly size: string;
  readonly found: string;
}

export const REPORTS: readonly Report[] = [
  {
    name: 'hops-and-size',
    kind: 'sweep',
    figure: 'curve-hops-to-target',
    shows: 'Hops to the target against the number of nodes, with the hop law',
    takes: 'two and a half minutes',
    read: sweepReading(hopsFound),
  },
  {
    name: 'churn',
    kind: 'sweep',
    figure: 'curve-latency-p50',
    shows: 'Median latency of lookups by pace of churn, for crashes and for goodbyes',
    takes: 'two minutes',
    read: sweepReading(churnFound),
  },
  {
    name: 'latency-by-region',
    kind: 'sweep',
    figure: 'curve-latency-p50',
    shows: 'Median latency of lookups by calls in flight, on warm links and with dials',
    takes: 'one minute',
    read: sweepReading(regionsFound),
  },
  {
    name: 'disjoint-paths',
    kind: 'sweep',
    figure: 'success-and-bound',
    shows: 'Lookups that succeeded by share of droppers and number of paths, with the bound',
    takes: 'one minute',
    read: sweepReading(pathsFound),
    extra: boundFigure,
  },
  {
    name: 'k-and-alpha',
    kind: 'sweep',
    figure: 'heat-latency-p50',
    shows: 'Median latency of lookups by k and alpha',
    takes: 'a minute and a half',
    read: sweepReading(bucketsFound),
  },
  {
    name: 'one-network',
    kind: 'run',
    figure: 'latency-by-place',
    shows: 'Latency of lookups by region of the asker',
    takes: 'one minute',
    read: runReading(networkFound),
  },
  {
    name: 'leader-crash',
    kind: 'run',
    figure: 'success',
    shows: 'Lookups that succeed over time, while whoever leads is killed every minute',
    takes: 'half a minute',
    read: runReading(leadersFound),
  },
];

function sweepReading(found: (sweep: SweepFolder) => string): Report['read'] {
  return async (dir) => {
    const sweep = await readSweep(dir);
    const { question = '', cells, seeds } = sweep;
    const size = `${cells.length} simulations, ${seeds.length} seeds`;
    return { question, digest: digestOfSweep(sweep) ?? '', size, found: found(sweep) };
  };
}

function runReading(found: (dir: string) => Promise<string>): Report['read'] {
  return async (dir) => {
    const { question = '', digest = '' } = await readResult(join(dir, 'result.json'));
    return { question, digest, size: 'One simulation', found: await found(dir) };
  };
}
