/**
 * What must be true of a sorted collection: order, sizes of pages, and the earliest deadlines that
 * they and the whole are known by. A part of `invariants.ts`.
 */

import { PAGE_ITEMS_MAX, pagesOf, type Order, type Paged } from '../paged.ts';

export function checkPaged<T, K>(name: string, paged: Paged<T>, order: Order<T, K>): string[] {
  const faults: string[] = [];
  let size = 0;
  let dueAt = Infinity;
  let before: T | undefined;
  if (paged.pages.length === 1) faults.push(`${name}: a single page beside the items`);
  if (paged.pages.length > 0 && paged.items.length > 0) faults.push(`${name}: items twice`);
  for (const page of pagesOf(paged)) {
    if (page.items.length === 0 && paged.size > 0) faults.push(`${name}: an empty page`);
    if (page.items.length > PAGE_ITEMS_MAX) faults.push(`${name}: a page is too long`);
    let pageDueAt = Infinity;
    for (const item of page.items) {
      if (before !== undefined && order.compare(before, order.keyOf(item)) >= 0) {
        faults.push(`${name}: not ascending`);
      }
      before = item;
      size++;
      pageDueAt = Math.min(pageDueAt, order.dueAt(item));
    }
    if (pageDueAt !== page.dueAt) faults.push(`${name}: wrong deadline of a page`);
    dueAt = Math.min(dueAt, pageDueAt);
  }
  if (size !== paged.size) faults.push(`${name}: size ${paged.size}, but ${size} items`);
  if (dueAt !== paged.dueAt) faults.push(`${name}: dueAt ${paged.dueAt}, but ${dueAt}`);
  return faults;
}
