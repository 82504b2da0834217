/**
 * The result of a run: the fields of the project's contract, and the digest, SHA-256 over the
 * schema version, the seed, the resolved configuration and every node's fold in node order.
 */

import type { Distribution } from './distribution.ts';
import { Sample } from './distribution.ts';
import { MESSAGE_KINDS } from './measures.ts';
import type { SimOptions } from './options.ts';
import type { TableReport } from './oracle.ts';
import type { Run } from './run.ts';
import { WALL_START_MS } from './world.ts';

const SCHEMA = 1;

/** What the edge measured of the process. */
export interface Cost {
  readonly wallMs: number;
  readonly setupCpuMs: number;
  readonly cpuMs: number;
  readonly peakRssBytes: number;
}

export interface SimResult extends Cost {
  readonly schema: number;
  readonly version: string;
  /** A number when the seed was written as one. */
  readonly seed: number | string;
  readonly config: Omit<SimOptions, 'seed'> & { readonly seed: number | string };
  readonly digest: string;
  readonly events: number;
  readonly messages: number;
  readonly simulatedMs: number;
  /** Items of the workload that could not begin. */
  readonly skipped: number;
  readonly lookups: {
    readonly count: number;
    readonly succeeded: number;
    readonly exact: number;
    readonly hops: Distribution;
    readonly hopsToTarget: Distribution;
    readonly latencyMs: Distribution;
    readonly messages: Distribution;
  };
  readonly values: {
    readonly puts: number;
    readonly stored: number;
    readonly gets: number;
    readonly found: number;
    readonly notFound: number;
    readonly wrong: number;
    readonly lost: number;
    readonly unreachable: number;
    readonly immortal: number;
    readonly replicas: Distribution;
    readonly repairDelayMs: Distribution;
    readonly repairPerKeyMinute: number;
    readonly putLatencyMs: Distribution;
    readonly getLatencyMs: Distribution;
    readonly getMessages: Distribution;
  };
  readonly tables: TableReport;
  readonly churn: {
    readonly sessions: number;
    readonly onlineShare: number;
    readonly meanResidualMs: number | null;
  };
  readonly traffic: {
    readonly perNodePerSecond: number;
    readonly byKind: Readonly<Record<string, number>>;
  };
}

export function resultOf(
  run: Run,
  cost: Cost,
  version: string,
  hash: (bytes: Uint8Array) => Uint8Array,
): SimResult {
  const { world, oracle } = run;
  const { measures, options } = world;
  return {
    schema: SCHEMA,
    version,
    seed: seedOf(options),
    config: { ...options, seed: seedOf(options) },
    digest: digestOf(run, hash),
    events: measures.events,
    messages: measures.messages,
    simulatedMs: world.now / 1000,
    ...cost,
    skipped: measures.skipped,
    lookups: {
      count: measures.lookups,
      succeeded: measures.lookupsSucceeded,
      exact: measures.lookupsExact,
      hops: measures.hops.distribution(true),
      hopsToTarget: new Sample().distribution(true),
      latencyMs: measures.lookupMs.distribution(false),
      messages: measures.lookupMessages.distribution(true),
    },
    values: valuesOf(run),
    tables: oracle.tables(options.k),
    ...timesOf(run),
  };
}

function seedOf({ seed }: SimOptions): number | string {
  return /^(0|[1-9]\d{0,14})$/.test(seed) ? Number(seed) : seed;
}

function valuesOf(run: Run): SimResult['values'] {
  const { measures, values, population, nowMs } = run.world;
  const held = values.report(population, nowMs, WALL_START_MS + nowMs);
  return {
    puts: measures.puts,
    stored: measures.putsStored,
    gets: measures.gets,
    found: measures.getsFound,
    notFound: measures.getsNotFound,
    wrong: measures.getsWrong,
    lost: held.lost,
    unreachable: 0,
    immortal: held.immortal,
    replicas: held.replicas,
    repairDelayMs: new Sample().distribution(false),
    repairPerKeyMinute: 0,
    putLatencyMs: measures.putMs.distribution(false),
    getLatencyMs: measures.getMs.distribution(false),
    getMessages: measures.getMessages.distribution(true),
  };
}

function timesOf(run: Run): Pick<SimResult, 'churn' | 'traffic'> {
  const { measures, now } = run.world;
  measures.countTime(now);
  const onlineSeconds = measures.onlineUs / 1e6;
  const byKind: Record<string, number> = {};
  let sent = 0;
  for (const kind of MESSAGE_KINDS) {
    sent += measures.sent[kind];
    byKind[kind] = onlineSeconds === 0 ? 0 : measures.sent[kind] / onlineSeconds;
  }
  const { populationUs, onlineUs, residualMs, sessions } = measures;
  return {
    churn: {
      sessions,
      onlineShare: populationUs === 0 ? 1 : onlineUs / populationUs,
      meanResidualMs: residualMs.distribution(false).mean,
    },
    traffic: { perNodePerSecond: onlineSeconds === 0 ? 0 : sent / onlineSeconds, byKind },
  };
}

/** Wire mode stays out, as it must not matter; so does everything that the machine decides. */
function digestOf(run: Run, hash: (bytes: Uint8Array) => Uint8Array): string {
  const config = { ...run.world.options, wire: undefined, workers: undefined };
  const head = new TextEncoder().encode(
    `${SCHEMA}\n${run.world.options.seed}\n${canonical(config)}\n`,
  );
  const { folds, count } = run.world.population;
  const bytes = new Uint8Array(head.length + 8 * count);
  bytes.set(head);
  const view = new DataView(bytes.buffer, head.length);
  for (let i = 0; i < 2 * count; i++) view.setInt32(4 * i, folds[i] ?? 0);
  return [...hash(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** JSON with keys in alphabetical order. */
function canonical(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const given = Object.entries(value).filter(([, item]) => item !== undefined);
  const entries = given.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
}
