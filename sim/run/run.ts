/**
 * One part of a simulation, or all of it, from its options to its end: the start (converged or
 * joined), the warm-up, the measured time with its workload.
 *
 * Phases: joins (only with `joined`) → warm-up → measuring → the last operations settle → end.
 *
 * Time goes in turns of at most `TURN_US`. Within a turn a part sees its own nodes only. At a turn
 * every part hands out what happened at its nodes (`takeFacts`), takes in the facts of all
 * (`turn`), and decides alike: when the warm-up begins, and when the run ends. So decisions do not
 * depend on how a simulation is divided.
 */

import type { Outcome } from '../../src/step-types.ts';
import type { Key, OpId, Peer, RecordHeader } from '../../src/types.ts';
import type { Arena, ArenaParts, RunSetting } from '../arena.ts';
import { Churn } from '../churn/churn.ts';
import { JOIN_OP, WALL_START_MS, type Watcher } from '../events.ts';
import { latencyOf, type LatencyModel } from '../latency/latency.ts';
import { FactBox, type Facts } from '../observer/facts.ts';
import { Leaders } from '../observer/leaders.ts';
import { Oracle } from '../observer/oracle.ts';
import { Replicas, type Fate } from '../observer/replicas.ts';
import { Values } from '../observer/values.ts';
import type { SimOptions } from '../options.ts';
import { WHOLE } from '../population.ts';
import { keysOf } from '../streams.ts';
import type { Task } from '../task.ts';
import type { World } from '../world.ts';
import { giveTables } from './converged.ts';
import { Items } from './items.ts';
import { countJoin, lookAtJoined } from './joins.ts';
import { Ledger } from './ledger.ts';
import { Recovery } from './recovery.ts';
import { Sampler, stepMsOf } from './sampler.ts';
import { Sessions } from './sessions.ts';
import { slotsOf } from './slots.ts';
import { putsOf, Workload, worksOf } from './workload.ts';

/** The longest turn, in microseconds. */
const TURN_US = 100_000;
const SECOND_US = 1_000_000;

export class Run<A extends Arena = World> implements Watcher {
  readonly options: SimOptions;
  readonly world: A;
  readonly latency: LatencyModel;
  readonly churn: Churn;
  readonly oracle: Oracle;
  readonly ledger: Ledger;
  readonly sessions: Sessions;
  readonly items: Items;
  readonly sampler: Sampler;
  readonly recovery: Recovery;
  readonly replicas: Replicas;
  readonly leaders = new Leaders();
  readonly stepMs: number;
  /** The instant up to which everything has happened, in microseconds. */
  turnedAt = 0;
  /** Microseconds at which measuring begins and ends; Infinity until known. */
  measureFrom = Infinity;
  measureTo = Infinity;
  joinsLeft = 0;
  joinsAll = 0;
  ended = false;
  /** Whether the instant of the snapshot has come, and it has not been taken. */
  snapshotDue = false;

  readonly #snapshotAfterUs: number;
  readonly #facts = new FactBox();

