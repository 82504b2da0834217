/**
 * Looks ahead: reads what the next events will be about, before they are handled one by one.
 *
 * In a large simulation nearly every event concerns a node that no cache knows any more, and a step
 * goes from one place of it to the next, waiting for memory each time. Reads that do not wait for
 * each other are fetched together. So the nodes of a whole slot of the queue are gone through once
 * per level, with no decisions on the way, and the steps then find everything near. The sum means
 * nothing; it is kept so that no compiler leaves the reads out.
 */

import type { NodeState } from '../src/step.ts';

/** More nodes at once would displace one another. */
const NODES_MAX = 256;
/** 32-bit words of a line of the cache. */
const LINE_WORDS = 16;

export class Ahead {
  /** Depends on everything that was read. */
  sum = 0;
  readonly #states: readonly (NodeState | undefined)[];
  readonly #nodes: NodeState[] = [];

  /** @param states by handle */
  constructor(states: readonly (NodeState | undefined)[]) {
    this.#states = states;
  }

  /** @param receivers whom the events of the slot are for */
  look(receivers: Int32Array, count: number): void {
    const nodes = this.#nodes;
    nodes.length = 0;
    for (let i = 0; i < count && i < NODES_MAX; i++) {
      const state = this.#states[receivers[i] ?? -1];
      if (state !== undefined) nodes.push(state);
    }
    let sum = 0;
    for (const { wakeAt, self } of nodes) sum += wakeAt + self;
    for (const { table, timing, upkeep } of nodes) {
      sum += table.packed.length + timing.knownMeanEighths + upkeep.hand;
    }
    for (const { table } of nodes) sum += table.heard.length + table.spares.length;
    for (const { table } of nodes) {
      sum += (table.packed[0] ?? 0) + (table.packed[LINE_WORDS] ?? 0);
      sum += (table.heard[0] ?? 0) + (table.spares[0] ?? 0);
    }
    this.sum = sum;
  }
}
