/**
 * What is in the event queue, and what crosses the borders of a world: the kinds of events, who is
 * told what happens, what its edge lends it, and where events for nodes of other parts go.
 */

import type { Outcome } from '../src/step-types.ts';
import type { step } from '../src/step.ts';
import type { Key, Message, OpId, Peer, RecordHeader } from '../src/types.ts';
import type { Fate } from './observer/replicas.ts';
import type { Task } from './task.ts';

/** What an event is; the life of the node it is meant for is kept above these bits. */
export const MESSAGE = 0;
export const BYTES = 1;
export const WAKE = 2;
export const INPUT = 3;
export const TASK = 4;
export const FLOOD = 5;
export const KIND_BITS = 3;

/** Wall clock at the beginning of simulated time. */
export const WALL_START_MS = 1_700_000_000_000;

/** The operation numbers of joining and leaving; those of the workload come after them. */
export const JOIN_OP = 1;
export const LEAVE_OP = 2;

/** Who watches: the run that owns the world. */
export interface Watcher {
  onTask(task: Task): void;
  onSettled(peer: Peer, op: OpId, outcome: Outcome): void;
  onSigned(peer: Peer, op: OpId, record: RecordHeader): void;
  /** A node leads from now on, in a term, or no longer (0). */
  onLeader(peer: Peer, term: number): void;
  /** A node holds a record from now on, or no longer. */
  onReplica(peer: Peer, key: Key, fate: Fate): void;
}

/** What the edge lends. */
export interface Hooks {
  /** SHA-256. */
  readonly hash: (bytes: Uint8Array) => Uint8Array;
  /** With `wire`: sees, and may change, the bytes of each message on its way. */
  readonly touch?: ((bytes: Uint8Array, message: number) => void) | undefined;
  /** Instead of the core's own: does the same, and sees it. */
  readonly step?: typeof step | undefined;
}

/** Where an event for a node of another part goes. */
export type Abroad = (
  part: number,
  at: number,
  to: Peer,
  from: Peer,
  counter: number,
  kind: number,
  payload: Message | Uint8Array,
) => void;
