/**
 * What a run looks like over time: one column per measure, one row per step. Steps count from the
 * end of the warm-up; a row describes the step that ends at its time.
 */

export interface Series {
  readonly stepMs: number;
  /** End of each step, in ms since the end of the warm-up. */
  readonly atMs: readonly number[];
  /** Online nodes at that time. */
  readonly online: readonly number[];
  /** Messages sent in the step per online node-second, by kind. */
  readonly traffic: Readonly<Record<string, readonly number[]>>;
  /** Lookups that settled in the step, and how many of them succeeded and were exact. */
  readonly lookups: readonly number[];
  readonly succeeded: readonly number[];
  readonly exact: readonly number[];
  /** GETs that ended in the step, and how many of them found a value. */
  readonly gets: readonly number[];
  readonly found: readonly number[];
  /** Offline contacts over all contacts, in the tables of a sample of the eligible nodes. */
  readonly deadShare: readonly number[];
  /** Mean live holders of an acknowledged, unexpired key; null while there is none. */
  readonly replicas: readonly (number | null)[];
}
