// What a fuzz run counted, and the lines that tell of it.
import type { Allocations } from './allocation.ts';

export interface FuzzReport {
  /** Mutated inputs, and the bytes in them. */
  inputs: number;
  bytes: number;
  /** Valid frames that all inputs were made of. */
  frames: number;
  /** Positions at which they were cut. */
  cuts: number;
  /** Streams of several inputs. */
  streams: number;
  slow: number;
  slowestMs: number;
  /** Answers to mutated inputs. */
  readonly accepted: Map<string, number>;
  readonly refused: Map<string, number>;
  unknown: number;
  partial: number;
  allocations: readonly Allocations[];
}

export function addTo(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

export function fuzzLines(report: FuzzReport): readonly string[] {
  const { accepted, refused } = report;
  const seconds = report.slowestMs / 1000;
  return [
    `inputs      ${report.inputs}, made of ${report.frames} frames, ${mebibytes(report.bytes)}`,
    `accepted    ${sumOf(accepted)}: ${told(accepted)}`,
    `refused     ${sumOf(refused)}:`,
    ...sorted(refused).map(([reason, count]) => `            ${count} ${reason}`),
    `need more   ${report.partial}`,
    `skipped     ${report.unknown} of unknown kinds`,
    `slow        ${report.slow} (the slowest answer once took ${seconds.toFixed(3)} s)`,
    `cuts        ${report.cuts}, each as an input and as a stream of two pieces`,
    `streams     ${report.streams} of mutated frames in pieces of any size`,
    ...report.allocations.flatMap(allocationLines),
  ];
}

function allocationLines({ name, inputs, worst, collections }: Allocations): readonly string[] {
  const rows = [...worst].sort((a, b) => b.allocated / b.allowed - a.allocated / a.allowed);
  return [
    `allocation  ${name}: ${inputs} inputs measured, ${collections} collections meanwhile; worst:`,
    ...rows.slice(0, ROWS_TOLD).map(({ kind, bytes, allocated, allowed }) => {
      const share = ((100 * allocated) / allowed).toFixed(0);
      const row = `${kind}, ${bytes} bytes: ${Math.ceil(allocated)} (${share} % of ${allowed})`;
      return `            ${row}`;
    }),
  ];
}

/** Kinds of answers, of those measured. */
const ROWS_TOLD = 8;

function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

function sorted(counts: ReadonlyMap<string, number>): readonly (readonly [string, number])[] {
  return [...counts].sort(([, a], [, b]) => b - a);
}

function told(counts: ReadonlyMap<string, number>): string {
  return sorted(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}
