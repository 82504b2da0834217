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
import { isCut } from '../sim/network.ts';
import type { Split } from '../sim/network.ts';
import { Measures } from '../sim/observer/measures.ts';
import type { Values } from '../sim/observer/values.ts';
import type { SimOptions } from '../sim/options.ts';
import { Population } from '../sim/population.ts';
import { Roles } from '../sim/roles.ts';
import type { Keys } from '../sim/streams.ts';
import type { Task } from '../sim/task.ts';
import { JOIN_MS_MAX } from '../src/limits.ts';
import type { Command } from '../src/step-types.ts';
import type { NodeState } from '../src/step.ts';
import type { OpId, Peer } from '../src/types.ts';
import type { Conditions, Said, Sent } from './orders.ts';

/** What carries out what a run decides. */
export interface Players {
  readonly begin: (peer: Peer, life: number, introducers: readonly Peer[]) => void;
  readonly command: (peer: Peer, op: OpId, command: Command) => void;
  readonly kill: (peer: Peer) => void;
  readonly setNetwork: (network: Omit<Conditions, 'lives'>) => void;
}

type Settled = Extract<Said, { type: 'settled' }>;

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
  /** Operations under way: whose, and when they were asked for. */
  readonly #asked = new Map<OpId, { readonly peer: Peer; readonly at: number }>();
  /** Who is joining, and since when. */
  readonly #joining = new Map<Peer, number>();
  readonly #sent = new Map<Peer, Sent>();

  constructor(parts: ArenaParts, players: Players) {
    const { options, keys, part, slots, values, watcher } = parts;
    this.options = options;
    this.keys = keys;
    this.population = new Population(slots, keys.ids, part);
    this.measures = new Measures(options.nodes);
    this.values = values;
    this.roles = new Roles(options, keys.roles);
    this.network = new RealNetwork(options.loss, players);
    this.#watcher = watcher;
    this.#players = players;
    this.#introducers = new Introducers(this.population, this.network, keys, options);
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
    this.#joining.delete(peer);
    for (const [op, asked] of this.#asked) if (asked.peer === peer) this.#asked.delete(op);
    this.#players.kill(peer);
  }

  command(peer: Peer, op: OpId, command: Command): void {
    if (command.type === 'join') {
      const found = Array.from({ length: command.introducers }, (_, introducer) =>
        this.#introducers.find(peer, introducer, this.population.nextCounter(peer), this.now),
      );
      const there = found.filter((one): one is Peer => one !== undefined);
      const life = this.population.lifeOf(peer);
      const named = there.length > 0 ? there : this.#anybody(peer, command.introducers);
      this.#joining.set(peer, this.now);
      this.#players.begin(peer, life, named);
    } else {
      this.#asked.set(op, { peer, at: this.now });
      this.#players.command(peer, op, command);
    }
  }

  /** What should have ended long ago, and would hold up the run for ever. */
  overdue(): string | undefined {
    const { operationMs } = this.options;
    for (const [peer, at] of this.#joining) {
      if (this.now - at > (JOIN_MS_MAX + SLACK_MS) * 1000) return `the join of node ${peer}`;
    }
    for (const { peer, at } of this.#asked.values()) {
      if (this.now - at > (operationMs + SLACK_MS) * 1000) return `an operation of node ${peer}`;
    }
    return undefined;
  }

  /**
   * A node says how an operation ended. Times are those of its own clock; a join ends no later than
   * what comes next in the scenario, which may be the end of the node.
   */
  onSettled(peer: Peer, { op, outcome, tookMs, at }: Settled): void {
    const before = this.now;
    const asked = this.#asked.get(op);
    this.#asked.delete(op);
    if (op === JOIN_OP) this.#joining.delete(peer);
    this.now =
      asked === undefined
        ? Math.min(at, Math.max(before, this.nextAt))
        : Math.round(asked.at + tookMs * 1000);
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

  /** Where nobody can introduce now: who is asked again until somebody can. */
  #anybody(peer: Peer, count: number): readonly Peer[] {
    const { occupants } = this.population;
    const others = [...occupants].filter((one) => one !== peer && this.population.isOnline(one));
    return others.slice(0, count);
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
    this.#players.setNetwork({ loss: this.#loss, split: this.#split });
  }
}

const NOTHING: Sent = { messages: {}, replicas: 0, steps: 0, lateMs: [] };
/** What a node may be late by before the run counts as stuck. */
const SLACK_MS = 30_000;
