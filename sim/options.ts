/**
 * What a simulation is asked to do, resolved: every default filled in, every unit fixed. The
 * command line and scenario files both end here, and a result repeats it as its `config`.
 */

import { defaultConfig } from '../src/config.ts';
import type { Config } from '../src/types.ts';

/** A file that a run reads: it enters the digest by its bytes, not by its path. */
export interface FileRef {
  readonly file: string;
  /** SHA-256 of its bytes (after unpacking), hex. */
  readonly sha256: string;
}

export type LatencySpec =
  | { readonly type: 'constant'; readonly ms: number }
  | { readonly type: 'uniform'; readonly lowMs: number; readonly highMs: number }
  | { readonly type: 'lognormal'; readonly medianMs: number; readonly sigma: number }
  /** The built-in table of regions. */
  | { readonly type: 'regions' }
  /** Round trips from a file, halved; nodes are laid on its rows at random. */
  | ({
      readonly type: 'matrix';
      readonly unit: 'ms' | 's';
      readonly missing: 'refuse' | 'median';
    } & FileRef);

export interface WeibullSpec {
  readonly scaleMs: number;
  readonly shape: number;
}

export type ChurnSpec =
  | { readonly type: 'none' }
  /** Without an off time, departed nodes never return and are replaced by new ids. */
  | { readonly type: 'exponential'; readonly meanOnMs: number; readonly meanOffMs: number | null }
  | { readonly type: 'weibull'; readonly on: WeibullSpec; readonly off: WeibullSpec | null }
  /** Hours, and per column the percent of sessions at most that long. */
  | ({ readonly type: 'cdf'; readonly column: string | null } & FileRef)
  /** How many of the nodes that were there at first still are, by time. */
  | ({ readonly type: 'survival' } & FileRef);

export type AdversaryKind = 'drop' | 'lie' | 'stale' | 'flood';

export interface AdversarySpec {
  /** Share of all nodes. */
  readonly share: number;
  readonly kind: AdversaryKind;
}

export type WorkKind = 'lookup' | 'put' | 'get';

/** One workload of several; times count from the end of the warm-up. */
export interface WorkSpec {
  readonly kind: WorkKind;
  readonly count: number;
  readonly fromMs: number;
  /** The items are spread evenly over so long. */
  readonly overMs: number;
  /** Of lookups: random points, or ids of other eligible nodes. */
  readonly targets: 'random' | 'nodes';
  /** Of GETs: exponent of the law by which keys are chosen; 0 is uniform. */
  readonly zipf: number;
  /** Of PUTs: life of the values. */
  readonly ttlS: number;
}

/** Something that goes wrong at a time, counted from the end of the warm-up. */
export type FaultSpec =
  /** A share of the online nodes disappears at once; they return after a while, or never (null). */
  | {
      readonly type: 'mass-failure';
      readonly atMs: number;
      readonly share: number;
      readonly returnMs: number | null;
      /** The fixed introducers are among them, and never return. */
      readonly introducers?: 'dead';
    }
  /** Nodes are in two camps that cannot reach each other until it heals. */
  | {
      readonly type: 'partition';
      readonly atMs: number;
      readonly forMs: number;
      /** Share of the nodes in the smaller camp. */
      readonly share: number;
    }
  /** So many new nodes join, evenly spread over a time. */
  | {
      readonly type: 'join-storm';
      readonly atMs: number;
      readonly overMs: number;
      readonly nodes: number;
    }
  /** Whoever leads then disappears; it returns after a while, or never (null). */
  | { readonly type: 'leader-crash'; readonly atMs: number; readonly returnMs: number | null }
  /** Another share of calls is lost for a while. */
  | {
      readonly type: 'loss';
      readonly atMs: number;
      readonly forMs: number;
      readonly share: number;
    };

/** Whether first contact costs a dial, and the first request the other way as well. */
export type LinksModel = 'dial' | 'dial-back' | 'warm';

