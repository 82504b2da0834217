/**
 * The curves of a sweep: along one axis, one curve for each combination of the others, and where
 * the points lie on a chart.
 *
 * The axis with most numbers is drawn along; numbers that span much are drawn on a logarithmic
 * scale, words at even distances.
 */

import type { AxisPlan } from './axes.ts';
import { short } from './format.ts';
import { hopLaw, meanOf } from './hop-theory.ts';
import { isChainExact } from './lookup-figures.ts';
import { pointsOf } from './sweep-measures.ts';
import type { Measure, Point } from './sweep-measures.ts';
import { axisWords, valueText } from './sweep-read.ts';
import type { SweepFolder } from './sweep-read.ts';

export type Axis = SweepFolder['axes'][number];

export interface Curve {
  readonly name: string;
  readonly points: readonly Point[];
  /** The hop law's mean at each point, where it holds. */
  readonly theory: readonly (number | null)[];
}

/** From this ratio of the greatest to the least number on, a scale is logarithmic. */
const LOG_FROM = 20;

/** Along which the curves run: the axis with most numbers, else the first with two values. */
export function mainAxis({ axes }: SweepFolder): Axis | undefined {
  const numeric = axes.filter(({ values }) => values.length > 1 && values.every(isNumber));
  const longest = [...numeric].sort((a, b) => b.values.length - a.values.length)[0];
  return longest ?? axes.find(({ values }) => values.length > 1) ?? axes[0];
}

export function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

export function curvesOf(sweep: SweepFolder, measure: Measure, axis: Axis): readonly Curve[] {
  const others = sweep.axes.filter(({ key }) => key !== axis.key);
  const groups = new Map<string, Point[]>();
  for (const point of pointsOf(sweep, measure)) {
    const name = others.map(({ key }) => `${key} ${valueText(point.values[key])}`).join(', ');
    groups.set(name, [...(groups.get(name) ?? []), point]);
  }
  return [...groups].map(([name, points]) => {
    const sorted = axis.values.every(isNumber)
      ? [...points].sort((a, b) => Number(a.values[axis.key]) - Number(b.values[axis.key]))
      : points;
    return { name: name || measure.name, points: sorted, theory: theoryOf(sweep, measure, sorted) };
  });
}

function theoryOf(
  sweep: SweepFolder,
  measure: Measure,
  points: readonly Point[],
): readonly (number | null)[] {
  if (measure.id !== 'hops-to-target') return points.map(() => null);
  const laws = new Map<number, ReturnType<typeof hopLaw>>();
  return points.map(({ values }) => {
    const config = sweep.cells.find((cell) => cell.result && sameValues(cell.values, values))
      ?.result?.config;
    if (config === undefined || !isChainExact({ config })) return null;
    const law = laws.get(config.k) ?? hopLaw(config.k);
    laws.set(config.k, law);
    return meanOf(law(config.nodes));
  });
}

function sameValues(a: Point['values'], b: Point['values']): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** How values of an axis become places; numbers that span much lie by their logarithms. */
export function scaleOf(axis: Axis): {
  readonly plan: Partial<AxisPlan>;
  readonly at: (point: Point) => number;
} {
  const { key, values } = axis;
  const numbers = values.filter(isNumber);
  if (numbers.length < values.length || values.length < 2) {
    const whole = values.map(valueText);
    const at = (point: Point): number => whole.indexOf(valueText(point.values[key]));
    return { plan: axisWords(axis), at };
  }
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  const isLog = least > 0 && most / least >= LOG_FROM;
  const place = (value: number): number => (isLog ? Math.log2(value) : value);
  const room = 0.05 * (place(most) - place(least));
  const plan = {
    min: place(least) - room,
    max: place(most) + room,
    at: numbers.map(place).sort((a, b) => a - b),
    format: (at: number) => short(isLog ? Math.round(2 ** at * 1e6) / 1e6 : at),
  };
  return { plan, at: (point) => place(Number(point.values[key])) };
}
