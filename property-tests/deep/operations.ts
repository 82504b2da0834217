/**
 * PUTs and GETs through the nodes of a fleet, each with its record for a history. A few connections
 * for each node, so that operations on one key through one node overlap as well.
 */
import { Door, digestOf, keyOf, valueOf } from './door.ts';
import type { Fleet } from './fleet.ts';
import type { GetRecord, PutRecord } from './history.ts';

/** Which of the connections to which node. */
export interface Way {
  readonly node: number;
  readonly lane: number;
}

export interface PutPlan {
  /** No other PUT of the run has this number. */
  readonly number: number;
  readonly size: number;
  readonly ttlS: number;
}

export class Operations {
  readonly #seed: string;
  readonly #doors: readonly (readonly Door[])[];

  /** @param seed keeps keys and values apart from those of other runs */
  constructor(fleet: Fleet, seed: string) {
    this.#seed = seed;
    this.#doors = Array.from({ length: fleet.size }, (_, node) =>
      Array.from({ length: DOORS_PER_NODE }, () => new Door(fleet.api(node))),
    );
  }

  async get(way: Way, key: string, final: boolean): Promise<GetRecord> {
    const invokedMs = performance.now();
    const answer = await this.#door(way).get(keyOf(`${this.#seed}/${key}`));
    const { outcome } = answer;
    const value = answer.outcome === 'found' ? answer.value : '';
    const times = { invokedMs, returnedMs: performance.now() };
    return { type: 'get', node: way.node, key, ...times, outcome, value, final };
  }

  async put(way: Way, key: string, { number, size, ttlS }: PutPlan): Promise<PutRecord> {
    const bytes = valueOf(`${this.#seed}/${number}`, size);
    const invokedMs = performance.now();
    const options = { ttlS, replication: REPLICAS };
    const answer = await this.#door(way).put(keyOf(`${this.#seed}/${key}`), bytes, options);
    return {
      type: 'put',
      node: way.node,
      key,
      value: digestOf(bytes),
      ttlMs: ttlS * 1000,
      invokedMs,
      returnedMs: performance.now(),
      ...answer,
    };
  }

  close(): void {
    for (const door of this.#doors.flat()) void door.close();
  }

  #door({ node, lane }: Way): Door {
    const doors = this.#doors[node];
    const door = doors?.[lane % doors.length];
    if (door === undefined) throw new Error(`there is no node ${node}`);
    return door;
  }
}

const REPLICAS = 3;
const DOORS_PER_NODE = 2;
