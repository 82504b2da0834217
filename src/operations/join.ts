/**
 * Joining (Kademlia, section 2.3): be introduced, look the own position up, then refresh the far
 * buckets that are not full. Introducers are known to the core by number only; which are asked,
 * when again and after how long is decided here. The same introductions bring back a node that has
 * lost all its contacts.
 */

import { ask, isContact, settle } from '../asking.ts';
import { check } from '../contacts/contacts.ts';
import { INTRODUCE_MS_FLOOR, INTRODUCE_MS_MAX, INTRODUCE_MS_MIN } from '../limits.ts';
import { INTRODUCERS_AT_ONCE } from '../limits.ts';
import { INTRODUCERS_MAX, JOIN_MS_MAX, REFRESH_SOON_MS, REFRESHES_MAX } from '../limits.ts';
import { trailOf, type Lookup, type LookupSize } from '../lookup/lookup.ts';
import { allItems, findItem, lookUp, withItem, withoutItem } from '../paged.ts';
import { jitter, positionInBucket } from '../random.ts';
import { emit, isJoining, nextDraw, nextNumber } from '../state/node.ts';
import { ownPosition, withUpkeep, type Draft } from '../state/node.ts';
import { APART, failed, operationOrder, OWN } from '../state/operation.ts';
import type { JoinOperation, Operation, RefreshOperation } from '../state/operation.ts';
import type { Command } from '../step-types.ts';
import { bucketCount, bucketSize, contactCount } from '../table/table.ts';
import type { OpId, Peer } from '../types.ts';
import { advance, lookupThrough, newLookup } from './seek.ts';

/** Of a lookup that only asks whether there are others. */
const WALK: LookupSize = { alpha: 1, nearest: 2, paths: 1 };

export function startJoin(
  draft: Draft,
  op: OpId,
  command: Extract<Command, { type: 'join' }>,
): void {
  const introducers = Math.min(command.introducers, INTRODUCERS_MAX);
  if (introducers !== draft.upkeep.introducers || draft.upkeep.introduceRound !== 0) {
    draft.upkeep = withUpkeep(draft.upkeep, { introducers, introduceRound: 0 });
  }
  const saved = command.peers.filter((peer) => peer !== draft.self);
  const known = saved.length + contactCount(draft.table);
  if (introducers === 0 && known === 0) {
    settle(draft, op, { type: 'joined', contacts: 0 });
    return;
  }
  const operation: JoinOperation = {
    op,
    deadlineAt: draft.now + JOIN_MS_MAX,
    type: 'join',
    lookup: undefined,
    saved,
    buckets: [],
    refreshing: 0,
  };
  draft.operations = withItem(draft.operations, operationOrder, operation);
  if (known > 0) lookSelfUp(draft, operation, []);
  if (introducers > 0) introduce(draft);
}

/** Asks the next introducers, and sets the time of the round after this one. */
export function introduce(draft: Draft): void {
  // Others may have come upon this node meanwhile.
  if (contactCount(draft.table) > 0) for (const join of waiting(draft)) lookSelfUp(draft, join, []);
  const { introducers, introduceRound } = draft.upkeep;
  const atOnce = Math.min(introducers, INTRODUCERS_AT_ONCE);
  for (let i = 0; i < atOnce; i++) {
    const introducer = (introduceRound * atOnce + i) % introducers;
    emit(draft, { type: 'introduce', introducer });
  }
  draft.upkeep = withUpkeep(draft.upkeep, {
    introduceAt: draft.now + backOffMs(draft, introduceRound),
    introduceRound: introduceRound + 1,
  });
}

/** @param introducer a number beyond those of introducers: the peer is one that was saved */
export function onIntroduced(draft: Draft, introducer: number, peer: Peer | undefined): void {
  if (peer === undefined || peer === draft.self || draft.leaving) return;
  draft.upkeep = withUpkeep(draft.upkeep, { introduceAt: Infinity });
  const isIntroducer = introducer < draft.upkeep.introducers;
  if (isIntroducer) askForOthers(draft, peer);
  const joins = waiting(draft);
  for (const join of joins) lookSelfUp(draft, join, [peer]);
  if (joins.length > 0) return;
  if (isIntroducer || !(knowsEnough(draft) || isJoining(draft))) {
    refreshThrough(draft, OWN, [peer]);
  } else {
    check(draft, peer);
  }
}

/**
 * Who was introduced names the leader, and others: whoever was told of one introducer only finds
 * its way through as many as who was told of several.
 */
export function onIntroduction(draft: Draft, from: Peer, named: readonly Peer[]): void {
  const wanted = draft.leaving ? 0 : INTRODUCERS_AT_ONCE - Math.max(1, draft.upkeep.introducers);
  const others = named.filter((peer) => peer !== draft.self && peer !== from);
  for (const peer of others.slice(0, Math.max(0, wanted))) refreshThrough(draft, OWN, [peer]);
}

/** Once is enough, unless nobody knew of a leader. */
function askForOthers(draft: Draft, peer: Peer): void {
  const isAsked = findItem(draft.calls, ({ kind }) => kind === 'introduce') !== undefined;
  if (isAsked || draft.election.introducers !== undefined) return;
  ask(draft, peer, { type: 'introduce' }, 0);
}

/** Joins that know nobody yet. */
function waiting({ operations }: Draft): readonly JoinOperation[] {
  return allItems(operations).filter(
    (each): each is JoinOperation =>
      each.type === 'join' && each.lookup === undefined && each.refreshing === 0,
  );
}

