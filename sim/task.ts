/**
 * What the simulation itself does at an instant: sessions, workload, faults. Plain data, so that
 * they can be saved with a snapshot, and the same in every part of a divided simulation.
 */

export type Task =
  /** The first life of a slot's node. */
  | { readonly type: 'arrive'; readonly slot: number }
  /** The initial joins have settled: sessions begin to end. */
  | { readonly type: 'churn' }
  /** The warm-up is over. */
  | { readonly type: 'measure' }
  /** A session ends, unless it has ended before. */
  | { readonly type: 'depart'; readonly slot: number; readonly life: number }
  /** A node that leaves in order begins to say so. */
  | { readonly type: 'farewell'; readonly slot: number; readonly life: number }
  /** Whom a node knows a while after it went online is looked at. */
  | { readonly type: 'look'; readonly slot: number; readonly life: number }
  /** An absence ends: the node comes back, or another takes its slot. */
  | { readonly type: 'return'; readonly slot: number; readonly same: boolean }
  /** An item of the workload is due. */
  | { readonly type: 'item'; readonly work: number; readonly item: number }
  | {
      readonly type: 'retry';
      readonly work: number;
      readonly item: number;
      readonly retries: number;
    }
  | { readonly type: 'fault'; readonly fault: number }
  | { readonly type: 'heal'; readonly fault: number };
