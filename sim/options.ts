/**
 * What a simulation is asked to do, resolved: every default filled in, every unit fixed. The
 * command line and scenario files both end here, and a result repeats it as its `config`.
 */

import { configFaults } from '../src/config.ts';
import { VALUE_BYTES_MAX } from '../src/limits.ts';
import type { Config } from '../src/types.ts';
import type { LatencySpec } from './latency.ts';

export type ChurnSpec =
  | { readonly type: 'none' }
  /** Without an off time, departed nodes never return and are replaced by new ids. */
  | { readonly type: 'exponential'; readonly meanOnMs: number; readonly meanOffMs: number | null };

export interface SimOptions {
  /** Online and offline nodes together. */
  readonly nodes: number;
  readonly seed: string;
  /** Simulated time after the warm-up; 0 means until the workload is done. */
  readonly durationMs: number;
  readonly warmupMs: number;
  readonly k: number;
  readonly alpha: number;
  readonly beta: number;
  readonly nearest: number;
  readonly replication: number;
  readonly floor: number;
  readonly ttlS: number;
  readonly tables: 'converged' | 'joined';
  readonly latency: LatencySpec;
  readonly minLatencyMs: number;
  readonly links: 'dial' | 'warm';
  /** Share of calls that are never answered. */
  readonly loss: number;
  /** Deadline of a call; 0 means adaptive. */
  readonly timeoutMs: number;
  /** Deadline of an operation. */
  readonly operationMs: number;
  readonly churn: ChurnSpec;
  readonly lookups: number;
  readonly lookupsPerSecond: number;
  readonly puts: number;
  readonly gets: number;
  readonly valueBytes: number;
  /** Every message through codec and admit; leaves the digest as it is. */
  readonly wire: boolean;
}

const NODES_MAX = 4_000_000;

export function nodeConfig(options: SimOptions): Config {
  return {
    k: options.k,
    alpha: options.alpha,
    beta: options.beta,
    nearest: options.nearest,
    replication: options.replication,
    floor: options.floor,
    ttlS: options.ttlS,
    ttlSMax: Math.max(options.ttlS, 30 * 86_400),
    timeoutMs: options.timeoutMs,
    operationMs: options.operationMs,
  };
}

/** @returns what cannot be, one line each, in the words of the command line */
export function optionFaults(options: SimOptions): readonly string[] {
  const faults = configFaults(nodeConfig(options)).map(inFlags);
  const { nodes, durationMs, lookups, puts, gets, churn } = options;
  if (nodes < 1 || nodes > NODES_MAX) faults.unshift(`--nodes must be from 1 to ${NODES_MAX}`);
  if (options.replication > nodes) {
    faults.push(`--replication ${options.replication} needs at least as many --nodes`);
  }
  if (gets > 0 && puts === 0) faults.push('--gets needs --puts: only keys that were PUT are read');
  if (durationMs === 0 && lookups + puts + gets === 0) {
    faults.push('--duration 0 runs until the workload is done: give --lookups, --puts or --gets');
  }
  const { valueBytes } = options;
  if (valueBytes < 1 || valueBytes > VALUE_BYTES_MAX) {
    faults.push(`--value-bytes must be from 1 to ${VALUE_BYTES_MAX}`);
  }
  if (options.loss < 0 || options.loss >= 1) faults.push('--loss must be at least 0 and below 1');
  if (options.minLatencyMs < 0.001) faults.push('--min-latency must be at least 0.001 ms');
  if (churn.type === 'exponential' && !(churn.meanOnMs >= 1000)) {
    faults.push('--churn needs a mean session of at least 1s');
  }
  return faults;
}

const FLAGS: Readonly<Record<string, string>> = {
  timeoutMs: '--timeout (ms)',
  operationMs: '--deadline (ms)',
  ttlSMax: '--ttl (s)',
  ttlS: '--ttl (s)',
};

/** A fault of the settings in the words of the command line. */
function inFlags(fault: string): string {
  return fault.replace(/^(\w+)/, (name) => FLAGS[name] ?? `--${name}`);
}
