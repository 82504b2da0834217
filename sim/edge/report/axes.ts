/**
 * The parts that all charts share: axes, margins and legend in one style. Margins are fixed, so
 * that the plots of a page line up; an axis says its name above or below itself, never sideways.
 */

import type { Layout } from './figure.ts';
import { short } from './format.ts';
import { TONES } from './palette.ts';

export interface AxisPlan {
  readonly name: string;
  /** Given, the axis has these words instead of numbers. */
  readonly words?: readonly string[];
  readonly min?: number | 'dataMin';
  readonly max?: number | 'dataMax';
  readonly format?: (value: number) => string;
  /** At most so many ticks, about. */
  readonly ticks?: number;
  /** Between two ticks. */
  readonly step?: number;
  /** Where the ticks are, instead of at even steps. */
  readonly at?: readonly number[];
}

const label = { color: TONES.muted.light, fontSize: 13 };
const name = { color: TONES.muted.light, fontSize: 13 };

/** @param legend the names of the legend, if there is one */
export function gridOf(layout: Layout, legend: readonly string[] = [], left = 52): object {
  const right = layout.isNarrow ? 22 : 26;
  const top = 40 + LEGEND_LINE * legendLines(legend, layout);
  return { left, right, top, bottom: 48, outerBoundsMode: 'none' };
}

export function xAxis(plan: AxisPlan, layout: Layout): object {
  return {
    ...axisOf(plan, layout),
    name: plan.name,
    nameLocation: 'middle',
    nameGap: 29,
    nameTextStyle: name,
    splitLine: { show: false },
    axisLine: { show: true, onZero: false, lineStyle: { color: TONES.axis.light } },
    axisTick: { show: true, lineStyle: { color: TONES.axis.light }, ...ticksAt(plan.at) },
  };
}

function ticksAt(at: readonly number[] | undefined): object {
  return at === undefined ? {} : { customValues: [...at] };
}

export function yAxis(plan: AxisPlan, layout: Layout): object {
  return {
    ...axisOf({ ticks: 5, ...plan }, layout),
    name: plan.name,
    nameLocation: 'end',
    nameGap: 18,
    nameTextStyle: { ...name, align: 'left', padding: [0, 0, 0, -44] },
    splitLine: { show: true, lineStyle: { color: TONES.grid.light } },
    axisLine: { show: false },
    axisTick: { show: false },
  };
}

function axisOf(plan: AxisPlan, layout: Layout): object {
  const { words, format = short, ticks, min, max, step, at } = plan;
  if (words !== undefined) {
    return {
      type: 'category',
      data: [...words],
      axisLabel: { ...label, hideOverlap: true },
      axisTick: { alignWithLabel: true },
    };
  }
  return {
    type: 'value',
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(step === undefined ? {} : { interval: step }),
    splitNumber: ticks ?? (layout.isNarrow ? 4 : 7),
    axisLabel: {
      ...label,
      hideOverlap: true,
      formatter: (value: number) => format(value),
      ...ticksAt(at),
    },
  };
}

/**
 * A legend with every name at a place of its own: what a page's font needs is not known when the
 * chart is drawn, so each name gets room enough in any.
 */
export function legendOf(
  names: readonly string[],
  layout: Layout,
  icon?: string | ((name: string) => string | undefined),
): object {
  const iconOf = (name: string): object => {
    const own = typeof icon === 'function' ? icon(name) : icon;
    return own === undefined ? {} : { icon: own };
  };
  return placesOf(names, layout).map(({ name, left, line }) => ({
    data: [{ name, ...iconOf(name) }],
    left,
    top: LEGEND_LINE * line,
    padding: 0,
    itemWidth: 22,
    itemHeight: 9,
    textStyle: { color: TONES.muted.light, fontSize: 13 },
  }));
}

/** In a legend, of a dashed line. */
export const DASHES = 'path://M0 4H8V6H0Z M13 4H21V6H13Z';

const LEGEND_LINE = 22;
/** Of a letter, rather too much than too little. */
const LETTER_WIDTH = 7.8;

function placesOf(
  names: readonly string[],
  layout: Layout,
): readonly { readonly name: string; readonly left: number; readonly line: number }[] {
  let left = 4;
  let line = 0;
  return names.map((name) => {
    const width = 34 + LETTER_WIDTH * name.length;
    if (left > 4 && left + width > layout.width) [left, line] = [4, line + 1];
    const place = { name, left, line };
    left += width + 10;
    return place;
  });
}

function legendLines(names: readonly string[], layout: Layout): number {
  return names.length === 0 ? 0 : 1 + Math.max(...placesOf(names, layout).map(({ line }) => line));
}

/** Round ends and steps of an axis that holds a range, in at most so many steps. */
export function niceRange(
  low: number,
  high: number,
  steps: number,
): { readonly min: number; readonly max: number; readonly step: number } {
  const least = (high - low) / steps || 1;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = power * ([1, 2, 5].find((part) => part * power >= least * (1 - 1e-9)) ?? 10);
  const round = (value: number): number => Number((value * step).toPrecision(12));
  const min = round(Math.floor(low / step + 1e-9));
  return { min, max: round(Math.ceil(high / step - 1e-9)), step };
}

/** From zero to somewhat above the greatest share, so that what stands on a bar has room. */
export function shareRange(most: number): { readonly min: number; readonly max: number } {
  return most >= 0.9 ? { min: 0, max: 1 } : niceRange(0, 1.08 * most, 6);
}
