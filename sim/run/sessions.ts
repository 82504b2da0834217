/**
 * Who is there when: first arrivals, sessions and absences, and the faults of a scenario. All of
 * it follows from the options and the seed alone, so every part of a divided simulation goes
 * through the same motions for all nodes; only the steps of a node are its own part's.
 */

import { HANDOVER_MS_MAX, LEAVE_MS_MAX } from '../../src/limits.ts';
import { allItems } from '../../src/paged.ts';
import { durable, withLife } from '../../src/state/store.ts';
import { contactAt, contactCount } from '../../src/table/table.ts';
import type { Table } from '../../src/table/table.ts';
import type { KeptRecord, Peer } from '../../src/types.ts';
import type { Arena } from '../arena.ts';
import type { Churn } from '../churn/churn.ts';
import { JOIN_OP, LEAVE_OP } from '../events.ts';
import { introducersOf } from '../introducers.ts';
import type { Leaders } from '../observer/leaders.ts';
import type { Oracle } from '../observer/oracle.ts';
import type { FaultSpec } from '../options.ts';
import { mix } from '../streams.ts';
import type { Task } from '../task.ts';
import { LOOK_US } from './joins.ts';
import type { Ledger } from './ledger.ts';
import { stormSlot } from './slots.ts';

/** Between two nodes of a joined start, in microseconds. */
const ARRIVAL_GAP_US = 20_000;
/** How long before its end a node that leaves in order begins to say so, in microseconds. */
const FAREWELL_US = (HANDOVER_MS_MAX + LEAVE_MS_MAX) * 1000;

/** Peers that a node saves: those of a real one, which saves more where there are more. */
const SAVED_MAX = 50;

type MassFailure = Extract<FaultSpec, { type: 'mass-failure' }>;

export class Sessions {
  readonly #world: Arena;
  readonly #churn: Churn;
  readonly #oracle: Oracle;
  readonly #ledger: Ledger;
  readonly #leaders: Leaders;
  /** Instant at which each slot's session ends, in microseconds. */
  readonly endsAt: Float64Array;
  /** The initial joins have settled: sessions end and begin. */
  begun = false;

  constructor(world: Arena, churn: Churn, oracle: Oracle, ledger: Ledger, leaders: Leaders) {
    this.#leaders = leaders;
    this.#world = world;
    this.#churn = churn;
    this.#oracle = oracle;
    this.#ledger = ledger;
    this.endsAt = new Float64Array(world.population.occupants.length).fill(Infinity);
  }

