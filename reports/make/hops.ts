/**
 * What was found in reports/hops-and-size: the slope of hops to the target per doubling of the
 * network, per seed and then over the seeds, beside the hop law of converged tables.
 */
import { hopLaw, meanOf } from '../../sim/edge/report/hop-theory.ts';
import type { SweepFolder } from '../../sim/edge/report/sweep-read.ts';
import { Grid, overSeeds, table } from './grid.ts';

const FROM = 1000;
const TO = 64_000;
const DOUBLINGS = Math.log2(TO / FROM);

export function hopsFound(sweep: SweepFolder): string {
  const grid = new Grid(sweep);
  const sizes = grid.valuesOf('nodes').map(Number);
  const buckets = grid.valuesOf('k').map(Number);
  const most = Math.max(...sizes);
  const rows = buckets.map((k) => {
    const { mean, interval } = slopeAt(grid, k);
    const hopsAt = (nodes: number): string => grid.mean('hops-to-target', { k, nodes }).toFixed(3);
    return [
      String(k),
      hopsAt(FROM),
      hopsAt(TO),
      hopsAt(most),
      `**${mean.toFixed(4)}**`,
      `${interval.low.toFixed(4)} to ${interval.high.toFixed(4)}`,
      slopeByLaw(k).toFixed(4),
    ];
  });
  const size = (nodes: number): string => nodes.toLocaleString('en');
  const head = [
    'k',
    ...[FROM, TO, most].map((nodes) => `hops, ${size(nodes)} nodes`),
    'per doubling',
    '95 %',
    'hop law',
  ];
  const sentences = buckets.map((k) => {
    const { mean } = slopeAt(grid, k);
    return `${mean.toFixed(3)} for k = ${k} (the hop law says ${slopeByLaw(k).toFixed(3)})`;
  });
  return `Each doubling of the network costs a fixed part of a hop: ${sentences.join(', and ')},
from ${size(FROM)} to ${size(TO)} nodes. Of the ${sizes.length * buckets.length} places of the grid
none is further from the law than ${furthest(grid, buckets, sizes).toFixed(3)} hops. Every lookup
${grid.means('succeeded').every((share) => share === 1) ? 'found' : 'but few found'} its target.

${table(head, rows)}`;
}

/** Hops per doubling: each seed has a slope of its own. */
function slopeAt(grid: Grid, k: number): ReturnType<typeof overSeeds> {
  const ends = grid.samples({ k, nodes: TO });
  const slopes = grid.samples({ k, nodes: FROM }).map(({ seed, result }) => {
    const end = ends.find((sample) => sample.seed === seed)?.result.lookups.hopsToTarget.mean;
    const begin = result.lookups.hopsToTarget.mean;
    if (typeof end !== 'number' || begin === null) throw new Error(`no hops with seed ${seed}`);
    return (end - begin) / DOUBLINGS;
  });
  return overSeeds(slopes);
}

function slopeByLaw(k: number): number {
  const law = hopLaw(k);
  return (meanOf(law(TO)) - meanOf(law(FROM))) / DOUBLINGS;
}

function furthest(grid: Grid, buckets: readonly number[], sizes: readonly number[]): number {
  const distances = buckets.flatMap((k) => {
    const law = hopLaw(k);
    return sizes.map((nodes) =>
      Math.abs(grid.mean('hops-to-target', { k, nodes }) - meanOf(law(nodes))),
    );
  });
  return Math.max(...distances);
}
