/**
 * Draws a chart as SVG text with ECharts, without a browser. The same chart gives the same bytes in
 * every process: no animation, no ids that count drawings.
 *
 * Invariant: the SVG holds presentation attributes only, no style element or attribute and no
 * script, so that a page with a strict content policy shows it as it is.
 */

import { BarChart, CustomChart, HeatmapChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, LegendComponent, VisualMapComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { escape } from './format.ts';
import { TONES } from './palette.ts';

/** What ECharts calls an option, as far as we use it. */
export interface ChartOption {
  readonly grid: object;
  readonly legend?: object;
  readonly visualMap?: object;
  readonly xAxis: object;
  readonly yAxis: object;
  readonly series: readonly object[];
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What a reader can point at: a place in the chart's coordinates, and what is said of it. */
export interface Mark {
  /** Absent means that the mark is a whole column or row of the chart. */
  readonly x: number | string;
  readonly y?: number | string;
  readonly text: string;
}

export interface Drawing extends Size {
  readonly svg: string;
  /** Pixels of each mark; null where the whole column or row counts. */
  readonly points: readonly (readonly [number, number | null])[];
}

/** Single quotes: the library writes it between double ones as it is. */
export const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";

use([
  BarChart,
  CustomChart,
  HeatmapChart,
  LineChart,
  ScatterChart,
  GridComponent,
  LegendComponent,
  VisualMapComponent,
  SVGRenderer,
]);

/**
 * @param id names the drawing, and everything in it that needs a name
 * @param label what is drawn, for those who do not see it
 */
export function draw(
  id: string,
  label: string,
  size: Size,
  option: ChartOption,
  marks: readonly Mark[],
): Drawing {
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    chart.setOption({
      animation: false,
      textStyle: { fontFamily: FONT, fontSize: 13, color: TONES.muted.light },
      ...option,
    });
    const points = marks.map(({ x, y }): readonly [number, number | null] => {
      const [left, top] = pixel(chart.convertToPixel({ gridIndex: 0 }, [x, y ?? 0]));
      return [left, y === undefined ? null : top];
    });
    return { ...size, svg: cleaned(id, label, chart.renderToSVGString()), points };
  } finally {
    chart.dispose();
  }
}

function pixel(at: unknown): readonly [number, number] {
  const [x, y] = Array.isArray(at) ? (at as readonly unknown[]) : [];
  const rounded = (value: unknown): number =>
    typeof value === 'number' ? Math.round(10 * value) / 10 : 0;
  return [rounded(x), rounded(y)];
}

/** Styles become attributes; what only serves scripts goes; ids get the drawing's name. */
function cleaned(id: string, label: string, svg: string): string {
  return (
    svg
      .replace(/<style[\s\S]*?<\/style>\s*/g, '')
      .replace(/ style="([^"]*)"/g, (_, style: string) => attributesOf(style))
      .replace(/ (?:class|ecmeta_\w+|pointer-events|xml:space)="[^"]*"/g, '')
      // Boxes that only catch the pointer.
      .replace(/<path [^>]*fill-opacity="0" stroke="[^"]*" stroke-width="0"><\/path>\s*/g, '')
      .replace(/zr\d+-/g, `${id}-`)
      .replace(/^<svg /, `<svg role="img" aria-label="${escape(label)}" `)
      .replace(/ xmlns:xlink="[^"]*"| baseProfile="[^"]*"/g, '')
      .replace(/<defs >\s*<\/defs>\s*/g, '')
  );
}

function attributesOf(style: string): string {
  const entries = style
    .replaceAll('&quot;', "'")
    .split(';')
    .map((entry) => entry.split(':').map((part) => part.trim()));
  return entries
    .filter(([name, value]) => /^font-(?:size|family|weight|style)$/.test(name ?? '') && value)
    .map(([name = '', value = '']) => ` ${name}="${value.replaceAll('"', "'")}"`)
    .join('');
}
