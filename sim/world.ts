/**
 * The loop: take the earliest event, step the node it belongs to, perform the effects. Nothing
 * here knows Kademlia; the core decides, this file only delivers.
 *
 * A node has one scheduled wake. A wake that fires before the node's `wakeAt` is put off without a
 * step, and one that was superseded is ignored, so that the queue holds the messages in flight
 * and about one entry per node. Events are ordered by (time, receiver, sender, sender's counter).
 */

import { effectsWords, Fingerprint, inputWords } from '../host/fingerprint.ts';
import { idOf } from '../src/position.ts';
import { create, step } from '../src/step.ts';
import type { Effect, Input, Message, Moment, OpId, Outcome, Peer } from '../src/types.ts';
import { Churn } from './churn.ts';
import { latencyOf } from './latency.ts';
import { Measures } from './measures.ts';
import { Network } from './network.ts';
import { nodeConfig, type SimOptions } from './options.ts';
import { Population } from './population.ts';
import { EventQueue } from './queue.ts';
import { index, keysOf, mix, type Keys } from './streams.ts';
import { Values } from './values.ts';
import { Wire, type WireHooks } from './wire.ts';

/** What an event is; the life of the node it is meant for is kept above these bits. */
const MESSAGE = 0;
const BYTES = 1;
const WAKE = 2;
const INPUT = 3;
const TASK = 4;
const KIND_BITS = 3;

/** Wall clock at the beginning of simulated time. */
export const WALL_START_MS = 1_700_000_000_000;
/** How long a simulated disk takes to have something for good, in microseconds. */
const DISK_US = 1000;
/** The operation number of a join; those of the workload come after it. */
export const JOIN_OP = 1;

/** Something of the simulation's own that happens at an instant. */
export type Task = () => void;

/** Who watches: the run that owns the world. */
export interface Watcher {
  onSettled(peer: Peer, op: OpId, outcome: Outcome): void;
  onSigned(peer: Peer, op: OpId, record: Extract<Input, { type: 'signed' }>['record']): void;
}

export class World {
  readonly options: SimOptions;
  readonly keys: Keys;
  readonly population: Population;
  readonly network: Network;
  readonly measures = new Measures();
  readonly churn: Churn;
  readonly values: Values;
  /** Microseconds since the beginning. */
  now = 0;

  readonly #queue = new EventQueue();
  readonly #config;
  readonly #wire: Wire | undefined;
  readonly #watcher: Watcher;
  readonly #print = new Fingerprint();
  #tasks = 0;

  constructor(options: SimOptions, hooks: WireHooks, watcher: Watcher) {
    this.options = options;
    this.keys = keysOf(options.seed);
    this.population = new Population(options.nodes, this.keys.ids);
    const latency = latencyOf(options.latency, options.minLatencyMs);
    const { loss, links } = options;
    this.network = new Network(this.population, this.keys, { latency, loss, links });
    this.churn = new Churn(options.churn, options.nodes, this.keys.churn);
    this.values = new Values(options.puts, this.keys.values, hooks.hash);
    this.#config = nodeConfig(options);
    this.#watcher = watcher;
    if (options.wire) {
      this.#wire = new Wire(this.population, this.values, this.keys.values, hooks);
    }
  }

  get nowMs(): number {
    return Math.floor(this.now / 1000);
  }

  /** When the next event is due; Infinity when nothing will ever happen. */
  get nextAt(): number {
    return this.#queue.peek();
  }

  /** Handles the earliest event; false when there is none. */
  advance(): boolean {
    const queue = this.#queue;
    if (!queue.next()) return false;
    this.now = queue.time;
    this.network.now = queue.time;
    this.measures.events++;
    const { receiver, sender, payload } = queue;
    const kind = queue.kind & ((1 << KIND_BITS) - 1);
    if (kind === TASK) {
      (payload as Task)();
    } else if (kind === WAKE) {
      this.#onWake(receiver);
    } else if (this.#isLife(receiver, queue.kind >>> KIND_BITS)) {
      if (kind === INPUT) this.step(receiver, payload as Input);
      else this.#deliver(receiver, sender, payload as Message | Uint8Array);
    }
    return true;
  }

  /** Lets something of the simulation's own happen at an instant, in the order of the calls. */
  schedule(at: number, task: Task): void {
    this.#queue.push(at, -1, -1, this.#tasks++, TASK, task);
  }

