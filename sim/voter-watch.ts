/**
 * The voters of a part: what each is given when it begins, what its disk keeps of its ballots, and
 * when it takes the lead or leaves it. The first so many nodes are the voters, and their handles
 * are their places.
 *
 * A ballot is on disk at once: what happens to one that was under way is tried elsewhere
 * (`property-tests/election/`).
 */

import type { NodeState } from '../src/step.ts';
import type { Write } from '../src/step-types.ts';
import type { Kept, Peer, Voters } from '../src/types.ts';
import type { Watcher } from './events.ts';
import type { Population } from './population.ts';

export class VoterWatch {
  readonly #voters: Voters;
  readonly #population: Population;
  readonly #watcher: Pick<Watcher, 'onLeader'>;

  constructor(voters: number, population: Population, watcher: Pick<Watcher, 'onLeader'>) {
    this.#voters = { version: 1, peers: Array.from({ length: voters }, (_, voter) => voter) };
    this.#population = population;
    this.#watcher = watcher;
  }

  get list(): Voters {
    return this.#voters;
  }

  /** What a node that begins knows of the election. */
  keptOf(peer: Peer): Pick<Kept, 'ballot' | 'voters'> {
    if (peer >= this.#voters.peers.length) return {};
    return { voters: this.#voters, ballot: this.#population.ballots.get(peer) };
  }

  onWrites(peer: Peer, writes: readonly Write[]): void {
    if (peer >= this.#voters.peers.length) return;
    for (const write of writes) {
      if (write.type === 'ballot') this.#population.ballots.set(peer, write.ballot);
    }
  }

  onStep(peer: Peer, before: NodeState, after: NodeState): void {
    if (before.election === after.election || leads(before) === leads(after)) return;
    this.#watcher.onLeader(peer, leads(after) ? after.election.ballot.term : 0);
  }

  onEnd(peer: Peer, state: NodeState | undefined): void {
    if (state !== undefined && leads(state)) this.#watcher.onLeader(peer, 0);
  }
}

function leads({ election }: NodeState): boolean {
  return election.role.type === 'leader';
}