  /** Puts the first nodes online, all at once; the caller gives them their tables. */
  placeAll(): Peer[] {
    const { population, options } = this.#world;
    const online: Peer[] = [];
    for (let slot = 0; slot < options.nodes; slot++) {
      const peer = population.admit(slot);
      if (!this.#startsOnline(slot)) continue;
      this.#world.begin(peer);
      online.push(peer);
    }
    return online;
  }

  /** Lets the first nodes arrive one after the other; returns how many there will be. */
  arriveAll(): number {
    let arrivals = 0;
    for (let slot = 0; slot < this.#world.options.nodes; slot++) {
      if (!this.#startsOnline(slot)) continue;
      this.#world.schedule(arrivals++ * ARRIVAL_GAP_US, { type: 'arrive', slot });
    }
    return arrivals;
  }

  /** From here on sessions end; those under way have their residual lives. */
  begin(): void {
    const { population, options, now } = this.#world;
    this.begun = true;
    // In a fork there may be ends of sessions that its own churn knows nothing of.
    this.endsAt.fill(Infinity);
    if (!this.#churn.isActive) return;
    for (let slot = options.voters; slot < options.nodes; slot++) {
      const peer = population.occupants[slot] ?? -1;
      if (peer >= 0 && population.isOnline(peer)) {
        this.#endAfter(slot, peer, this.#churn.residualSessionUs(slot));
      } else {
        const at = now + this.#churn.residualAbsenceUs(slot);
        this.#world.schedule(at, { type: 'return', slot, same: this.#churn.returns });
      }
    }
  }

  arrive(slot: number): void {
    this.#arrive(slot, this.#world.population.admit(slot));
  }

  return(slot: number, same: boolean): void {
    const { population } = this.#world;
    const before = population.occupants[slot] ?? -1;
    if (before >= 0 && population.isOnline(before)) return;
    this.#arrive(slot, before >= 0 && same ? before : population.admit(slot));
  }

  depart({ slot, life }: Extract<Task, { type: 'depart' }>): void {
    const { population, now } = this.#world;
    const peer = population.occupants[slot] ?? -1;
    if (!population.isOnline(peer) || population.lifeOf(peer) !== life) return;
    this.#end(slot, peer);
    const at = now + this.#churn.absenceUs(slot);
    this.#world.schedule(at, { type: 'return', slot, same: this.#churn.returns });
  }

  farewell({ slot, life }: Extract<Task, { type: 'farewell' }>): void {
    const { population, now } = this.#world;
    const peer = population.occupants[slot] ?? -1;
    if (!population.isOnline(peer) || population.lifeOf(peer) !== life) return;
    this.#oracle.onGone(peer, now);
    this.#ledger.onGone(peer);
    population.setSettledAt(peer, Infinity);
    this.#world.command(peer, LEAVE_OP, { type: 'leave' });
  }

  /** Whether a node whose join has just settled has begun to say farewell since. */
  isLeaving(peer: Peer): boolean {
    const { population, options, now } = this.#world;
    const farewellAt = (this.endsAt[population.slotOf(peer)] ?? Infinity) - FAREWELL_US;
    const isSaid = population.bornAt(peer) < farewellAt && farewellAt <= now;
    return options.departure === 'leave' && isSaid;
  }

  /** A fault of the scenario, by its number, comes about. */
  onFault(number: number): void {
    const { now, measures, options } = this.#world;
    const fault = options.faults[number];
    if (fault === undefined) return;
    switch (fault.type) {
      case 'mass-failure':
        return this.#fail(fault, number);
      case 'leader-crash':
        return this.#failLeader(fault.returnMs);
      case 'partition':
      case 'loss':
        this.setNetwork();
        return this.#world.schedule(now + fault.forMs * 1000, { type: 'heal', fault: number });
      case 'join-storm':
        measures.countTime(now);
        measures.slots += fault.nodes;
        for (let i = 0; i < fault.nodes; i++) {
          const at = now + Math.floor((fault.overMs * 1000 * i) / fault.nodes);
          this.#world.schedule(at, { type: 'arrive', slot: stormSlot(options, number) + i });
        }
    }
  }

  /** What the network suffers now: of faults of a kind that overlap, the one that began last. */
  setNetwork(): void {
    const { now, measuredFrom, network, options, keys } = this.#world;
    network.split = undefined;
    network.loss = options.loss;
    const faults = [...options.faults.entries()].sort(([, a], [, b]) => a.atMs - b.atMs);
    for (const [number, fault] of faults) {
      if (fault.type !== 'partition' && fault.type !== 'loss') continue;
      const from = measuredFrom + fault.atMs * 1000;
      if (now < from || now >= from + fault.forMs * 1000) continue;
      if (fault.type === 'loss') network.loss = fault.share;
      else network.split = { key: mix(keys.faults, number, 0), share: fault.share };
    }
  }

  /** A node goes online and joins; the very first has nobody to be introduced to. */
  #arrive(slot: number, peer: Peer): void {
    const world = this.#world;
    world.begin(peer);
    if (this.begun) {
      if (world.measures.measuring) world.measures.sessions++;
      const ends = this.#churn.isActive && slot >= world.options.voters;
      if (ends) this.#endAfter(slot, peer, this.#churn.sessionUs(slot));
    }
    this.#lookLater(slot, peer);
    const introducers = peer === 0 && !this.begun ? 0 : introducersOf(world.options);
    world.command(peer, JOIN_OP, { type: 'join', introducers, peers: [] });
  }

  /** Voters are there from the first, and do not come and go. */
  #startsOnline(slot: number): boolean {
    return slot < this.#world.options.voters || this.#churn.startsOnline(slot);
  }

  /** Where some are hostile, whom an honest node knows is looked at. */
  #lookLater(slot: number, peer: Peer): void {
    const { options, roles, population, now } = this.#world;
    if (options.adversaries === null || !roles.isSound(slot)) return;
    this.#world.schedule(now + LOOK_US, { type: 'look', slot, life: population.lifeOf(peer) });
  }

