/**
 * Which slots of the population are not what they should be: silent ones never answer, hostile
 * ones answer as their kind does. A slot keeps its role when another node takes it. Exactly the
 * asked share of the slots has a role, drawn at random.
 */

import { mix } from './streams.ts';

const SILENT = 1;
const HOSTILE = 2;

export class Roles {
  readonly #roles: Uint8Array;
  /** Whether any slot is silent: most simulations need not look. */
  readonly hasSilent: boolean;

  /** @param slots of the first population; nodes of join storms are sound */
  constructor(slots: number, silentShare: number, hostileShare: number, key: number) {
    this.#roles = new Uint8Array(slots);
    const silent = Math.round(silentShare * slots);
    this.hasSilent = silent > 0;
    const hostile = Math.round(hostileShare * slots);
    if (silent + hostile === 0) return;
    const order = Int32Array.from({ length: slots }, (_, slot) => slot);
    const words = order.map((slot) => mix(key, slot, 0));
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
