/**
 * Voters must reach one another. Whoever votes looks up those of its lists to whom no dial of its
 * own has led, or the last one in vain, by their ids: the lookup asks them as soon as somebody says
 * where they are. Ever less often while nothing comes of it, and soon again when the lists change;
 * a node that is no voter looks for nobody.
 */
import { randomInt } from 'node:crypto';
import type { Election } from '../../src/state/election.ts';
import type { Peer } from '../../src/types.ts';
import { SEEK_VOTERS_MS, SEEK_VOTERS_MS_MAX } from '../bounds.ts';

export interface SeekingParts {
  readonly self: Peer;
  readonly election: () => Election;
  readonly isFound: (peer: Peer) => boolean;
  /** Looks for a node by its id. */
  readonly lookUp: (peer: Peer) => Promise<unknown>;
}

export class Seeking {
  readonly #parts: SeekingParts;
  #timer: NodeJS.Timeout | undefined;
  #waitMs = SEEK_VOTERS_MS;
  #version = 0;
  #ended = false;

  constructor(parts: SeekingParts) {
    this.#parts = parts;
  }

  begin(): void {
    if (this.#ended) return;
    this.#timer = setTimeout(
      () => {
        void this.#look();
      },
      randomInt(this.#waitMs / 2, this.#waitMs),
    );
    this.#timer.unref();
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const { isFound, lookUp, election } = this.#parts;
    const missing = this.#wanted().filter((peer) => !isFound(peer));
    await Promise.all(missing.map(lookUp));
    const { ballot, proposed } = election();
    const version = Math.max(ballot.voters.version, proposed?.version ?? 0);
    const isNews = version !== this.#version;
    this.#version = version;
    const longerMs = Math.min(SEEK_VOTERS_MS_MAX, 2 * this.#waitMs);
    this.#waitMs = missing.length === 0 || isNews ? SEEK_VOTERS_MS : longerMs;
    this.begin();
  }

  /** All other voters of the lists in use, for a node that is one of them. */
  #wanted(): readonly Peer[] {
    const { self, election } = this.#parts;
    const { ballot, proposed } = election();
    const voters = new Set([...ballot.voters.peers, ...(proposed?.peers ?? [])]);
    return voters.delete(self) ? [...voters] : [];
  }
}