  /** The node of a slot goes online, with an empty disk; the caller gives it something to do. */
  begin(peer: Peer): void {
    const state = create(peer, this.#config, this.#moment(peer), { records: [], peers: [] });
    this.population.begin(peer, state, this.now);
    this.measures.onOnline(1, this.now);
    this.#armWake(peer, state.wakeAt);
  }

  /** The node disappears without a word. */
  end(peer: Peer): void {
    this.population.end(peer);
    this.measures.onOnline(-1, this.now);
  }

  /** One input to one node, now. */
  step(peer: Peer, input: Input): void {
    const before = this.population.states[peer];
    if (before === undefined) return;
    const { state, effects } = step(before, this.#moment(peer), input, this.population.directory);
    this.population.states[peer] = state;
    this.#fold(peer, input, effects);
    for (const effect of effects) this.#perform(peer, effect);
    this.#armWake(peer, state.wakeAt);
  }

  #moment(peer: Peer): Moment {
    const now = this.nowMs;
    const steps = this.population.steps[peer] ?? 0;
    this.population.steps[peer] = steps + 1;
    return { now, wall: WALL_START_MS + now, entropy: mix(this.keys.entropy, peer, steps) };
  }

  #isLife(peer: Peer, life: number): boolean {
    return this.population.isOnline(peer) && this.population.lives[peer] === life;
  }

  #onWake(peer: Peer): void {
    if (this.population.wakeAt[peer] !== this.now) return;
    this.population.wakeAt[peer] = Infinity;
    const state = this.population.states[peer];
    if (state === undefined) return;
    if (state.wakeAt * 1000 > this.now) this.#armWake(peer, state.wakeAt);
    else this.step(peer, { type: 'wake' });
  }

  #armWake(peer: Peer, wakeAtMs: number): void {
    const at = wakeAtMs * 1000;
    if (at >= (this.population.wakeAt[peer] ?? Infinity)) return;
    this.population.wakeAt[peer] = at;
    this.#queue.push(at, peer, peer, this.population.nextCounter(peer), WAKE, undefined);
  }

  #deliver(to: Peer, from: Peer, payload: Message | Uint8Array): void {
    this.network.onArrival(from, to);
    const message =
      payload instanceof Uint8Array
        ? this.#wire?.decode(payload, WALL_START_MS + this.nowMs)
        : payload;
    if (message !== undefined) this.step(to, { type: 'message', from, message });
  }

  #perform(peer: Peer, effect: Effect): void {
    switch (effect.type) {
      case 'send':
        return this.#send(peer, effect.to, effect.message);
      case 'persist': {
        const { token } = effect;
        return this.#answer(peer, DISK_US, { type: 'persisted', token, ok: true });
      }
      case 'sign': {
        const publisher = idOf(this.population.directory, peer);
        const record = { ...effect.body, publisher, lifeMs: effect.body.ttlS * 1000 };
        this.#watcher.onSigned(peer, effect.token, record);
        return this.#answer(peer, 0, { type: 'signed', token: effect.token, record });
      }
      case 'introduce':
        return this.#introduce(peer, effect.introducer);
      case 'settle':
        return this.#watcher.onSettled(peer, effect.op, effect.outcome);
      case 'note':
        return;
    }
  }

  #send(from: Peer, to: Peer, message: Message): void {
    this.measures.onSent(message);
    const counter = this.population.nextCounter(from);
    const isRequest = message.type === 'request';
    const lost = this.network.isLost(isRequest ? from : to, message.call, isRequest ? 0 : 1);
    const at = this.network.arrival(from, to, counter);
    if (lost || !this.population.isOnline(to)) return;
    const life = (this.population.lives[to] ?? 0) << KIND_BITS;
    if (this.#wire === undefined) {
      this.#queue.push(at, to, from, counter, life | MESSAGE, message);
    } else {
      this.#queue.push(at, to, from, counter, life | BYTES, this.#wire.encode(message));
    }
  }

  /** An input that the node's own host gives it after a while. */
  #answer(peer: Peer, afterUs: number, input: Input): void {
    const life = (this.population.lives[peer] ?? 0) << KIND_BITS;
    const counter = this.population.nextCounter(peer);
    this.#queue.push(this.now + afterUs, peer, peer, counter, life | INPUT, input);
  }

  /** An introducer is whoever is established when it is asked. */
  #introduce(peer: Peer, introducer: number): void {
    const counter = this.population.nextCounter(peer);
    let found = this.#founder(peer);
    for (let attempt = 0; attempt < 64; attempt++) {
      const word = mix(mix(this.keys.introduction, peer, counter), introducer, attempt);
      const candidate = this.population.occupants[index(word, this.options.nodes)] ?? -1;
      if (candidate === peer || !this.population.isEstablished(candidate, this.now)) continue;
      found = candidate;
      break;
    }
    const at = this.network.introduction(peer, found, counter);
    this.#answer(peer, at - this.now, { type: 'introduced', introducer, peer: found });
  }

  /** The first node, while nobody else can introduce. */
  #founder(peer: Peer): Peer | undefined {
    const first = this.population.occupants[0] ?? -1;
    return first >= 0 && first !== peer && this.population.isOnline(first) ? first : undefined;
  }

  #fold(peer: Peer, input: Input, effects: readonly Effect[]): void {
    const print = this.#print;
    const { folds } = this.population;
    print.a = folds[2 * peer] ?? 0;
    print.b = folds[2 * peer + 1] ?? 0;
    print.number(this.now);
    inputWords(print, input);
    effectsWords(print, effects);
    folds[2 * peer] = print.a;
    folds[2 * peer + 1] = print.b;
  }
}
