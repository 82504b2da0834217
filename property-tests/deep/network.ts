/**
 * Clients that put and get through all nodes of a real network while nodes are killed, started
 * again on their disks, stopped and continued; then all nodes up, nobody writing, and every key
 * read again. The result is the history, for `checker.ts` to judge.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Chance } from './chance.ts';
import { Faults } from './faults.ts';
import type { Fleet } from './fleet.ts';
import type { HistoryRecord } from './history.ts';
import { Operations } from './operations.ts';
import type { Way } from './operations.ts';

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
  readonly #operations: Operations;
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
    this.#operations = new Operations(fleet, plan.seed);
  }

  /** One client: operation after operation, until all clients together have done them all. */
  async run(client: number, signal: AbortSignal): Promise<void> {
    const chance = new Chance(this.#plan.seed, CLIENT_STREAMS + client);
    while (this.#begun < this.#plan.operations) {
      const node = chance.pick(this.#fleet.those(...(chance.percent(2) ? ANY : UP)));
      await delay(chance.between(0, this.#plan.thinkMsMax), undefined, { signal });
      if (node === undefined) continue;
      const way = { node, lane: client };
      const number = this.#begun++;
      if (number % PROGRESS_EVERY === 0) this.#onProgress(number);
      const key = chance.between(0, this.#plan.keys - 1);
      if (!chance.percent(isShortLived(key) ? 10 : 40)) await this.#get(way, key, false);
      else await this.#put(way, key, number, chance.between(32, 2000));
    }
  }

  /** Every key through two nodes. */
  async readAll(): Promise<void> {
    const { keys, nodes } = this.#plan;
    const rest = Array.from({ length: keys * 2 }, (_, read) => read);
    const readers = Array.from({ length: READERS }, async () => {
      for (let read = rest.pop(); read !== undefined; read = rest.pop()) {
        await this.#get({ node: (read * 7) % nodes, lane: 0 }, read % keys, true);
      }
    });
    await Promise.all(readers);
  }

  close(): void {
    this.#operations.close();
  }

  async #get(way: Way, index: number, final: boolean): Promise<void> {
    this.#history.push(await this.#operations.get(way, nameOf(index), final));
  }

  async #put(way: Way, index: number, number: number, size: number): Promise<void> {
    const ttlS = isShortLived(index) ? 1 + (index % 4) : LONG_TTL_S;
    this.#history.push(await this.#operations.put(way, nameOf(index), { number, size, ttlS }));
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
/** Longer than any run. */
const LONG_TTL_S = 65_535;
const READERS = 16;
const CLIENT_STREAMS = 1000;
const PROGRESS_EVERY = 1000;
