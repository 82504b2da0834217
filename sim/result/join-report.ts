/**
 * What a result says of joins: those of all parts, over the whole run, its start with it. What is
 * counted, and when a node counts as eclipsed, is in `run/joins.ts`.
 */

import type { Distribution } from '../observer/distribution.ts';
import { sampleOf, sumOf, type PartReport } from './part-report.ts';

/** What a join should take at most, in ms. */
const SOON_MS = 30_000;

/** Of joins that came to an end. */
export interface JoinTimes {
  readonly count: number;
  /** Share of those that took half a minute at most. */
  readonly within30s: number | null;
  readonly ms: Distribution;
}

/** Over the whole run, its start with it. */
export interface JoinReport {
  /** The first joins of nodes, and those of nodes that came back. */
  readonly first: JoinTimes;
  readonly again: JoinTimes;
  /** Joins that ended without a contact. */
  readonly failed: number;
  /** Where some are hostile: honest nodes looked at a minute after they went online, */
  readonly looked: number;
  /** how many of them were eclipsed, */
  readonly eclipsed: number;
  /** and which share of their contacts was hostile. */
  readonly hostileShare: Distribution;
}

export function joinReport(parts: readonly PartReport[]): JoinReport {
  const timesOf = (name: 'joinMs' | 'rejoinMs'): JoinTimes => {
    const sample = sampleOf(parts, name);
    const soon = sample.values().filter((ms) => ms <= SOON_MS).length;
    const within30s = sample.size === 0 ? null : soon / sample.size;
    return { count: sample.size, within30s, ms: sample.distribution(false) };
  };
  return {
    first: timesOf('joinMs'),
    again: timesOf('rejoinMs'),
    failed: sumOf(parts, 'joinsFailed'),
    looked: sumOf(parts, 'looked'),
    eclipsed: sumOf(parts, 'eclipsed'),
    hostileShare: sampleOf(parts, 'hostileShare').distribution(false),
  };
}
