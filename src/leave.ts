/**
 * Leaving: what is under way fails, the nearest contacts are told, and from then on requests are
 * refused. It is over when the farewells are answered, or after `LEAVE_MS_MAX`.
 */

import { ask, settle } from './asking.ts';
import { LEAVE_MS_MAX } from './limits.ts';
import { nearestContacts } from './nearest.ts';
import { ownPosition, type Draft } from './node.ts';
import { noOperations, noTrail, operationOrder } from './operation.ts';
import { allItems, lookUp, withItem, withoutItem } from './paged.ts';
import type { OpId } from './types.ts';

export function startLeave(draft: Draft, op: OpId): void {
  for (const { op: other } of allItems(draft.operations)) {
    const outcome = { type: 'failed', failure: 'leaving', holders: [], wanted: 0 } as const;
    settle(draft, other, { ...outcome, trail: noTrail });
  }
  draft.leaving = true;
  const own = ownPosition(draft);
  const told = nearestContacts(draft.table, own, own, draft.config.nearest, [], draft.peers);
  if (told.length === 0) {
    draft.operations = noOperations;
    settle(draft, op, { type: 'left' });
    return;
  }
  const deadlineAt = draft.now + LEAVE_MS_MAX;
  draft.operations = withItem(noOperations, operationOrder, {
    op,
    deadlineAt,
    type: 'leave',
    waiting: told.length,
  });
  for (const peer of told) ask(draft, peer, { type: 'leave' }, op);
}

/** A farewell was answered, or will not be. */
export function onFarewell(draft: Draft, op: OpId): void {
  const operation = lookUp(draft.operations, operationOrder, op);
  if (operation?.type !== 'leave') return;
  if (operation.waiting <= 1) {
    draft.operations = withoutItem(draft.operations, operationOrder, op);
    return settle(draft, op, { type: 'left' });
  }
  const next = { ...operation, waiting: operation.waiting - 1 };
  draft.operations = withItem(draft.operations, operationOrder, next);
}
