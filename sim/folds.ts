/**
 * The fingerprints of what happened at each node: every step folds its time, its input and the
 * effects into 64 bits, of which the digest of a run is made.
 */

import { Fingerprint } from '../host/fingerprint.ts';
import { effectsWords, inputWords } from '../host/step-words.ts';
import type { Effect, Input } from '../src/step-types.ts';
import type { Peer } from '../src/types.ts';
import type { Population } from './population.ts';

export class Folds {
  readonly #population: Population;
  readonly #print = new Fingerprint();

  constructor(population: Population) {
    this.#population = population;
  }

  /** @param now microseconds */
  add(peer: Peer, now: number, input: Input, effects: readonly Effect[]): void {
    const print = this.#print;
    print.a = this.#population.fold(peer, 0);
    print.b = this.#population.fold(peer, 1);
    print.number(now);
    inputWords(print, input);
    effectsWords(print, effects);
    this.#population.setFold(peer, print.a, print.b);
  }
}
