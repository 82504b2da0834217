/**
 * Real nodes as the arena of a run: the run decides who comes, goes and asks for what, exactly as
 * in a simulation; here processes do it, and time is that of the machine.
 *
 * What a run knows of a simulated node at once, it is told of a real one: outcomes with their time,
 * what was sent (as of a fifth of a second ago), and the whole state when a sample is due.
 */
import type { Arena, ArenaParts } from '../sim/arena.ts';
import { JOIN_OP } from '../sim/events.ts';
import type { Watcher } from '../sim/events.ts';
import { Introducers } from '../sim/introducers.ts';
import { Measures } from '../sim/measures.ts';
import { isCut } from '../sim/network.ts';
import type { Split } from '../sim/network.ts';
import type { SimOptions } from '../sim/options.ts';
import { Population } from '../sim/population.ts';
import { Roles } from '../sim/roles.ts';
import type { Keys } from '../sim/streams.ts';
import type { Task } from '../sim/task.ts';
import type { Values } from '../sim/values.ts';
import type { NodeState } from '../src/step.ts';
import type { Command, OpId, Outcome, Peer } from '../src/types.ts';
import type { Conditions, Sent } from './orders.ts';

/** What carries out what a run decides. */
export interface Players {
  readonly begin: (peer: Peer, life: number, introducers: readonly Peer[]) => void;
  readonly command: (peer: Peer, op: OpId, command: Command) => void;
  readonly kill: (peer: Peer) => void;
  readonly setConditions: (conditions: Conditions) => void;
}

export class RealArena implements Arena {
  readonly options: SimOptions;
  readonly keys: Keys;
  readonly population: Population;
  readonly measures: Measures;
  readonly values: Values;
  readonly roles: Roles;
  readonly network: RealNetwork;
  now = 0;
  measuredFrom = Infinity;
  readonly #watcher: Watcher;
  readonly #players: Players;
  readonly #introducers: Introducers;
  /** The earliest last. */
  readonly #tasks: { readonly at: number; readonly task: Task }[] = [];
  /** When each operation under way was asked for. */
  readonly #askedAt = new Map<OpId, number>();
  readonly #sent = new Map<Peer, Sent>();

  constructor(parts: ArenaParts, players: Players) {
    const { options, keys, part, slots, values, watcher } = parts;
    this.options = options;
    this.keys = keys;
    this.population = new Population(slots, keys.ids, part);
    this.measures = new Measures(options.nodes);
    this.values = values;
    this.roles = new Roles(options.nodes, 0, 0, keys.roles);
    this.network = new RealNetwork(options.loss, players);
    this.#watcher = watcher;
    this.#players = players;
    this.#introducers = new Introducers(this.population, this.network, keys, options.nodes);
  }

  get nowMs(): number {
    return Math.floor(this.now / 1000);
  }

  get wallMs(): number {
    return this.values.startMs + this.nowMs;
  }

  get nextAt(): number {
    return this.#tasks.at(-1)?.at ?? Infinity;
  }

  advance(): boolean {
    const next = this.#tasks.pop();
    if (next === undefined) return false;
    this.now = next.at;
    this.#watcher.onTask(next.task);
    return true;
  }

  schedule(at: number, task: Task): void {
    let place = this.#tasks.length;
    while (place > 0 && (this.#tasks[place - 1]?.at ?? 0) <= at) place -= 1;
    this.#tasks.splice(place, 0, { at, task });
  }

  begin(peer: Peer): void {
    this.population.disks.delete(peer);
    this.population.begin(peer, undefined, this.now);
    this.measures.onOnline(1, this.now);
  }

  end(peer: Peer): void {
    this.population.end(peer);
    this.measures.onOnline(-1, this.now);
    this.#sent.delete(peer);
    this.#players.kill(peer);
  }

  command(peer: Peer, op: OpId, command: Command): void {
    if (command.type === 'join') {
      const found = Array.from({ length: command.introducers }, (_, introducer) =>
        this.#introducers.find(peer, introducer, this.population.nextCounter(peer), this.now),
      );
      const there = found.filter((one): one is Peer => one !== undefined);
      const life = this.population.lifeOf(peer);
      this.#players.begin(peer, life, there);
    } else {
      this.#askedAt.set(op, this.now);
      this.#players.command(peer, op, command);
    }
  }

  /** A node says how an operation ended. */
  onSettled(peer: Peer, op: OpId, outcome: Outcome, tookMs: number): void {
    const before = this.now;
    const askedAt = op === JOIN_OP ? this.population.bornAt(peer) : this.#askedAt.get(op);
    this.#askedAt.delete(op);
    this.now = Math.round((askedAt ?? before) + tookMs * 1000);
    if (outcome.type === 'stored') this.#watcher.onSigned(peer, op, outcome.record);
    this.#watcher.onSettled(peer, op, outcome);
    this.now = before;
  }

  /** A node says what it has sent so far. */
  onSent(peer: Peer, sent: Sent): void {
    const last = this.#sent.get(peer) ?? NOTHING;
    this.#sent.set(peer, sent);
    const { counts, measuring } = this.measures;
    counts.events += sent.steps - last.steps;
    for (const [name, count] of Object.entries(sent.messages)) {
      const kind = name as keyof Sent['messages'];
      const more = count - (last.messages[kind] ?? 0);
      counts.messages += more;
      if (measuring) this.measures.sent[kind] += more;
    }
    if (measuring) counts.replicasSent += sent.replicas - last.replicas;
  }

  /** How the nodes stand, for what is sampled. */
  setState(peer: Peer, state: NodeState): void {
    if (this.population.isOnline(peer)) this.population.states[peer] = state;
  }
}

/** Tells all nodes when the run changes the network. */
class RealNetwork {
  now = 0;
  #loss: number;
  #split: Split | undefined;
  readonly #players: Players;

  constructor(loss: number, players: Players) {
    this.#loss = loss;
    this.#players = players;
  }

  get loss(): number {
    return this.#loss;
  }

  set loss(loss: number) {
    this.#loss = loss;
    this.#tell();
  }

  get split(): Split | undefined {
    return this.#split;
  }

  set split(split: Split | undefined) {
    this.#split = split;
    this.#tell();
  }

  isCut(from: Peer, to: Peer): boolean {
    return isCut(this.#split, from, to);
  }

  #tell(): void {
    this.#players.setConditions({ loss: this.#loss, split: this.#split });
  }
}

const NOTHING: Sent = { messages: {}, replicas: 0, steps: 0, lateMs: [] };
