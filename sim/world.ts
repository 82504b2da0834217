/**
 * The loop of one part: take the earliest event, step the node it belongs to, perform the effects.
 * Nothing here knows Kademlia; the core decides, this file only delivers. A node has one scheduled
 * wake. A wake that fires before the node's `wakeAt` is put off without a step, and one that was
 * superseded is ignored, so that the queue holds the messages in flight and about one entry per
 * node. Events are ordered by (time, receiver, sender, sender's counter).
 */
import { idOf } from '../src/position.ts';
import type { Command, Effect, Input } from '../src/step-types.ts';
import { create, step } from '../src/step.ts';
import type { Config, Message, Moment, OpId, Peer } from '../src/types.ts';
import { type Adversaries, adversariesOf, BURST_US, isFlood, isForged } from './adversary.ts';
import { Ahead } from './ahead.ts';
import type { Arena, ArenaParts } from './arena.ts';
import { BYTES, FLOOD, INPUT, KIND_BITS, MESSAGE, TASK, WAKE } from './events.ts';
import type { Abroad, Watcher } from './events.ts';
import { Folds } from './folds.ts';
import { Introducers } from './introducers.ts';
import { Network } from './network.ts';
import { Measures } from './observer/measures.ts';
import type { Values } from './observer/values.ts';
import { nodeConfig, type SimOptions } from './options.ts';
import { Population } from './population.ts';
import { EventQueue } from './queue.ts';
import { ReplicaWatch } from './replica-watch.ts';
import { Roles } from './roles.ts';
import { mix, type Keys } from './streams.ts';
import type { Task } from './task.ts';
import { VoterWatch } from './voter-watch.ts';
import { Wire } from './wire.ts';

/** How long a simulated disk takes to have something for good, in microseconds. */
const DISK_US = 1000;
export class World implements Arena {
  readonly options: SimOptions;
  readonly keys: Keys;
  readonly population: Population;
  readonly network: Network;
  readonly measures: Measures;
  readonly values: Values;
  readonly roles: Roles;
  readonly queue: EventQueue;
  readonly config: Config;
  /** Microseconds since the beginning. */
  now = 0;
  /** Microseconds at which measuring begins, once that is known. */
  measuredFrom = Infinity;
  /** Tasks scheduled so far: their order at equal times. */
  tasks = 0;
  /** Set where a simulation is divided. */
  abroad: Abroad | undefined = undefined;

  readonly #adversaries: Adversaries | undefined;
  readonly #wire: Wire | undefined;
  readonly #step: typeof step;
  readonly #watcher: Watcher;
  readonly #replicas: ReplicaWatch;
  readonly #voters: VoterWatch;
  readonly #folds: Folds;
  /** Made once: no step keeps its moment. */
  readonly #moment = { now: 0, wall: 0, entropy: 0 };
  readonly #introducers: Introducers;

  constructor(parts: ArenaParts) {
    const { options, keys, part, slots, latency, values, hooks, watcher } = parts;
    this.options = options;
    this.keys = keys;
    this.population = new Population(slots, keys.ids, part);
    this.#folds = new Folds(this.population);
    this.queue = new EventQueue(new Ahead(this.population.states));
    const { loss, links, nodes } = options;
    this.network = new Network(this.population, keys, latency, { loss, links });
    this.#introducers = new Introducers(this.population, this.network, keys, options);
    this.measures = new Measures(nodes);
    this.values = values;
    this.roles = new Roles(options, keys.roles);
    this.#adversaries = adversariesOf(options, this.population, this.roles, keys.roles);
    this.config = nodeConfig(options);
    this.#watcher = watcher;
    this.#step = hooks.step ?? step;
    this.#replicas = new ReplicaWatch(watcher);
    this.#voters = new VoterWatch(options.voters, this.population, watcher);
    const { list } = this.#voters;
    if (options.wire) this.#wire = new Wire(this.population, list, values, keys.values, hooks);
  }

  get nowMs(): number {
    return Math.floor(this.now / 1000);
  }

  get wallMs(): number {
    return this.values.startMs + this.nowMs;
  }

  /** When the next event is due; Infinity when nothing will ever happen. */
  get nextAt(): number {
    return this.queue.peek();
  }

