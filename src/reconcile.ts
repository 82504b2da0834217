/**
 * What follows from a comparison with a fellow: which replicas it is known to hold, which it gets
 * from us, and which of ours nobody needs any more.
 *
 * A replica is sent as an ordinary store, `PUSHES_MAX` at a time; the rest waits for the next
 * round, which then comes soon. Whoever sees first that a fellow lacks something sends it: rounds
 * of different pairs fall at different times, and where many notice at once the one nearest to the
 * key goes first (`group.ts`).
 *
 * A fellow that time after time lacks what it had acknowledged is passed over: others take its
 * place in its groups. It keeps what it has, and is looked at again later.
 */

import { ask } from './asking.ts';
import { fellowOf, meet, withFellow } from './fellows.ts';
import { isKnown, isSpread, onGone, withKnown } from './group.ts';
import { letGo } from './holding.ts';
import { BROKEN_MAX, PUSHES_MAX, SHUN_MS } from './limits.ts';
import { emit, nextNumber, type Draft } from './node.ts';
import { operationOrder, type PushOperation } from './operation.ts';
import { allItems, lookUp, pagesOf, withItem, withoutItem } from './paged.ts';
import { durable, headerNow, heldOrder, newestHeld, type Held } from './store.ts';
import { isWithin, nameOf } from './tags.ts';
import type { Key, OpId, Peer, Range, Refusal, Write } from './types.ts';

/** The peer has listed all that it holds of a range, as far as it concerns us. */
export function settleTags(
  draft: Draft,
  peer: Peer,
  range: Range,
  theirs: ReadonlySet<number>,
): void {
  const lacking: Held[] = [];
  let isBroken = false;
  for (const held of allItems(draft.store)) {
    const { group, header } = held;
    if (!group.includes(peer) || !isWithin(header.key.position, range)) continue;
    const stored = durable(held, draft.now);
    if (stored === undefined) continue;
    const holds = theirs.has(nameOf(stored.tag));
    if (!holds) lacking.push(stored);
    if (stored !== held) continue;
    if (!holds && isKnown(held, peer)) isBroken = true;
    setKnown(draft, held, peer, holds);
  }
  surrender(draft);
  if (isBroken && breaksWord(draft, peer)) return;
  if (draft.suspects.includes(peer)) return;
  pushAll(draft, peer, lacking);
}

/** A replica was acknowledged, or refused, or its call came to nothing (`reason` undefined). */
export function onPushed(draft: Draft, op: OpId, ok: boolean, reason?: Refusal): void {
  const push = lookUp(draft.operations, operationOrder, op);
  if (push?.type !== 'push') return;
  draft.operations = withoutItem(draft.operations, operationOrder, op);
  // Who has something newer is no worse a holder.
  if (!ok && reason !== 'stale') return;
  const held = newestHeld(draft.store, push.key);
  if (held === undefined || nameOf(held.tag) !== push.tag) return;
  setKnown(draft, held, push.peer, true);
  surrender(draft);
}

/** Sends a replica to a node that should hold it. */
export function push(draft: Draft, held: Held, peer: Peer): void {
  const op = -nextNumber(draft);
  const { key } = held.header;
  const deadlineAt = draft.now + draft.config.operationMs;
  const operation: PushOperation = {
    op,
    deadlineAt,
    type: 'push',
    key,
    tag: nameOf(held.tag),
    peer,
  };
  draft.operations = withItem(draft.operations, operationOrder, operation);
  ask(draft, peer, { type: 'store', record: headerNow(held, draft.now) }, op);
  emit(draft, { type: 'note', note: { type: 'replica-sent', key, peer } });
}

/** How many replicas are on their way. */
export function pushesUnderWay({ operations }: Draft): number {
  let count = 0;
  for (const { items } of pagesOf(operations)) {
    for (const { type } of items) if (type === 'push') count++;
  }
  return count;
}

/** Gives up what enough nearer nodes are known to hold. */
function surrender(draft: Draft): void {
  const { self } = draft;
  const writes: Write[] = [];
  for (const held of allItems(draft.store)) {
    const { group, header, token } = held;
    if (token !== 0 || group.length < header.replication || group.includes(self)) continue;
    if (!isSpread(held, self)) continue;
    letGo(draft, header.key);
    writes.push({ type: 'delete', record: header });
    emit(draft, { type: 'note', note: { type: 'replica-dropped', key: header.key } });
  }
  if (writes.length > 0) emit(draft, { type: 'persist', token: nextNumber(draft), writes });
}

function pushAll(draft: Draft, peer: Peer, lacking: readonly Held[]): void {
  let room = PUSHES_MAX - pushesUnderWay(draft);
  for (const held of lacking) {
    if (isUnderWay(draft, held.header.key, peer)) continue;
    if (room-- <= 0) return meet(draft, peer, 'soon');
    push(draft, held, peer);
  }
}

function isUnderWay({ operations }: Draft, key: Key, peer: Peer): boolean {
  return pagesOf(operations).some(({ items }) =>
    items.some((item) => item.type === 'push' && item.peer === peer && item.key === key),
  );
}

/** A fellow lost what it had; @returns whether it is passed over from now on. */
function breaksWord(draft: Draft, peer: Peer): boolean {
  const fellow = fellowOf(draft, peer);
  if (fellow === undefined) return false;
  const broken = fellow.broken + 1;
  if (broken < BROKEN_MAX) {
    withFellow(draft, { ...fellow, broken });
    return false;
  }
  const shunnedUntil = draft.now + SHUN_MS;
  withFellow(draft, { ...fellow, broken: BROKEN_MAX - 1, shunnedUntil, checkAt: shunnedUntil });
  emit(draft, { type: 'note', note: { type: 'fellow-shunned', peer } });
  onGone(draft, peer);
  return true;
}

function setKnown(draft: Draft, held: Held, peer: Peer, holds: boolean): void {
  const next = withKnown(held, peer, holds);
  if (next !== held) draft.store = withItem(draft.store, heldOrder, next);
}
