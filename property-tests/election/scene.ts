/**
 * Three voters at one point of a history, as a value: the states of the real core, their disks with
 * what is being written, the messages under way, and what is to be remembered of the past.
 */
import type { NodeState } from '../../src/state/node.ts';
import type { Ballot, Message, Token } from '../../src/types.ts';

export const SITES = [0, 1, 2] as const;

export interface Site {
  readonly state: NodeState;
  readonly now: number;
  readonly disk: Ballot | undefined;
  /** Oldest first. */
  readonly writes: readonly { readonly token: Token; readonly ballot: Ballot }[];
  readonly life: number;
}

export interface Flight {
  readonly from: number;
  readonly to: number;
  readonly message: Message;
  /** The life that asked. */
  readonly life: number;
  readonly key: number;
}

export interface Scene {
  readonly sites: readonly Site[];
  readonly flights: readonly Flight[];
  readonly crashesLeft: number;
  readonly past: Past;
}

export interface Past {
  /** Who voted for whom, and who led, in which term; each a number, in order. */
  readonly facts: readonly number[];
  readonly findings: readonly string[];
}

export const noPast: Past = { facts: [], findings: [] };

export function siteAt({ sites }: Scene, at: number): Site {
  const site = sites[at];
  if (site === undefined) throw new Error(`broken invariant: there is no site ${at}`);
  return site;
}
