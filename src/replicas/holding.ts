/**
 * The store and the usage of a step's draft, which change together.
 */

import { withItem, withoutItem } from '../paged.ts';
import type { Draft } from '../state/node.ts';
import { withUse } from '../state/quota.ts';
import { heldOrder, newestHeld, type Held } from '../state/store.ts';
import type { Key } from '../types.ts';

/** Holds a record in place of what stood under its key. */
export function hold(draft: Draft, held: Held): void {
  const before = newestHeld(draft.store, held.header.key);
  draft.store = withItem(draft.store, heldOrder, held);
  if (before?.header === held.header && before.replaced === held.replaced) return;
  draft.usage = withUse(withUse(draft.usage, before, -1), held, 1);
}

export function letGo(draft: Draft, key: Key): void {
  draft.usage = withUse(draft.usage, newestHeld(draft.store, key), -1);
  draft.store = withoutItem(draft.store, heldOrder, key);
}
