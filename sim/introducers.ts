/**
 * Who introduces a newcomer: whoever is established when it is asked, drawn at random, and on the
 * newcomer's side of a partition.
 */

import type { Peer } from '../src/types.ts';
import type { Network } from './network.ts';
import type { Population } from './population.ts';
import { index, mix, type Keys } from './streams.ts';

const DRAWS_MAX = 64;

export class Introducers {
  readonly #population: Population;
  readonly #network: Pick<Network, 'isCut'>;
  readonly #keys: Keys;
  readonly #nodes: number;

  constructor(population: Population, network: Pick<Network, 'isCut'>, keys: Keys, nodes: number) {
    this.#population = population;
    this.#network = network;
    this.#keys = keys;
    this.#nodes = nodes;
  }

  /** @param counter the newcomer's own, so that each attempt draws anew */
  find(peer: Peer, introducer: number, counter: number, now: number): Peer | undefined {
    for (let attempt = 0; attempt < DRAWS_MAX; attempt++) {
      const word = mix(mix(this.#keys.introduction, peer, counter), introducer, attempt);
      const candidate = this.#population.occupants[index(word, this.#nodes)] ?? -1;
      if (candidate === peer || !this.#population.isEstablished(candidate, now)) continue;
      if (!this.#network.isCut(peer, candidate)) return candidate;
    }
    return this.#founder(peer);
  }

  /** The first node, while nobody else can introduce. */
  #founder(peer: Peer): Peer | undefined {
    const first = this.#population.occupants[0] ?? -1;
    const isThere = first >= 0 && first !== peer && this.#population.isOnline(first);
    return isThere && !this.#network.isCut(peer, first) ? first : undefined;
  }
}
