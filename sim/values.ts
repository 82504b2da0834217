/**
 * What the observer knows of values: the key of each PUT, which versions were signed under it,
 * whether and when it was acknowledged, and at the end who still holds it.
 */

import { keyOf } from '../host/admit.ts';
import { bytesOfBits256 } from '../host/words.ts';
import { compareVersions, durableHeld } from '../src/store.ts';
import type { Key, RecordHeader } from '../src/types.ts';
import { Sample, type Distribution } from './distribution.ts';
import type { Population } from './population.ts';
import { mix } from './streams.ts';

/** Longer than any window in which workers run apart. */
const KNOWN_LAG_US = 1_000_000;
/** How long after its end a record may still be found on a disk: 10 minutes. */
const IMMORTAL_MS = 600_000;

export interface ValueReport {
  readonly lost: number;
  readonly immortal: number;
  readonly replicas: Distribution;
}

export class Values {
  readonly #keys: Key[] = [];
  /** By PUT: the record that was signed, and when it was acknowledged (µs; Infinity: not). */
  readonly #signed: (RecordHeader | undefined)[] = [];
  readonly #acknowledgedAt: number[] = [];
  readonly #byKey = new Map<string, number>();

  constructor(puts: number, seedKey: number, hash: (bytes: Uint8Array) => Uint8Array) {
    for (let put = 0; put < puts; put++) {
      const word = (i: number): number => mix(seedKey, put, i);
      const [b0, b1, b2, b3] = [word(0), word(1), word(2), word(3)];
      const raw = { b0, b1, b2, b3, b4: word(4), b5: word(5), b6: word(6), b7: word(7) };
      const key = keyOf({ hash }, bytesOfBits256(raw));
      this.#keys.push(key);
      this.#signed.push(undefined);
      this.#acknowledgedAt.push(Infinity);
      this.#byKey.set(nameOf(key), put);
    }
  }

  key(put: number): Key {
    const key = this.#keys[put];
    if (key === undefined) throw new Error(`broken invariant: there is no PUT ${put}`);
    return key;
  }

  /** The PUT that uses a key. */
  putOf(key: Key): number {
    return this.#byKey.get(nameOf(key)) ?? -1;
  }

  onSigned(put: number, record: RecordHeader): void {
    this.#signed[put] = record;
  }

  onAcknowledged(put: number, now: number): void {
    this.#acknowledgedAt[put] = now;
  }

  /** Acknowledged long enough ago for every worker to know. */
  isReadable(put: number, now: number): boolean {
    return (this.#acknowledgedAt[put] ?? Infinity) <= now - KNOWN_LAG_US;
  }

  /** Whether a GET of this PUT's key returned what was PUT. */
  isTrue(put: number, record: RecordHeader): boolean {
    const signed = this.#signed[put];
    return signed !== undefined && compareVersions(signed, record) === 0;
  }

  /** Looks over all stores at the end of a run. */
  report(population: Population, nowMs: number, wallMs: number): ValueReport {
    const replicas = new Sample();
    let lost = 0;
    let immortal = 0;
    for (let put = 0; put < this.#keys.length; put++) {
      const signed = this.#signed[put];
      if (signed === undefined || this.#acknowledgedAt[put] === Infinity) continue;
      const endMs = signed.publishedAtMs + signed.ttlS * 1000;
      let holders = 0;
      for (const state of population.states) {
        const held = state && durableHeld(state.store, this.key(put), nowMs);
        if (held && compareVersions(held.header, signed) >= 0) holders++;
      }
      if (wallMs < endMs) {
        replicas.add(holders);
        if (holders === 0) lost++;
      } else if (wallMs > endMs + IMMORTAL_MS && holders > 0) {
        immortal++;
      }
    }
    return { lost, immortal, replicas: replicas.distribution(true) };
  }
}

function nameOf({ raw }: Key): string {
  return `${raw.b0},${raw.b1},${raw.b2},${raw.b3},${raw.b4},${raw.b5},${raw.b6},${raw.b7}`;
}
