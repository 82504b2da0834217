/**
 * How long it takes until a holder that died is replaced. At each turn all parts hand one another
 * where a replica came to be, died with its node or was given up; each tallies them alike.
 *
 * The death of a holder counts where it leaves a key with fewer replicas than wanted; the next
 * replica of that key that comes to be is its replacement, first death first.
 */

import type { Peer } from '../../src/types.ts';
import { Sample } from './distribution.ts';

/** What became of a replica: it is on the disk of a live node, its node is gone, it is given up. */
export type Fate = 'gained' | 'died' | 'dropped';

/** A replica of the key of a PUT, at an instant in microseconds. */
export interface ReplicaFact {
  readonly at: number;
  readonly put: number;
  readonly peer: Peer;
  readonly fate: Fate;
}

export class Replicas {
  /** In milliseconds, of the measured time. */
  readonly delays = new Sample();
  readonly #wanted: number;
  readonly #live: Int32Array;
  /** By PUT: the instants of deaths without replacement, the earliest first. */
  readonly #dead = new Map<number, number[]>();

  constructor(puts: number, wanted: number) {
    this.#live = new Int32Array(puts);
    this.#wanted = wanted;
  }

  /** @param facts of all parts, since the last turn */
  take(facts: readonly ReplicaFact[], measuring: boolean): void {
    const sorted = [...facts].sort(
      (a, b) => a.at - b.at || a.put - b.put || a.peer - b.peer || order(a.fate) - order(b.fate),
    );
    for (const fact of sorted) this.#take(fact, measuring);
  }

  forget(): void {
    this.delays.clear();
    this.#live.fill(0);
    this.#dead.clear();
  }

  /** All of it in numbers, for a snapshot. */
  get state(): readonly (readonly number[])[] {
    const dead = [...this.#dead].flatMap(([put, times]) => [put, times.length, ...times]);
    return [[...this.#live], dead, [...this.delays.values()]];
  }

  set state([live = [], dead = [], delays = []]: readonly (readonly number[])[]) {
    this.#live.set(live.slice(0, this.#live.length));
    this.#dead.clear();
    for (let at = 0; at < dead.length;) {
      const [put = 0, count = 0] = dead.slice(at, at + 2);
      this.#dead.set(put, dead.slice(at + 2, at + 2 + count));
      at += 2 + count;
    }
    this.delays.addAll(Sample.of(Float64Array.from(delays)));
  }

  #take({ at, put, fate }: ReplicaFact, measuring: boolean): void {
    const live = (this.#live[put] ?? 0) + (fate === 'gained' ? 1 : -1);
    this.#live[put] = live;
    if (fate === 'died' && live < this.#wanted) {
      const times = this.#dead.get(put);
      if (times === undefined) this.#dead.set(put, [at]);
      else times.push(at);
    } else if (fate === 'gained') {
      const times = this.#dead.get(put);
      const diedAt = times?.shift();
      if (times?.length === 0) this.#dead.delete(put);
      if (diedAt !== undefined && measuring) this.delays.add((at - diedAt) / 1000);
    }
  }
}

function order(fate: Fate): number {
  if (fate === 'gained') return 0;
  return fate === 'dropped' ? 1 : 2;
}
