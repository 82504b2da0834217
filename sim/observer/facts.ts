/**
 * What the parts of a simulation tell one another once per turn: what happened at their own nodes
 * that the observer, or later choices of the workload, must know everywhere.
 */

import type { Peer, RecordHeader } from '../../src/types.ts';
import type { ReplicaFact } from './replicas.ts';

export interface Joined {
  readonly peer: Peer;
  /** Which life of the node: it may be over by now. */
  readonly life: number;
  readonly at: number;
  /** Whether the join came to a good end. */
  readonly ok: boolean;
}

/** A node leads from an instant on, in a term; 0: no longer. */
export interface Led {
  readonly peer: Peer;
  readonly at: number;
  readonly term: number;
}

export interface Facts {
  readonly joined: readonly Joined[];
  readonly signed: readonly { readonly put: number; readonly record: RecordHeader }[];
  readonly acknowledged: readonly { readonly put: number; readonly at: number }[];
  readonly replicas: readonly ReplicaFact[];
  readonly led: readonly Led[];
  /** Operations of the workload under way at own nodes. */
  readonly running: number;
}

/** Gathers the facts of one part until the next turn. */
export class FactBox {
  #joined: Joined[] = [];
  #signed: { put: number; record: RecordHeader }[] = [];
  #acknowledged: { put: number; at: number }[] = [];
  #replicas: ReplicaFact[] = [];
  #led: Led[] = [];

  onJoined(joined: Joined): void {
    this.#joined.push(joined);
  }

  onSigned(put: number, record: RecordHeader): void {
    this.#signed.push({ put, record });
  }

  onAcknowledged(put: number, at: number): void {
    this.#acknowledged.push({ put, at });
  }

  onReplica(fact: ReplicaFact): void {
    this.#replicas.push(fact);
  }

  onLed(led: Led): void {
    this.#led.push(led);
  }

  /** All since the last time. */
  take(running: number): Facts {
    const facts = {
      joined: this.#joined,
      signed: this.#signed,
      acknowledged: this.#acknowledged,
      replicas: this.#replicas,
      led: this.#led,
      running,
    };
    this.#joined = [];
    this.#signed = [];
    this.#acknowledged = [];
    this.#replicas = [];
    this.#led = [];
    return facts;
  }
}
