/**
 * A sorted collection as a value: items in pages, pages in one array. An insertion copies one page
 * and the array of pages, never the whole, so that a store of 100,000 records takes about a
 * microsecond per change and the old version stays true. A collection that fits one page, as nearly
 * all do, is that page, and has no array of pages.
 *
 * Each page and the whole know the earliest `dueAt` of their items, which is how deadlines of
 * calls, operations and records are found without a timer each.
 *
 * Invariants: items strictly ascending; no page empty; a page holds at most `PAGE_ITEMS_MAX`.
 * Cost: O(log n) to find, O(page + n / page) to change.
 */

import { withInserted, withRemoved } from './lists.ts';

export interface Page<T> {
  readonly items: readonly T[];
  /** Earliest due time of the items; Infinity when there is none. */
  readonly dueAt: number;
}

export interface Paged<T> extends Page<T> {
  /** Two or more; none when one is enough: then the items are here, else only in the pages. */
  readonly pages: readonly Page<T>[];
  readonly size: number;
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
/** Items of a page that was filled at once: neither split nor emptied by the next few changes. */
const PAGE_ITEMS_FILLED = 96;

const noItems: readonly never[] = [];
const noPages: readonly Page<never>[] = [];
const nothing: Paged<never> = { items: noItems, dueAt: Infinity, pages: noPages, size: 0 };

export function emptyPaged<T>(): Paged<T> {
  return nothing;
}

/** The pages in order; an empty collection has one that is empty. */
export function pagesOf<T>(paged: Paged<T>): readonly Page<T>[] {
  return paged.pages.length === 0 ? [paged] : paged.pages;
}

/** A collection with these pages, none of them empty. */
export function pagedFrom<T>(pages: readonly Page<T>[]): Paged<T> {
  const [first = nothing] = pages;
  if (pages.length < 2) return onePage(first.items, first.dueAt);
  let dueAt = Infinity;
  let size = 0;
  for (const page of pages) {
    if (page.dueAt < dueAt) dueAt = page.dueAt;
    size += page.items.length;
  }
  return { items: noItems, dueAt, pages, size };
}

/** The collection of these items, which are sorted; of several with one key the last counts. */
export function pagedFromSorted<T, K>(sorted: readonly T[], order: Order<T, K>): Paged<T> {
  const items = sorted.filter((item, i) => {
    const next = sorted[i + 1];
    return next === undefined || order.compare(item, order.keyOf(next)) !== 0;
  });
  const pages: Page<T>[] = [];
  for (let from = 0; from < items.length; from += PAGE_ITEMS_FILLED) {
    pages.push(pageFrom(items.slice(from, from + PAGE_ITEMS_FILLED), order));
  }
  return pagedFrom(pages);
}

export function pageFrom<T, K>(items: readonly T[], order: Order<T, K>): Page<T> {
  return { items, dueAt: earliest(items, order) };
}

export function lookUp<T, K>(paged: Paged<T>, order: Order<T, K>, key: K): T | undefined {
  const { items } = pageAt(paged, pageOf(paged, order, key));
  const item = items[slotOf(items, order, key)];
  return item !== undefined && order.compare(item, key) === 0 ? item : undefined;
}

/** Adds the item, or puts it in the place of the one with the same key. */
export function withItem<T, K>(paged: Paged<T>, order: Order<T, K>, item: T): Paged<T> {
  const key = order.keyOf(item);
  const index = pageOf(paged, order, key);
  const { items: before } = pageAt(paged, index);
  const at = slotOf(before, order, key);
  const old = before[at];
  if (old !== undefined && order.compare(old, key) === 0) {
    const items = before.slice();
    items[at] = item;
    return withPage(paged, index, items, order);
  }
  return withPage(paged, index, withInserted(before, at, item), order);
}

/** Leaves the item out; the same object when there is none of that key. */
export function withoutItem<T, K>(paged: Paged<T>, order: Order<T, K>, key: K): Paged<T> {
  const index = pageOf(paged, order, key);
  const { items } = pageAt(paged, index);
  const at = slotOf(items, order, key);
  const old = items[at];
  if (old === undefined || order.compare(old, key) !== 0) return paged;
  return withPage(paged, index, withRemoved(items, at), order);
}

/** The items due at `now` or before, in order, `limit` at most. */
export function dueItems<T, K>(
  paged: Paged<T>,
  order: Order<T, K>,
  now: number,
  limit: number,
): readonly T[] {
  if (paged.dueAt > now) return noItems;
  const due: T[] = [];
  for (const page of pagesOf(paged)) {
    if (page.dueAt > now) continue;
    for (const item of page.items) {
      if (due.length === limit) return due;
      if (order.dueAt(item) <= now) due.push(item);
    }
  }
  return due;
}

/** Visits all items in order. */
export function forEachItem<T>(paged: Paged<T>, visit: (item: T) => void): void {
  for (const { items } of pagesOf(paged)) {
    for (let at = 0; at < items.length; at++) visit(items[at] as T);
  }
}

/** All items in order; for tests, invariants and snapshots. */
export function allItems<T>(paged: Paged<T>): readonly T[] {
  return paged.pages.length === 0 ? paged.items : paged.pages.flatMap((page) => page.items);
}

/** How many items `test` holds for. */
export function countItems<T>(paged: Paged<T>, test: (item: T) => boolean): number {
  let count = 0;
  for (const { items } of pagesOf(paged)) for (const item of items) if (test(item)) count++;
  return count;
}

/** The first item for which `test` holds, in order. */
export function findItem<T>(paged: Paged<T>, test: (item: T) => boolean): T | undefined {
  for (const page of pagesOf(paged)) {
    for (const item of page.items) if (test(item)) return item;
  }
  return undefined;
}

/**
 * The collection with each item replaced by what `change` makes of it, under the same key.
 *
 * @param concerns says of which pages the items are looked at; of all, without it
 */
export function mapped<T, K>(
  paged: Paged<T>,
  order: Order<T, K>,
  change: (item: T) => T,
  concerns: (page: Page<T>) => boolean = () => true,
): Paged<T> {
  let pages: Page<T>[] | undefined;
  pagesOf(paged).forEach((page, index) => {
    if (!concerns(page)) return;
    let items: T[] | undefined;
    for (let at = 0; at < page.items.length; at++) {
      const item = page.items[at] as T;
      const next = change(item);
      if (next === item) continue;
      items ??= page.items.slice();
      items[at] = next;
    }
    if (items === undefined) return;
    pages ??= pagesOf(paged).slice();
    pages[index] = pageFrom(items, order);
  });
  return pages === undefined ? paged : pagedFrom(pages);
}

function onePage<T>(items: readonly T[], dueAt: number): Paged<T> {
  return items.length === 0 ? nothing : { items, dueAt, pages: noPages, size: items.length };
}

/** The collection with other items in one page: one too long is halved, an empty one goes. */
function withPage<T, K>(
  paged: Paged<T>,
  index: number,
  items: readonly T[],
  order: Order<T, K>,
): Paged<T> {
  const fits = items.length <= PAGE_ITEMS_MAX;
  if (fits && paged.pages.length === 0) return onePage(items, earliest(items, order));
  const pages = pagesOf(paged).slice();
  if (!fits) {
    const half = items.length >>> 1;
    const [near, far] = [items.slice(0, half), items.slice(half)];
    pages.splice(index, 1, pageFrom(near, order), pageFrom(far, order));
  } else if (items.length === 0) {
    pages.splice(index, 1);
  } else {
    pages[index] = pageFrom(items, order);
  }
  return pagedFrom(pages);
}

function earliest<T, K>(items: readonly T[], order: Order<T, K>): number {
  let dueAt = Infinity;
  for (const item of items) {
    const due = order.dueAt(item);
    if (due < dueAt) dueAt = due;
  }
  return dueAt;
}

function pageAt<T>(paged: Paged<T>, index: number): Page<T> {
  return paged.pages[index] ?? paged;
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
