/**
 * One simulation from its options to its end: the start (converged or joined), the warm-up, the
 * measured time with its workload and churn.
 *
 * Phases: joins (only with `joined`) → warm-up → measuring → the last operations settle → end.
 */

import type { Command, OpId, Outcome, Peer, Position, RecordHeader } from '../src/types.ts';
import { convergedTable, Slab } from './converged.ts';
import { Ledger } from './ledger.ts';
import { Oracle } from './oracle.ts';
import type { SimOptions } from './options.ts';
import { Ring } from './ring.ts';
import type { WireHooks } from './wire.ts';
import { Workload, type ItemKind } from './workload.ts';
import { JOIN_OP, World, type Watcher } from './world.ts';

/** Between two nodes of a joined start, in microseconds. */
const ARRIVAL_GAP_US = 20_000;
/** How long an item waits when nobody can ask, or nothing can be read yet, in microseconds. */
const ITEM_RETRY_US = 100_000;
/** How often an item waits before it is given up. */
const ITEM_RETRIES_MAX = 600;

export class Run implements Watcher {
  readonly world: World;
  readonly oracle: Oracle;
  readonly workload: Workload;
  /** Microseconds at which measuring begins and ends; Infinity until known. */
  measureFrom = Infinity;
  measureTo = Infinity;

  readonly #options: SimOptions;
  readonly #ledger: Ledger;
  #itemsLeft = 0;
  #joinsLeft = 0;
  /** Instant at which each slot's session ends, in microseconds. */
  readonly #endsAt: Float64Array;

  constructor(options: SimOptions, hooks: WireHooks) {
    this.#options = options;
    this.world = new World(options, hooks, this);
    this.oracle = new Oracle(this.world.population, options.nearest);
    const { keys, population, values } = this.world;
    this.workload = new Workload(options, keys, population, values);
    this.#ledger = new Ledger(this.world, this.oracle);
    this.#endsAt = new Float64Array(options.nodes).fill(Infinity);
  }

