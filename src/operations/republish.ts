/**
 * Republishing, the second line behind repair: once, halfway through a record's life, its publisher
 * looks it up and stores what it finds on those of the nearest that lack it. The record stays the
 * same, and its life does not grow.
 */

import { REPUBLICATIONS_MAX } from '../limits.ts';
import { countItems, withoutItem } from '../paged.ts';
import { republishAfter } from '../replicas/published.ts';
import { nextNumber, type Draft } from '../state/node.ts';
import type { Operation } from '../state/operation.ts';
import { publishedOrder, type Published } from '../state/replicas.ts';
import { beginRead } from './get.ts';

/** The turn of a record has come. */
export function republish(draft: Draft, { key }: Published): void {
  if (isBusy(draft)) return republishAfter(draft, key, WAIT_MS);
  draft.published = withoutItem(draft.published, publishedOrder, key);
  const deadlineAt = draft.now + 3 * draft.config.operationMs;
  beginRead(draft, { op: -nextNumber(draft), deadlineAt, key, purpose: 'republish' });
}

function isBusy({ operations }: Draft): boolean {
  const isOwnRead = ({ op, type }: Operation): boolean =>
    op < 0 && (type === 'get' || type === 'fetch');
  return countItems(operations, isOwnRead) >= REPUBLICATIONS_MAX;
}

/** When too many are due at once. */
const WAIT_MS = 60_000;
