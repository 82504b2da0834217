/**
 * What a node keeps of the replicas elsewhere: its fellow holders, and the records that it has
 * published. Types and orders only; the rules are in `replicas/` and `operations/republish.ts`.
 */

import { emptyPaged, type Order, type Paged } from '../paged.ts';
import { compareBits, comparePositions } from '../position.ts';
import type { Key, Peer } from '../types.ts';

/** A node that should hold some of the records that this node holds. */
export interface Fellow {
  readonly peer: Peer;
  /** When it is checked next; monotonic ms. */
  readonly checkAt: number;
  /** Whether its last call went unanswered. */
  readonly missed: boolean;
  /** Since when it has shown none of the records that it should hold; 0: it has shown some. */
  readonly emptySince: number;
  /** Until then it belongs to no group. */
  readonly shunnedUntil: number;
}

export type Fellows = Paged<Fellow>;

export const fellowOrder: Order<Fellow, Peer> = {
  compare: (fellow, peer) => fellow.peer - peer,
  keyOf: ({ peer }) => peer,
  dueAt: ({ checkAt }) => checkAt,
};

export const noFellows: Fellows = emptyPaged();

/** A record of the own node's, to be republished. */
export interface Published {
  readonly key: Key;
  /** Monotonic ms. */
  readonly dueAt: number;
}

export const publishedOrder: Order<Published, Key> = {
  compare: (item, key) =>
    comparePositions(item.key.position, key.position) || compareBits(item.key.raw, key.raw),
  keyOf: ({ key }) => key,
  dueAt: ({ dueAt }) => dueAt,
};

export const noPublished: Paged<Published> = emptyPaged();
