/**
 * The nodes of a simulation. A slot is one place in the population; the node in it may be replaced
 * by another (new id, new handle) or come back (same handle, new life). What concerns a handle is
 * kept in typed arrays; states of the core stand beside them.
 *
 * Whether a node is online follows from the churn schedule alone; whether it is eligible (online
 * and its join settled) also from messages, which is why choices of the workload only look at
 * nodes that settled at least `SETTLED_LAG_US` ago.
 */

import { PeerDirectory } from '../host/directory.ts';
import { ID_WORDS } from '../src/limits.ts';
import type { NodeState } from '../src/step.ts';
import type { Peer } from '../src/types.ts';
import { mix } from './streams.ts';

/** Longer than any window in which workers run apart. */
const SETTLED_LAG_US = 1_000_000;

export class Population {
  readonly directory = new PeerDirectory();
  /** State by handle; undefined while the node is offline or gone. */
  readonly states: (NodeState | undefined)[] = [];
  /** The handle that is in a slot, online or not; -1 before its first life. */
  readonly occupants: Int32Array;
  /** By handle. Times in microseconds. */
  slots = new Int32Array(1024);
  bornAt = new Float64Array(1024);
  settledAt = new Float64Array(1024);
  wakeAt = new Float64Array(1024);
  /** Events and draws that a node caused, and steps that it took. */
  counters = new Int32Array(1024);
  steps = new Int32Array(1024);
  lives = new Int32Array(1024);
  /** Two words of digest per handle. */
  folds = new Int32Array(2048);

  readonly #idKey: number;

  constructor(slots: number, idKey: number) {
    this.occupants = new Int32Array(slots).fill(-1);
    this.#idKey = idKey;
  }

  get count(): number {
    return this.directory.count;
  }

  /** A new node in a slot: a new random id, not yet online. */
  admit(slot: number): Peer {
    const peer = this.directory.count;
    const words: number[] = [];
    for (let i = 0; i < ID_WORDS; i++) words.push(mix(this.#idKey, peer, i));
    this.directory.add(words);
    if (peer === this.slots.length) this.#grow();
    this.slots[peer] = slot;
    this.settledAt[peer] = Infinity;
    this.wakeAt[peer] = Infinity;
    this.occupants[slot] = peer;
    this.states.push(undefined);
    return peer;
  }

  /** The node goes online with a state. */
  begin(peer: Peer, state: NodeState, now: number): void {
    this.states[peer] = state;
    this.bornAt[peer] = now;
    this.settledAt[peer] = Infinity;
    this.wakeAt[peer] = Infinity;
    this.lives[peer] = (this.lives[peer] ?? 0) + 1;
  }

  end(peer: Peer): void {
    this.states[peer] = undefined;
    this.settledAt[peer] = Infinity;
  }

  isOnline(peer: Peer): boolean {
    return this.states[peer] !== undefined;
  }

  /** The node's next number: for ties between events and for draws. */
  nextCounter(peer: Peer): number {
    const counter = this.counters[peer] ?? 0;
    this.counters[peer] = counter + 1;
    return counter;
  }

  /** Online, and settled long enough ago for every worker to know. */
  isEstablished(peer: Peer, now: number): boolean {
    if (peer < 0 || this.states[peer] === undefined) return false;
    return (this.settledAt[peer] ?? Infinity) <= now - SETTLED_LAG_US;
  }

  #grow(): void {
    const capacity = 2 * this.slots.length;
    this.slots = grown(this.slots, new Int32Array(capacity));
    this.bornAt = grown(this.bornAt, new Float64Array(capacity));
    this.settledAt = grown(this.settledAt, new Float64Array(capacity));
    this.wakeAt = grown(this.wakeAt, new Float64Array(capacity));
    this.counters = grown(this.counters, new Int32Array(capacity));
    this.steps = grown(this.steps, new Int32Array(capacity));
    this.lives = grown(this.lives, new Int32Array(capacity));
    this.folds = grown(this.folds, new Int32Array(2 * capacity));
  }
}

function grown<A extends Int32Array | Float64Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
