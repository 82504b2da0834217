/**
 * What was found in reports/disjoint-paths: success against the bound for independent paths, as
 * text, and as a figure beside those of the sweep.
 *
 * The bound: with h_i the share of lookups of i hops on one path without droppers, and a share m of
 * droppers, d paths succeed at least with sum over i of h_i (1 - (1 - (1 - m)^i)^d). A target that
 * is honest for sure makes that i - 1.
 */
import { DASHES, gridOf, legendOf, xAxis, yAxis } from '../../sim/edge/report/axes.ts';
import { percentTick } from '../../sim/edge/report/distributions.ts';
import { figureOf } from '../../sim/edge/report/figure.ts';
import type { Figure } from '../../sim/edge/report/figure.ts';
import { seriesColour } from '../../sim/edge/report/palette.ts';
import type { SweepFolder } from '../../sim/edge/report/sweep-read.ts';
import { Grid, share, table } from './grid.ts';

interface Place {
  readonly share: number;
  readonly paths: number;
  readonly found: number;
  readonly bound: number;
  /** With the target counted as honest. */
  readonly honest: number;
}

export function pathsFound(sweep: SweepFolder): string {
  const places = placesOf(new Grid(sweep));
  const counts = [...new Set(places.map(({ paths }) => paths))];
  const at = (hostileShare: number, paths: number): Place => {
    const place = places.find((one) => one.share === hostileShare && one.paths === paths);
    if (place === undefined) throw new Error(`no place for ${hostileShare} and ${paths} paths`);
    return place;
  };
  const hostile = places.filter((place) => place.share > 0);
  const hostileShares = [...new Set(hostile.map((place) => place.share))];
  const above = hostile.filter(({ found, bound }) => found >= bound).length;
  const apart = Math.max(...hostile.map(({ found, honest }) => honest - found));
  const rows = hostileShares.map((hostileShare) => [
    share(hostileShare, 0),
    ...counts.map((paths) => {
      const { found: own, bound } = at(hostileShare, paths);
      return `${share(own)} (${share(bound)})`;
    }),
  ]);
  const head = ['droppers', ...counts.map((d) => (d === 1 ? '1 path' : `${d} paths`))];
  const found = (hostileShare: number, paths: number): string =>
    share(at(hostileShare, paths).found);
  return `Where a fifth of the nodes drop what they are asked, ${found(0.2, 1)} of the lookups reach
their target on one path and ${found(0.2, 8)} on eight; where half of them do, ${found(0.5, 1)} and
${found(0.5, 8)}. Success is not below the bound for independent paths at ${above} of the
${hostile.length} places of the grid with droppers. Were it counted that the target is honest, as it
is here, the bound would be ${points(apart)} above what was found at the most: paths that begin in
the same table and end at the same node are not quite independent. The table has success and in
brackets the bound.

${table(head, rows)}`;
}

/** Success by share of droppers, a curve per number of paths, the bounds dashed. */
export function boundFigure(sweep: SweepFolder): Figure {
  const places = placesOf(new Grid(sweep));
  const counts = [...new Set(places.map(({ paths }) => paths))];
  const nameOf = (paths: number): string => (paths === 1 ? '1 path' : `${paths} paths`);
  const names = [...counts.map(nameOf), 'bound'];
  const grey = seriesColour(7);
  const lines = counts.flatMap((paths, i) => {
    const own = places.filter((place) => place.paths === paths);
    const color = seriesColour(i);
    const dashed = { width: 2, color, type: 'dashed' };
    const common = { type: 'line', color };
    return [
      {
        ...common,
        name: `${nameOf(paths)}, bound`,
        symbol: 'none',
        lineStyle: dashed,
        data: own.map((place) => [place.share, place.bound]),
      },
      {
        ...common,
        name: nameOf(paths),
        symbolSize: 9,
        symbol: SYMBOLS[i % SYMBOLS.length],
        lineStyle: { width: 2, color },
        data: own.map((place) => [place.share, place.found]),
      },
    ];
  });
  const legendOnly = {
    type: 'line',
    name: 'bound',
    color: grey,
    symbol: 'none',
    lineStyle: { width: 2, color: grey, type: 'dashed' },
    data: [],
  };
  return figureOf({
    id: 'success-and-bound',
    title: 'Lookups that succeeded, by share of droppers',
    caption: 'Mean over the seeds. Dashed: the bound for independent paths.',
    columns: ['droppers', 'paths', 'succeeded', 'bound', 'bound with an honest target'],
    rows: places.map((place) => [place.share, place.paths, place.found, place.bound, place.honest]),
    marks: [],
    option: (layout) => ({
      grid: gridOf(layout, names, 58),
      legend: legendOf(names, layout, (name) => (name === 'bound' ? DASHES : undefined)),
      xAxis: xAxis({ name: 'share of droppers', format: percentTick, step: 0.1 }, layout),
      yAxis: yAxis({ name: 'share', format: percentTick, min: 0 }, layout),
      series: [...lines, legendOnly],
    }),
  });
}

const SYMBOLS = ['circle', 'rect', 'triangle', 'diamond'] as const;

function placesOf(grid: Grid): readonly Place[] {
  const hops = hopsOnOnePath(grid);
  const counts = grid.valuesOf('paths').map(Number);
  return grid.valuesOf('adversaries').flatMap((adversaries) =>
    counts.map((paths): Place => {
      const drop = adversaries === 'none' ? 0 : Number(String(adversaries).split(':')[0]);
      const sum = (less: number): number =>
        hops.reduce((all, [i, h]) => all + h * (1 - (1 - (1 - drop) ** (i - less)) ** paths), 0);
      const found = grid.mean('succeeded', { adversaries, paths });
      return { share: drop, paths, found, bound: sum(0), honest: sum(1) };
    }),
  );
}

/** From hops to their share, on one path without droppers, the seeds weighing alike. */
function hopsOnOnePath(grid: Grid): readonly (readonly [number, number])[] {
  const samples = grid.samples({ adversaries: 'none', paths: 1 });
  return samples.flatMap(({ result }) =>
    Object.entries(result.lookups.hopsToTarget.histogram).map(
      ([i, h]) => [Number(i), h / samples.length] as const,
    ),
  );
}

function points(difference: number): string {
  return `${(100 * difference).toFixed(1)} percentage points`;
}
