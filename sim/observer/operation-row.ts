/**
 * One PUT or GET of the workload as a row of `operations.csv.gz`. Nodes are named as in
 * `lookups.csv.gz`. An operation whose asker left has no row, as it counts nowhere.
 */

export const OPERATION_OUTCOMES = ['found', 'not-found', 'wrong', 'stored', 'failed'] as const;

/** Of a GET the first three, of a PUT the fourth; `failed` of either, which then had no answer. */
export type OperationOutcome = (typeof OPERATION_OUTCOMES)[number];

export interface OperationRow {
  /** Its number among all operations of the workload, lookups included, from 0. */
  readonly operation: number;
  readonly kind: 'put' | 'get';
  readonly asker: string;
  /** Ms since the end of the warm-up. */
  readonly startMs: number;
  readonly endMs: number;
  readonly outcome: OperationOutcome;
  /** Requests and the replies that came; null when unknown. */
  readonly messages: number | null;
  /** Replicas that a PUT was told to be on disk; null of a GET. */
  readonly replicas: number | null;
}

export const OPERATION_COLUMNS = [
  'operation',
  'kind',
  'asker',
  'start_ms',
  'end_ms',
  'outcome',
  'messages',
  'replicas',
] as const;

/** The row as a line of CSV; no cell ever needs quotes. */
export function operationLine(row: OperationRow): string {
  return [
    row.operation,
    row.kind,
    row.asker,
    row.startMs,
    row.endMs,
    row.outcome,
    row.messages ?? '',
    row.replicas ?? '',
  ].join(',');
}

/**
 * An operation by its number and its asker, in one number: runs of one workload and one seed have
 * the same. Exact below two million operations.
 */
export function operationName(number: number, asker: string): number {
  return number * 2 ** 32 + Number.parseInt(asker.slice(asker.indexOf(':') + 1), 16);
}
