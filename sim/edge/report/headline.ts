/**
 * The figures that a reader looks at first, each with its 95 % interval.
 *
 * Shares have Wilson's interval; means a normal one, from the values of all lookups where
 * lookups.csv.gz is there and else from a histogram of whole values; percentiles that of the order
 * statistics, for which all values are needed. A figure without an interval has none, rather than a
 * guess. All of them speak of operations in this one network; how networks differ is what seeds and
 * sweeps are for.
 */

import { escape, even, percent, short, time, whole } from './format.ts';
import { meanInterval, percentileInterval, summarize, summarizeHistogram } from './intervals.ts';
import { wilson } from './intervals.ts';
import type { Interval } from './intervals.ts';
import type { LookupTable } from './lookup-table.ts';
import type { Result } from './read.ts';

export interface Tile {
  readonly name: string;
  readonly value: string;
  readonly interval: string | undefined;
  /** What the value is of, or how the interval was made. */
  readonly note: string;
}

export function headline(result: Result, table: LookupTable | undefined): readonly Tile[] {
  const own = [...valueTiles(result), ...leaderTiles(result)];
  return [...lookupTiles(result, table), ...own, ...networkTiles(result)];
}

function lookupTiles({ lookups }: Result, table: LookupTable | undefined): readonly Tile[] {
  const { count, succeeded, exact, hops, hopsToTarget, latencyMs, messages } = lookups;
  if (count === 0) return [];
  const sorted = table?.latencyMs.slice().sort();
  const times = sorted === undefined ? undefined : summarize(sorted);
  const tiles = [
    shareTile('Lookups that succeeded', succeeded, count, 'lookups'),
    shareTile('Exact results', exact, count, 'lookups'),
    wholeTile('Hops', hops, 'to the nearest nodes'),
    wholeTile('Hops to the target', hopsToTarget, 'until the target answered'),
    {
      name: 'Lookup latency, mean',
      value: time(latencyMs.mean ?? Number.NaN),
      interval: between(times && meanInterval(times.mean, times.deviation, times.count), time),
      note: 'from start to result',
    },
    {
      name: 'Lookup latency, median',
      value: time(latencyMs.p50 ?? Number.NaN),
      interval: between(sorted && percentileInterval(sorted, 0.5), time),
      note: 'half of the lookups are faster',
    },
    {
      name: 'Lookup latency, 99th percentile',
      value: time(latencyMs.p99 ?? Number.NaN),
      interval: between(sorted && percentileInterval(sorted, 0.99), time),
      note: 'one in a hundred is slower',
    },
    wholeTile('Messages per lookup', messages, 'requests and replies'),
  ];
  return tiles.filter((tile) => tile !== undefined);
}

function valueTiles({ values }: Result): readonly Tile[] {
  const { puts, stored, gets, found, replicas, lost } = values;
  const tiles = [
    puts === 0 ? undefined : shareTile('PUTs acknowledged', stored, puts, 'PUTs'),
    gets === 0 ? undefined : shareTile('GETs that found', found, gets, 'GETs'),
    wholeTile('Replicas per key', replicas, 'live holders at the end'),
    puts === 0
      ? undefined
      : {
          name: 'Values lost',
          value: whole(lost),
          interval: undefined,
          note: `of ${stored} stored`,
        },
  ];
  return tiles.filter((tile) => tile !== undefined);
}

function leaderTiles({ election }: Result): readonly Tile[] {
  if (election === undefined) return [];
  const { terms, led, crashes, failoverMs } = election;
  const { count, p50, max } = failoverMs;
  const tile = (name: string, value: string, note: string): Tile => {
    return { name, value, interval: undefined, note };
  };
  const time50 = tile('Without a leader, median', time(p50 ?? NaN), `longest ${time(max ?? NaN)}`);
  return [
    tile('Time with a leader', percent(led), `${whole(terms)} terms, ${whole(crashes)} killed`),
    ...(count === 0 ? [] : [time50]),
  ];
}

function networkTiles({ tables, traffic, churn }: Result): readonly Tile[] {
  const plain = (name: string, value: string, note: string): Tile => {
    return { name, value, interval: undefined, note };
  };
  return [
    plain('Traffic', short(traffic.perNodePerSecond), 'messages per online node and second'),
    plain('Dead contacts', percent(tables.deadShare), 'of the contacts in tables, at the end'),
    plain('Nodes online', percent(churn.onlineShare), 'of all node-time'),
  ];
}

function shareTile(name: string, part: number, all: number, of: string): Tile {
  const note = `${whole(part)} of ${whole(all)} ${of}`;
  return { name, value: percent(part / all), interval: between(wilson(part, all), percent), note };
}

/** A mean of whole values: their histogram is exact. */
function wholeTile(
  name: string,
  distribution: Result['lookups']['hops'],
  note: string,
): Tile | undefined {
  const { count, mean, histogram, p99, max } = distribution;
  if (count === 0 || mean === null) return undefined;
  const { deviation } = summarizeHistogram(histogram, count);
  const interval = between(meanInterval(mean, deviation, count), even);
  const ends = `p99 ${short(p99 ?? Number.NaN)}, max ${short(max ?? Number.NaN)}`;
  return { name, value: even(mean), interval, note: `mean, ${note}; ${ends}` };
}

function between(
  interval: Interval | undefined,
  show: (value: number) => string,
): string | undefined {
  return interval === undefined ? undefined : `${show(interval.low)} to ${show(interval.high)}`;
}

export function tilesHtml(tiles: readonly Tile[]): string {
  const one = ({ name, value, interval, note }: Tile): string =>
    `<div class="tile"><dt>${escape(name)}</dt><dd><b>${escape(value)}</b>` +
    (interval === undefined ? '' : `<span class="interval">${escape(interval)}</span>`) +
    `<small>${escape(note)}</small></dd></div>`;
  return `<dl class="tiles">${tiles.map(one).join('')}</dl>`;
}
