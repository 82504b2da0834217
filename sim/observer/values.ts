/**
 * What the observer knows of values: the key of each PUT, which versions were signed under it,
 * whether and when it was acknowledged.
 */

import { keyOf } from '../../host/admit.ts';
import { bytesOfBits256 } from '../../host/words.ts';
import { compareBits } from '../../src/position.ts';
import { compareVersions } from '../../src/state/store.ts';
import type { Key, RecordHeader } from '../../src/types.ts';
import { mix } from '../streams.ts';
import { endOf, Inventory, type Signed } from './inventory.ts';

/** Longer than any window in which workers run apart. */
const KNOWN_LAG_US = 1_000_000;
/** Longer than a GET takes. */
const READING_MS = 30_000;

/** Of a PUT: what was signed, and when it was acknowledged. */
export interface Known {
  readonly record: RecordHeader | undefined;
  readonly acknowledgedAt: number;
}

export class Values implements Signed {
  /** Wall clock at the beginning of the run. */
  readonly startMs: number;
  readonly inventory = new Inventory(this);
  readonly #keys: Key[] = [];
  /** By PUT: the record that was signed, and when it was acknowledged (µs; Infinity: not). */
  readonly #signed: (RecordHeader | undefined)[] = [];
  readonly #acknowledgedAt: number[] = [];
  readonly #byKey = new Map<number, number>();
  #changes = 0;

  constructor(
    puts: number,
    seedKey: number,
    hash: (bytes: Uint8Array) => Uint8Array,
    startMs: number,
  ) {
    this.startMs = startMs;
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

  get count(): number {
    return this.#keys.length;
  }

  key(put: number): Key {
    const key = this.#keys[put];
    if (key === undefined) throw new Error(`broken invariant: there is no PUT ${put}`);
    return key;
  }

  putOf(key: Key): number {
    const put = this.#byKey.get(nameOf(key)) ?? -1;
    const own = this.#keys[put];
    return own !== undefined && compareBits(own.raw, key.raw) === 0 ? put : -1;
  }

  /** What is known of the first so many PUTs, for a snapshot. */
  get known(): readonly Known[] {
    return this.#signed.map((record, put) => {
      return { record, acknowledgedAt: this.#acknowledgedAt[put] ?? Infinity };
    });
  }

  set known(known: readonly Known[]) {
    known.slice(0, this.#keys.length).forEach(({ record, acknowledgedAt }, put) => {
      this.#signed[put] = record;
      this.#acknowledgedAt[put] = acknowledgedAt;
    });
    this.#changes++;
  }

  /** Nobody has put anything yet: a fork has PUTs of its own. */
  forget(): void {
    this.#signed.fill(undefined);
    this.#acknowledgedAt.fill(Infinity);
    this.#changes++;
  }

  get changes(): number {
    return this.#changes;
  }

  isSigned(put: number): boolean {
    return this.#signed[put] !== undefined;
  }

  isCurrent(put: number, record: RecordHeader): boolean {
    const signed = this.#signed[put];
    return signed !== undefined && compareVersions(record, signed) >= 0;
  }

  onSigned(put: number, record: RecordHeader): void {
    if (this.#signed[put] !== undefined) this.#changes++;
    this.#signed[put] = record;
  }

  onAcknowledged(put: number, now: number): void {
    this.#acknowledgedAt[put] = now;
  }

  /** Acknowledged long enough ago for every worker to know, and alive for some time to come. */
  isReadable(put: number, now: number): boolean {
    const signed = this.#signed[put];
    if (signed === undefined || (this.#acknowledgedAt[put] ?? Infinity) > now - KNOWN_LAG_US) {
      return false;
    }
    return this.startMs + now / 1000 < endOf(signed) - READING_MS;
  }

  /** Whether a GET of this PUT's key returned what was PUT. */
  isTrue(put: number, record: RecordHeader): boolean {
    const signed = this.#signed[put];
    return signed !== undefined && compareVersions(signed, record) === 0;
  }

  /** Whether the key of a PUT has been acknowledged and lives on. */
  isDue(put: number, wallMs: number): boolean {
    const signed = this.#signed[put];
    if (signed === undefined || this.#acknowledgedAt[put] === Infinity) return false;
    return wallMs < endOf(signed);
  }

  /** For how long acknowledged keys have lived between two instants, all of them together. */
  livedMs(fromUs: number, toUs: number): number {
    let livedUs = 0;
    this.#signed.forEach((record, put) => {
      const since = Math.max(fromUs, this.#acknowledgedAt[put] ?? Infinity);
      if (record === undefined || since === Infinity) return;
      const endsUs = (endOf(record) - this.startMs) * 1000;
      livedUs += Math.max(0, Math.min(toUs, endsUs) - since);
    });
    return livedUs / 1000;
  }
}

/** The first 53 bits of a key, which tell those of a simulation apart. */
function nameOf({ raw }: Key): number {
  return (raw.b0 >>> 0) * 2 ** 21 + (raw.b1 >>> 11);
}
