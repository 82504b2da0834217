/**
 * The result of a run: the fields of the project's contract.
 */

import type { Distribution } from '../observer/distribution.ts';
import { Sample } from '../observer/distribution.ts';
import { tableReport, type TableReport } from '../observer/health.ts';
import { valueReport } from '../observer/inventory.ts';
import { listedShare } from '../observer/leaders.ts';
import type { LeaderReport } from '../observer/leaders.ts';
import type { LookupRow } from '../observer/lookup-row.ts';
import { MESSAGE_KINDS, type Samples } from '../observer/measures.ts';
import type { OperationRow } from '../observer/operation-row.ts';
import type { Series } from '../observer/series.ts';
import type { SimOptions } from '../options.ts';
import { recoveryOf, type RecoveryReport } from '../run/recovery.ts';
import { seriesOf } from '../run/sampler.ts';
import { digestOf, SCHEMA } from './digest.ts';
import { joinReport, type JoinReport } from './join-report.ts';
import { sampleOf, sumOf, type Common, type PartReport } from './part-report.ts';

/** What the edge measured of the process. */
export interface Cost {
  readonly wallMs: number;
  readonly setupCpuMs: number;
  readonly cpuMs: number;
  readonly peakRssBytes: number;
}

/** Of the run from which another was forked. */
export interface Origin {
  readonly digest: string;
  readonly config: SimOptions;
  /** How long after the end of its warm-up. */
  readonly afterMs: number;
}

/**
 * A result of either host. A digest tells what every node did at every step, which only a simulator
 * knows.
 */
export interface RunResult extends Omit<SimResult, 'digest'> {
  readonly digest?: string;
  /** Absent: the simulator. */
  readonly host?: 'real';
  /** Only of real nodes. */
  readonly playing?: Playing;
}

/** How real nodes played a scenario. */
export interface Playing {
  /** What each of them was. */
  readonly seats: 'process' | 'thread';
  /** Real milliseconds per millisecond of the scenario; all other times are the scenario's. */
  readonly timeScale: number;
  /** By how much timers of the nodes came after their time, in ms. */
  readonly lateMs: { readonly mean: number; readonly p50: number; readonly p99: number };
  /** Whether that is too much for latencies to mean anything. */
  readonly tooLate: boolean;
}

export interface SimResult extends Cost {
  /** Only of a fork. */
  readonly from?: Origin;
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
  /** Only where there are voters. */
  readonly election?: LeaderReport;
  readonly traffic: {
    readonly perNodePerSecond: number;
    readonly byKind: Readonly<Record<string, number>>;
  };
  readonly series: Series;
  readonly joins: JoinReport;
  /** Empty without a fault that ends. */
  readonly recovery: RecoveryReport;
}

/**
 * @param parts the reports of all parts, in their order
 * @param from what the run was forked from
 */
export function resultOf(
  options: SimOptions,
  parts: readonly PartReport[],
  from: Origin | undefined,
  cost: Cost,
  version: string,
  hash: (bytes: Uint8Array) => Uint8Array,
): SimResult {
  const common = commonOf(parts);
  const of = (name: keyof Samples, whole: boolean): Distribution =>
    sampleOf(parts, name).distribution(whole);
  return {
    schema: SCHEMA,
    version,
    seed: seedOf(options),
    config: { ...options, seed: seedOf(options) },
    digest: digestOf(options, parts, from?.digest, hash),
    events: sumOf(parts, 'events'),
    messages: sumOf(parts, 'messages'),
    simulatedMs: common.nowUs / 1000,
    ...cost,
    ...(from === undefined ? {} : { from }),
    skipped: sumOf(parts, 'skipped') + common.itemsLeft,
    lookups: {
      count: sumOf(parts, 'lookups'),
      succeeded: sumOf(parts, 'lookupsSucceeded'),
      exact: sumOf(parts, 'lookupsExact'),
      hops: of('hops', true),
      hopsToTarget: of('hopsToTarget', true),
      latencyMs: of('lookupMs', false),
      messages: of('lookupMessages', true),
    },
    values: valuesOf(parts),
    tables: tableReport(
      parts.map(({ tables }) => ({ ...tables, contacts: Sample.of(tables.contacts) })),
    ),
    ...timesOf(parts),
    ...electionOf(options, parts),
    series: seriesOf(
      common.stepMs,
      parts.map(({ series }) => series),
    ),
    joins: joinReport(parts),
    recovery: recoveryOf(parts.map(({ recovery }) => recovery)),
  };
}

