/**
 * The simulation that the benchmarks run: node lookups at random eligible nodes of a converged
 * network with warm links, until the last one has settled. It is what
 *
 *   orrery sim --nodes N --seed S --tables converged --lookups L --latency uniform:10,100
 *     --links warm --duration 0
 *
 * runs, so that a figure measured here can be had from the command line too.
 */
import { defaultOptions, type SimOptions } from '../../sim/options.ts';

export function scenario(nodes: number, lookups: number, seed: string): SimOptions {
  return defaultOptions({
    nodes,
    seed,
    durationMs: 0,
    tables: 'converged',
    links: 'warm',
    lookups,
  });
}
