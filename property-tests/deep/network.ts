/**
 * Clients that put and get through all nodes of a real network while nodes are killed, started
 * again on their disks, stopped and continued; then all nodes up, nobody writing, and every key
 * read again. The result is the history, for `checker.ts` to judge.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Chance } from './chance.ts';
import { Door, digestOf, keyOf, valueOf } from './door.ts';
import type { GetOutcome } from './door.ts';
import { Faults } from './faults.ts';
import type { Fleet } from './fleet.ts';
import type { GetRecord, HistoryRecord } from './history.ts';

export interface NetworkPlan {
  readonly seed: string;
  readonly nodes: number;
  readonly operations: number;
  /** So few that overwrites and reads meet. */
  readonly keys: number;
  readonly clients: number;
  /** A client waits up to so long between two operations, in ms. */
  readonly thinkMsMax: number;
  /** Nodes that may be down or stopped at the same time. */
  readonly faultsAtOnce: number;
  /** A stopped node is continued after at most this, in ms. */
  readonly stopMsMax: number;
  /** Before the final reads the network is left alone so long, in ms. */
  readonly settleMs: number;
}

/** Runs the plan on a fleet whose nodes are all up; what happens is added to the history. */
export async function record(
  fleet: Fleet,
  plan: NetworkPlan,
  history: HistoryRecord[],
  signal: AbortSignal,
  onProgress: (operations: number) => void,
): Promise<void> {
  const workload = new Workload(fleet, plan, history, onProgress);
  const faults = new Faults(fleet, plan, history);
  const striking = faults.strikeUntilEnd(signal);
  const clients = Array.from({ length: plan.clients }, (_, client) => workload.run(client, signal));
  await Promise.race([Promise.all(clients), striking]);
  faults.end();
  await striking;
  await delay(plan.settleMs, undefined, { signal });
  await workload.readAll();
  workload.close();
}

class Workload {
  readonly #fleet: Fleet;
  readonly #plan: NetworkPlan;
  readonly #history: HistoryRecord[];
  readonly #onProgress: (operations: number) => void;
  /** Several per node, so that operations on one key through one node overlap as well. */
  readonly #doors: readonly (readonly Door[])[];
  #begun = 0;

  constructor(
    fleet: Fleet,
    plan: NetworkPlan,
    history: HistoryRecord[],
    onProgress: (operations: number) => void,
  ) {
    this.#fleet = fleet;
    this.#plan = plan;
    this.#history = history;
    this.#onProgress = onProgress;
    this.#doors = Array.from({ length: DOORS_PER_NODE }, () =>
      Array.from({ length: fleet.size }, (_, node) => new Door(fleet.api(node))),
    );
  }

  /** One client: operation after operation, until all clients together have done them all. */
  async run(client: number, signal: AbortSignal): Promise<void> {
    const chance = new Chance(this.#plan.seed, CLIENT_STREAMS + client);
    const doors = this.#doors[client % DOORS_PER_NODE] ?? [];
    while (this.#begun < this.#plan.operations) {
      const node = chance.pick(this.#fleet.those(...(chance.percent(2) ? ANY : UP)));
      await delay(chance.between(0, this.#plan.thinkMsMax), undefined, { signal });
      const door = node === undefined ? undefined : doors[node];
      if (node === undefined || door === undefined) continue;
      const number = this.#begun++;
      if (number % PROGRESS_EVERY === 0) this.#onProgress(number);
      const key = chance.between(0, this.#plan.keys - 1);
      if (!chance.percent(isShortLived(key) ? 10 : 40)) await this.#get(door, node, key, false);
      else await this.#put(door, node, key, number, chance.between(32, 2000));
    }
  }

  /** Every key through two nodes. */
  async readAll(): Promise<void> {
    const { keys, nodes } = this.#plan;
    const rest = Array.from({ length: keys * 2 }, (_, read) => read);
    const readers = Array.from({ length: READERS }, async () => {
      for (let read = rest.pop(); read !== undefined; read = rest.pop()) {
        const node = (read * 7) % nodes;
        const door = this.#doors[0]?.[node];
        if (door !== undefined) await this.#get(door, node, read % keys, true);
      }
    });
    await Promise.all(readers);
  }

  close(): void {
    for (const door of this.#doors.flat()) void door.close();
  }

  async #get(door: Door, node: number, index: number, final: boolean): Promise<void> {
    const { seed } = this.#plan;
    const key = nameOf(index);
    const invokedMs = performance.now();
    const answer: GetOutcome = await door.get(keyOf(`${seed}/${key}`));
    const { outcome } = answer;
    const value = answer.outcome === 'found' ? answer.value : '';
    const times = { invokedMs, returnedMs: performance.now() };
    const get: GetRecord = { type: 'get', node, key, ...times, outcome, value, final };
    this.#history.push(get);
  }

  async #put(door: Door, node: number, index: number, number: number, size: number): Promise<void> {
    const { seed } = this.#plan;
    const key = nameOf(index);
    const bytes = valueOf(`${seed}/${number}`, size);
    const ttlS = isShortLived(index) ? 1 + (index % 4) : LONG_TTL_S;
    const invokedMs = performance.now();
    const options = { ttlS, replication: REPLICAS };
    const answer = await door.put(keyOf(`${seed}/${key}`), bytes, options);
    this.#history.push({
      type: 'put',
      node,
      key,
      value: digestOf(bytes),
      ttlMs: ttlS * 1000,
      invokedMs,
      returnedMs: performance.now(),
      ...answer,
    });
  }
}

/** Every fifth key has values that live for a few seconds and are seldom replaced. */
function isShortLived(index: number): boolean {
  return index % 5 === 0;
}

function nameOf(index: number): string {
  return `k${index}`;
}

const UP = ['up'] as const;
/** Whom a client asks that does not know better. */
const ANY = ['up', 'stopped', 'starting', 'down'] as const;
const REPLICAS = 3;
/** Longer than any run. */
const LONG_TTL_S = 65_535;
const DOORS_PER_NODE = 2;
const READERS = 16;
const CLIENT_STREAMS = 1000;
const PROGRESS_EVERY = 1000;