  constructor(options: SimOptions, setting: RunSetting, make: (parts: ArenaParts) => A) {
    const { materials, hooks, origin = options, part = WHOLE, rows = false } = setting;
    this.options = options;
    this.#snapshotAfterUs = (setting.snapshotAfterMs ?? Infinity) * 1000;
    const { ids, places } = keysOf(origin.seed);
    const keys = { ...keysOf(options.seed), ids, places };
    const works = worksOf(options);
    const slots = slotsOf(options);
    const { wallStartMs = WALL_START_MS } = setting;
    const values = new Values(putsOf(works), keys.values, hooks.hash, wallStartMs);
    const { nodes, nearest } = options;
    const latency = latencyOf(options, keys.places, materials.matrix);
    const world = make({ options, keys, part, slots, latency, values, hooks, watcher: this });
    this.latency = latency;
    this.world = world;
    const { population, roles } = world;
    this.churn = new Churn(options.churn, slots, keys.churn, materials.sessions);
    this.oracle = new Oracle(population, roles, nearest, (settled, at, verdict) => {
      this.ledger.onVerdict(settled, at, verdict);
    });
    const placeName = (peer: Peer): string => this.latency.placeName(peer);
    this.ledger = new Ledger(world, this.oracle, this.#facts, rows ? placeName : undefined);
    this.sessions = new Sessions(world, this.churn, this.oracle, this.ledger, this.leaders);
    const workload = new Workload(works, nodes, keys, population, roles, values);
    this.items = new Items(world, workload, this.ledger);
    this.sampler = new Sampler(world);
    this.recovery = new Recovery(world);
    this.replicas = new Replicas(values.count, options.replication);
    this.stepMs = stepMsOf(options, this.items.spanMs);
  }

  /** Puts the nodes in place; nothing has happened yet. */
  start(): void {
    if (this.options.tables === 'joined') {
      this.joinsAll = this.sessions.arriveAll();
      this.joinsLeft = this.joinsAll;
      if (this.joinsLeft === 0) this.#warmUp();
      return;
    }
    const online = this.sessions.placeAll();
    giveTables(this.world, this.oracle, online);
    this.#warmUp();
    this.snapshotDue = this.#snapshotAt() <= this.turnedAt;
  }

  /** The instant of the next turn, when the earliest event of all parts is due at `nextAt`. */
  turnAfter(nextAt: number): number {
    let at = (Math.floor(Math.max(nextAt, this.turnedAt) / TURN_US) + 1) * TURN_US;
    const { measureFrom, measureTo } = this;
    for (const stop of [measureFrom, measureTo, this.#sampleAt(), this.#snapshotAt()]) {
      if (stop > this.turnedAt && stop < at) at = stop;
    }
    return at;
  }

  /** Whether a row of the time series is due at an instant. */
  isSampleDue(at: number): boolean {
    return at >= this.#sampleAt();
  }

  /** Handles this part's earliest event if it is due before an instant. */
  advanceBefore(limit: number): boolean {
    return this.world.nextAt < limit && this.world.advance();
  }

  /** What happened at this part's nodes since the last turn. */
  takeFacts(): Facts {
    return this.#facts.take(this.ledger.running.size);
  }

  /** All parts have come to this instant: takes their facts in, and decides. */
  turn(at: number, parts: readonly Facts[]): void {
    const { world } = this;
    this.turnedAt = at;
    world.now = at;
    world.network.now = at;
    for (const facts of parts) this.#takeIn(facts);
    this.replicas.take(
      parts.flatMap(({ replicas }) => replicas),
      world.measures.measuring,
    );
    const led = parts.flatMap((facts) => facts.led);
    this.leaders.take(led, (peer) => world.population.isOnline(peer));
    this.oracle.turn();
    if (this.isSampleDue(at)) this.sampler.sample(this.oracle.eligible);
    this.recovery.turn(this.oracle.eligible);
    if (this.measureFrom === Infinity) {
      if (this.joinsLeft === 0) this.#warmUp();
      this.snapshotDue = at === this.#snapshotAt();
      return;
    }
    this.snapshotDue ||= at === this.#snapshotAt();
    if (parts.some(({ running }) => running > 0)) return;
    if (this.options.durationMs > 0) this.ended = at >= this.measureTo;
    else this.ended = at > this.measureFrom && this.items.left === 0;
  }

  onTask(task: Task): void {
    const { sessions, items } = this;
    switch (task.type) {
      case 'arrive':
        return sessions.arrive(task.slot);
      case 'churn':
        return sessions.begin();
      case 'measure':
        return this.#beginMeasuring();
      case 'depart':
        return sessions.depart(task);
      case 'farewell':
        return sessions.farewell(task);
      case 'return':
        return sessions.return(task.slot, task.same);
      case 'look':
        return lookAtJoined(this.world, task);
      case 'item':
        return items.onItem(task.work, task.item);
      case 'retry':
        return items.onRetry(task, this.measureTo);
      case 'fault':
        return sessions.onFault(task.fault);
      case 'heal':
        return sessions.setNetwork();
    }
  }

  onSigned(_peer: Peer, op: OpId, record: RecordHeader): void {
    this.ledger.onSigned(op, record);
  }

  onSettled(peer: Peer, op: OpId, outcome: Outcome): void {
    if (op !== JOIN_OP) return this.ledger.onSettled(op, outcome);
    const life = this.world.population.lifeOf(peer);
    const ok = outcome.type === 'joined';
    // Whoever leaves before it has joined did not fail, as those that crash meanwhile did not.
    const isCut = outcome.type === 'failed' && outcome.failure === 'leaving';
    if (!isCut) countJoin(this.world, peer, ok);
    this.#facts.onJoined({ peer, life, at: this.world.now, ok });
  }

  onLeader(peer: Peer, term: number): void {
    this.#facts.onLed({ peer, term, at: this.world.now });
  }

  onReplica(peer: Peer, key: Key, fate: Fate): void {
    const { population, roles, values, now } = this.world;
    if (!roles.isSound(population.slotOf(peer))) return;
    const put = values.putOf(key);
    if (put >= 0) this.#facts.onReplica({ at: now, put, peer, fate });
  }

  /** The network of a snapshot is measured anew, from here on and under this run's options. */
  measureAnew(): void {
    const { world, options, items } = this;
    const { counts } = world.measures;
    const { events, messages } = counts;
    world.measures.forget();
    Object.assign(counts, { events, messages });
    this.ledger.forget();
    world.values.forget();
    this.replicas.forget();
    this.sampler.forget();
    this.recovery.forget();
    items.beginAnew(Math.floor(this.turnedAt / 1000));
    world.network.loss = options.loss;
    world.network.split = undefined;
    this.#measureFrom(this.turnedAt);
  }

  #takeIn(facts: Facts): void {
    const { population, roles, values } = this.world;
    for (const { peer, life, at, ok } of facts.joined) {
      if (this.measureFrom === Infinity) this.joinsLeft--;
      if (!ok) continue;
      if (roles.isSound(population.slotOf(peer))) this.oracle.onEligible(peer, at);
      const lives = population.isOnline(peer) && population.lifeOf(peer) === life;
      if (lives && !this.sessions.isLeaving(peer)) population.setSettledAt(peer, at);
    }
    for (const { put, record } of facts.signed) values.onSigned(put, record);
    for (const { put, at } of facts.acknowledged) values.onAcknowledged(put, at);
  }

  /** The initial joins have settled: churn begins, at the next full second. */
  #warmUp(): void {
    const { world, options } = this;
    const from = Math.ceil(this.turnedAt / SECOND_US) * SECOND_US;
    world.schedule(from, { type: 'churn' });
    this.#measureFrom(from + options.warmupMs * 1000);
  }

  /** Lets measuring, the faults and the workload come. */
  #measureFrom(from: number): void {
    const { world, options } = this;
    this.measureFrom = from;
    world.measuredFrom = from;
    this.measureTo = options.durationMs > 0 ? from + options.durationMs * 1000 : Infinity;
    world.schedule(from, { type: 'measure' });
    options.faults.forEach(({ atMs }, fault) => {
      world.schedule(from + atMs * 1000, { type: 'fault', fault });
    });
    this.items.schedule();
  }

  #beginMeasuring(): void {
    const { measures, now } = this.world;
    measures.begin(now);
    this.leaders.begin(now);
    for (const endsAt of this.sessions.endsAt) {
      if (endsAt !== Infinity) measures.residualMs.add((endsAt - now) / 1000);
    }
  }

  #snapshotAt(): number {
    return this.measureFrom + this.#snapshotAfterUs;
  }

  /** When the next row of the time series is due. */
  #sampleAt(): number {
    return this.measureFrom + (this.sampler.rows.length + 1) * this.stepMs * 1000;
  }
}