/** The rows of all parts in the order of the workload. */
export function rowsOf(parts: readonly PartReport[]): readonly LookupRow[] {
  return parts.flatMap(({ rows }) => rows).sort((a, b) => a.lookup - b.lookup);
}

/** The same of PUTs and GETs. */
export function operationsOf(parts: readonly PartReport[]): readonly OperationRow[] {
  return parts.flatMap(({ operations }) => operations).sort((a, b) => a.operation - b.operation);
}

function seedOf({ seed }: SimOptions): number | string {
  return /^(0|[1-9]\d{0,14})$/.test(seed) ? Number(seed) : seed;
}

function commonOf(parts: readonly PartReport[]): Common {
  const [first] = parts;
  if (first === undefined) throw new Error('broken invariant: a simulation has a part');
  return first.common;
}

function valuesOf(parts: readonly PartReport[]): SimResult['values'] {
  const common = commonOf(parts);
  const holdings = parts.map((part) => part.holdings);
  return {
    puts: sumOf(parts, 'puts'),
    stored: sumOf(parts, 'putsStored'),
    gets: sumOf(parts, 'gets'),
    found: sumOf(parts, 'getsFound'),
    notFound: sumOf(parts, 'getsNotFound'),
    wrong: sumOf(parts, 'getsWrong'),
    ...valueReport(holdings, common.due),
    repairDelayMs: Sample.of(common.repairDelayMs).distribution(false),
    repairPerKeyMinute: common.keyMinutes === 0 ? 0 : repairMessages(parts) / common.keyMinutes,
    putLatencyMs: sampleOf(parts, 'putMs').distribution(false),
    getLatencyMs: sampleOf(parts, 'getMs').distribution(false),
    getMessages: sampleOf(parts, 'getMessages').distribution(true),
  };
}

/** Rounds of fellow holders, and the replicas that they sent one another with their answers. */
function repairMessages(parts: readonly PartReport[]): number {
  const rounds = ['check', 'sum', 'compare', 'tags'] as const;
  const sent = parts.map((part) => rounds.reduce((sum, kind) => sum + part.sent[kind], 0));
  return sent.reduce((sum, count) => sum + count, 2 * sumOf(parts, 'replicasSent'));
}

function electionOf(
  { voters }: SimOptions,
  parts: readonly PartReport[],
): Pick<SimResult, 'election'> {
  if (voters === 0) return {};
  const listed = listedShare(parts.flatMap(({ lists }) => lists));
  return { election: { ...commonOf(parts).leaders, listed } };
}

function timesOf(parts: readonly PartReport[]): Pick<SimResult, 'churn' | 'traffic'> {
  const { populationUs, onlineUs, meanResidualMs, sessions } = commonOf(parts);
  const byKind: Record<string, number> = {};
  let all = 0;
  for (const kind of MESSAGE_KINDS) {
    const sent = parts.reduce((sum, part) => sum + part.sent[kind], 0);
    all += sent;
    byKind[kind] = onlineUs === 0 ? 0 : sent / (onlineUs / 1e6);
  }
  return {
    churn: {
      sessions,
      onlineShare: populationUs === 0 ? 1 : onlineUs / populationUs,
      meanResidualMs,
    },
    traffic: { perNodePerSecond: onlineUs === 0 ? 0 : all / (onlineUs / 1e6), byKind },
  };
}
