/**
 * What the process that plays a scenario and the processes of its nodes say to one another.
 */
import type { Materials } from '../sim/materials.ts';
import type { Split } from '../sim/network.ts';
import type { MessageKind } from '../sim/observer/measures.ts';
import type { SimOptions } from '../sim/options.ts';
import type { Command, Outcome } from '../src/step-types.ts';
import type { OpId, Peer } from '../src/types.ts';

/** How the network is, now. */
export interface Conditions {
  readonly loss: number;
  readonly split: Split | undefined;
  /** Of those who have returned: in which life they are. All others are in their first. */
  readonly lives: readonly (readonly [Peer, number])[];
}

/** Time of the scenario: every process counts it from the same instant of the machine's clock. */
export interface Time {
  /** That instant, in ms of the monotonic clock of the system. */
  readonly startedAt: number;
  /** And in ms of the wall clock. */
  readonly wallStartMs: number;
  /** Real milliseconds per millisecond of the scenario. */
  readonly scale: number;
}

/** A node is to begin. */
export interface Begin {
  readonly type: 'begin';
  readonly peer: Peer;
  readonly dataDir: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly introducers: readonly { readonly peer: Peer; readonly port: number }[];
  readonly time: Time;
  readonly options: SimOptions;
  readonly materials: Materials;
  readonly conditions: Conditions;
}

export type Order =
  | Begin
  | { readonly type: 'command'; readonly op: OpId; readonly command: Command }
  | { readonly type: 'conditions'; readonly conditions: Conditions }
  | { readonly type: 'state'; readonly ask: number };

export type Said =
  | { readonly type: 'booted' }
  | { readonly type: 'listening'; readonly port: number }
  | {
      readonly type: 'settled';
      readonly op: OpId;
      readonly outcome: Outcome;
      /** Ms of the scenario, from the command on. */
      readonly tookMs: number;
      /** When it ended, in microseconds of the scenario. */
      readonly at: number;
    }
  | { readonly type: 'sent'; readonly sent: Sent }
  | { readonly type: 'state'; readonly ask: number; readonly words: Int32Array }
  | { readonly type: 'failed'; readonly reason: string };

/** Since the node began. */
export interface Sent {
  readonly messages: Readonly<Partial<Record<MessageKind, number>>>;
  readonly replicas: number;
  readonly steps: number;
  /** By how much timers came late since the last time, in real ms. */
  readonly lateMs: readonly number[];
}
