/**
 * What follows from a comparison with a fellow: which replicas it is known to hold, which it gets
 * from us, and which of ours nobody needs any more.
 *
 * A replica is sent as an ordinary store, `PUSHES_MAX` at a time; the rest waits for the next
 * round, which then comes soon. Whoever sees first that a fellow lacks something sends it: rounds
 * of different pairs fall at different times, and where many notice at once the one nearest to the
 * key goes first (`group.ts`).
 *
 * A record that is missing from a list may have been replaced there by a newer one: then ours is
 * refused as stale, and the newer one comes back (`correct`). What is about to expire is left
 * alone: its lives end some milliseconds apart.
 *
 * A fellow that shows nothing of what it should hold, round after round, is passed over: others
 * take its place in its groups, until it is looked at again.
 */

import { ask } from '../asking.ts';
import { CALL_MS_MAX, DELETES_PER_PERSIST_MAX, PROBES, PUSHES_MAX } from '../limits.ts';
import { countItems, findItem, forEachItem, lookUp } from '../paged.ts';
import { withItem, withoutItem } from '../paged.ts';
import { compareBits } from '../position.ts';
import { emit, nextNumber, type Draft } from '../state/node.ts';
import { operationOrder, type Operation, type PushOperation } from '../state/operation.ts';
import { compareVersions, durable, durableHeld, headerNow, isMember } from '../state/store.ts';
import { mappedWithin } from '../state/store.ts';
import type { Held } from '../state/store.ts';
import { isListed, type Listed } from '../state/tags.ts';
import type { OpId, Peer, Range, RecordHeader, Refusal } from '../types.ts';
import { fellowOf, meet, onShown, waitInTurn } from './fellows.ts';
import { isSpread, onGone, withKnown } from './group.ts';
import { letGo } from './holding.ts';

/** The peer has listed all that it holds of a range, as far as it concerns us. */
export function settleTags(draft: Draft, peer: Peer, range: Range, theirs: Listed): void {
  const lacking: Held[] = [];
  let shown = 0;
  draft.store = mappedWithin(draft.store, range, (held) => {
    if (!isMember(held, peer)) return held;
    const stored = durable(held, draft.now + CALL_MS_MAX);
    if (stored === undefined) return held;
    const holds = isListed(theirs, stored);
    if (holds) shown++;
    else lacking.push(stored);
    return stored === held ? withKnown(held, peer, holds) : held;
  });
  surrender(draft);
  const isTold = shown > 0 || (lacking.length > 0 && range.bits === 0);
  const wasEmpty = (fellowOf(draft, peer)?.emptySince ?? 0) !== 0;
  if (isTold && onShown(draft, peer, shown > 0)) return onGone(draft, peer);
  if (draft.suspects.includes(peer)) return;
  pushAll(draft, peer, lacking, shown === 0 && wasEmpty ? PROBES : PUSHES_MAX);
}

/** A fellow sent what is older than ours: it gets the newer one, even if it need not hold it. */
export function correct(draft: Draft, peer: Peer, record: RecordHeader): void {
  const held = durableHeld(draft.store, record.key, draft.now + CALL_MS_MAX);
  if (held === undefined || compareVersions(held.header, record) <= 0) return;
  if (fellowOf(draft, peer) !== undefined) pushAll(draft, peer, [held], PUSHES_MAX);
}

/**
 * A replica has arrived, or not. That it was acknowledged proves nothing, the next round will show
 * it; where it was refused as stale, the newer one comes back. Who refuses for another reason gets
 * no more before its turn.
 */
export function onPushed(draft: Draft, op: OpId, reason: Refusal | undefined): void {
  const push = lookUp(draft.operations, operationOrder, op);
  if (push?.type !== 'push') return;
  draft.operations = withoutItem(draft.operations, operationOrder, op);
  if (reason !== undefined && reason !== 'stale') waitInTurn(draft, push.peer);
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
    version: held.header.version,
    peer,
  };
  draft.operations = withItem(draft.operations, operationOrder, operation);
  ask(draft, peer, { type: 'store', record: headerNow(held, draft.now) }, op);
  emit(draft, { type: 'note', note: { type: 'replica-sent', key, peer } });
}

/** How many replicas are on their way. */
export function pushesUnderWay({ operations }: Draft): number {
  return countItems(operations, ({ type }) => type === 'push');
}

/** Gives up what enough nearer nodes are known to hold. */
function surrender(draft: Draft): void {
  const { self } = draft;
  const surplus: RecordHeader[] = [];
  forEachItem(draft.store, (held) => {
    const { group, header, token } = held;
    if (token !== 0 || group.length < header.replication || group.includes(self)) return;
    if (isSpread(held, self)) surplus.push(header);
  });
  for (const { key } of surplus) {
    letGo(draft, key);
    emit(draft, { type: 'note', note: { type: 'replica-dropped', key } });
  }
  for (let at = 0; at < surplus.length; at += DELETES_PER_PERSIST_MAX) {
    const some = surplus.slice(at, at + DELETES_PER_PERSIST_MAX);
    const writes = some.map((record) => ({ type: 'delete', record }) as const);
    emit(draft, { type: 'persist', token: nextNumber(draft), writes });
  }
}

/** Who has shown nothing of what it got before gets no more than a few at a time. */
function pushAll(draft: Draft, peer: Peer, lacking: readonly Held[], most: number): void {
  let room = Math.min(most, PUSHES_MAX - pushesUnderWay(draft));
  for (const held of lacking) {
    if (isUnderWay(draft, held, peer)) continue;
    if (room-- <= 0) return most < PUSHES_MAX ? undefined : meet(draft, peer, 'soon');
    push(draft, held, peer);
  }
}

function isUnderWay({ operations }: Draft, { header }: Held, peer: Peer): boolean {
  const { key, version } = header;
  const isSame = (item: Operation): boolean =>
    item.type === 'push' &&
    item.peer === peer &&
    item.version === version &&
    compareBits(item.key.raw, key.raw) === 0;
  return findItem(operations, isSame) !== undefined;
}
