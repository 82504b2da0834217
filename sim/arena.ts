/**
 * Where a run takes place, as the run sees it: nodes that begin and end and are given commands, a
 * clock, and things that are due at an instant. In a simulation it is a `World`; where the same
 * scenario is played by real nodes it is they.
 */
import type { Command } from '../src/step-types.ts';
import type { OpId, Peer } from '../src/types.ts';
import type { Hooks, Watcher } from './events.ts';
import type { LatencyModel } from './latency/latency.ts';
import type { Materials } from './materials.ts';
import type { Split } from './network.ts';
import type { Measures } from './observer/measures.ts';
import type { Values } from './observer/values.ts';
import type { SimOptions } from './options.ts';
import type { Part, Population } from './population.ts';
import type { Roles } from './roles.ts';
import type { Keys } from './streams.ts';
import type { Task } from './task.ts';

export interface Arena {
  readonly options: SimOptions;
  readonly keys: Keys;
  readonly population: Population;
  readonly measures: Measures;
  readonly values: Values;
  readonly roles: Roles;
  /** What the network does to messages; `now` is set at each turn. */
  readonly network: { now: number; loss: number; split: Split | undefined };
  /** Microseconds since the beginning. */
  now: number;
  readonly nowMs: number;
  /** The wall clock of its nodes. */
  readonly wallMs: number;
  /** Microseconds at which measuring begins, once that is known. */
  measuredFrom: number;
  /** When the next event is due; Infinity when nothing will ever happen. */
  readonly nextAt: number;
  /** Handles the earliest event; false when there is none. */
  advance(): boolean;
  /** Lets something of the run's own happen at an instant, in the order of the calls. */
  schedule(at: number, task: Task): void;
  /** A node goes online; the caller gives it something to do. */
  begin(peer: Peer): void;
  /** The node disappears without a word. */
  end(peer: Peer): void;
  /** A command from the node's own host, if the node is of this part. */
  command(peer: Peer, op: OpId, command: Command): void;
}

/** What an arena is made of. */
export interface ArenaParts {
  readonly options: SimOptions;
  readonly keys: Keys;
  readonly part: Part;
  /** Places in the population, those of join storms among them. */
  readonly slots: number;
  readonly latency: LatencyModel;
  readonly values: Values;
  readonly hooks: Hooks;
  readonly watcher: Watcher;
}

/** What a run is made of beside its options. */
export interface RunSetting {
  /** What the run goes on from; the options it was made with give nodes their ids and places. */
  readonly origin?: SimOptions;
  /** When a snapshot is wanted: ms after the warm-up. */
  readonly snapshotAfterMs?: number;
  readonly materials: Materials;
  readonly hooks: Hooks;
  readonly part?: Part;
  /** Whether rows of lookups are wanted. */
  readonly rows?: boolean;
  /** Wall clock at the beginning. */
  readonly wallStartMs?: number;
}
