/**
 * A sorted collection as a value: items in pages, pages in one array. An insertion copies one page
 * and the array of pages, never the whole, so that a store of 100,000 records takes about a
 * microsecond per change and the old version stays true.
 *
 * Each page and the whole know the earliest `dueAt` of their items, which is how deadlines of
 * calls, operations and records are found without a timer each.
 *
 * Invariants: items strictly ascending; no page empty; a page holds at most `PAGE_ITEMS_MAX`.
 * Cost: O(log n) to find, O(page + n / page) to change.
 */

interface Page<T> {
  readonly items: readonly T[];
  readonly dueAt: number;
}

export interface Paged<T> {
  readonly pages: readonly Page<T>[];
  readonly size: number;
  /** Earliest due time of all items; Infinity when there is none. */
  readonly dueAt: number;
}

/** How items are ordered and when they fall due. */
export interface Order<T, K> {
  /** Below 0 when the item comes before the key. */
  readonly compare: (item: T, key: K) => number;
  readonly keyOf: (item: T) => K;
  readonly dueAt: (item: T) => number;
}

/** Items of a page at most. */
export const PAGE_ITEMS_MAX = 128;

const nothing: Paged<never> = { pages: [], size: 0, dueAt: Infinity };

export function emptyPaged<T>(): Paged<T> {
  return nothing;
}

export function lookUp<T, K>(paged: Paged<T>, order: Order<T, K>, key: K): T | undefined {
  const page = paged.pages[pageOf(paged, order, key)];
  if (page === undefined) return undefined;
  const at = slotOf(page.items, order, key);
  const item = page.items[at];
  return item !== undefined && order.compare(item, key) === 0 ? item : undefined;
}

/** Adds the item, or puts it in the place of the one with the same key. */
export function withItem<T, K>(paged: Paged<T>, order: Order<T, K>, item: T): Paged<T> {
  const key = order.keyOf(item);
  const index = pageOf(paged, order, key);
  const page = paged.pages[index];
  if (page === undefined) {
    const dueAt = order.dueAt(item);
    return { pages: [{ items: [item], dueAt }], size: 1, dueAt };
  }
  const at = slotOf(page.items, order, key);
  const old = page.items[at];
  const replaces = old !== undefined && order.compare(old, key) === 0;
  const items = page.items.slice();
  if (replaces) items[at] = item;
  else items.splice(at, 0, item);
  const pages = paged.pages.slice();
  if (items.length > PAGE_ITEMS_MAX) {
    const half = items.length >>> 1;
    pages.splice(
      index,
      1,
      pageFrom(items.slice(0, half), order),
      pageFrom(items.slice(half), order),
    );
  } else {
    pages[index] = pageFrom(items, order);
  }
  return { pages, size: paged.size + (replaces ? 0 : 1), dueAt: earliest(pages) };
}

/** Leaves the item out; the same object when there is none of that key. */
export function withoutItem<T, K>(paged: Paged<T>, order: Order<T, K>, key: K): Paged<T> {
  const index = pageOf(paged, order, key);
  const page = paged.pages[index];
  if (page === undefined) return paged;
  const at = slotOf(page.items, order, key);
  const old = page.items[at];
  if (old === undefined || order.compare(old, key) !== 0) return paged;
  if (paged.size === 1) return nothing;
  const pages = paged.pages.slice();
  const items = page.items.slice();
  items.splice(at, 1);
  if (items.length === 0) pages.splice(index, 1);
  else pages[index] = pageFrom(items, order);
  return { pages, size: paged.size - 1, dueAt: earliest(pages) };
}

/** The items due at `now` or before, in order, `limit` at most. */
export function dueItems<T, K>(
  paged: Paged<T>,
  order: Order<T, K>,
  now: number,
  limit: number,
): readonly T[] {
  const due: T[] = [];
  if (paged.dueAt > now) return due;
  for (const page of paged.pages) {
    if (page.dueAt > now) continue;
    for (const item of page.items) {
      if (due.length === limit) return due;
      if (order.dueAt(item) <= now) due.push(item);
    }
  }
  return due;
}

/** All items in order; for tests, invariants and snapshots. */
export function allItems<T>(paged: Paged<T>): readonly T[] {
  return paged.pages.flatMap((page) => page.items);
}

/** The first item for which `test` holds, in order. */
export function findItem<T>(paged: Paged<T>, test: (item: T) => boolean): T | undefined {
  for (const page of paged.pages) {
    for (const item of page.items) if (test(item)) return item;
  }
  return undefined;
}

function pageFrom<T, K>(items: readonly T[], order: Order<T, K>): Page<T> {
  let dueAt = Infinity;
  for (const item of items) {
    const due = order.dueAt(item);
    if (due < dueAt) dueAt = due;
  }
  return { items, dueAt };
}

function earliest<T>(pages: readonly Page<T>[]): number {
  let dueAt = Infinity;
  for (const page of pages) if (page.dueAt < dueAt) dueAt = page.dueAt;
  return dueAt;
}

/** The page in which the key is or would be: the last whose first item is not after it. */
function pageOf<T, K>(paged: Paged<T>, order: Order<T, K>, key: K): number {
  let low = 0;
  let high = paged.pages.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    const first = paged.pages[middle]?.items[0];
    if (first !== undefined && order.compare(first, key) <= 0) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The first slot whose item is not before the key. */
function slotOf<T, K>(items: readonly T[], order: Order<T, K>, key: K): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && order.compare(item, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
