/**
 * Contacts that stopped answering, remembered so that a network that was cut in parts grows
 * together again. Now and then one of them is called. One that answers shows that the way to it is
 * open again, and a walk through it (`operations/join.ts`) whether there are others whom this node
 * does not know.
 *
 * Rules: `LOST_MAX` at most. Where there is no room, those that are lost many at a time take the
 * places of others, by chance, and who is lost alone is not remembered: so those beyond a cut stay
 * among the lost, whoever goes meanwhile. Who goes in order is not lost. Under churn most of the
 * lost are gone for good: each is forgotten by chance, after `LOST_MS` on average, and calling them
 * costs two messages a minute. A node that knows nobody calls them more often and forgets none.
 *
 * Invariants: nobody is there twice, none is a contact, and a call is due while there is one.
 */

import { ask } from '../asking.ts';
import { CHECK_MS_MIN, LOST_MAX, LOST_MS, RECALL_ALONE_MS, RECALL_MS } from '../limits.ts';
import { withAppended, withRemoved } from '../lists.ts';
import { below, jitter } from '../random.ts';
import { isCalling } from '../state/calls.ts';
import { nextDraw, withUpkeep, type Draft } from '../state/node.ts';
import { contactCount } from '../table/table.ts';
import type { Peer } from '../types.ts';

/** The peer was a contact until it failed to answer. */
export function remember(draft: Draft, peer: Peer): void {
  const { lost } = draft;
  if (lost.length < LOST_MAX) {
    draft.lost = withAppended(lost, peer);
  } else if (draft.upkeep.checkEveryMs <= CHECK_MS_MIN) {
    const place = below(nextDraw(draft), LOST_MAX);
    draft.lost = lost.map((other, at) => (at === place ? peer : other));
  }
  if (draft.upkeep.recallAt === Infinity) recallLater(draft);
}

/** @returns whether it was among the lost */
export function forget(draft: Draft, peer: Peer): boolean {
  const at = draft.lost.indexOf(peer);
  if (at < 0) return false;
  draft.lost = withRemoved(draft.lost, at);
  if (draft.lost.length === 0) draft.upkeep = withUpkeep(draft.upkeep, { recallAt: Infinity });
  return true;
}

/** Calls one of the lost, or forgets it. */
export function recall(draft: Draft): void {
  const { lost, calls } = draft;
  const peer = lost[below(nextDraw(draft), lost.length)] ?? 0;
  const isForgotten = below(nextDraw(draft), LOST_MS / RECALL_MS) < lost.length;
  recallLater(draft);
  if (isForgotten && contactCount(draft.table) > 0) forget(draft, peer);
  else if (!isCalling(calls, peer)) ask(draft, peer, { type: 'ping' }, 0);
}

function recallLater(draft: Draft): void {
  const waitMs = contactCount(draft.table) === 0 ? RECALL_ALONE_MS : RECALL_MS;
  const recallAt = draft.now + jitter(nextDraw(draft), waitMs, 0.5);
  draft.upkeep = withUpkeep(draft.upkeep, { recallAt });
}
