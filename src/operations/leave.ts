/**
 * Leaving, in two stages. First the node hands each record that it should hold to the node that
 * takes its place in the record's group, and each of its records to those of the group that are not
 * known to hold it; those with the fewest known holders first. It goes on answering meanwhile, but
 * takes no records; one whose write is under way is handed over when it is written, for then its
 * sender is told that it is held. Then the nearest contacts are told, and from then on all requests
 * are refused. Each stage has a deadline.
 */

import { ask, settle } from '../asking.ts';
import { withdraw } from '../election/leader.ts';
import { HANDED_MAX, HANDOVER_MS_MAX, LEAVE_MS_MAX, PUSHES_MAX } from '../limits.ts';
import { allItems, findItem, lookUp, withItem, withoutItem } from '../paged.ts';
import { dividedFellows } from '../replicas/fellows.ts';
import { isKnown, neighbourhood } from '../replicas/group.ts';
import { push, pushesUnderWay } from '../replicas/reconcile.ts';
import { emit, ownPosition, type Draft } from '../state/node.ts';
import { failed, noOperations, operationOrder } from '../state/operation.ts';
import type { Handed, HandoverOperation } from '../state/operation.ts';
import { newestHeld, type Held, type Store } from '../state/store.ts';
import { nearestContacts } from '../table/nearest.ts';
import type { OpId } from '../types.ts';

export function startLeave(draft: Draft, op: OpId): void {
  for (const { op: other } of allItems(draft.operations)) {
    settle(draft, other, failed('leaving'));
  }
  const deadlineAt = draft.now + HANDOVER_MS_MAX;
  const left = draft.config.repairMs === 0 ? [] : heirs(draft);
  draft.operations = withItem(noOperations, operationOrder, {
    op,
    deadlineAt,
    type: 'handover',
    left,
  });
  withdraw(draft);
  goOnHandingOver(draft);
}

/** A replica has arrived or not, or a write ended: the next go out, or else the farewells. */
export function goOnHandingOver(draft: Draft): void {
  const operation = handover(draft.operations);
  if (operation === undefined) return;
  let room = PUSHES_MAX - pushesUnderWay(draft);
  if (room < REFILL) return;
  const unwritten: Handed[] = [];
  let at = 0;
  for (; at < operation.left.length && room > 0; at++) {
    const handed = operation.left[at];
    const held = handed && newestHeld(draft.store, handed.key);
    if (handed === undefined || held === undefined) continue;
    if (held.token !== 0) unwritten.push(handed);
    else if (held.expiresAt > draft.now) {
      push(draft, held, handed.peer);
      room--;
    }
  }
  const left = [...unwritten, ...operation.left.slice(at)];
  if (room === PUSHES_MAX && left.length === 0) return endHandover(draft, operation);
  if (left.length < operation.left.length) {
    draft.operations = withItem(draft.operations, operationOrder, { ...operation, left });
  }
}

/** All is handed over, or time is up: the farewells go out. */
export function endHandover(draft: Draft, handed: HandoverOperation): void {
  const { op, left } = handed;
  if (left.length > 0) noteCut(draft, left.length);
  draft.leaving = true;
  const own = ownPosition(draft);
  const told = nearestContacts(draft.table, own, own, draft.config.nearest, [], draft.peers);
  if (told.length === 0) {
    draft.operations = noOperations;
    settle(draft, op, { type: 'left' });
    return;
  }
  // Together the two stages take no longer than they may, even if the end of the first came late.
  const deadlineAt = Math.min(draft.now, handed.deadlineAt) + LEAVE_MS_MAX;
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

function handover(operations: Draft['operations']): HandoverOperation | undefined {
  if (operations.size === 0) return undefined;
  const found = findItem(operations, ({ type }) => type === 'handover');
  return found?.type === 'handover' ? found : undefined;
}

/** Who takes over what; then who should hold it anyway and is not known to. */
function heirs(draft: Draft): readonly Handed[] {
  const { self, store } = draft;
  const divided = dividedFellows(draft);
  if (store.size > HANDED_MAX) noteCut(draft, store.size - HANDED_MAX);
  const heirs: Handed[] = [];
  const others: Handed[] = [];
  for (const held of rarest(store)) {
    const { key, replication } = held.header;
    const isMine = held.group.includes(self);
    const next = isMine ? neighbourhood(draft, key.position, replication + 1, divided) : held.group;
    for (const peer of next) {
      if (peer === self || isKnown(held, peer)) continue;
      if (held.group.includes(peer)) others.push({ key, peer });
      else heirs.push({ key, peer });
    }
  }
  return [...heirs, ...others];
}

/** Those with the fewest known holders first, and no more than can be gone through at once. */
function rarest(store: Store): readonly Held[] {
  const byHolders: Held[][] = [];
  for (const held of allItems(store)) (byHolders[holdersOf(held)] ??= []).push(held);
  return byHolders.flat().slice(0, HANDED_MAX);
}

function noteCut(draft: Draft, count: number): void {
  emit(draft, { type: 'note', note: { type: 'handover-cut', count } });
}

function holdersOf({ known }: Held): number {
  let count = 0;
  for (let bits = known; bits !== 0; bits &= bits - 1) count++;
  return count;
}

/** So many go out together: with a long list each time costs a copy of what is left of it. */
const REFILL = PUSHES_MAX / 2;
