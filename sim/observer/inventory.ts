/**
 * Who holds what: a look over the stores of live nodes and the disks of those that are offline,
 * for each sample of the series and at the end.
 *
 * A look visits every replica of the network, and most have not changed since the last one. Pages
 * of stores are values: what a page counts for is found once and kept beside it for as long as
 * none of its records ends and no PUT is signed again.
 */

import { pagesOf, type Page } from '../../src/paged.ts';
import { durable, type Held } from '../../src/state/store.ts';
import type { Key, RecordHeader } from '../../src/types.ts';
import type { Population } from '../population.ts';
import type { Roles } from '../roles.ts';
import { Sample, type Distribution } from './distribution.ts';

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

/** What is known of the values that PUTs signed. */
export interface Signed {
  /** How many PUTs there are. */
  readonly count: number;
  /** How often what was signed gave way to something else. */
  readonly changes: number;
  /** The PUT that uses a key; -1 for none. */
  readonly putOf: (key: Key) => number;
  readonly isSigned: (put: number) => boolean;
  /** Whether a record under the key of a PUT is the one that was signed, or newer. */
  readonly isCurrent: (put: number, record: RecordHeader) => boolean;
}

/** What a page of a store counts for; it stays the same until one of its records changes. */
interface Counted {
  /** PUTs of which it has the acknowledged version or a newer one, on disk and alive. */
  readonly puts: readonly number[];
  /** When the first of its records ends, by its publisher's word. */
  readonly endsAt: number;
  /** How many changes there had been to what was signed. */
  readonly changes: number;
}

export class Inventory {
  readonly #values: Signed;
  readonly #counted = new WeakMap<Page<Held>, Counted>();

  constructor(values: Signed) {
    this.#values = values;
  }

  /** Looks over the stores and disks of this part's sound nodes, each of them once. */
  take(population: Population, roles: Roles, nowMs: number, wallMs: number): Holdings {
    const values = this.#values;
    const { count } = values;
    const holders = new Int32Array(count);
    const onDisks = new Int32Array(count);
    const immortal = new Set<number>();
    if (count === 0) return { holders, onDisks, immortal: [] };
    population.states.forEach((state, peer) => {
      if (state === undefined || !roles.isSound(population.slotOf(peer))) return;
      for (const page of pagesOf(state.store)) {
        const { puts, endsAt } = this.#countedOf(page, nowMs);
        for (const put of puts) increment(holders, put);
        if (wallMs > endsAt + IMMORTAL_MS) this.#findImmortal(page, wallMs, immortal);
      }
    });
    for (const [peer, records] of population.disks) {
      if (!roles.isSound(population.slotOf(peer))) continue;
      for (const { header } of records) {
        const put = values.putOf(header.key);
        if (put >= 0 && values.isCurrent(put, header)) increment(onDisks, put);
      }
    }
    return { holders, onDisks, immortal: [...immortal] };
  }

  #countedOf(page: Page<Held>, nowMs: number): Counted {
    const values = this.#values;
    const known = this.#counted.get(page);
    if (known?.changes === values.changes && page.dueAt > nowMs) return known;
    const puts: number[] = [];
    let endsAt = Infinity;
    let isSettled = true;
    for (const held of page.items) {
      const put = values.putOf(held.header.key);
      if (put < 0) continue;
      endsAt = Math.min(endsAt, endOf(held.header));
      if (held.token !== 0 || !values.isSigned(put)) isSettled = false;
      const stored = durable(held, nowMs);
      if (stored !== undefined && values.isCurrent(put, stored.header)) puts.push(put);
    }
    const counted = { puts, endsAt, changes: values.changes };
    // What a record under way replaces may end before it does; and another part may have signed.
    if (isSettled) this.#counted.set(page, counted);
    return counted;
  }

  #findImmortal({ items }: Page<Held>, wallMs: number, immortal: Set<number>): void {
    for (const { header } of items) {
      const put = this.#values.putOf(header.key);
      if (put >= 0 && wallMs > endOf(header) + IMMORTAL_MS) immortal.add(put);
    }
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

/** Wall clock at which a record's life ends, by its publisher's word. */
export function endOf(header: RecordHeader): number {
  return header.publishedAtMs + header.ttlS * 1000;
}

function increment(counts: Int32Array, at: number): void {
  counts[at] = (counts[at] ?? 0) + 1;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
