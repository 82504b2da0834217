/**
 * When the records that this node has published are due to be republished: halfway through their
 * life, give or take, so that what was stored together does not come back together.
 */

import { PUBLISHED_MAX } from '../limits.ts';
import { withItem } from '../paged.ts';
import { jitter } from '../random.ts';
import { nextDraw, type Draft } from '../state/node.ts';
import { publishedOrder } from '../state/replicas.ts';
import type { Key } from '../types.ts';

/** A record of the own node's lives for so long from now on. */
export function onPublished(draft: Draft, key: Key, lifeMs: number): void {
  if (draft.config.repairMs === 0 || draft.published.size >= PUBLISHED_MAX) return;
  republishAfter(draft, key, lifeMs / 2);
}

export function republishAfter(draft: Draft, key: Key, afterMs: number): void {
  const dueAt = draft.now + jitter(nextDraw(draft), afterMs, 0.25);
  draft.published = withItem(draft.published, publishedOrder, { key, dueAt });
}