export interface SimOptions {
  /** Online and offline nodes together; join storms come on top. */
  readonly nodes: number;
  readonly seed: string;
  /** Simulated time after the warm-up; 0 means until the workload is done. */
  readonly durationMs: number;
  readonly warmupMs: number;
  readonly k: number;
  readonly alpha: number;
  readonly beta: number;
  readonly nearest: number;
  /** Disjoint paths of a lookup. */
  readonly paths: number;
  readonly replication: number;
  readonly floor: number;
  /** Between two checks of fellow holders, give or take; 0: replicas are not looked after. */
  readonly repairMs: number;
  readonly ttlS: number;
  readonly tables: 'converged' | 'joined';
  readonly latency: LatencySpec;
  readonly minLatencyMs: number;
  /** Each message's latency is multiplied by a uniform draw from 1 - jitter to 1 + jitter. */
  readonly jitter: number;
  readonly links: LinksModel;
  /** Share of calls that are never answered. */
  readonly loss: number;
  /** Share of nodes that never answer. */
  readonly silent: number;
  /** Deadline of a call; 0 means adaptive. */
  readonly timeoutMs: number;
  /** Deadline of an operation. */
  readonly operationMs: number;
  readonly churn: ChurnSpec;
  /** Whether a departing node says so. */
  readonly departure: 'crash' | 'leave';
  /** Whether a returning node has its records. */
  readonly disk: 'empty' | 'keep';
  readonly lookups: number;
  readonly lookupsPerSecond: number;
  readonly targets: 'random' | 'nodes';
  readonly puts: number;
  readonly gets: number;
  readonly valueBytes: number;
  readonly zipf: number;
  readonly adversaries: AdversarySpec | null;
  /** The first so many nodes elect a leader, and have no sessions that end; 0: none. */
  readonly voters: number;
  /** Nodes by which all others are introduced, in the first slots; 0: whoever is there. */
  readonly introducers: number;
  /** How many of them are hostile. */
  readonly hostileIntroducers: number;
  /** Workloads beside `lookups`, `puts` and `gets`. */
  readonly workloads: readonly WorkSpec[];
  readonly faults: readonly FaultSpec[];
  /** Threads; the digest does not depend on it. */
  readonly workers: number;
  /** Every message through codec and admit; leaves the digest as it is. */
  readonly wire: boolean;
}

export const NODES_MAX = 4_000_000;

export function nodeConfig(options: SimOptions): Config {
  return {
    k: options.k,
    alpha: options.alpha,
    beta: options.beta,
    subnetPerBucket: defaultConfig.subnetPerBucket,
    subnetPerTable: defaultConfig.subnetPerTable,
    nearest: options.nearest,
    paths: options.paths,
    replication: options.replication,
    floor: options.floor,
    ttlS: options.ttlS,
    ttlSMax: Math.max(options.ttlS, 30 * 86_400),
    timeoutMs: options.timeoutMs,
    operationMs: options.operationMs,
    repairMs: options.repairMs,
    quota: defaultConfig.quota,
    publisherQuota: defaultConfig.publisherQuota,
    peerQuota: defaultConfig.peerQuota,
  };
}

/** The defaults of the project's contract; what depends on other settings is derived from them. */
export function defaultOptions(given: Partial<SimOptions> = {}): SimOptions {
  const { nodes = 1000, k = 20, nearest = k, puts = 0, gets = 0, workloads = [] } = given;
  const workless = puts + gets + workloads.length === 0;
  return {
    nodes,
    seed: '1',
    durationMs: 600_000,
    warmupMs: 0,
    k,
    alpha: defaultConfig.alpha,
    beta: k,
    nearest,
    paths: 1,
    replication: Math.min(defaultConfig.replication, nodes, nearest),
    floor: defaultConfig.floor,
    repairMs: defaultConfig.repairMs,
    ttlS: 86_400,
    tables: 'joined',
    latency: { type: 'uniform', lowMs: 10, highMs: 100 },
    minLatencyMs: 1,
    jitter: 0,
    links: 'dial',
    loss: 0,
    silent: 0,
    timeoutMs: 0,
    operationMs: defaultConfig.operationMs,
    churn: { type: 'none' },
    departure: 'crash',
    disk: 'empty',
    lookups: workless ? 1000 : 0,
    lookupsPerSecond: 1000,
    targets: 'random',
    puts,
    gets,
    valueBytes: 100,
    zipf: 0,
    adversaries: null,
    voters: 0,
    introducers: 0,
    hostileIntroducers: 0,
    workloads,
    faults: [],
    workers: 1,
    wire: false,
    ...given,
  };
}
