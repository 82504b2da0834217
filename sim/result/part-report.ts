/**
 * What one part of a simulation has to say at its end, in plain data that travels between threads;
 * the result is made from the reports of all parts.
 */

import type { Arena } from '../arena.ts';
import { Sample } from '../observer/distribution.ts';
import { tableSums, type TableSums } from '../observer/health.ts';
import type { Holdings } from '../observer/inventory.ts';
import type { LeaderReport, ListCount } from '../observer/leaders.ts';
import type { LookupRow } from '../observer/lookup-row.ts';
import type { Counts, MessageKind, Samples } from '../observer/measures.ts';
import type { OperationRow } from '../observer/operation-row.ts';
import type { RecoveryRow } from '../run/recovery.ts';
import type { Run } from '../run/run.ts';
import type { SampleRow } from '../run/sampler.ts';

/** What every part knows of all nodes; the same in each. */
export interface Common {
  readonly nowUs: number;
  /** Items of the workload that had not begun at the end. */
  readonly itemsLeft: number;
  readonly stepMs: number;
  readonly sessions: number;
  readonly onlineUs: number;
  readonly populationUs: number;
  readonly meanResidualMs: number | null;
  readonly repairDelayMs: Float64Array;
  /** Minutes that acknowledged keys have lived while it was measured, of all together. */
  readonly keyMinutes: number;
  readonly leaders: Omit<LeaderReport, 'listed'>;
  /** By PUT: 1 when its key has been acknowledged and lives on. */
  readonly due: Uint8Array;
}

export interface PartReport {
  readonly common: Common;
  readonly counts: Counts;
  readonly samples: Readonly<Record<keyof Samples, Float64Array>>;
  readonly sent: Readonly<Record<MessageKind, number>>;
  readonly tables: Omit<TableSums, 'contacts'> & { readonly contacts: Float64Array };
  readonly holdings: Holdings;
  /** How many of its nodes have which list of introducers; only where there are voters. */
  readonly lists: readonly ListCount[];
  readonly series: readonly SampleRow[];
  readonly recovery: readonly RecoveryRow[];
  readonly rows: readonly LookupRow[];
  readonly operations: readonly OperationRow[];
  /** Two words of digest per handle; zero for the nodes of other parts. */
  readonly folds: Int32Array;
}

export function reportOf(run: Run<Arena>): PartReport {
  const { world, oracle, options } = run;
  const { measures, population, roles, nowMs } = world;
  const sums = tableSums(population, oracle.eligible, options.k);
  const samples: Partial<Record<keyof Samples, Float64Array>> = {};
  for (const [name, sample] of Object.entries(measures.samples)) {
    samples[name as keyof Samples] = (sample as Sample).values();
  }
  return {
    common: commonOf(run),
    counts: measures.counts,
    samples: samples as PartReport['samples'],
    sent: measures.sent,
    tables: { ...sums, contacts: sums.contacts.values() },
    holdings: world.values.inventory.take(population, roles, nowMs, world.wallMs),
    lists: options.voters === 0 ? [] : listCounts(run),
    series: run.sampler.rows,
    recovery: run.recovery.rows,
    rows: run.ledger.rows,
    operations: run.ledger.operations,
    folds: population.folds(),
  };
}

function commonOf(run: Run<Arena>): Common {
  const { measures, values, now, wallMs } = run.world;
  measures.countTime(now);
  const { sessions, onlineUs, populationUs, residualMs } = measures;
  return {
    nowUs: now,
    itemsLeft: run.items.left,
    stepMs: run.stepMs,
    sessions,
    onlineUs,
    populationUs,
    meanResidualMs: residualMs.distribution(false).mean,
    repairDelayMs: run.replicas.delays.values(),
    keyMinutes: values.livedMs(run.measureFrom, now) / 60_000,
    leaders: run.leaders.report(run.options.voters, now, run.measureFrom),
    due: Uint8Array.from({ length: values.count }, (_, put) => (values.isDue(put, wallMs) ? 1 : 0)),
  };
}

function listCounts({ world, oracle }: Run<Arena>): readonly ListCount[] {
  const counts = new Map<string, ListCount>();
  const { eligible } = oracle;
  for (let rank = 0; rank < eligible.size; rank++) {
    const state = world.population.states[eligible.at(rank)];
    if (state === undefined) continue;
    const { term, serial } = state.election.introducers ?? { term: 0, serial: 0 };
    const name = `${term} ${serial}`;
    counts.set(name, { term, serial, nodes: (counts.get(name)?.nodes ?? 0) + 1 });
  }
  return [...counts.values()];
}

/** One sample of all parts. */
export function sampleOf(parts: readonly PartReport[], name: keyof Samples): Sample {
  const all = new Sample();
  for (const part of parts) all.addAll(Sample.of(part.samples[name]));
  return all;
}

export function sumOf(parts: readonly PartReport[], name: keyof Counts): number {
  return parts.reduce((sum, part) => sum + part.counts[name], 0);
}
