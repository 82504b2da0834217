/**
 * Which slots of the population are not what they should be: silent ones never answer, hostile
 * ones answer as their kind does. A slot keeps its role when another node takes it. Exactly the
 * asked share of the slots has a role, drawn at random among those that introduce nobody; of the
 * introducers, in the first slots, the last are hostile.
 */

import type { SimOptions } from './options.ts';
import { mix } from './streams.ts';

const SILENT = 1;
const HOSTILE = 2;

type RoleOptions = Pick<
  SimOptions,
  'nodes' | 'silent' | 'adversaries' | 'introducers' | 'hostileIntroducers'
>;

export class Roles {
  readonly #roles: Uint8Array;
  /** Whether any slot is silent: most simulations need not look. */
  readonly hasSilent: boolean;

  /** Of the slots of the first population; nodes of join storms are sound. */
  constructor(options: RoleOptions, key: number) {
    const { nodes, introducers, hostileIntroducers } = options;
    this.#roles = new Uint8Array(nodes);
    const silent = Math.round(options.silent * nodes);
    this.hasSilent = silent > 0;
    const hostile = Math.round((options.adversaries?.share ?? 0) * nodes);
    this.#roles.fill(HOSTILE, introducers - hostileIntroducers, introducers);
    if (silent + hostile === 0) return;
    const order = Int32Array.from({ length: nodes - introducers }, (_, i) => introducers + i);
    const words = Int32Array.from({ length: nodes }, (_, slot) => mix(key, slot, 0));
    order.sort((a, b) => (words[a] ?? 0) - (words[b] ?? 0) || a - b);
    order.forEach((slot, rank) => {
      if (rank < silent) this.#roles[slot] = SILENT;
      else if (rank < silent + hostile) this.#roles[slot] = HOSTILE;
    });
  }

  isSilent(slot: number): boolean {
    return this.#roles[slot] === SILENT;
  }

  isHostile(slot: number): boolean {
    return this.#roles[slot] === HOSTILE;
  }

  /** Neither silent nor hostile. */
  isSound(slot: number): boolean {
    return (this.#roles[slot] ?? 0) === 0;
  }
}
