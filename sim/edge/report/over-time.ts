/**
 * Figures over simulated time: online nodes, traffic by kind as stacked areas, success of lookups
 * and GETs, dead contacts, replicas. A step is drawn at its end, where the series has it; a step
 * without a value is a gap, never a zero.
 */

import type { Series } from '../../observer/series.ts';
import type { FaultSpec } from '../../options.ts';
import { gridOf, legendOf, niceRange, xAxis, yAxis } from './axes.ts';
import type { ChartOption, Mark } from './chart.ts';
import { percentTick } from './distributions.ts';
import { faultLines, faultText } from './fault-lines.ts';
import { figureOf } from './figure.ts';
import type { Cell, Figure, Layout } from './figure.ts';
import { percent, short } from './format.ts';
import { seriesColour } from './palette.ts';

interface Line {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

interface TimePlan {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly unit: string;
  readonly lines: readonly Line[];
  readonly format: (value: number) => string;
  readonly tick?: (value: number) => string;
  readonly isStacked?: boolean;
  readonly isFull?: boolean;
  readonly min?: number;
  readonly max?: number;
  readonly colour?: number;
}

/** @param faults of the scenario: where they begin and end is drawn across every figure */
export function timeFigures(series: Series, faults: readonly FaultSpec[]): readonly Figure[] {
  if (series.atMs.length === 0) return [];
  const plans = [trafficPlan(series), successPlan(series), onlinePlan(series), deadPlan(series)];
  return [...plans, replicaPlan(series)].flatMap((plan) =>
    plan === undefined ? [] : [timeFigure(plan, series.atMs, faults)],
  );
}

function onlinePlan({ online }: Series): TimePlan {
  return {
    id: 'online',
    title: 'Online nodes',
    caption: 'Nodes that are online at the end of each step.',
    unit: 'nodes',
    lines: [{ name: 'online nodes', values: online }],
    format: short,
    colour: 0,
    ...roomFor(online),
  };
}

function trafficPlan({ traffic }: Series): TimePlan | undefined {
  const lines = Object.entries(traffic)
    .filter(([, values]) => values.some((value) => value > 0))
    .map(([name, values]) => ({ name, values }));
  if (lines.length === 0) return undefined;
  return {
    id: 'traffic',
    title: 'Traffic by kind of message',
    caption:
      'Messages sent per online node and second, requests and replies, lost ones included; ' +
      'the areas are stacked, so the upper edge is all traffic.',
    unit: 'messages per node and second',
    lines,
    format: short,
    isStacked: true,
    isFull: true,
    min: 0,
  };
}

function successPlan({ lookups, succeeded, exact, gets, found }: Series): TimePlan | undefined {
  const all: readonly Line[] = [
    { name: 'lookups succeeded', values: ratios(succeeded, lookups) },
    { name: 'lookups exact', values: ratios(exact, lookups) },
    { name: 'GETs found', values: ratios(found, gets) },
  ];
  const lines = all.filter(({ values }) => values.some((value) => value !== null));
  if (lines.length === 0) return undefined;
  const least = Math.min(...lines.flatMap(({ values }) => values.map((value) => value ?? 1)));
  const min = [0.99, 0.9, 0.5].find((floor) => least >= floor) ?? 0;
  return {
    id: 'success',
    title: 'Success',
    caption:
      'Shares of the operations that ended in each step.' +
      (min > 0 ? ` The axis begins at ${percentTick(min)}.` : ''),
    unit: 'share',
    lines,
    format: percent,
    tick: percentTick,
    min,
    max: 1,
  };
}

function deadPlan({ deadShare }: Series): TimePlan | undefined {
  if (deadShare.length === 0) return undefined;
  return {
    id: 'dead-contacts',
    title: 'Dead contacts',
    caption:
      'Contacts that are offline, over all contacts in the tables of a sample of the ' +
      'eligible nodes.',
    unit: 'share of contacts',
    lines: [{ name: 'dead contacts', values: deadShare }],
    format: percent,
    tick: percentTick,
    min: 0,
    colour: 1,
  };
}

function replicaPlan({ replicas }: Series): TimePlan | undefined {
  if (replicas.every((value) => value === null)) return undefined;
  return {
    id: 'replicas',
    title: 'Replicas',
    caption: 'Mean number of live holders of an acknowledged key that has not expired.',
    unit: 'live holders',
    lines: [{ name: 'replicas', values: replicas }],
    format: short,
    min: 0,
    colour: 2,
  };
}

function timeFigure(plan: TimePlan, atMs: readonly number[], faults: readonly FaultSpec[]): Figure {
  const { id, title, lines, unit, format, isStacked = false, isFull = false } = plan;
  const caption = [plan.caption, ...faults.map(faultText)].join(' ');
  const [scale, clock] = clockOf(atMs[atMs.length - 1] ?? 0);
  const names = lines.map(({ name }) => name);
  const times = atMs.map((at) => at / scale);
  const columns = [`time (${clock})`, ...names];
  const rows = times.map((at, i): Cell[] => [at, ...lines.map(({ values }) => values[i] ?? null)]);
  const marks = times.map((at, i): Mark => {
    const parts = lines.map(({ name, values }) => {
      const value = values[i] ?? null;
      return `${name} ${value === null ? '–' : format(value)}`;
    });
    return { x: at, text: `${short(at)} ${clock}: ${parts.join(', ')}` };
  });
  const option = (layout: Layout): ChartOption => ({
    grid: gridOf(layout, lines.length > 1 ? names : [], 58),
    ...(lines.length > 1
      ? { legend: legendOf(names, layout, isStacked ? 'rect' : undefined) }
      : {}),
    xAxis: xAxis({ name: `time (${clock})`, min: 0, ...clockTicks(times, layout) }, layout),
    yAxis: yAxis(
      {
        name: unit,
        format: plan.tick ?? short,
        ...(plan.min === undefined ? {} : { min: plan.min }),
        ...(plan.max === undefined ? {} : { max: plan.max }),
      },
      layout,
    ),
    series: [
      ...lines.map(({ name, values }, i) => {
        const color = seriesColour((plan.colour ?? 0) + i);
        const data = times.map((at, step) => [at, values[step] ?? null]);
        return { ...lineStyle(name, color, i), data, ...(isStacked ? stacked(color) : {}) };
      }),
      ...(faults.length === 0 ? [] : [faultLines(faults, scale)]),
    ],
  });
  return figureOf({ id, title, caption, columns, rows, marks, isFull, option });
}

const DASHES = ['solid', 'dashed', 'dotted'] as const;

function lineStyle(name: string, color: string, index: number): object {
  const type = DASHES[index % DASHES.length] ?? 'solid';
  return { type: 'line', name, color, symbol: 'none', lineStyle: { width: 2, color, type } };
}

function stacked(color: string): object {
  return {
    stack: 'all',
    lineStyle: { width: 1, color, type: 'solid' },
    areaStyle: { color, opacity: 0.75 },
  };
}

function clockOf(endMs: number): readonly [number, string] {
  if (endMs > 6 * 3_600_000) return [3_600_000, 'h'];
  if (endMs > 180_000) return [60_000, 'min'];
  return [1000, 's'];
}

/** Up to the last step, which need not be a round time. */
function clockTicks(
  times: readonly number[],
  layout: Layout,
): { readonly max: number; readonly at: readonly number[] } {
  const last = times[times.length - 1] ?? 1;
  const { step } = niceRange(0, last, layout.isNarrow ? 5 : 9);
  const count = Math.floor(last / step + 1e-9);
  return { max: last, at: Array.from({ length: count + 1 }, (_, i) => i * step) };
}

function ratios(parts: readonly number[], wholes: readonly number[]): readonly (number | null)[] {
  return wholes.map((all, i) => (all === 0 ? null : (parts[i] ?? 0) / all));
}

/** From zero, unless that would hide how the numbers change. */
function roomFor(values: readonly number[]): { readonly min?: number } {
  const least = Math.min(...values);
  const most = Math.max(...values);
  return most > 0 && least / most > 0.8 ? {} : { min: 0 };
}
