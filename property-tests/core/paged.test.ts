/**
 * The sorted collection against a plain sorted array, with enough items for many pages; old
 * versions stay as they were.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { allItems, dueItems, emptyPaged, findItem, lookUp } from '../../src/paged.ts';
import {
  PAGE_ITEMS_MAX,
  pagedFromSorted,
  pagesOf,
  withItem,
  withoutItem,
} from '../../src/paged.ts';
import type { Order, Paged } from '../../src/paged.ts';
import { law } from '../harness.ts';

interface Item {
  readonly key: number;
  readonly due: number;
}

const order: Order<Item, number> = {
  compare: (item, key) => item.key - key,
  keyOf: (item) => item.key,
  dueAt: (item) => item.due,
};

function checkAgainst(paged: Paged<Item>, model: ReadonlyMap<number, Item>): void {
  const items = [...model.values()].sort((a, b) => a.key - b.key);
  assert.deepEqual(allItems(paged), items);
  assert.equal(paged.size, items.length);
  assert.equal(paged.dueAt, Math.min(Infinity, ...items.map((item) => item.due)));
  assert.notEqual(paged.pages.length, 1);
  for (const { items: page, dueAt } of items.length === 0 ? [] : pagesOf(paged)) {
    assert.ok(page.length > 0 && page.length <= PAGE_ITEMS_MAX);
    assert.equal(dueAt, Math.min(...page.map((item) => item.due)));
  }
}

/** Blocks of neighbouring keys, so that pages fill, split and empty. */
const change = fc.record(
  {
    from: fc.nat({ max: 600 }),
    count: fc.oneof(fc.constant(1), fc.nat({ max: 300 })),
    stride: fc.constantFrom(1, 1, 3, 7, -1, -5),
    due: fc.nat({ max: 9 }),
    remove: fc.boolean(),
  },
  { noNullPrototype: true },
);

law(
  'a sorted collection is a sorted map',
  [fc.array(change, { maxLength: 20 })],
  150,
  (changes) => {
    let paged: Paged<Item> = emptyPaged();
    const model = new Map<number, Item>();
    const kept: [Paged<Item>, Map<number, Item>][] = [];
    for (const { from, count, stride, due, remove } of changes) {
      kept.push([paged, new Map(model)]);
      for (let i = 0; i < count; i++) {
        const key = from + i * stride;
        const item = { key, due: (due * (i + 1)) % 11 };
        paged = remove ? withoutItem(paged, order, key) : withItem(paged, order, item);
        if (remove) model.delete(key);
        else model.set(key, item);
      }
      checkAgainst(paged, model);
      for (const key of [from, from - 1, from + stride]) {
        assert.equal(lookUp(paged, order, key), model.get(key));
      }
      if (!model.has(from)) assert.equal(withoutItem(paged, order, from), paged);
    }
    for (const [old, then] of kept) checkAgainst(old, then);
  },
);

law(
  'a collection made at once is the one made item by item',
  [fc.array(fc.nat({ max: 300 }), { maxLength: 700 }), fc.nat({ max: 300 })],
  200,
  (keys, key) => {
    const items = keys
      .toSorted((a, b) => a - b)
      .map((each, i) => ({ key: each, due: (i * 7) % 11 }));
    const made = pagedFromSorted(items, order);
    const model = new Map(items.map((item) => [item.key, item]));
    checkAgainst(made, model);
    const item = { key, due: 3 };
    checkAgainst(withItem(made, order, item), new Map(model).set(key, item));
    checkAgainst(made, model);
  },
);

law(
  'due items are those due, in order, as many as asked for',
  [fc.array(fc.nat({ max: 40 }), { maxLength: 400 }), fc.nat({ max: 41 }), fc.nat({ max: 50 })],
  200,
  (dues, now, limit) => {
    let paged: Paged<Item> = emptyPaged();
    dues.forEach((due, key) => (paged = withItem(paged, order, { key, due })));
    const due = allItems(paged).filter((item) => item.due <= now);
    assert.deepEqual(dueItems(paged, order, now, Infinity), due);
    assert.deepEqual(dueItems(paged, order, now, limit), due.slice(0, limit));
    assert.equal(
      findItem(paged, (item) => item.due === now),
      allItems(paged).find((item) => item.due === now),
    );
  },
);

test('a collection that is emptied is empty again', (t) => {
  let paged: Paged<Item> = emptyPaged();
  for (let key = 0; key < 1000; key++) paged = withItem(paged, order, { key, due: key });
  t.is(paged.dueAt, 0);
  for (let key = 0; key < 1000; key++) paged = withoutItem(paged, order, key);
  t.deepEqual(paged, emptyPaged());
});
