/**
 * Disjoint paths against nodes that drop what they are asked: success is at least the bound for
 * independent paths, rises with their number and falls with the share of droppers. At 10,000 nodes
 * on the results that reports/disjoint-paths keeps (`npm run reports -- disjoint-paths` makes them
 * anew), and live in a small network.
 *
 * The bound: with h_i the share of lookups of i hops on one path without droppers, and a share m of
 * droppers, d paths succeed at least with sum over i of h_i (1 - (1 - (1 - m)^i)^d).
 */
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { readSweep } from '../../sim/edge/report/sweep-read.ts';
import { simulate } from '../../sim/main.ts';
import { smallOptions } from './sim-kit.ts';

const KEPT = fileURLToPath(new URL('../../../reports/disjoint-paths', import.meta.url));

/** Lookups with one share of droppers and one number of paths, over all seeds. */
interface Place {
  readonly share: number;
  readonly paths: number;
  readonly lookups: number;
  readonly succeeded: number;
}

/** From hops to their share of lookups. */
type Hops = readonly (readonly [hops: number, share: number])[];

function bound(hops: Hops, share: number, paths: number): number {
  const arrives = (i: number): number => 1 - (1 - (1 - share) ** i) ** paths;
  return hops.reduce((sum, [i, h]) => sum + h * arrives(i), 0);
}

function assertPlaces(t: ExecutionContext, places: readonly Place[], hops: Hops): void {
  const all = hops.reduce((sum, [, h]) => sum + h, 0);
  t.true(Math.abs(all - 1) < 1e-9, 'the hops of all lookups');
  const rate = ({ succeeded, lookups }: Place): number => succeeded / lookups;
  for (const place of places) {
    const { share, paths } = place;
    const text = `${paths} paths, ${share} of the nodes drop`;
    if (share === 0) {
      t.is(place.succeeded, place.lookups, text);
      continue;
    }
    const least = bound(hops, share, paths);
    t.true(rate(place) >= least, `${text}: ${rate(place)}, not ${least}`);
    const hostile = places.filter((other) => other.share > 0);
    const fewer = hostile.filter((other) => other.share === share && other.paths < paths);
    const milder = hostile.filter((other) => other.share < share && other.paths === paths);
    for (const other of fewer) t.true(rate(place) > rate(other), `${text}: rises with paths`);
    for (const other of milder) t.true(rate(place) < rate(other), `${text}: falls with droppers`);
  }
}

test('at 10,000 nodes, in the kept results: the bound holds at every place', async (t) => {
  const { cells, axes, seeds } = await readSweep(KEPT);
  const places = new Map<string, Place>();
  const hops: [number, number][] = [];
  for (const { values, result } of cells) {
    if (result === undefined) return t.fail('a cell has no result');
    const { nodes, k, nearest, targets } = result.config;
    t.like({ nodes, k, nearest, targets }, { nodes: 10_000, k: 16, nearest: 1, targets: 'nodes' });
    const { adversaries, paths } = result.config;
    const share = adversaries?.share ?? 0;
    t.is(values['adversaries'], share === 0 ? 'none' : `${share}:drop`);
    const { count, succeeded, hopsToTarget } = result.lookups;
    const name = `${share}/${paths}`;
    const before = places.get(name) ?? { share, paths, lookups: 0, succeeded: 0 };
    const lookups = before.lookups + count;
    places.set(name, { share, paths, lookups, succeeded: before.succeeded + succeeded });
    if (share > 0 || paths > 1) continue;
    for (const [i, h] of Object.entries(hopsToTarget.histogram)) {
      hops.push([Number(i), h / seeds.length]);
    }
  }
  t.deepEqual(
    axes.map(({ key, values }) => [key, values.length]),
    [
      ['adversaries', 6],
      ['paths', 4],
    ],
  );
  t.is(places.size, 24);
  assertPlaces(t, [...places.values()], hops);
  // The test can tell: a bound with one hop less is not always kept.
  const shorter = hops.map(([i, h]) => [i - 1, h] as const);
  const below = [...places.values()].filter(({ share, paths, succeeded, lookups }) => {
    return share > 0 && succeeded / lookups < bound(shorter, share, paths);
  });
  t.true(below.length > 0);
});

test('live: the bound holds in a small network', (t) => {
  const lookups = 2000;
  const sizes = { nodes: 800, k: 16, alpha: 1, beta: 1, nearest: 1, replication: 1 };
  const work = { lookups, targets: 'nodes', links: 'warm', durationMs: 0 } as const;
  let hops: Hops = [];
  const places = [0, 0.2, 0.4].flatMap((share) =>
    [1, 2, 4].map((paths): Place => {
      const adversaries = share === 0 ? null : ({ share, kind: 'drop' } as const);
      const options = { ...smallOptions, ...sizes, ...work, paths, adversaries };
      const result = simulate(options, 'test').lookups;
      if (share === 0 && paths === 1) {
        hops = Object.entries(result.hopsToTarget.histogram).map(([i, h]) => [Number(i), h]);
      }
      return { share, paths, lookups: result.count, succeeded: result.succeeded };
    }),
  );
  t.true(places.every((place) => place.lookups === lookups));
  assertPlaces(t, places, hops);
});