/** The lookup of the own position is over: nobody answered, or the far buckets come next. */
export function selfLookedUp(draft: Draft, operation: JoinOperation, lookup: Lookup): void {
  if (lookup.responders.length === 0) {
    const { introducers } = draft.upkeep;
    if (introducers === 0) {
      return settle(draft, operation.op, failed('no-peers', trailOf(lookup, draft.peers)));
    }
    draft.operations = withItem(draft.operations, operationOrder, {
      ...operation,
      lookup: undefined,
    });
    introduceLater(draft);
    return;
  }
  const buckets: number[] = [];
  for (let bucket = bucketCount(draft.table) - 1; bucket >= 0; bucket--) {
    if (bucketSize(draft.table, bucket) < draft.config.k) buckets.push(bucket);
  }
  refreshNext(draft, { ...operation, lookup: undefined, buckets, refreshing: 0 });
}

/** A refresh is over; the join that waits for it goes on. */
export function refreshed(draft: Draft, operation: RefreshOperation, lookup: Lookup): void {
  if (operation.bucket === APART) return onWalkedApart(draft, lookup);
  if (operation.join === 0) return;
  const join = lookUp(draft.operations, operationOrder, operation.join);
  if (join?.type === 'join') refreshNext(draft, { ...join, refreshing: join.refreshing - 1 });
}

/** Looks a random position of a bucket up, or the own one; @returns false without a contact */
export function refresh(draft: Draft, bucket: number, join: OpId): boolean {
  const own = ownPosition(draft);
  const target = bucket === OWN ? own : positionInBucket(own, bucket, nextDraw(draft));
  const lookup = newLookup(draft, target, []);
  if (lookup.list.peers.length === 0) return false;
  beginRefresh(draft, bucket, join, lookup);
  return true;
}

/**
 * One that was lost is back: were others cut off with it? A narrow lookup of the own position
 * begins with it and asks strangers only. Where the network is whole it soon comes to contacts, and
 * ends; who answers from another part becomes a contact, being near.
 */
export function walkApart(draft: Draft, peer: Peer): void {
  if (draft.leaving || isWalking(draft)) return;
  refreshThrough(draft, APART, [peer]);
}

/** Time ran out for a join: it counts when there are contacts. */
export function endJoin(draft: Draft, operation: JoinOperation): void {
  draft.operations = withoutItem(draft.operations, operationOrder, operation.op);
  const contacts = contactCount(draft.table);
  if (contacts > 0) {
    // Who came at the same time did not know anybody either: the neighbourhood is looked at again.
    const refreshAt = draft.now + jitter(nextDraw(draft), REFRESH_SOON_MS, 0.5);
    draft.upkeep = withUpkeep(draft.upkeep, { introduceRound: 0, refreshBucket: 0, refreshAt });
    return settle(draft, operation.op, { type: 'joined', contacts });
  }
  settle(draft, operation.op, failed('no-peers'));
}

/**
 * Whether the node could do without introducers. Whoever knows few goes on asking, less and less
 * often: who introduced it may have named nobody, or its part of the network may be cut off.
 */
export function knowsEnough({ table, config }: Draft): boolean {
  return contactCount(table) >= config.k;
}

/** Schedules a round of introductions when the last one has not led far. */
export function introduceLater(draft: Draft): void {
  const { introducers, introduceAt, introduceRound } = draft.upkeep;
  if (introducers === 0 || introduceAt !== Infinity) return;
  draft.upkeep = withUpkeep(draft.upkeep, {
    introduceAt: draft.now + backOffMs(draft, introduceRound),
  });
}

/** The neighbours that the walk has found know the others. */
function onWalkedApart(draft: Draft, { responders }: Lookup): void {
  const found = responders.slice(1).filter((peer) => isContact(draft, peer));
  if (found.length > 0 && !draft.leaving) refreshThrough(draft, OWN, found);
}

function isWalking({ operations }: Draft): boolean {
  const isWalk = (each: Operation): boolean => each.type === 'refresh' && each.bucket === APART;
  return findItem(operations, isWalk) !== undefined;
}

/**
 * Looks the own position up through the given peers alone: what the own table knows already, or
 * others have named, cannot crowd out what they know.
 */
function refreshThrough(draft: Draft, bucket: number, peers: readonly Peer[]): void {
  const lookup = lookupThrough(draft, peers, bucket === APART ? WALK : draft.config);
  beginRefresh(draft, bucket, 0, lookup);
}

function beginRefresh(draft: Draft, bucket: number, join: OpId, lookup: Lookup): void {
  const deadlineAt = draft.now + 3 * draft.config.operationMs;
  const op = -nextNumber(draft);
  advance(draft, { op, deadlineAt, type: 'refresh', bucket, join, lookup }, lookup);
}

/** With full jitter (see `INTRODUCE_MS_MIN`). */
function backOffMs(draft: Draft, round: number): number {
  const mostMs = Math.min(INTRODUCE_MS_MAX, INTRODUCE_MS_MIN * 2 ** Math.min(round, 16));
  return Math.max(INTRODUCE_MS_FLOOR, jitter(nextDraw(draft), mostMs / 2, 1));
}

function lookSelfUp(draft: Draft, operation: JoinOperation, seeds: readonly Peer[]): void {
  const lookup = newLookup(draft, ownPosition(draft), [...operation.saved, ...seeds]);
  advance(draft, { ...operation, lookup }, lookup);
}

function refreshNext(draft: Draft, operation: JoinOperation): void {
  const buckets = [...operation.buckets];
  let { refreshing } = operation;
  const begin: number[] = [];
  while (refreshing < REFRESHES_MAX && buckets.length > 0) {
    begin.push(buckets.shift() ?? 0);
    refreshing++;
  }
  const next = { ...operation, buckets, refreshing };
  if (refreshing === 0) return endJoin(draft, next);
  draft.operations = withItem(draft.operations, operationOrder, next);
  for (const bucket of begin) {
    if (!refresh(draft, bucket, operation.op)) return endJoin(draft, next);
  }
}