  /** Puts the nodes in place; nothing has happened yet. */
  start(): void {
    if (this.#options.tables === 'converged') this.#startConverged();
    else this.#startJoining();
  }

  /** Handles one event; false at the end of the run. */
  advance(): boolean {
    const { world } = this;
    if (world.now >= this.measureTo && this.#ledger.size === 0) return false;
    if (this.measureTo === Infinity && this.measureFrom <= world.now) {
      if (this.#options.durationMs === 0 && this.#itemsLeft === 0 && this.#ledger.size === 0) {
        return false;
      }
    }
    const at = world.nextAt;
    if (at > this.measureTo && this.#ledger.size === 0) {
      world.now = this.measureTo;
      return false;
    }
    return world.advance();
  }

  /** Share of the simulated time, or of the workload, that is behind us. */
  get progress(): number {
    const { durationMs } = this.#options;
    if (this.measureFrom === Infinity) return 0;
    if (durationMs === 0) {
      const items = this.#options.lookups + this.#options.puts + this.#options.gets;
      return (items - this.#itemsLeft) / items;
    }
    return Math.min(1, this.world.now / this.measureTo);
  }

  onSigned(_peer: Peer, op: OpId, record: RecordHeader): void {
    this.#ledger.onSigned(op, record);
  }

  onSettled(peer: Peer, op: OpId, outcome: Outcome): void {
    if (op === JOIN_OP) this.#onJoined(peer, outcome);
    else this.#ledger.onSettled(op, outcome);
  }

  #startConverged(): void {
    const { population, churn, keys } = this.world;
    const online: Peer[] = [];
    for (let slot = 0; slot < this.#options.nodes; slot++) {
      const peer = population.admit(slot);
      if (churn.startsOnline(slot)) online.push(peer);
    }
    const ring = new Ring(population.directory, online);
    const slab = new Slab();
    for (let rank = 0; rank < ring.size; rank++) {
      const peer = ring.at(rank);
      this.world.begin(peer);
      const state = population.states[peer];
      if (state === undefined) continue;
      const { k } = this.#options;
      const table = convergedTable(ring, rank, k, keys.tables, population.directory, slab);
      population.states[peer] = { ...state, table };
      population.settledAt[peer] = -Infinity;
    }
    this.oracle.onStart(ring);
    this.#warmUp();
  }

  #startJoining(): void {
    const { churn } = this.world;
    let arrivals = 0;
    for (let slot = 0; slot < this.#options.nodes; slot++) {
      if (!churn.startsOnline(slot)) continue;
      this.#joinsLeft++;
      this.world.schedule(arrivals++ * ARRIVAL_GAP_US, () => {
        this.#arrive(slot, this.world.population.admit(slot));
      });
    }
    if (this.#joinsLeft === 0) this.#warmUp();
  }

  /** A node goes online and joins; the very first has nobody to be introduced to. */
  #arrive(slot: number, peer: Peer): void {
    const { world } = this;
    world.begin(peer);
    if (this.measureFrom !== Infinity) this.#beginSession(slot, peer);
    const introducers = peer === 0 && this.measureFrom === Infinity ? 0 : 1;
    const command = { type: 'join', introducers, peers: [] } as const;
    world.step(peer, { type: 'command', op: JOIN_OP, command });
  }

  #onJoined(peer: Peer, outcome: Outcome): void {
    const { population } = this.world;
    if (outcome.type === 'joined') {
      population.settledAt[peer] = this.world.now;
      this.oracle.onEligible(peer);
    }
    if (this.measureFrom !== Infinity) return;
    this.#joinsLeft--;
    if (this.#joinsLeft === 0) this.#warmUp();
  }

  /** The initial joins have settled: churn begins, at the next full second. */
  #warmUp(): void {
    const { world } = this;
    const from = Math.ceil(world.now / 1_000_000) * 1_000_000;
    this.measureFrom = from + this.#options.warmupMs * 1000;
    if (this.#options.durationMs > 0) {
      this.measureTo = this.measureFrom + this.#options.durationMs * 1000;
    }
    if (world.churn.isActive) world.schedule(from, () => this.#beginChurn());
    world.schedule(this.measureFrom, () => this.#beginMeasuring());
    for (const kind of ['put', 'lookup', 'get'] as const) {
      this.#itemsLeft += this.workload.count(kind);
      this.#scheduleItem(kind, 0);
    }
  }

  #beginChurn(): void {
    const { population, churn } = this.world;
    for (let slot = 0; slot < this.#options.nodes; slot++) {
      const peer = population.occupants[slot] ?? -1;
      if (peer >= 0 && population.isOnline(peer)) this.#beginSession(slot, peer);
      else this.world.schedule(this.world.now + churn.absenceUs(slot), () => this.#return(slot));
    }
  }

  #beginSession(slot: number, peer: Peer): void {
    const { world } = this;
    if (!world.churn.isActive) return;
    if (world.measures.measuring) world.measures.sessions++;
    const endsAt = world.now + world.churn.sessionUs(slot);
    this.#endsAt[slot] = endsAt;
    world.schedule(endsAt, () => this.#depart(slot, peer));
  }

  #depart(slot: number, peer: Peer): void {
    const { world } = this;
    this.oracle.onGone(peer);
    world.end(peer);
    this.#endsAt[slot] = Infinity;
    this.#ledger.onGone(peer);
    world.schedule(world.now + world.churn.absenceUs(slot), () => this.#return(slot));
  }

  #return(slot: number): void {
    const { population, churn } = this.world;
    const before = population.occupants[slot] ?? -1;
    this.#arrive(slot, before >= 0 && churn.returns ? before : population.admit(slot));
  }

  #beginMeasuring(): void {
    const { measures, now } = this.world;
    measures.begin(now, this.#options.nodes);
    for (const endsAt of this.#endsAt) {
      if (endsAt !== Infinity) measures.residualMs.add((endsAt - now) / 1000);
    }
  }

  #scheduleItem(kind: ItemKind, item: number): void {
    if (item >= this.workload.count(kind)) return;
    const at = this.measureFrom + this.workload.beginsUs(kind, item);
    this.world.schedule(at, () => {
      this.#scheduleItem(kind, item + 1);
      this.#beginItem(kind, item, 0);
    });
  }

  #beginItem(kind: ItemKind, item: number, retries: number): void {
    const { world, workload } = this;
    const asker = workload.asker(kind, item, world.now);
    const put = kind === 'get' ? workload.keyToRead(item, world.now) : item;
    if (asker === undefined || put === undefined) {
      if (retries < ITEM_RETRIES_MAX && world.now < this.measureTo) {
        const again = (): void => this.#beginItem(kind, item, retries + 1);
        world.schedule(world.now + ITEM_RETRY_US, again);
      } else {
        this.#itemsLeft--;
        world.measures.skipped++;
      }
      return;
    }
    this.#itemsLeft--;
    const op = JOIN_OP + 1 + workload.number(kind, item);
    const target = kind === 'lookup' ? workload.target(item) : world.values.key(put).position;
    this.#ledger.onBegun(op, { kind, asker, startedAt: world.now, target, put });
    world.step(asker, { type: 'command', op, command: this.#commandOf(kind, put, target) });
  }

  #commandOf(kind: ItemKind, put: number, target: Position): Command {
    if (kind === 'lookup') return { type: 'lookup', target };
    const key = this.world.values.key(put);
    if (kind === 'get') return { type: 'get', key };
    const { valueBytes: size, replication, ttlS } = this.#options;
    return { type: 'put', key, size, replication, ttlS };
  }
}
