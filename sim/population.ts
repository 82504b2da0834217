/**
 * The nodes of a simulation. A slot is one place in the population; the node in it may be replaced
 * by another (new id, new handle) or come back (same handle, new life). What concerns a handle is
 * a row of one buffer; states of the core stand beside them.
 *
 * A simulation may be divided into parts. Each part has the states of its own nodes, those whose
 * slot it is, and knows of all others who is online since when: that follows from the churn
 * schedule alone. When a node's join settled follows from messages, and reaches other parts a turn
 * later; hence choices of the workload only look at nodes that settled `SETTLED_LAG_US` ago.
 */

import { PeerDirectory } from '../host/directory.ts';
import { ID_WORDS, POSITION_WORD } from '../src/limits.ts';
import type { NodeState } from '../src/step.ts';
import type { Ballot, KeptRecord, Peer } from '../src/types.ts';
import { mix } from './streams.ts';

/** A row of 64 bytes, so that a node is one cache line: three times, then words at these places. */
const ROW_TIMES = 8;
const BORN_AT = 0;
const SETTLED_AT = 1;
const WAKE_AT = 2;
const ROW_WORDS = 16;
const SLOT = 6;
const LIFE = 7;
const COUNTER = 8;
const STEPS = 9;
const FOLD = 10;
/** From `COUNTER` on: what only the node's own part counts. */
export const OWN_WORDS = 4;
const ROWS_MIN = 1024;

/** Longer than any turn. */
const SETTLED_LAG_US = 1_000_000;

/** Which part of a divided simulation this is. */
export interface Part {
  readonly index: number;
  readonly count: number;
}

export const WHOLE: Part = { index: 0, count: 1 };

export class Population {
  readonly directory = new PeerDirectory();
  readonly part: Part;
  /** State by handle; undefined while the node is offline or another part's. */
  readonly states: (NodeState | undefined)[] = [];
  /** Records on the disks of own nodes that are offline, where disks are kept. */
  readonly disks = new Map<Peer, readonly KeptRecord[]>();
  /** Ballots on the disks of own voters, which are kept in any case. */
  readonly ballots = new Map<Peer, Ballot>();
  /** Peers that own nodes have saved, where disks are kept. */
  readonly saved = new Map<Peer, readonly Peer[]>();
  /** The handle that is in a slot, online or not; -1 before its first life. */
  readonly occupants: Int32Array;
  /** Rows by handle, in two views: whole numbers, and times in microseconds. */
  #words = new Int32Array(ROW_WORDS * ROWS_MIN);
  #times = new Float64Array(this.#words.buffer);
  /** Whether each is online: apart from the rows, so that the cache holds those of all nodes. */
  #online = new Uint8Array(ROWS_MIN);

  readonly #idKey: number;

  constructor(slots: number, idKey: number, part: Part) {
    this.occupants = new Int32Array(slots).fill(-1);
    this.#idKey = idKey;
    this.part = part;
  }

  get count(): number {
    return this.directory.count;
  }

  slotOf(peer: Peer): number {
    return this.#words[peer * ROW_WORDS + SLOT] ?? 0;
  }

  isOnline(peer: Peer): boolean {
    return this.#online[peer] === 1;
  }

  /** Counts how often the node has gone online. */
  lifeOf(peer: Peer): number {
    return this.#words[peer * ROW_WORDS + LIFE] ?? 0;
  }

  bornAt(peer: Peer): number {
    return this.#times[peer * ROW_TIMES + BORN_AT] ?? 0;
  }

  /** When the join of its present life settled; Infinity: not yet. */
  settledAt(peer: Peer): number {
    return this.#times[peer * ROW_TIMES + SETTLED_AT] ?? Infinity;
  }

  setSettledAt(peer: Peer, at: number): void {
    this.#times[peer * ROW_TIMES + SETTLED_AT] = at;
  }

  /** When its one wake is scheduled; Infinity: none is. */
  wakeAt(peer: Peer): number {
    return this.#times[peer * ROW_TIMES + WAKE_AT] ?? Infinity;
  }

  setWakeAt(peer: Peer, at: number): void {
    this.#times[peer * ROW_TIMES + WAKE_AT] = at;
  }

