/**
 * Both results in one figure per distribution: pairs of bars where values are few and whole, else
 * how many are faster, as two curves up to the 99th percentile.
 */

import { DASHES, gridOf, legendOf, niceRange, shareRange, xAxis, yAxis } from '../report/axes.ts';
import type { ChartOption, Mark } from '../report/chart.ts';
import { percentTick } from '../report/distributions.ts';
import { figureOf } from '../report/figure.ts';
import type { Cell, Figure, Layout } from '../report/figure.ts';
import { percent, short } from '../report/format.ts';
import { seriesColour } from '../report/palette.ts';
import { DRAWN } from './measures.ts';
import type { DrawnSample } from './measures.ts';
import type { Side } from './side.ts';

const NAMES = ['A', 'B'] as const;
/** In a legend, of an unbroken line. */
const LINE = 'path://M0 4H21V6H0Z';
const BARS_MAX = 24;
/** A curve goes through so many percentiles. */
const CURVE_STEPS = 99;

/** Of those distributions of which both have samples. */
export function comparedFigures(a: Side, b: Side): readonly Figure[] {
  return DRAWN.flatMap((drawn) => {
    const [inA, inB] = [drawn.sample(a).values, drawn.sample(b).values];
    if (inA.length === 0 || inB.length === 0) return [];
    const values = valuesOf(inA, inB);
    const isFew = drawn.unit !== 'ms' && values.length <= BARS_MAX;
    return [isFew ? barFigure(drawn, inA, inB, values) : curveFigure(drawn, inA, inB)];
  });
}

/** Every whole value from the least to the greatest. */
function valuesOf(a: Float64Array, b: Float64Array): readonly number[] {
  const least = Math.min(a[0] ?? 0, b[0] ?? 0);
  const most = Math.max(a.at(-1) ?? 0, b.at(-1) ?? 0);
  return Array.from({ length: Math.floor(most - least) + 1 }, (_, i) => least + i);
}

function barFigure(
  { id, title, caption, unit, of }: DrawnSample,
  a: Float64Array,
  b: Float64Array,
  values: readonly number[],
): Figure {
  const shares = [a, b].map((sample) =>
    values.map((value) => sample.filter((other) => other === value).length / sample.length),
  );
  const [inA = [], inB = []] = shares;
  const rows = values.map((value, i): Cell[] => [value, inA[i] ?? 0, inB[i] ?? 0]);
  const marks = values.map((value, i): Mark => {
    const both = `A ${percent(inA[i] ?? 0)}, B ${percent(inB[i] ?? 0)}`;
    return { x: i, text: `${value} ${unit}: ${both} of ${of}` };
  });
  const most = Math.max(...inA, ...inB);
  const option = (layout: Layout): ChartOption => ({
    grid: gridOf(layout, NAMES),
    legend: legendOf(NAMES, layout),
    xAxis: xAxis({ name: unit, words: values.map(String) }, layout),
    yAxis: yAxis({ name: `share of ${of}`, ...shareRange(most), format: percentTick }, layout),
    series: NAMES.map((name, i) => ({
      type: 'bar',
      name,
      data: [...(shares[i] ?? [])],
      color: seriesColour(i),
      barGap: '0%',
      barCategoryGap: '25%',
    })),
  });
  const columns = [unit, `A, share of ${of}`, `B, share of ${of}`];
  return figureOf({ id, title, caption, columns, rows, marks, option });
}

function curveFigure(
  { id, title, caption, unit, of }: DrawnSample,
  a: Float64Array,
  b: Float64Array,
): Figure {
  const shares = Array.from({ length: CURVE_STEPS }, (_, i) => (i + 1) / (CURVE_STEPS + 1));
  const at = (sample: Float64Array, share: number): number =>
    sample[Math.max(0, Math.ceil(share * sample.length) - 1)] ?? 0;
  const rows = shares.map((share): Cell[] => [share, at(a, share), at(b, share)]);
  const marks = shares.map((share): Mark => {
    const [inA, inB] = [at(a, share), at(b, share)];
    const both = `A ${short(inA)}, B ${short(inB)} ${unit}`;
    return { x: inA, y: share, text: `${percent(share)} of ${of} within: ${both}` };
  });
  const ends = [a, b].flatMap((sample) => [at(sample, 0.01), at(sample, 0.99)]);
  const [least, most] = [Math.min(...ends), Math.max(...ends)];
  const from = least < 0.5 * most ? 0 : least;
  const option = (layout: Layout): ChartOption => ({
    grid: gridOf(layout, NAMES),
    legend: legendOf(NAMES, layout, (name) => (name === 'A' ? LINE : DASHES)),
    xAxis: xAxis({ name: unit, ...niceRange(from, most, layout.isNarrow ? 5 : 9) }, layout),
    yAxis: yAxis({ name: `share of ${of} within`, min: 0, max: 1, format: percentTick }, layout),
    series: [a, b].map((sample, i) => ({
      type: 'line',
      name: NAMES[i] ?? '',
      data: shares.map((share) => [at(sample, share), share]),
      color: seriesColour(i),
      symbol: 'none',
      lineStyle: { width: 2, type: i === 0 ? 'solid' : 'dashed', color: seriesColour(i) },
    })),
  });
  const columns = ['share', `A, ${unit}`, `B, ${unit}`];
  return figureOf({ id, title, caption, columns, rows, marks, option });
}
