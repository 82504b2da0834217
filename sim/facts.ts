/**
 * What the parts of a simulation tell one another once per turn: what happened at their own nodes
 * that the observer, or later choices of the workload, must know everywhere.
 */

import type { Peer, RecordHeader } from '../src/types.ts';

export interface Joined {
  readonly peer: Peer;
  /** Which life of the node: it may be over by now. */
  readonly life: number;
  readonly at: number;
  /** Whether the join came to a good end. */
  readonly ok: boolean;
}

export interface Facts {
  readonly joined: readonly Joined[];
  readonly signed: readonly { readonly put: number; readonly record: RecordHeader }[];
  readonly acknowledged: readonly { readonly put: number; readonly at: number }[];
  /** Operations of the workload under way at own nodes. */
  readonly running: number;
}
