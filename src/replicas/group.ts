/**
 * Groups: which nodes should hold a record. These are the nearest to its key that this node knows,
 * itself among them, as many as the publisher asked for. Known are contacts and fellow holders: a
 * fellow whose bucket is full of others is no contact, and still holds the record.
 *
 * Groups change when somebody near comes or goes. Finding one costs some microseconds, so those of
 * stored records are kept beside them and changed only where the one who came or went matters.
 */

import { mapped } from '../paged.ts';
import { compareDistance } from '../position.ts';
import { isJoining, ownPosition, withUpkeep, type Draft } from '../state/node.ts';
import { heldOrder, isMember, withGroup, type Held } from '../state/store.ts';
import { nearestContacts } from '../table/nearest.ts';
import { isClientOnly } from '../table/places.ts';
import type { Directory, Peer, Position } from '../types.ts';
import { dividedFellows, fellowOf, isShunned, meet } from './fellows.ts';
import type { Divided, Urgency } from './fellows.ts';

/**
 * The nearest `count` nodes to a position that this node knows, nearest first; itself included,
 * unless it cannot be called.
 */
export function neighbourhood(
  draft: Draft,
  target: Position,
  count: number,
  { trusted, shunned }: Divided = dividedFellows(draft),
): Peer[] {
  const { table, peers } = draft;
  const own = ownPosition(draft);
  const nearest: Peer[] = [];
  for (const peer of nearestContacts(table, own, target, count, shunned, peers)) {
    takeIn(nearest, peer, count, target, peers);
  }
  for (const peer of trusted) takeIn(nearest, peer, count, target, peers);
  if (!isClientOnly(peers, draft.self)) takeIn(nearest, draft.self, count, target, peers);
  return nearest;
}

/** Whether one of the group is known to hold the record. */
export function isKnown(held: Held, peer: Peer): boolean {
  return isMember(held, peer) && (held.known & (1 << held.group.indexOf(peer))) !== 0;
}

/** The record with a member known to hold it, or to lack it; the same when that was known. */
export function withKnown(held: Held, peer: Peer, holds: boolean): Held {
  if (!isMember(held, peer)) return held;
  const at = held.group.indexOf(peer);
  const known = holds ? held.known | (1 << at) : held.known & ~(1 << at);
  return known === held.known ? held : withGroup(held, held.group, known);
}

/** Whether every member but the own node is known to hold the record. */
export function isSpread({ group, known }: Held, self: Peer): boolean {
  return group.every((peer, at) => peer === self || (known & (1 << at)) !== 0);
}

/** The nearest to the key of those that hold the record for certain; the own node is one. */
function keeperOf({ group, known }: Held, self: Peer): Peer {
  return group.find((peer, at) => peer === self || (known & (1 << at)) !== 0) ?? self;
}

/** A peer has become known: it joins the groups that it is near enough for. */
export function onNear(draft: Draft, peer: Peer): void {
  if (draft.store.size === 0) return;
  if (isJoining(draft)) return regroupLater(draft);
  // Groups that are still to be found lack their nearest, perhaps the own node.
  if (draft.upkeep.regroupAt !== Infinity) return;
  const fellow = fellowOf(draft, peer);
  if (fellow !== undefined && isShunned(fellow, draft.now)) return;
  let urgency: Urgency | undefined;
  draft.store = mapped(draft.store, heldOrder, (held) => {
    const next = withMember(held, peer, draft.peers);
    if (next !== held && urgency !== 'soon') urgency = urgencyOf(next, draft.self);
    return next;
  });
  if (urgency !== undefined) meet(draft, peer, urgency);
}

/** A peer is gone: somebody else takes its place in its groups. */
export function onGone(draft: Draft, peer: Peer): void {
  if (draft.store.size === 0) return;
  regroup(draft, (held) => isMember(held, peer));
}

/** The groups of all records are found anew, now or when the node has joined. */
export function regroupAll(draft: Draft): void {
  if (isJoining(draft)) return regroupLater(draft);
  draft.upkeep = withUpkeep(draft.upkeep, { regroupAt: Infinity });
  regroup(draft, () => true);
}

function regroupLater(draft: Draft): void {
  const regroupAt = draft.now + AGAIN_MS;
  draft.upkeep = withUpkeep(draft.upkeep, { regroupAt });
}

function regroup(draft: Draft, isAffected: (held: Held) => boolean): void {
  const met = new Map<Peer, Urgency>();
  const fellows = dividedFellows(draft);
  draft.store = mapped(draft.store, heldOrder, (held) => {
    if (!isAffected(held)) return held;
    const { key, replication } = held.header;
    const group = neighbourhood(draft, key.position, replication, fellows);
    let known = 0;
    group.forEach((peer, at) => {
      if (isKnown(held, peer)) known |= 1 << at;
    });
    const next = withGroup(held, group, known);
    for (const peer of group) {
      if (isMember(held, peer)) continue;
      if (met.get(peer) !== 'soon') met.set(peer, urgencyOf(next, draft.self));
    }
    return next;
  });
  for (const [peer, urgency] of met) meet(draft, peer, urgency);
}

/** Who is nearest of those that hold the record sees to it; the others wait whether it does. */
function urgencyOf(held: Held, self: Peer): Urgency {
  return keeperOf(held, self) === self ? 'soon' : 'later';
}

function withMember(held: Held, peer: Peer, directory: Directory): Held {
  const { group, known, header } = held;
  const target = header.key.position;
  const last = group.at(-1);
  if (group.length >= header.replication && last !== undefined) {
    if (compareDistance(directory, target, last, peer) <= 0) return held;
  }
  if (isMember(held, peer)) return held;
  const next = group.slice();
  takeIn(next, peer, header.replication, target, directory);
  const at = next.indexOf(peer);
  const below = (1 << at) - 1;
  const shifted = (known & below) | ((known & ~below) << 1);
  return withGroup(held, next, shifted & ((1 << next.length) - 1));
}

/** Puts a peer in its place by distance, if it is one of the nearest `count`. */
function takeIn(
  nearest: Peer[],
  peer: Peer,
  count: number,
  target: Position,
  directory: Directory,
): void {
  let at = nearest.length;
  for (; at > 0; at--) {
    const other = nearest[at - 1] ?? 0;
    if (other === peer) return;
    if (compareDistance(directory, target, other, peer) < 0) break;
  }
  if (at >= count) return;
  nearest.splice(at, 0, peer);
  if (nearest.length > count) nearest.pop();
}

/** Until the groups are looked at again when that was not the time, in ms. */
const AGAIN_MS = 1000;
