/**
 * Figures of the network's state: how full the buckets are against what there is to fill them with,
 * and how long lookups took by the place of the asker.
 */

import { gridOf, legendOf, niceRange, xAxis, yAxis } from './axes.ts';
import type { ChartOption, Mark } from './chart.ts';
import { figureOf } from './figure.ts';
import type { Cell, Figure, Layout } from './figure.ts';
import { short } from './format.ts';
import type { LookupTable } from './lookup-table.ts';
import { seriesColour, TONES } from './palette.ts';
import type { Result } from './read.ts';

/**
 * Mean of min(k, available): what bucket c of a node can hold when each of the other nodes falls
 * into its range independently, with probability 2^-(c+1).
 */
export function expectedBucket(others: number, k: number, bucket: number): number {
  const share = 2 ** -(bucket + 1);
  // Mean of min(k, B) = sum of the chances that B is above 0, 1, ... k - 1.
  let chance = Math.exp(others * Math.log(1 - share));
  let atMost = 0;
  let mean = 0;
  for (let i = 0; i < k; i++) {
    atMost += chance;
    mean += Math.max(0, 1 - atMost);
    chance *= ((others - i) / (i + 1)) * (share / (1 - share));
  }
  return mean;
}

export function bucketFigure({ tables, config }: Result): Figure | undefined {
  const { bucketMeans, contacts } = tables;
  if (bucketMeans.length === 0 || contacts.count < 2) return undefined;
  const expected = bucketMeans.map((_, c) => expectedBucket(contacts.count - 1, config.k, c));
  const columns = ['shared leading bits', 'mean contacts', 'expected'];
  const rows = bucketMeans.map((mean, c): Cell[] => [c, mean, expected[c] ?? 0]);
  const marks = bucketMeans.map((mean, c): Mark => {
    const fair = short(expected[c] ?? 0);
    return { x: c, text: `bucket ${c}: ${short(mean)} contacts, ${fair} expected` };
  });
  const option = (layout: Layout): ChartOption => ({
    grid: gridOf(layout, ['mean contacts', 'expected']),
    legend: legendOf(['mean contacts', 'expected'], layout),
    xAxis: xAxis({ name: 'shared leading bits', words: bucketMeans.map((_, c) => `${c}`) }, layout),
    yAxis: yAxis({ name: 'contacts', min: 0 }, layout),
    series: [
      {
        type: 'bar',
        name: 'mean contacts',
        data: [...bucketMeans],
        color: seriesColour(0),
        barCategoryGap: '22%',
      },
      {
        type: 'line',
        name: 'expected',
        data: [...expected],
        color: seriesColour(1),
        symbol: 'diamond',
        symbolSize: 9,
        lineStyle: { width: 2, type: 'dashed', color: seriesColour(1) },
      },
    ],
  });
  return figureOf({
    id: 'buckets',
    title: 'Routing tables by bucket',
    caption:
      'Contacts per bucket, mean over the eligible nodes at the end. Expected: the mean of ' +
      `min(k, available), k = ${config.k}, if the other ${contacts.count - 1} eligible nodes ` +
      'fall into buckets at random; what is above it are contacts that are not eligible, such as ' +
      'dead ones.',
    columns,
    rows,
    marks,
    option,
  });
}

interface Place {
  readonly name: string;
  readonly count: number;
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
}

const PLACES_SHOWN_MAX = 24;

export function placeFigure(lookups: LookupTable): Figure | undefined {
  const all = placesOf(lookups);
  if (all.length < 2) return undefined;
  const half = PLACES_SHOWN_MAX / 2;
  const isCut = all.length > PLACES_SHOWN_MAX;
  // Slowest first, as a category axis begins at the bottom.
  const shown = isCut ? [...all.slice(0, half), ...all.slice(-half)] : all;
  const most = Math.max(...shown.map(({ p90 }) => p90));
  const columns = ['place', 'lookups', 'p10 ms', 'median ms', 'p90 ms'];
  const rows = all.map(({ name, count, p10, p50, p90 }): Cell[] => [name, count, p10, p50, p90]);
  const marks = shown.map((place, i): Mark => {
    const { name, count, p10, p50, p90 } = place;
    const range = `${short(p10)} to ${short(p90)} ms for eight in ten`;
    return { x: p50, y: i, text: `${name}: median ${short(p50)} ms, ${range}, ${count} lookups` };
  });
  const option = (layout: Layout): ChartOption => ({
    grid: { ...gridOf(layout, [], layout.isNarrow ? 110 : 150), top: 10, right: 26 },
    xAxis: {
      ...xAxis({ name: 'ms', ...niceRange(0, most, layout.isNarrow ? 4 : 7) }, layout),
      splitLine: { show: true, lineStyle: { color: TONES.grid.light } },
    },
    yAxis: {
      ...yAxis({ name: '', words: shown.map(({ name }) => name) }, layout),
      splitLine: { show: false },
    },
    series: [
      {
        type: 'custom',
        name: 'p10 to p90',
        data: shown.map(({ p10, p90 }, i) => [p10, i, p90]),
        encode: { x: [0, 2], y: 1 },
        renderItem: rangeBar,
      },
      {
        type: 'scatter',
        name: 'median',
        data: shown.map(({ p50 }, i) => [p50, i]),
        symbolSize: 11,
        color: seriesColour(1),
      },
    ],
  });
  const cut = isCut ? ` The ${half} fastest and the ${half} slowest of ${all.length} places.` : '';
  return figureOf({
    id: 'latency-by-place',
    title: 'Lookup latency by place of the asker',
    caption: `The dot is the median; the bar goes from the 10th to the 90th percentile.${cut}`,
    columns,
    rows,
    marks,
    height: 74 + 26 * shown.length,
    option,
  });
}

function rangeBar(
  _: unknown,
  api: {
    readonly value: (dimension: number) => number;
    readonly coord: (at: readonly number[]) => readonly number[];
  },
): object {
  const [x = 0, y = 0] = api.coord([api.value(0), api.value(1)]);
  const [right = 0] = api.coord([api.value(2), api.value(1)]);
  const shape = { x, y: y - 5, width: Math.max(1, right - x), height: 10, r: 5 };
  return { type: 'rect', shape, style: { fill: seriesColour(0), opacity: 0.45 } };
}

/** From the slowest median to the fastest. */
function placesOf({ places, latencyMs }: LookupTable): readonly Place[] {
  const byName = new Map<string, number[]>();
  places.forEach((name, i) => {
    if (name === '') return;
    const list = byName.get(name) ?? [];
    list.push(latencyMs[i] ?? 0);
    byName.set(name, list);
  });
  const all = [...byName].map(([name, list]): Place => {
    list.sort((a, b) => a - b);
    const rank = (p: number): number => list[Math.max(0, Math.ceil(p * list.length) - 1)] ?? 0;
    return { name, count: list.length, p10: rank(0.1), p50: rank(0.5), p90: rank(0.9) };
  });
  return all.sort((a, b) => b.p50 - a.p50 || (a.name < b.name ? -1 : 1));
}
