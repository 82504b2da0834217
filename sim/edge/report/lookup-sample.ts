/**
 * Which lookups a page carries for its picture of the key space: a few hundred of them, chosen by
 * rule and not by chance, so that the same result makes the same page.
 *
 * Rule: failures first, then the slowest, then others evenly spread over the run.
 */

import type { LookupTable } from './lookup-table.ts';

/** As the page's script takes it; times in ms, rounded to a microsecond. */
export interface SampledLookup {
  readonly lookup: number;
  readonly asker: string;
  readonly place: string;
  readonly target: string;
  readonly startMs: number;
  readonly tookMs: number;
  readonly succeeded: boolean;
  readonly exact: boolean;
  readonly hops: number | null;
  readonly requests: number;
  readonly replies: number;
  readonly path: readonly string[];
}

const SAMPLE_MAX = 300;
const SLOWEST_MAX = 50;
/** Failures beyond it would leave no room for what is usual. */
const FAILURES_MAX = 200;

/** In the order of the workload. */
export function sampleLookups(table: LookupTable, most = SAMPLE_MAX): readonly SampledLookup[] {
  return chosen(table, most).map((index) => {
    const { startMs, endMs, ...row } = table.row(index);
    const { lookup, asker, place, target, succeeded, exact, hops, requests, replies, path } = row;
    const times = { startMs: rounded(startMs), tookMs: rounded(endMs - startMs) };
    const counts = { hops, requests, replies };
    return { lookup, asker, place, target, ...times, succeeded, exact, ...counts, path };
  });
}

/** Row numbers, rising. */
function chosen({ size, succeeded, latencyMs }: LookupTable, most: number): readonly number[] {
  const all = Array.from({ length: size }, (_, index) => index);
  if (size <= most) return all;
  const failures = all.filter((index) => succeeded[index] === 0);
  const kept = new Set(evenly(failures, Math.min(FAILURES_MAX, most)));
  const slowest = [...all].sort((a, b) => (latencyMs[b] ?? 0) - (latencyMs[a] ?? 0) || a - b);
  for (const index of slowest.slice(0, Math.min(SLOWEST_MAX, most - kept.size))) kept.add(index);
  const rest = all.filter((index) => !kept.has(index));
  for (const index of evenly(rest, most - kept.size)) kept.add(index);
  return [...kept].sort((a, b) => a - b);
}

/** So many of a list at equal gaps, the first among them. */
function evenly(list: readonly number[], count: number): readonly number[] {
  if (list.length <= count) return list;
  return Array.from({ length: count }, (_, i) => list[Math.floor((i * list.length) / count)] ?? 0);
}

function rounded(ms: number): number {
  return Math.round(1000 * ms) / 1000;
}
