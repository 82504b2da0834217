/**
 * Draws the curves of a sweep, with 95 % intervals over the seeds.
 */

import { DASHES, gridOf, legendOf, xAxis, yAxis } from './axes.ts';
import type { ChartOption, Mark } from './chart.ts';
import { figureOf } from './figure.ts';
import type { Cell, Figure, Layout } from './figure.ts';
import { seriesColour, TONES } from './palette.ts';
import { curvesOf, isNumber, mainAxis, scaleOf } from './sweep-curves.ts';
import type { Axis, Curve } from './sweep-curves.ts';
import { pointText } from './sweep-measures.ts';
import type { Measure, Point } from './sweep-measures.ts';
import { valueText } from './sweep-read.ts';
import type { SweepFolder } from './sweep-read.ts';

const CURVES_MAX = 8;

export function curveFigure(sweep: SweepFolder, measure: Measure): Figure | undefined {
  const axis = mainAxis(sweep);
  if (axis === undefined) return undefined;
  const all = curvesOf(sweep, measure, axis);
  const curves = all.slice(0, CURVES_MAX);
  const scale = scaleOf(axis);
  const hasTheory = curves.some(({ theory }) => theory.some((value) => value !== null));
  const others = sweep.axes.filter(({ key }) => key !== axis.key).map(({ key }) => key);
  const columns = [axis.key, ...others, 'mean', '95 % low', '95 % high', 'seeds'];
  const rows = all.flatMap(({ points, theory }) =>
    points.map((point, i) => [
      ...rowOf(axis, others, point),
      ...(hasTheory ? [theory[i] ?? null] : []),
    ]),
  );
  const marks = curves.flatMap((curve) => curve.points.flatMap((point) => markOf(curve, point)));
  const names = curves.length > 1 || hasTheory ? legendNames(curves, hasTheory) : [];
  const option = (layout: Layout): ChartOption => ({
    grid: gridOf(layout, names, 58),
    ...(names.length === 0 ? {} : { legend: legendOf(names, layout, iconOf) }),
    xAxis: xAxis({ name: axis.key, ...scale.plan }, layout),
    yAxis: yAxis({ name: measure.unit, format: measure.tick, ...floorOf(curves) }, layout),
    series: curves.flatMap((curve, i) => curveSeries(curve, i, scale.at, hasTheory)),
  });
  const few = all.length > curves.length ? ` The first ${CURVES_MAX} of ${all.length} curves.` : '';
  const law = hasTheory ? ' Dashed: the hop law of converged tables, which holds here.' : '';
  return figureOf({
    id: `curve-${measure.id}`,
    title: `${measure.name}, by ${axis.key}`,
    caption: `Mean over the seeds; bars are 95 % intervals by Student’s t.${law}${few}`,
    columns: hasTheory ? [...columns, 'theory'] : columns,
    rows,
    marks,
    isFull: sweep.axes.length < 2,
    option,
  });

  function markOf(curve: Curve, point: Point): Mark[] {
    if (point.samples.length === 0) return [];
    const where = others.length === 0 ? '' : `${curve.name}, `;
    const at = `${where}${axis?.key ?? ''} ${valueText(point.values[axis?.key ?? ''])}`;
    const text = `${at}: ${pointText(point, measure)}`;
    return [{ x: scale.at(point), y: point.mean, text }];
  }
}

function rowOf(axis: Axis, others: readonly string[], point: Point): Cell[] {
  const cell = (key: string): Cell => {
    const value = point.values[key];
    return isNumber(value) ? value : valueText(value);
  };
  const { samples, mean, interval } = point;
  const ends = [interval?.low ?? null, interval?.high ?? null];
  const keys = [cell(axis.key), ...others.map(cell)];
  return [...keys, samples.length === 0 ? null : mean, ...ends, samples.length];
}

function legendNames(curves: readonly Curve[], hasTheory: boolean): readonly string[] {
  return [...curves.map(({ name }) => name), ...(hasTheory ? ['theory'] : [])];
}

function iconOf(name: string): string | undefined {
  return name === 'theory' ? DASHES : undefined;
}

/** From zero, unless that would hide how the curves differ. */
function floorOf(curves: readonly Curve[]): { readonly min?: number } {
  const values = curves.flatMap(({ points }) =>
    points.flatMap(({ interval, mean }) => (Number.isFinite(mean) ? [interval?.low ?? mean] : [])),
  );
  const most = Math.max(...curves.flatMap(({ points }) => points.map(({ mean }) => mean || 0)));
  return Math.min(...values) >= 0 && Math.min(...values) < 0.6 * most ? { min: 0 } : {};
}

const SYMBOLS = ['circle', 'rect', 'triangle', 'diamond'] as const;

function curveSeries(
  curve: Curve,
  index: number,
  at: (point: Point) => number,
  hasTheory: boolean,
): readonly object[] {
  const color = seriesColour(index);
  const there = curve.points.filter(({ samples }) => samples.length > 0);
  const line = {
    type: 'line',
    name: curve.name,
    color,
    symbol: SYMBOLS[index % SYMBOLS.length],
    symbolSize: 9,
    itemStyle: { color, borderWidth: 0 },
    lineStyle: { width: 2, color },
    data: there.map((point) => [at(point), point.mean]),
  };
  const bars = {
    type: 'custom',
    name: `${curve.name} intervals`,
    data: there.flatMap((point) =>
      point.interval === undefined ? [] : [[at(point), point.interval.low, point.interval.high]],
    ),
    renderItem: (_: unknown, api: RenderApi) => errorBar(api, color),
    encode: { x: 0, y: [1, 2] },
    silent: true,
  };
  if (!hasTheory) return [bars, line];
  const law = {
    type: 'line',
    name: 'theory',
    color: TONES.ink.light,
    symbol: 'none',
    // Above the curves: where the law holds it would be hidden by them.
    z: 3,
    lineStyle: { width: 1.5, color: TONES.ink.light, type: 'dashed' },
    data: curve.points.map((point, i) => [at(point), curve.theory[i] ?? null]),
  };
  return [bars, line, law];
}

interface RenderApi {
  readonly value: (dimension: number) => number;
  readonly coord: (at: readonly number[]) => readonly number[];
}

function errorBar(api: RenderApi, stroke: string): object {
  const [x = 0, bottom = 0] = api.coord([api.value(0), api.value(1)]);
  const [, top = 0] = api.coord([api.value(0), api.value(2)]);
  const line = (x1: number, y1: number, x2: number, y2: number): object => ({
    type: 'line',
    shape: { x1, y1, x2, y2 },
    style: { stroke, lineWidth: 1.5 },
  });
  return {
    type: 'group',
    children: [
      line(x, bottom, x, top),
      line(x - 4, bottom, x + 4, bottom),
      line(x - 4, top, x + 4, top),
    ],
  };
}
