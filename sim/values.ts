/**
 * What the observer knows of values: the key of each PUT, which versions were signed under it,
 * whether and when it was acknowledged, and at the end who still holds it.
 */

import { keyOf } from '../host/admit.ts';
import { bytesOfBits256 } from '../host/words.ts';
import { allItems } from '../src/paged.ts';
import { compareBits } from '../src/position.ts';
import { compareVersions, durableHeld } from '../src/replicas/store.ts';
import type { Key, RecordHeader } from '../src/types.ts';
import { Sample, type Distribution } from './distribution.ts';
import type { Population } from './population.ts';
import type { Roles } from './roles.ts';
import { mix } from './streams.ts';

/** Longer than any window in which workers run apart. */
const KNOWN_LAG_US = 1_000_000;
/** Longer than a GET takes. */
const READING_MS = 30_000;
/** How long after its end a record may still be found on a disk: 10 minutes. */
const IMMORTAL_MS = 600_000;

/** Who holds what, by PUT; of one part's nodes, or of all. */
export interface Holdings {
  /** Live nodes that hold the acknowledged version or a newer one. */
  readonly holders: Int32Array;
  /** The same on the disks of nodes that are offline. */
  readonly onDisks: Int32Array;
  /** Keys that a live node holds long after their end. */
  readonly immortal: readonly number[];
}

export interface ValueReport {
  readonly lost: number;
  readonly unreachable: number;
  readonly immortal: number;
  readonly replicas: Distribution;
}

/** Of a PUT: what was signed, and when it was acknowledged. */
export interface Known {
  readonly record: RecordHeader | undefined;
  readonly acknowledgedAt: number;
}

export class Values {
  /** Wall clock at the beginning of the run. */
  readonly startMs: number;
  readonly #keys: Key[] = [];
  /** By PUT: the record that was signed, and when it was acknowledged (µs; Infinity: not). */
  readonly #signed: (RecordHeader | undefined)[] = [];
  readonly #acknowledgedAt: number[] = [];
  readonly #byKey = new Map<number, number>();

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

  /** How many PUTs there are. */
  get count(): number {
    return this.#keys.length;
  }

  key(put: number): Key {
    const key = this.#keys[put];
    if (key === undefined) throw new Error(`broken invariant: there is no PUT ${put}`);
    return key;
  }

  /** The PUT that uses a key. */
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
  }

  /** Nobody has put anything yet: a fork has PUTs of its own. */
  forget(): void {
    this.#signed.fill(undefined);
    this.#acknowledgedAt.fill(Infinity);
  }

  onSigned(put: number, record: RecordHeader): void {
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

  /** Looks over the stores and disks of this part's sound nodes, each of them once. */
  holdings(population: Population, roles: Roles, nowMs: number, wallMs: number): Holdings {
    const holders = new Int32Array(this.#keys.length);
    const onDisks = new Int32Array(this.#keys.length);
    const immortal = new Set<number>();
    if (this.#keys.length === 0) return { holders, onDisks, immortal: [] };
    population.states.forEach((state, peer) => {
      if (state === undefined || !roles.isSound(population.slotOf(peer))) return;
      for (const { header } of allItems(state.store)) {
        const put = this.putOf(header.key);
        if (put < 0) continue;
        if (wallMs > endOf(header) + IMMORTAL_MS) immortal.add(put);
        const durable = durableHeld(state.store, header.key, nowMs);
        if (durable !== undefined && this.#isCurrent(put, durable.header)) increment(holders, put);
      }
    });
    for (const [peer, records] of population.disks) {
      if (!roles.isSound(population.slotOf(peer))) continue;
      for (const { header } of records) {
        const put = this.putOf(header.key);
        if (put >= 0 && this.#isCurrent(put, header)) increment(onDisks, put);
      }
    }
    return { holders, onDisks, immortal: [...immortal] };
  }

  #isCurrent(put: number, header: RecordHeader): boolean {
    const signed = this.#signed[put];
    return signed !== undefined && compareVersions(header, signed) >= 0;
  }
}

/**
 * What the holdings of all parts amount to.
 *
 * @param due by PUT: whether its key should be there
 */
export function valueReport(parts: readonly Holdings[], due: Uint8Array): ValueReport {
  const replicas = new Sample();
  let lost = 0;
  let unreachable = 0;
  due.forEach((isDue, put) => {
    if (isDue === 0) return;
    const live = sum(parts, ({ holders }) => holders[put] ?? 0);
    replicas.add(live);
    if (live > 0) return;
    if (sum(parts, ({ onDisks }) => onDisks[put] ?? 0) > 0) unreachable++;
    else lost++;
  });
  const immortal = new Set(parts.flatMap((part) => part.immortal)).size;
  return { lost, unreachable, immortal, replicas: replicas.distribution(true) };
}

function increment(counts: Int32Array, at: number): void {
  counts[at] = (counts[at] ?? 0) + 1;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

/** Wall clock at which a record's life ends, by its publisher's word. */
function endOf(header: RecordHeader): number {
  return header.publishedAtMs + header.ttlS * 1000;
}

/** The first 53 bits of a key, which tell those of a simulation apart. */
function nameOf({ raw }: Key): number {
  return (raw.b0 >>> 0) * 2 ** 21 + (raw.b1 >>> 11);
}
