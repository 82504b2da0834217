/**
 * The simulation that the benchmarks run: node lookups at random eligible nodes of a converged
 * network with warm links, until the last one has settled. It is what
 *
 *   orrery sim --nodes N --seed S --tables converged --lookups L --latency uniform:10,100
 *     --links warm --duration 0
 *
 * runs, so that a figure measured here can be had from the command line too.
 */
import type { SimOptions } from '../../sim/options.ts';

export function scenario(nodes: number, lookups: number, seed: string): SimOptions {
  return {
    nodes,
    seed,
    durationMs: 0,
    warmupMs: 0,
    k: 20,
    alpha: 3,
    beta: 20,
    nearest: 20,
    replication: 8,
    floor: 1,
    ttlS: 86_400,
    tables: 'converged',
    latency: { type: 'uniform', lowMs: 10, highMs: 100 },
    minLatencyMs: 1,
    links: 'warm',
    loss: 0,
    timeoutMs: 0,
    operationMs: 10_000,
    churn: { type: 'none' },
    lookups,
    lookupsPerSecond: 1000,
    puts: 0,
    gets: 0,
    valueBytes: 100,
    wire: false,
  };
}