  /** Handles the earliest event; false when there is none. */
  advance(): boolean {
    const { queue } = this;
    if (!queue.next()) return false;
    this.now = queue.time;
    this.network.now = queue.time;
    const { receiver, sender, payload } = queue;
    const kind = queue.kind & ((1 << KIND_BITS) - 1);
    if (kind === TASK) {
      if (this.population.part.index === 0) this.measures.counts.events++;
      this.#watcher.onTask(payload as Task);
      return true;
    }
    this.measures.counts.events++;
    if (kind === WAKE) {
      this.#onWake(receiver);
    } else if (this.#isLife(receiver, queue.kind >>> KIND_BITS)) {
      if (kind === INPUT) this.step(receiver, payload as Input);
      else if (kind === FLOOD) this.#flood(receiver);
      else this.#deliver(receiver, sender, payload as Message | Uint8Array);
    }
    return true;
  }

  /** Lets something of the simulation's own happen at an instant, in the order of the calls. */
  schedule(at: number, task: Task): void {
    this.queue.push(at, -1, -1, this.tasks++, TASK, task);
  }

  /** A task of a snapshot, with the place that it had. */
  putBack(at: number, order: number, task: Task): void {
    this.queue.push(at, -1, -1, order, TASK, task);
  }

  /** Everybody is back in place: tells the hostile among them. */
  onRestored(isFork: boolean): void {
    const { population } = this;
    for (let peer = 0; peer < population.count; peer++) {
      if (!population.isOnline(peer)) continue;
      this.#adversaries?.onBegin(peer);
      if (isFork && population.isMine(peer)) this.#beginFlood(peer);
    }
  }

  /** A node goes online; the caller gives it something to do. */
  begin(peer: Peer): void {
    const { population } = this;
    if (population.isMine(peer)) {
      const records = population.disks.get(peer) ?? [];
      population.disks.delete(peer);
      const kept = { records, peers: [], ...this.#voters.keptOf(peer) };
      const state = create(peer, this.config, this.#momentOf(peer), kept);
      population.begin(peer, state, this.now);
      this.#replicas.onBegin(peer, records);
      this.#armWake(peer, state.wakeAt);
      this.#beginFlood(peer);
    } else {
      population.begin(peer, undefined, this.now);
    }
    this.#adversaries?.onBegin(peer);
    this.measures.onOnline(1, this.now);
  }

  /** The node disappears without a word. */
  end(peer: Peer): void {
    this.#adversaries?.onEnd(peer);
    this.#voters.onEnd(peer, this.population.states[peer]);
    this.#replicas.onEnd(peer, this.population.states[peer], this.nowMs);
    this.population.end(peer);
    this.measures.onOnline(-1, this.now);
  }

  /** A command from the node's own host, if the node is of this part. */
  command(peer: Peer, op: OpId, command: Command): void {
    if (this.population.isMine(peer)) this.step(peer, { type: 'command', op, command });
  }

  /** One input to one node, now. */
  step(peer: Peer, input: Input): void {
    const { directory, states } = this.population;
    const before = states[peer];
    if (before === undefined) return;
    const { state, effects } = this.#step(before, this.#momentOf(peer), input, directory);
    states[peer] = state;
    this.#folds.add(peer, this.now, input, effects);
    for (const effect of effects) this.#perform(peer, effect);
    this.#replicas.onStep(peer, input, effects, before, state, this.nowMs);
    this.#voters.onStep(peer, before, state);
    this.#armWake(peer, state.wakeAt);
  }

  #momentOf(peer: Peer): Moment {
    const moment = this.#moment;
    moment.now = this.nowMs;
    moment.wall = this.wallMs;
    moment.entropy = mix(this.keys.entropy, peer, this.population.nextStep(peer));
    return moment;
  }

  #isLife(peer: Peer, life: number): boolean {
    return this.population.isOnline(peer) && this.population.lifeOf(peer) === life;
  }

