/**
 * A heat map of a sweep over two axes: the mean over the seeds by place of the grid, as colour and
 * in figures. The scale is even in lightness and reads the same without red or green.
 */

import { xAxis, yAxis } from './axes.ts';
import type { ChartOption, Mark } from './chart.ts';
import { figureOf } from './figure.ts';
import type { Cell, Figure, Layout } from './figure.ts';
import { heatColour, textOn, TONES } from './palette.ts';
import { pointsOf, pointText } from './sweep-measures.ts';
import type { Measure, Point } from './sweep-measures.ts';
import { axisWords, valueText } from './sweep-read.ts';
import type { SweepFolder } from './sweep-read.ts';

interface Tile {
  readonly point: Point;
  readonly column: number;
  readonly row: number;
}

/** Wider tiles than this leave room for figures. */
const TILE_TEXT_MIN = 40;

/** Nothing unless there are two axes with more than one value. */
export function heatFigure(sweep: SweepFolder, measure: Measure): Figure | undefined {
  const axes = sweep.axes.filter(({ values }) => values.length > 1);
  const [across, up] = axes;
  if (across === undefined || up === undefined || axes.length > 2) return undefined;
  const columns = across.values.map(valueText);
  const rows = up.values.map(valueText);
  const tiles = pointsOf(sweep, measure).map((point): Tile => ({
    point,
    column: columns.indexOf(valueText(point.values[across.key])),
    row: rows.indexOf(valueText(point.values[up.key])),
  }));
  const means = tiles.flatMap(({ point }) => (point.samples.length > 0 ? [point.mean] : []));
  const [least, most] = [Math.min(...means), Math.max(...means)];
  const shareOf = (mean: number): number => (most > least ? (mean - least) / (most - least) : 0.5);
  const option = (layout: Layout): ChartOption => ({
    grid: { left: 66, right: 14, top: 62, bottom: 48, outerBoundsMode: 'none' },
    xAxis: { ...xAxis(axisWords(across), layout), axisTick: { show: false } },
    yAxis: { ...yAxis(axisWords(up), layout), splitLine: { show: false } },
    series: [
      tileSeries(tiles, measure, shareOf, (layout.width - 80) / columns.length),
      scaleSeries(measure, least, most),
    ],
  });
  return figureOf({
    id: `heat-${measure.id}`,
    title: `${measure.name}, by ${across.key} and ${up.key}`,
    caption: 'Mean over the seeds at each place of the grid; a cross is a cell without a result.',
    columns: [across.key, up.key, 'mean', 'seeds'],
    rows: tiles.map(({ point, column, row }): Cell[] => {
      const mean = point.samples.length === 0 ? null : point.mean;
      return [columns[column] ?? '', rows[row] ?? '', mean, point.samples.length];
    }),
    marks: tiles.map(({ point, column, row }): Mark => {
      const at = `${across.key} ${columns[column] ?? ''}, ${up.key} ${rows[row] ?? ''}`;
      return { x: column, y: row, text: `${at}: ${pointText(point, measure)}` };
    }),
    height: Math.max(260, 110 + 46 * rows.length),
    option,
  });
}

function tileSeries(
  tiles: readonly Tile[],
  measure: Measure,
  shareOf: (mean: number) => number,
  room: number,
): object {
  return {
    type: 'custom',
    name: measure.name,
    data: tiles.map(({ column, row }) => [column, row]),
    renderItem: (params: { readonly dataIndex: number }, api: RenderApi) => {
      const tile = tiles[params.dataIndex];
      const [x = 0, y = 0] = api.coord([api.value(0), api.value(1)]);
      const [width = 0, height = 0] = api.size([1, 1]);
      if (tile === undefined) return null;
      const isEmpty = tile.point.samples.length === 0;
      const fill = heatColour(shareOf(tile.point.mean));
      const shape = {
        x: x - width / 2 + 1,
        y: y - height / 2 + 1,
        width: width - 2,
        height: height - 2,
      };
      const text = isEmpty ? '×' : room < TILE_TEXT_MIN ? '' : measure.show(tile.point.mean);
      const ink = isEmpty ? TONES.muted.light : textOn(fill);
      const box = isEmpty ? { fill: 'none', stroke: TONES.axis.light } : { fill };
      return {
        type: 'group',
        children: [
          { type: 'rect', shape, style: box },
          {
            type: 'text',
            x,
            y,
            style: { text, fill: ink, fontSize: 13, align: 'center', verticalAlign: 'middle' },
          },
        ],
      };
    },
  };
}

const SCALE_STEPS = 24;
const SCALE_WIDTH = 120;

/** The scale, above the plot on the right. */
function scaleSeries(measure: Measure, least: number, most: number): object {
  const renderItem = (params: {
    readonly coordSys: { readonly x: number; readonly width: number };
  }): object => {
    const { x, width } = params.coordSys;
    const left = x + width - SCALE_WIDTH - 62;
    const step = SCALE_WIDTH / SCALE_STEPS;
    const label = (text: string, at: number, align: string): object => ({
      type: 'text',
      x: at,
      y: 12,
      style: { text, fill: TONES.muted.light, fontSize: 13, align, verticalAlign: 'middle' },
    });
    return {
      type: 'group',
      children: [
        ...Array.from({ length: SCALE_STEPS }, (_, i) => ({
          type: 'rect',
          shape: { x: left + i * step, y: 6, width: step + 0.5, height: 12 },
          style: { fill: heatColour(i / (SCALE_STEPS - 1)) },
        })),
        label(measure.show(least), left - 8, 'right'),
        label(measure.show(most), left + SCALE_WIDTH + 8, 'left'),
      ],
    };
  };
  return { type: 'custom', name: 'scale', data: [[0, 0]], renderItem, silent: true };
}

interface RenderApi {
  readonly value: (dimension: number) => number;
  readonly coord: (at: readonly number[]) => readonly number[];
  readonly size: (at: readonly number[]) => readonly number[];
}
