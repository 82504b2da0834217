/**
 * Who introduces a newcomer: whoever is established when it is asked, drawn at random, or one of
 * those in the first slots, where a simulation has fixed introducers; always on the newcomer's side
 * of a partition. Nodes that return also try the peers that they have saved, with every round of
 * introductions in which they know nobody: all of them at once, and then, as real nodes do, a few.
 */

import type { Peer } from '../src/types.ts';
import { savedAgain } from '../host/saved.ts';
import { INTRODUCE_MS_MIN } from '../src/limits.ts';
import { contactCount } from '../src/table/table.ts';
import type { Network } from './network.ts';
import type { SimOptions } from './options.ts';
import type { Population } from './population.ts';
import { index, mix, type Keys } from './streams.ts';

const DRAWS_MAX = 64;
/** How many nodes one can be introduced by where none are fixed; which, is drawn each time. */
const ANY_INTRODUCERS = 3;

type Dialled = Pick<Network, 'introduction' | 'now'>;

/** What an introduction comes to. */
export interface Introduced {
  readonly at: number;
  readonly introducer: number;
  readonly peer: Peer | undefined;
}

export function introducersOf({ introducers }: Pick<SimOptions, 'introducers'>): number {
  return introducers || ANY_INTRODUCERS;
}

export class Introducers {
  readonly #population: Population;
  readonly #network: Pick<Network, 'isCut'>;
  readonly #keys: Keys;
  readonly #options: Pick<SimOptions, 'nodes' | 'introducers'>;
  /** Who tried its saved peers last, and when: once for all introducers of a round. */
  #triedBy = -1;
  #triedAt = -1;

  constructor(
    population: Population,
    network: Pick<Network, 'isCut'>,
    keys: Keys,
    options: Pick<SimOptions, 'nodes' | 'introducers'>,
  ) {
    this.#population = population;
    this.#network = network;
    this.#keys = keys;
    this.#options = options;
  }

  /** An own node asks an introducer now. */
  ask(peer: Peer, introducer: number, network: Dialled): readonly Introduced[] {
    const counter = this.#population.nextCounter(peer);
    const found = this.find(peer, introducer, counter, network.now);
    const at = network.introduction(peer, found, counter);
    return [...this.#trySaved(peer, network), { at, introducer, peer: found }];
  }

  /** @param counter the newcomer's own, so that each attempt draws anew */
  find(peer: Peer, introducer: number, counter: number, now: number): Peer | undefined {
    const { nodes, introducers } = this.#options;
    if (introducers > 0) return this.#fixed(peer, introducer);
    for (let attempt = 0; attempt < DRAWS_MAX; attempt++) {
      const word = mix(mix(this.#keys.introduction, peer, counter), introducer, attempt);
      const candidate = this.#population.occupants[index(word, nodes)] ?? -1;
      if (candidate === peer || !this.#population.isEstablished(candidate, now)) continue;
      if (!this.#network.isCut(peer, candidate)) return candidate;
    }
    // The first node, while nobody else can introduce.
    return this.#fixed(peer, 0);
  }

  /** Whoever is in a slot, if it can be reached. */
  #fixed(peer: Peer, slot: number): Peer | undefined {
    const other = this.#population.occupants[slot] ?? -1;
    return this.#canReach(peer, other) ? other : undefined;
  }

  #trySaved(peer: Peer, network: Dialled): readonly Introduced[] {
    const { saved, states } = this.#population;
    const peers = saved.get(peer);
    const state = states[peer];
    if (peers === undefined || state === undefined || contactCount(state.table) > 0) return [];
    if (this.#triedBy === peer && this.#triedAt === network.now) return [];
    this.#triedBy = peer;
    this.#triedAt = network.now;
    const { introducers, introduceRound } = state.upkeep;
    return this.#someOf(peers, peer, introduceRound).map((other) => {
      const counter = this.#population.nextCounter(peer);
      const at = network.introduction(peer, other, counter);
      return { at, introducer: introducers, peer: other };
    });
  }

  /** All that can be reached of all in the first round, of a few in later ones. */
  #someOf(peers: readonly Peer[], peer: Peer, round: number): readonly Peer[] {
    const canReach = (other: Peer): boolean => this.#canReach(peer, other);
    if (round <= 1) return peers.filter(canReach);
    const count = savedAgain(INTRODUCE_MS_MIN * 2 ** Math.min(round - 1, 16));
    const from = index(mix(this.#keys.introduction, peer, round), peers.length);
    return [...peers.slice(from), ...peers.slice(0, from)].slice(0, count).filter(canReach);
  }

  #canReach(peer: Peer, other: Peer): boolean {
    const isThere = other >= 0 && other !== peer && this.#population.isOnline(other);
    return isThere && !this.#network.isCut(peer, other);
  }
}
