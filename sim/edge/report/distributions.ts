/**
 * Figures of distributions: a bar per value where values are few and whole (with the theory beside
 * it, where there is one), else a histogram of touching bars with the percentiles drawn in.
 *
 * Invariant: bars are as high as their shares, which are those of the result; empty bins between
 * others are drawn as empty, not left out.
 */

import type { Distribution } from '../../observer/distribution.ts';
import { gridOf, legendOf, niceRange, shareRange, xAxis, yAxis } from './axes.ts';
import type { ChartOption, Mark } from './chart.ts';
import { figureOf } from './figure.ts';
import type { Cell, Figure, Layout } from './figure.ts';
import { percent, short } from './format.ts';
import { seriesColour, TONES } from './palette.ts';

export interface DistributionPlan {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  /** What is counted, as the axis says it: `hops`, `ms`. */
  readonly unit: string;
  /** What has the share: `lookups`. */
  readonly of: string;
  readonly distribution: Distribution;
  readonly isWhole: boolean;
  readonly colour: number;
  /** Probability of each value from 0, and what it is called. */
  readonly theory?: { readonly name: string; readonly shares: readonly number[] };
}

interface Bin {
  readonly low: number;
  readonly share: number;
}

const BARS_MAX = 24;
const BINS_MAX = 60;
const NEGLIGIBLE = 1e-4;
/** Room for the words at a percentile. */
const LABEL_WIDTH = 96;

/** Nothing for a distribution without values. */
export function distributionFigure(plan: DistributionPlan): Figure | undefined {
  const { distribution, isWhole } = plan;
  if (distribution.count === 0 || Object.keys(distribution.histogram).length === 0)
    return undefined;
  const bins = binsOf(distribution.histogram, isWhole);
  if (isWhole && bins.width === 1 && bins.all.length <= BARS_MAX) return barFigure(plan, bins.all);
  return histogramFigure(plan, bins.all, bins.width);
}

/** Bins of one width from the first to the last, empty ones included. */
function binsOf(
  histogram: Readonly<Record<string, number>>,
  isWhole: boolean,
): { readonly width: number; readonly all: readonly Bin[] } {
  const shares = new Map(Object.entries(histogram).map(([low, share]) => [Number(low), share]));
  const lows = [...shares.keys()].sort((a, b) => a - b);
  let width = isWhole ? 1 : commonWidth(lows);
  const [first = 0, last = 0] = [lows[0], lows[lows.length - 1]];
  while ((last - first) / width >= BINS_MAX) width *= 2;
  const all: Bin[] = [];
  for (let i = Math.floor(first / width); i <= Math.floor(last / width); i++) {
    all.push({ low: i * width, share: 0 });
  }
  const from = Math.floor(first / width);
  for (const [low, share] of shares) {
    const at = Math.floor(low / width) - from;
    const bin = all[at];
    if (bin !== undefined) all[at] = { low: bin.low, share: bin.share + share };
  }
  return { width, all };
}

/** The greatest width that all lower ends are multiples of. */
function commonWidth(lows: readonly number[]): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  return lows.reduce(divisor, 0) || 1;
}

function barFigure(plan: DistributionPlan, bins: readonly Bin[]): Figure {
  const { id, title, caption, unit, of, theory, colour } = plan;
  const expected = (value: number): number => theory?.shares[value] ?? 0;
  const likely = (theory?.shares ?? []).flatMap((share, value) =>
    share > NEGLIGIBLE ? [value] : [],
  );
  const lows = [...bins.map(({ low }) => low), ...likely];
  const [first, last] = [Math.min(...lows), Math.max(...lows)];
  const values = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const shareOf = new Map(bins.map(({ low, share }) => [low, share]));
  const words = values.map(String);
  const most = Math.max(...bins.map(({ share }) => share), ...(theory?.shares ?? []));
  const columns = [unit, `share of ${of}`, ...(theory === undefined ? [] : [theory.name])];
  const rows = values.map((value): Cell[] => [
    value,
    shareOf.get(value) ?? 0,
    ...(theory === undefined ? [] : [expected(value)]),
  ]);
  const marks = values.map((value, i): Mark => {
    const theoretical = theory === undefined ? '' : `; ${theory.name} ${percent(expected(value))}`;
    const measured = percent(shareOf.get(value) ?? 0);
    return { x: i, text: `${value} ${unit}: ${measured} of ${of}${theoretical}` };
  });
  const option = (layout: Layout): ChartOption => ({
    grid: gridOf(layout, theory === undefined ? [] : ['measured', theory.name]),
    ...(theory === undefined ? {} : { legend: legendOf(['measured', theory.name], layout) }),
    xAxis: xAxis({ name: unit, words }, layout),
    yAxis: yAxis({ name: `share of ${of}`, ...shareRange(most), format: percentTick }, layout),
    series: [
      {
        type: 'bar',
        name: 'measured',
        data: values.map((value) => shareOf.get(value) ?? 0),
        color: seriesColour(colour),
        barCategoryGap: '22%',
        label: {
          show: theory === undefined && values.length <= (layout.isNarrow ? 7 : 12),
          position: 'top',
          color: TONES.ink.light,
          fontSize: 13,
          formatter: ({ value }: { value: number }) => (value === 0 ? '' : percent(value)),
        },
      },
      ...(theory === undefined ? [] : [theoryLine(theory.name, values.map(expected))]),
    ],
  });
  return figureOf({ id, title, caption, columns, rows, marks, option });
}

