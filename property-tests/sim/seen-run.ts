/**
 * A small simulated network that is looked at as it goes: every message that arrives, every item of
 * the workload that begins, every outcome and every signed record; and a clock of its own, in ms
 * after the warm-up.
 */
import { KIND_BITS, LEAVE_OP, MESSAGE } from '../../sim/events.ts';
import type { SimOptions } from '../../sim/options.ts';
import type { Running } from '../../sim/run/ledger.ts';
import type { Outcome } from '../../src/step-types.ts';
import { contactsOf } from '../../src/table/table.ts';
import type { Message, OpId, Peer, RecordHeader } from '../../src/types.ts';
import { WatchedRun } from './sim-kit.ts';

/** A message as its receiver has just dealt with it. */
export interface Seen {
  readonly from: Peer;
  readonly to: Peer;
  readonly message: Message;
}

/** An operation of the workload, or of a test's own command, that has ended. */
export interface Ended {
  readonly op: OpId;
  readonly peer: Peer;
  readonly at: number;
  readonly outcome: Outcome;
}

/** An item of the workload as it begins. */
export interface Begun extends Running {
  /** Of the asker and of the node that is looked up: whether each is online and is not leaving. */
  readonly areThere: boolean;
}

export class SeenRun extends WatchedRun {
  /** By operation: all items of the workload that have begun. */
  readonly begun = new Map<OpId, Begun>();
  readonly outcomes: Ended[] = [];
  readonly signed: RecordHeader[] = [];
  readonly #see: (seen: Seen) => void;

  constructor(options: SimOptions, see: (seen: Seen) => void = () => undefined) {
    super(options);
    this.#see = see;
    const { ledger } = this;
    const onBegun = ledger.onBegun.bind(ledger);
    ledger.onBegun = (op, running) => {
      const { asker, targetPeer } = running;
      const peers = targetPeer < 0 ? [asker] : [asker, targetPeer];
      this.begun.set(op, { ...running, areThere: peers.every((peer) => this.#isThere(peer)) });
      onBegun(op, running);
    };
  }

  /** Ms since the end of the warm-up. */
  get ms(): number {
    return (this.world.now - this.measureFrom) / 1000;
  }

  /** Lets everything happen that is due before so many ms after the warm-up. */
  until(ms: number): void {
    const isBefore = (): boolean => this.world.nextAt < this.measureFrom + ms * 1000;
    while (isBefore() && this.advance());
  }

  online(): readonly Peer[] {
    const { population } = this.world;
    return Array.from({ length: population.count }, (_, peer) => peer).filter((peer) =>
      population.isOnline(peer),
    );
  }

  /** Whether a node has another, or anybody, in its table. */
  knows(peer: Peer, other?: Peer): boolean {
    const table = this.world.population.states[peer]?.table;
    if (table === undefined) return false;
    const contacts = contactsOf(table);
    return other === undefined ? contacts.length > 0 : contacts.includes(other);
  }

  isHostile(peer: Peer): boolean {
    return this.world.roles.isHostile(this.world.population.slotOf(peer));
  }

  #isThere(peer: Peer): boolean {
    const state = this.world.population.states[peer];
    return state !== undefined && !state.leaving;
  }

  override advanceBefore(limit: number): boolean {
    if (!super.advanceBefore(limit)) return false;
    const { queue, population } = this.world;
    const { receiver: to, sender: from, kind, payload } = queue;
    const isMessage = (kind & ((1 << KIND_BITS) - 1)) === MESSAGE;
    const isThere = isMessage && population.isOnline(to);
    if (isThere && population.lifeOf(to) === kind >>> KIND_BITS) {
      this.#see({ from, to, message: payload as Message });
    }
    return true;
  }

  override onSettled(peer: Peer, op: OpId, outcome: Outcome): void {
    super.onSettled(peer, op, outcome);
    if (op > LEAVE_OP) this.outcomes.push({ op, peer, at: this.world.now, outcome });
  }

  override onSigned(peer: Peer, op: OpId, record: RecordHeader): void {
    super.onSigned(peer, op, record);
    this.signed.push(record);
  }
}
