/**
 * One lookup of the workload as a row of `lookups.csv.gz`. Nodes are named by their handle and the
 * first 32 bits of their position in hex, as `17:0a1b2c3d`, so that a picture of the key space
 * needs nothing else.
 */

export interface LookupRow {
  /** Number of the lookup in the order of the workload, from 0. */
  readonly lookup: number;
  readonly asker: string;
  /** Place of the asker in the latency model: a region's name or a matrix row; empty without. */
  readonly place: string;
  /** First 32 bits of the target, hex. */
  readonly target: string;
  /** Ms since the end of the warm-up. */
  readonly startMs: number;
  readonly endMs: number;
  readonly succeeded: boolean;
  readonly exact: boolean;
  readonly hops: number | null;
  readonly hopsToTarget: number | null;
  readonly requests: number;
  readonly replies: number;
  /** From the first responder asked out of the own table to the one that `hops` counts. */
  readonly path: readonly string[];
}

export const LOOKUP_COLUMNS = [
  'lookup',
  'asker',
  'place',
  'target',
  'start_ms',
  'end_ms',
  'succeeded',
  'exact',
  'hops',
  'hops_to_target',
  'requests',
  'replies',
  'path',
] as const;

/** The row as a line of CSV; no cell ever needs quotes. The path's nodes are parted by `>`. */
export function lookupLine(row: LookupRow): string {
  return [
    row.lookup,
    row.asker,
    row.place,
    row.target,
    row.startMs,
    row.endMs,
    row.succeeded ? 1 : 0,
    row.exact ? 1 : 0,
    row.hops ?? '',
    row.hopsToTarget ?? '',
    row.requests,
    row.replies,
    row.path.join('>'),
  ].join(',');
}
