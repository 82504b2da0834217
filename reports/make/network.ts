/**
 * What was found in reports/one-network, a run looked at in full: latency by region of the asker
 * from the table of its lookups.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { percent, time, whole } from '../../sim/edge/report/format.ts';
import { readLookups } from '../../sim/edge/report/lookup-table.ts';
import type { LookupTable } from '../../sim/edge/report/lookup-table.ts';
import { readResult } from '../../sim/edge/report/read.ts';
import { table } from './grid.ts';

export async function networkFound(dir: string): Promise<string> {
  const { lookups, values, tables, churn } = await readResult(join(dir, 'result.json'));
  const regions = regionsOf(await readLookups(await readFile(join(dir, 'lookups.csv.gz'))));
  const [quickest, slowest] = [regions[0], regions.at(-1)];
  if (quickest === undefined || slowest === undefined) throw new Error(`${dir} has no regions`);
  const { p50, p99 } = lookups.latencyMs;
  const rows = regions.map(({ name, count, median, tail }) => [
    name,
    whole(count),
    time(median),
    time(tail),
  ]);
  return `${percent(churn.onlineShare)} of the nodes are online at a time. ${whole(lookups.count)}
lookups, ${percent(lookups.succeeded / lookups.count)} of which succeed and
${percent(lookups.exact / lookups.count)} are exact, take ${time(p50 ?? 0)} in the median and
${time(p99 ?? 0)} in the slowest hundredth, while ${percent(tables.deadShare)} of the contacts are
gone. Who asks from ${quickest.name} waits ${time(quickest.median)} in the median, who asks from
${slowest.name} ${time(slowest.median)}. ${percent(values.found / values.gets)} of the reads find
their value.

${table(['asked from', 'lookups', 'median', '99th percentile'], rows)}`;
}

interface Region {
  readonly name: string;
  readonly count: number;
  readonly median: number;
  readonly tail: number;
}

/** Those with lookups, the quickest first. */
function regionsOf({ places, latencyMs }: LookupTable): readonly Region[] {
  const groups = new Map<string, number[]>();
  for (const [index, name] of places.entries()) {
    const group = groups.get(name) ?? [];
    groups.set(name, group);
    group.push(latencyMs[index] ?? 0);
  }
  const regions = [...groups].map(([name, latencies]): Region => {
    const sorted = latencies.sort((a, b) => a - b);
    const at = (p: number): number => sorted[Math.ceil(p * sorted.length) - 1] ?? 0;
    return { name, count: sorted.length, median: at(0.5), tail: at(0.99) };
  });
  return regions.sort((a, b) => a.median - b.median);
}