  #onWake(peer: Peer): void {
    if (this.population.wakeAt(peer) !== this.now) return;
    this.population.setWakeAt(peer, Infinity);
    const state = this.population.states[peer];
    if (state === undefined) return;
    if (state.wakeAt * 1000 > this.now) this.#armWake(peer, state.wakeAt);
    else this.step(peer, { type: 'wake' });
  }

  #armWake(peer: Peer, wakeAtMs: number): void {
    const at = wakeAtMs * 1000;
    if (at >= this.population.wakeAt(peer)) return;
    this.population.setWakeAt(peer, at);
    this.queue.push(at, peer, peer, this.population.nextCounter(peer), WAKE, undefined);
  }

  #deliver(to: Peer, from: Peer, payload: Message | Uint8Array): void {
    this.network.onArrival(from, to);
    const { wallMs } = this;
    const message = payload instanceof Uint8Array ? this.#wire?.decode(payload, wallMs) : payload;
    // A host admits no forged record, and knows of no call that its core has not made.
    if (message === undefined || isForged(message) || isFlood(message)) return;
    if (message.type === 'request' && this.#adversaries?.isHostile(to) === true) {
      const store = this.population.states[to]?.store;
      const body = store && this.#adversaries.answer(to, from, message.body, store, wallMs);
      if (body !== undefined) {
        return this.#send(to, from, { type: 'reply', call: message.call, body });
      }
    }
    this.step(to, { type: 'message', from, message });
  }

  #perform(peer: Peer, effect: Effect): void {
    switch (effect.type) {
      case 'send':
        return this.#send(peer, effect.to, effect.message);
      case 'persist': {
        const { token, writes } = effect;
        this.#voters.onWrites(peer, writes);
        return this.#push(this.now + DISK_US, peer, INPUT, { type: 'persisted', token, ok: true });
      }
      case 'sign': {
        const publisher = idOf(this.population.directory, peer);
        const record = { ...effect.body, publisher, lifeMs: effect.body.ttlS * 1000 };
        this.#watcher.onSigned(peer, effect.token, record);
        return this.#push(this.now, peer, INPUT, { type: 'signed', token: effect.token, record });
      }
      case 'introduce':
        return this.#introduce(peer, effect.introducer);
      case 'settle':
        return this.#watcher.onSettled(peer, effect.op, effect.outcome);
      case 'note':
        if (effect.note.type === 'replica-sent') this.measures.onReplicaSent();
        return;
    }
  }

  #send(from: Peer, to: Peer, message: Message): void {
    const { population, network, roles } = this;
    const isRequest = message.type === 'request';
    if (!isRequest && roles.hasSilent && roles.isSilent(population.slotOf(from))) return;
    this.measures.onSent(message);
    const counter = population.nextCounter(from);
    const lost = network.isLost(isRequest ? from : to, message.call, isRequest ? 0 : 1);
    const at = network.arrival(from, to, counter, isRequest);
    if (lost || !population.isOnline(to) || network.isCut(from, to)) return;
    const payload = this.#wire === undefined ? message : this.#wire.encode(message);
    const kind = (population.lifeOf(to) << KIND_BITS) | (this.#wire ? BYTES : MESSAGE);
    const part = population.partOf(to);
    if (part === population.part.index) this.queue.push(at, to, from, counter, kind, payload);
    else this.abroad?.(part, at, to, from, counter, kind, payload);
  }

  /** Something that happens to a node by itself, while its present life lasts. */
  #push(at: number, peer: Peer, kind: number, payload: Input | undefined): void {
    const life = this.population.lifeOf(peer) << KIND_BITS;
    this.queue.push(at, peer, peer, this.population.nextCounter(peer), life | kind, payload);
  }

  #beginFlood(peer: Peer): void {
    if (this.#adversaries?.kind !== 'flood' || !this.#adversaries.isHostile(peer)) return;
    this.#push(this.now + BURST_US, peer, FLOOD, undefined);
  }

  #flood(peer: Peer): void {
    const counter = this.population.nextCounter(peer);
    const burst = this.#adversaries?.burst(peer, counter, this.now) ?? [];
    for (const { to, message } of burst) this.#send(peer, to, message);
    this.#push(this.now + BURST_US, peer, FLOOD, undefined);
  }

  #introduce(peer: Peer, introducer: number): void {
    for (const { at, ...found } of this.#introducers.ask(peer, introducer, this.network)) {
      this.#push(at, peer, INPUT, { type: 'introduced', ...found });
    }
  }
}
