/**
 * How contacts come and go (Kademlia, sections 2.2 and 4.1), in one place:
 *
 * - a peer becomes a contact only after it answered a call of ours (S4), and only if its bucket
 *   has room: a live contact is never displaced (S5);
 * - of one subnet only so many become contacts, and nobody who cannot be called
 *   (`table/places.ts`);
 * - a stranger that calls us is called back when its bucket has room, else it becomes a spare;
 * - a contact whose call goes unanswered is suspected and checked at once; the second unanswered
 *   call evicts it, and the newest spare of its bucket is called in its place; it is remembered
 *   among the lost (`lost.ts`).
 */

import { ask } from '../asking.ts';
import { CHECK_MS_MIN, SUSPECTS_MAX, VERIFICATIONS_MAX } from '../limits.ts';
import { peerWord, sharedBitsOfPeers } from '../position.ts';
import { fellowOf, forgetFellow, isShunned, onProven, withFellow } from '../replicas/fellows.ts';
import { onGone, onNear } from '../replicas/group.ts';
import { countPings, isCalling } from '../state/calls.ts';
import { emit, withUpkeep, type Draft } from '../state/node.ts';
import { isPlaceFree } from '../table/places.ts';
import {
  bucketSize,
  dropSpare,
  newestSpare,
  slotOf,
  withContact,
  withHeard,
  withoutContact,
  withSpare,
} from '../table/table.ts';
import type { Peer } from '../types.ts';
import { forget, remember } from './lost.ts';

/** The peer sent us something; `proven` when it answered a call of ours. */
export function onHeard(draft: Draft, peer: Peer, proven: boolean): void {
  if (peer === draft.self) return;
  const bucket = sharedBitsOfPeers(draft.peers, draft.self, peer);
  const slot = slotOf(draft.table, bucket, peer);
  if (slot >= 0) {
    draft.table = withHeard(draft.table, slot, true);
    if (proven && draft.suspects.length > 0) draft.suspects = without(draft.suspects, peer);
    return;
  }
  if (proven) onProven(draft, peer);
  if (!isPlaceFree(draft.table, bucket, peer, draft.peers, draft.config)) {
    draft.table = dropSpare(draft.table, bucket, peer);
  } else if (bucketSize(draft.table, bucket) >= draft.config.k) {
    draft.table = withSpare(draft.table, bucket, peer);
  } else if (proven) {
    draft.table = withContact(draft.table, bucket, peer, peerWord(draft.peers, peer, 0));
    emit(draft, { type: 'note', note: { type: 'contact-added', peer } });
    onNear(draft, peer);
  } else if (!isCalling(draft.calls, peer)) {
    if (countPings(draft.calls) < VERIFICATIONS_MAX) check(draft, peer);
    else draft.table = withSpare(draft.table, bucket, peer);
  }
}

/** A call to the peer missed its deadline or could not be made. */
export function onUnanswered(draft: Draft, peer: Peer): void {
  const bucket = sharedBitsOfPeers(draft.peers, draft.self, peer);
  const slot = slotOf(draft.table, bucket, peer);
  if (slot < 0) {
    draft.table = dropSpare(draft.table, bucket, peer);
    return onFellowMissed(draft, peer);
  }
  if (draft.suspects.includes(peer)) {
    evict(draft, peer);
    remember(draft, peer);
  } else if (draft.suspects.length < SUSPECTS_MAX) {
    draft.suspects = [...draft.suspects, peer];
    if (!isCalling(draft.calls, peer)) check(draft, peer);
  }
}

/** The contact goes, by its own farewell or for failing twice; a spare may take its place. */
export function evict(draft: Draft, peer: Peer): void {
  const bucket = sharedBitsOfPeers(draft.peers, draft.self, peer);
  const slot = slotOf(draft.table, bucket, peer);
  draft.suspects = without(draft.suspects, peer);
  if (draft.lost.length > 0) forget(draft, peer);
  draft.table = dropSpare(draft.table, bucket, peer);
  // Who is passed over stays so, whatever it says.
  const fellow = fellowOf(draft, peer);
  if (fellow !== undefined && !isShunned(fellow, draft.now)) forgetFellow(draft, peer);
  if (slot < 0) return fellow === undefined ? undefined : onGone(draft, peer);
  draft.table = withoutContact(draft.table, bucket, slot);
  onGone(draft, peer);
  emit(draft, { type: 'note', note: { type: 'contact-evicted', peer } });
  hastenChecks(draft);
  const spare = newestSpare(draft.table, bucket);
  if (spare !== undefined && !isCalling(draft.calls, spare)) check(draft, spare);
}

/** A fellow that is no contact, its bucket being full, goes like one: with its second miss. */
function onFellowMissed(draft: Draft, peer: Peer): void {
  const fellow = fellowOf(draft, peer);
  if (fellow === undefined) return;
  if (fellow.missed) return evict(draft, peer);
  withFellow(draft, { ...fellow, missed: true });
  if (!isCalling(draft.calls, peer)) check(draft, peer);
}

/** Asks a peer for a sign of life. */
export function check(draft: Draft, peer: Peer): void {
  if (draft.leaving) return;
  ask(draft, peer, { type: 'ping' }, 0);
}

/** A contact was found dead: the next checks come sooner. */
function hastenChecks(draft: Draft): void {
  const checkEveryMs = Math.max(CHECK_MS_MIN, Math.floor(draft.upkeep.checkEveryMs / 2));
  const checkAt = Math.min(draft.upkeep.checkAt, draft.now + checkEveryMs);
  draft.upkeep = withUpkeep(draft.upkeep, { checkEveryMs, checkAt });
}

function without(peers: readonly Peer[], peer: Peer): readonly Peer[] {
  return peers.includes(peer) ? peers.filter((other) => other !== peer) : peers;
}
