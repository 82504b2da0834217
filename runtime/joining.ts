/**
 * How a node gets into its network: through the peers that it saved, all of them at once, and then
 * through introducers, whose order and back-off are the core's (`src/operations/join.ts`). So it
 * comes back also when its introducers are gone for good, or none was ever named.
 *
 * Rules: introducers wait for saved peers only a moment. A node that nobody named an introducer,
 * and that finds none of its saved peers, is the first of a network for now. Whoever has no
 * contact, at the start or later, looks for its saved peers again and again, ever less often and a
 * few at a time (`host/saved.ts`); any time up to a bound later, so that nodes that fell together
 * do not come back together. In another network it tries all, and the introducers, at once.
 */
import { randomInt } from 'node:crypto';
import { savedAgain, SAVED_MS_MAX } from '../host/saved.ts';
import { INTRODUCE_MS_FLOOR } from '../src/limits.ts';
import type { Input, Outcome } from '../src/step-types.ts';
import { contactsOf } from '../src/table/table.ts';
import type { Table } from '../src/table/table.ts';
import type { Peer } from '../src/types.ts';
import { REJOIN_MS, SEARCH_ENOUGH, SEARCH_MS } from './bounds.ts';
import type { Ground } from './ground.ts';
import { fromWireAddress } from './links/address.ts';
import type { Links } from './links/links.ts';
import { spread } from './links/peers-file.ts';
import type { SavedPeer } from './links/peers-file.ts';
import type { Contact, SavedPeers } from './links/saved-peers.ts';
import { NetworkWatch } from './network-watch.ts';
import type { Operations } from './operations.ts';

export interface JoiningParts {
  readonly saved: Pick<SavedPeers, 'peers'>;
  readonly links: Pick<Links, 'introduce'>;
  readonly operations: Pick<Operations, 'run'>;
  readonly feed: (input: Input) => void;
  /** How many there are. */
  readonly introducers: number;
  readonly contacts: () => number;
}

export class Joining {
  readonly #parts: JoiningParts;
  #timer: NodeJS.Timeout | undefined;
  #watch: NetworkWatch | undefined;
  /** Where the next few of the saved peers begin. */
  #turn = 0;
  #searching = false;
  #ended = false;
  /** Whether the first look at the saved peers is over. */
  #hasLooked = false;

  constructor(parts: JoiningParts) {
    this.#parts = parts;
  }

  /** Who has nobody to join through, and found nobody it knew, is a network of its own. */
  get isJoined(): boolean {
    const { contacts, introducers } = this.#parts;
    return contacts() > 0 || (introducers === 0 && this.#hasLooked);
  }

  /** Because the node stops. */
  get hasEnded(): boolean {
    return this.#ended;
  }

  async begin(): Promise<Outcome> {
    this.#watch = new NetworkWatch(() => void this.#onNetwork());
    return await this.#join();
  }

  end(): void {
    this.#ended = true;
    this.#watch?.end();
    clearTimeout(this.#timer);
  }

  async #join(): Promise<Outcome> {
    const peers = await this.#search(spread(this.#parts.saved.peers));
    this.#hasLooked = true;
    this.#lookLater(REJOIN_MS);
    const { operations, introducers } = this.#parts;
    return await operations.run({ type: 'join', introducers, peers });
  }

  /** Nobody answered where we were; the core's rounds of introductions begin anew with a join. */
  async #onNetwork(): Promise<void> {
    if (!this.#hasLooked || this.#ended || this.#parts.contacts() > 0) return;
    // What is still dialled is dialled from where we were.
    this.#searching = false;
    await this.#join();
  }

  #lookLater(boundMs: number): void {
    if (this.#ended) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        const isAlone = this.#parts.contacts() === 0;
        if (isAlone) void this.#lookAgain(boundMs);
        this.#lookLater(isAlone ? Math.min(SAVED_MS_MAX, 2 * boundMs) : REJOIN_MS);
      },
      Math.max(INTRODUCE_MS_FLOOR, randomInt(boundMs)),
    );
    this.#timer.unref();
  }

  async #lookAgain(boundMs: number): Promise<void> {
    const { peers } = this.#parts.saved;
    const from = this.#turn % (peers.length || 1);
    const few = [...peers.slice(from), ...peers.slice(0, from)].slice(0, savedAgain(boundMs));
    this.#turn = from + few.length;
    for (const peer of await this.#search(few)) this.#tell(peer);
  }

  /** Dials saved peers; @returns those found once they are enough, or time is up */
  async #search(peers: readonly SavedPeer[]): Promise<readonly Peer[]> {
    const { links } = this.#parts;
    if (this.#searching || peers.length === 0) return [];
    this.#searching = true;
    const found: Peer[] = [];
    let isOver = false;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, SEARCH_MS);
      const dials = peers.map(async ({ id, at }) => {
        const peer = await links.introduce(at, id);
        if (peer === undefined) return;
        if (isOver) this.#tell(peer);
        else if (found.push(peer) >= SEARCH_ENOUGH) resolve();
      });
      void Promise.all(dials).then(() => {
        this.#searching = false;
        clearTimeout(timer);
        resolve();
      });
    });
    isOver = true;
    return found;
  }

  /** As if an introducer had named it. */
  #tell(peer: Peer): void {
    const { feed, introducers, contacts } = this.#parts;
    if (contacts() === 0) feed({ type: 'introduced', introducer: introducers, peer });
  }
}

/** The contacts of a node that are worth saving: all that dials of ours have led to. */
export function contactsToSave(
  { table }: { readonly table: Table },
  { book, directory }: Pick<Ground, 'book' | 'directory'>,
): readonly Contact[] {
  const contacts = contactsOf(table)
    .filter((peer) => book.isFound(peer))
    .map((peer) => ({
      id: directory.idHexOf(peer),
      at: book
        .addressesOf(peer)
        .map(fromWireAddress)
        .filter((one) => one !== undefined),
    }));
  return contacts.filter(({ at }) => at.length > 0);
}
