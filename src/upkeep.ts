/**
 * What falls due with time: calls and operations past their deadlines, records past their life,
 * liveness checks, bucket refreshes, introductions, calls to the lost. All of it hangs on one
 * published deadline, `wakeAt`; a wake-up that comes early finds nothing due and changes nothing.
 *
 * Liveness: a hand walks over the slots. A contact heard from since the hand last passed is let
 * go with its bit cleared, the first one that was not is called. A second hand walks over the k
 * nearest contacts only, in turn with the first, because a dead neighbour crowds a live one out of
 * answers. One check every `CHECK_MS_MAX`, more while contacts are found dead. Refreshes take one
 * bucket at a time, in turn with the own neighbourhood. Idle traffic: 0.29 messages a second for
 * checks and 0.16 for refreshes. Departure from the paper, which refreshes each bucket that saw no
 * lookup for an hour.
 */

import { check } from './contacts/contacts.ts';
import { recall } from './contacts/lost.ts';
import { onElectionDue } from './election/turn.ts';
import { CHECK_MS_MAX, CHECK_MS_STEP } from './limits.ts';
import { EXPIRIES_PER_STEP_MAX, REFRESH_MS } from './limits.ts';
import { carryOn, onCallDue, onDeadline } from './operations/finish.ts';
import { introduce, introduceLater, knowsEnough, refresh } from './operations/join.ts';
import { republish } from './operations/republish.ts';
import { dueItems, lookUp } from './paged.ts';
import { jitter } from './random.ts';
import { regroupAll } from './replicas/group.ts';
import { letGo } from './replicas/holding.ts';
import { checkFellow } from './replicas/repair.ts';
import { callOrder, isCalling } from './state/calls.ts';
import { emit, nextDraw, nextNumber, withUpkeep, type Draft } from './state/node.ts';
import { operationOrder, OWN } from './state/operation.ts';
import { fellowOrder, publishedOrder } from './state/replicas.ts';
import { heldOrder, type Held } from './state/store.ts';
import type { Write } from './step-types.ts';
import { bucketCount, bucketSize, contactAt, contactCount, isHeard } from './table/table.ts';
import { spareBuckets, sparesOf, withHeard } from './table/table.ts';
import type { Peer } from './types.ts';

/** Handles everything that has fallen due at the draft's instant. */
export function runDue(draft: Draft): void {
  const { now } = draft;
  for (const call of dueItems(draft.calls, callOrder, now, Infinity)) {
    onCallDue(draft, call);
  }
  // What goes on from here with its time over ends below, and not a step later, or never.
  carryOn(draft);
  for (const { op } of dueItems(draft.operations, operationOrder, now, Infinity)) {
    // The end of a refresh may have ended the join that waited for it.
    const operation = lookUp(draft.operations, operationOrder, op);
    if (operation !== undefined) onDeadline(draft, operation);
  }
  if (draft.store.dueAt <= now) expireRecords(draft);
  if (draft.leaving) return;
  if (draft.election.dueAt <= now) onElectionDue(draft);
  if (draft.upkeep.introduceAt <= now) introduce(draft);
  if (draft.upkeep.checkAt <= now) checkNext(draft);
  if (draft.upkeep.refreshAt <= now) refreshNext(draft);
  if (draft.upkeep.recallAt <= now) recall(draft);
  lookAfterReplicas(draft);
}

function lookAfterReplicas(draft: Draft): void {
  const { now } = draft;
  if (draft.upkeep.regroupAt <= now) regroupAll(draft);
  for (const fellow of dueItems(draft.fellows, fellowOrder, now, Infinity)) {
    checkFellow(draft, fellow);
  }
  for (const item of dueItems(draft.published, publishedOrder, now, Infinity)) {
    republish(draft, item);
  }
}

function expireRecords(draft: Draft): void {
  const due = dueItems(draft.store, heldOrder, draft.now, EXPIRIES_PER_STEP_MAX);
  const writes: Write[] = [];
  for (const held of due) {
    letGo(draft, held.header.key);
    // What writes under way were to replace goes with it: nothing on disk is left without an owner.
    for (let each: Held | undefined = held; each !== undefined; each = each.replaced) {
      writes.push({ type: 'delete', record: each.header });
    }
  }
  emit(draft, { type: 'persist', token: nextNumber(draft), writes });
  emit(draft, { type: 'note', note: { type: 'record-expired', count: due.length } });
}

function checkNext(draft: Draft): void {
  const spare = spareWithRoom(draft);
  if (spare !== undefined) check(draft, spare);
  else turnHands(draft);
  if (!knowsEnough(draft)) introduceLater(draft);
  else if (draft.upkeep.introduceRound > 0 && draft.upkeep.introduceAt === Infinity) {
    draft.upkeep = withUpkeep(draft.upkeep, { introduceRound: 0 });
  }
  const every = Math.min(CHECK_MS_MAX, draft.upkeep.checkEveryMs + CHECK_MS_STEP);
  draft.upkeep = withUpkeep(draft.upkeep, {
    checkEveryMs: every,
    checkAt: draft.now + jitter(nextDraw(draft), draft.upkeep.checkEveryMs, 0.1),
  });
}

/** The nearest contacts and all of them take turns; neighbours that are well cost no call. */
function turnHands(draft: Draft): void {
  const count = contactCount(draft.table);
  const { hand, nearHand, nearTurn } = draft.upkeep;
  draft.upkeep = withUpkeep(draft.upkeep, { nearTurn: !nearTurn });
  if (nearTurn) {
    const next = turnHand(draft, nearHand, Math.max(0, count - draft.config.k), count);
    draft.upkeep = withUpkeep(draft.upkeep, { nearHand: next });
    if (draft.calls !== draft.before.calls) return;
  }
  draft.upkeep = withUpkeep(draft.upkeep, { hand: turnHand(draft, hand, 0, count) });
}

/**
 * Calls the first contact from the hand on, within slots [from, to), that was not heard from since
 * the hand last passed it.
 *
 * @returns where the hand stands now
 */
function turnHand(draft: Draft, hand: number, from: number, to: number): number {
  let slot = hand;
  for (let i = from; i < to; i++, slot++) {
    if (slot < from || slot >= to) slot = from;
    if (isHeard(draft.table, slot)) {
      draft.table = withHeard(draft.table, slot, false);
      continue;
    }
    const contact = contactAt(draft.table, slot);
    if (!isCalling(draft.calls, contact)) check(draft, contact);
    return slot + 1;
  }
  return slot;
}

/** A spare whose bucket has room: of the deepest such bucket, because neighbours matter most. */
function spareWithRoom({ table, config, calls }: Draft): Peer | undefined {
  for (let bucket = spareBuckets(table) - 1; bucket >= 0; bucket--) {
    if (bucketSize(table, bucket) >= config.k) continue;
    const free = sparesOf(table, bucket).filter((spare) => !isCalling(calls, spare));
    if (free.length > 0) return free.at(-1);
  }
  return undefined;
}

function refreshNext(draft: Draft): void {
  const turns = bucketCount(draft.table) + 1;
  const turn = draft.upkeep.refreshBucket % turns;
  refresh(draft, turn === 0 ? OWN : turn - 1, 0);
  draft.upkeep = withUpkeep(draft.upkeep, {
    refreshBucket: turn + 1,
    refreshAt: draft.now + jitter(nextDraw(draft), REFRESH_MS, 0.25),
  });
}
