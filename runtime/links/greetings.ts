/**
 * Links whose hello is awaited: a handshake alone makes no link, since the other side may still
 * refuse our certificate (docs/wire.md, Links).
 */
import type { Peer } from '../../src/types.ts';
import type { Occupant } from './capacity.ts';
import type { Link } from './link.ts';

export interface Greeting {
  readonly peer: Peer;
  readonly dialledByUs: boolean;
  /** Resolves to nothing once the link is up, else to the reason why it never will be. */
  readonly up: Promise<string | undefined>;
  readonly settle: (reason: string | undefined) => void;
}

export function newGreeting(peer: Peer, dialledByUs: boolean): Greeting {
  let settle: Greeting['settle'] = () => undefined;
  const up = new Promise<string | undefined>((resolve) => {
    settle = resolve;
  });
  return { peer, dialledByUs, up, settle };
}

export class Greetings {
  readonly #open = new Map<Link, Greeting>();

  get count(): number {
    return this.#open.size;
  }

  get links(): readonly Link[] {
    return [...this.#open.keys()];
  }

  /** Those that a peer began, in the order in which they came. */
  get accepted(): readonly Occupant[] {
    return [...this.#open]
      .filter(([link]) => !link.dialledByUs)
      .map(([link, { peer }]) => ({ peer, link }));
  }

  add(link: Link, greeting: Greeting): void {
    this.#open.set(link, greeting);
  }

  /** @returns whether it was there */
  remove(link: Link): boolean {
    return this.#open.delete(link);
  }

  /** Those with a peer that were dialled by us, or by it. */
  of(peer: Peer, dialledByUs: boolean): readonly Greeting[] {
    return [...this.#open.values()].filter(
      (greeting) => greeting.peer === peer && greeting.dialledByUs === dialledByUs,
    );
  }
}