function theoryLine(name: string, data: readonly number[]): object {
  return {
    type: 'line',
    name,
    data: [...data],
    color: seriesColour(1),
    symbol: 'diamond',
    symbolSize: 10,
    lineStyle: { width: 2, type: 'dashed', color: seriesColour(1) },
  };
}

function histogramFigure(plan: DistributionPlan, bins: readonly Bin[], width: number): Figure {
  const { id, title, caption, unit, of, colour, distribution } = plan;
  const columns = [`${unit} from`, `${unit} below`, `share of ${of}`];
  const rows = bins.map(({ low, share }): Cell[] => [low, low + width, share]);
  const marks = bins.map(({ low, share }): Mark => ({
    x: low + width / 2,
    text: `${short(low)} to ${short(low + width)} ${unit}: ${percent(share)} of ${of}`,
  }));
  const [first = 0, last = 0] = [bins[0]?.low, bins[bins.length - 1]?.low];
  const from = first <= 8 * width ? 0 : first;
  const most = Math.max(...bins.map(({ share }) => share));
  const option = (layout: Layout): ChartOption => ({
    grid: gridOf(layout),
    xAxis: xAxis({ name: unit, ...niceRange(from, last + width, layout.isNarrow ? 5 : 9) }, layout),
    yAxis: yAxis({ name: `share of ${of}`, ...shareRange(most), format: percentTick }, layout),
    series: [touchingBars(bins, width, seriesColour(colour)), percentileLines(distribution)],
  });
  return figureOf({ id, title, caption, columns, rows, marks, option });
}

function touchingBars(bins: readonly Bin[], binWidth: number, fill: string): object {
  const renderItem: CustomRender = (_, api) => {
    const low = Number(api.value(0));
    const [x = 0, y = 0] = api.coord([low, Number(api.value(1))]);
    const [right = 0, base = 0] = api.coord([low + binWidth, 0]);
    const shape = { x, y, width: Math.max(1, right - x - 1), height: base - y };
    return { type: 'rect', shape, style: { fill } };
  };
  const data = bins.map(({ low, share }) => [low, share]);
  return { type: 'custom', name: 'measured', data, renderItem };
}

/** Dashed lines at the percentiles, each with its name a line lower than the one before. */
function percentileLines({ p50, p90, p99 }: Distribution): object {
  const named = [
    ['median', p50],
    ['p90', p90],
    ['p99', p99],
  ] as const;
  const there = named.flatMap(([name, value]) => (value === null ? [] : [{ name, value }]));
  const renderItem: CustomRender = ({ coordSys, dataIndex: row }, api) => {
    const { name, value } = there[row] ?? { name: '', value: 0 };
    const [x = 0] = api.coord([value, 0]);
    const { y, height } = coordSys;
    const isRight = x + LABEL_WIDTH > coordSys.x + coordSys.width;
    const style = {
      text: `${name} ${short(value)}`,
      fill: TONES.ink.light,
      fontSize: 13,
      align: isRight ? 'right' : 'left',
      backgroundColor: TONES.paper.light,
      padding: [0, 3],
    };
    return {
      type: 'group',
      children: [
        {
          type: 'line',
          shape: { x1: x, y1: y + 4 + 17 * row, x2: x, y2: y + height },
          style: { stroke: TONES.ink.light, lineDash: [4, 3], lineWidth: 1 },
        },
        { type: 'text', x: isRight ? x - 3 : x + 3, y: y + 4 + 17 * row, style },
      ],
    };
  };
  const data = there.map(({ value }) => [value, 0]);
  return { type: 'custom', name: 'percentiles', data, renderItem, z: 5 };
}

type CustomRender = (
  params: {
    readonly coordSys: Readonly<Record<'x' | 'y' | 'width' | 'height', number>>;
    readonly dataIndex: number;
  },
  api: {
    readonly value: (dimension: number) => unknown;
    readonly coord: (at: readonly number[]) => readonly number[];
  },
) => object;

export function percentTick(share: number): string {
  return `${short(100 * share)} %`;
}
