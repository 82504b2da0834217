/**
 * What the observer knows of values: the key of each PUT, which versions were signed under it,
 * whether and when it was acknowledged, and at the end who still holds it.
 */

import { keyOf } from '../host/admit.ts';
import { bytesOfBits256 } from '../host/words.ts';
import { allItems } from '../src/paged.ts';
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

  /** Looks over all stores at the end of a run, each of them once. */
  report(population: Population, nowMs: number, wallMs: number): ValueReport {
    const holders = new Int32Array(this.#keys.length);
    const immortal = new Set<number>();
    for (const state of population.states) {
      if (state === undefined) continue;
      for (const held of allItems(state.store)) {
        const { header } = held;
        const put = this.putOf(header.key);
        if (put < 0) continue;
        if (wallMs > endOf(header) + IMMORTAL_MS) immortal.add(put);
        const signed = this.#signed[put];
        const durable = durableHeld(state.store, header.key, nowMs);
        if (signed === undefined || durable === undefined) continue;
        if (compareVersions(durable.header, signed) >= 0) holders[put] = (holders[put] ?? 0) + 1;
      }
    }
    const replicas = new Sample();
    let lost = 0;
    this.#signed.forEach((signed, put) => {
      if (signed === undefined || this.#acknowledgedAt[put] === Infinity) return;
      if (wallMs >= endOf(signed)) return;
      replicas.add(holders[put] ?? 0);
      if (holders[put] === 0) lost++;
    });
    return { lost, immortal: immortal.size, replicas: replicas.distribution(true) };
  }
}

/** Wall clock at which a record's life ends, by its publisher's word. */
function endOf(header: RecordHeader): number {
  return header.publishedAtMs + header.ttlS * 1000;
}

function nameOf({ raw }: Key): string {
  return `${raw.b0},${raw.b1},${raw.b2},${raw.b3},${raw.b4},${raw.b5},${raw.b6},${raw.b7}`;
}