  #endAfter(slot: number, peer: Peer, us: number): void {
    const { population, options, now } = this.#world;
    const life = population.lifeOf(peer);
    const endsAt = now + us;
    this.endsAt[slot] = endsAt;
    this.#world.schedule(endsAt, { type: 'depart', slot, life });
    const farewellAt = endsAt - FAREWELL_US;
    if (options.departure === 'leave' && farewellAt > now) {
      this.#world.schedule(farewellAt, { type: 'farewell', slot, life });
    }
  }

  /** A share of the online nodes disappears at once, introducers first where they die. */
  #fail({ share, returnMs, introducers }: MassFailure, number: number): void {
    const { population, keys, now, options } = this.#world;
    const dying = introducers === 'dead' ? options.introducers : 0;
    const key = mix(keys.faults, number, 0);
    const slots: number[] = [];
    population.occupants.forEach((peer, slot) => {
      if (peer >= 0 && population.isOnline(peer)) slots.push(slot);
    });
    const rank = (slot: number): number => (slot < dying ? -Infinity : mix(key, slot, 1));
    slots.sort((a, b) => rank(a) - rank(b) || a - b);
    for (const slot of slots.slice(0, Math.round(share * slots.length))) {
      this.#end(slot, population.occupants[slot] ?? 0);
      if (returnMs === null || slot < dying) continue;
      this.#world.schedule(now + returnMs * 1000, { type: 'return', slot, same: true });
    }
  }

  #failLeader(returnMs: number | null): void {
    const { population, now } = this.#world;
    const peer = this.#leaders.current;
    if (peer < 0 || !population.isOnline(peer)) return;
    const slot = population.slotOf(peer);
    this.#end(slot, peer);
    if (returnMs === null) return;
    this.#world.schedule(now + returnMs * 1000, { type: 'return', slot, same: true });
  }

  #end(slot: number, peer: Peer): void {
    const world = this.#world;
    this.#oracle.onGone(peer, world.now);
    if (world.options.disk === 'keep') this.#keepDisk(peer);
    world.end(peer);
    this.endsAt[slot] = Infinity;
    this.#ledger.onGone(peer);
  }

  /** What the node had written down, as its next life will find it. */
  #keepDisk(peer: Peer): void {
    const { population, nowMs, wallMs } = this.#world;
    const state = population.states[peer];
    if (state === undefined) return;
    const records: KeptRecord[] = [];
    for (const held of allItems(state.store)) {
      const stored = durable(held, nowMs);
      if (stored === undefined) continue;
      const header = withLife(stored.header, stored.expiresAt - nowMs);
      records.push({ header, storedAtMs: wallMs, from: stored.from });
    }
    if (records.length > 0) population.disks.set(peer, records);
    const saved = savedOf(state.table);
    if (saved.length > 0) population.saved.set(peer, saved);
  }
}

/** Contacts from all over the table. */
function savedOf(table: Table): readonly Peer[] {
  const count = contactCount(table);
  const length = Math.min(SAVED_MAX, count);
  return Array.from({ length }, (_, i) => contactAt(table, Math.floor((i * count) / length)));
}