  /** Steps that the node took, this one not counted. */
  nextStep(peer: Peer): number {
    const at = peer * ROW_WORDS + STEPS;
    const steps = this.#words[at] ?? 0;
    this.#words[at] = steps + 1;
    return steps;
  }

  /** The node's next number: for ties between events and for draws. */
  nextCounter(peer: Peer): number {
    const at = peer * ROW_WORDS + COUNTER;
    const counter = this.#words[at] ?? 0;
    this.#words[at] = counter + 1;
    return counter;
  }

  /** One of the two words of the node's digest. */
  fold(peer: Peer, half: 0 | 1): number {
    return this.#words[peer * ROW_WORDS + FOLD + half] ?? 0;
  }

  setFold(peer: Peer, a: number, b: number): void {
    this.#words[peer * ROW_WORDS + FOLD] = a;
    this.#words[peer * ROW_WORDS + FOLD + 1] = b;
  }

  /** The digests of all nodes, two words each. */
  folds(): Int32Array {
    return Int32Array.from({ length: 2 * this.count }, (_, i) =>
      this.fold(i >> 1, (i & 1) as 0 | 1),
    );
  }

  /** What only the node's own part counts, for a snapshot: its numbers, steps and digest. */
  own(peer: Peer): Int32Array {
    const at = peer * ROW_WORDS + COUNTER;
    return this.#words.subarray(at, at + OWN_WORDS);
  }

  isMine(peer: Peer): boolean {
    return this.partOf(peer) === this.part.index;
  }

  partOf(peer: Peer): number {
    return this.part.count === 1 ? 0 : this.slotOf(peer) % this.part.count;
  }

  /** A new node in a slot: a new random id, not yet online. */
  admit(slot: number): Peer {
    const peer = this.directory.count;
    const words: number[] = [];
    for (let i = 0; i < ID_WORDS; i++) words.push(mix(this.#idKey, peer, i));
    this.directory.add(words);
    if (peer * ROW_WORDS === this.#words.length) this.#grow();
    this.#words[peer * ROW_WORDS + SLOT] = slot;
    this.setSettledAt(peer, Infinity);
    this.setWakeAt(peer, Infinity);
    this.occupants[slot] = peer;
    this.states.push(undefined);
    return peer;
  }

  /** The node goes online; with a state when it is an own one. */
  begin(peer: Peer, state: NodeState | undefined, now: number): void {
    this.states[peer] = state;
    this.#online[peer] = 1;
    this.#words[peer * ROW_WORDS + LIFE] = this.lifeOf(peer) + 1;
    this.#times[peer * ROW_TIMES + BORN_AT] = now;
    this.setSettledAt(peer, Infinity);
    this.setWakeAt(peer, Infinity);
  }

  /** What every part knows of a node in a snapshot. */
  restore(peer: Peer, online: boolean, life: number, bornAt: number, settledAt: number): void {
    this.#online[peer] = online ? 1 : 0;
    this.#words[peer * ROW_WORDS + LIFE] = life;
    this.#times[peer * ROW_TIMES + BORN_AT] = bornAt;
    this.setSettledAt(peer, settledAt);
  }

  end(peer: Peer): void {
    this.states[peer] = undefined;
    this.#online[peer] = 0;
    this.setSettledAt(peer, Infinity);
  }

  /** Online, and settled long enough ago for every part to know. */
  isEstablished(peer: Peer, now: number): boolean {
    return peer >= 0 && this.isOnline(peer) && this.settledAt(peer) <= now - SETTLED_LAG_US;
  }

  /** First 32 bits of the position, hex. */
  shortName(peer: Peer): string {
    const word = this.directory.words[peer * ID_WORDS + POSITION_WORD] ?? 0;
    return (word >>> 0).toString(16).padStart(8, '0');
  }

  #grow(): void {
    const words = new Int32Array(2 * this.#words.length);
    words.set(this.#words);
    this.#words = words;
    this.#times = new Float64Array(words.buffer);
    const online = new Uint8Array(2 * this.#online.length);
    online.set(this.#online);
    this.#online = online;
  }
}
