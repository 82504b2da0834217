/**
 * Words of a sorted collection: its pages as they are, so that the next insertion splits where it
 * would have split. Sizes and due times follow from the items and are worked out again.
 *
 * An empty collection comes back as the core's own: within a step the core tells by identity what
 * has changed, and one that grew and shrank to nothing must be what it was.
 */

import { PAGE_ITEMS_MAX, pagedFrom, pageFrom, pagesOf } from '../../src/paged.ts';
import type { Order, Page, Paged } from '../../src/paged.ts';
import { readList, writeList, type Read, type Write } from './forms.ts';
import type { Reader, Writer } from './words.ts';

export function writePaged<T>(out: Writer, paged: Paged<T>, write: Write<T>): void {
  const pages = paged.size === 0 ? [] : pagesOf(paged);
  out.word(pages.length);
  for (const page of pages) writeList(out, page.items, write);
}

/** @param wordsEach words of an item at least */
export function readPaged<T, K>(
  input: Reader,
  order: Order<T, K>,
  wordsEach: number,
  read: Read<T>,
): Paged<T> {
  const count = input.count(1 + wordsEach);
  const pages: Page<T>[] = [];
  for (let i = 0; i < count; i++) pages.push(readPage(input, order, wordsEach, read));
  return pagedFrom(pages.slice());
}

function readPage<T, K>(
  input: Reader,
  order: Order<T, K>,
  wordsEach: number,
  read: Read<T>,
): Page<T> {
  const items = readList(input, wordsEach, read);
  if (items.length === 0 || items.length > PAGE_ITEMS_MAX) {
    throw input.fault(`a page of ${items.length} items`);
  }
  return pageFrom(items, order);
}
