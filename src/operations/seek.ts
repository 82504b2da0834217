/**
 * Drives the lookups of operations: sends their questions and feeds them answers. A finished one
 * is laid into the draft's list, from which `finish.ts` hands it to the rules of its operation.
 */

import { ask, isContact } from '../asking.ts';
import { beginLookup, isFinished, nextToAsk } from '../lookup/lookup.ts';
import { onAnswer, onFailure, onOverdue, type Lookup, type LookupSize } from '../lookup/lookup.ts';
import { lookUp, withItem, withoutItem } from '../paged.ts';
import { compareBits } from '../position.ts';
import type { Call } from '../state/calls.ts';
import { ownPosition, type Draft } from '../state/node.ts';
import { APART, isDriven, operationOrder, withLookup } from '../state/operation.ts';
import type { Driven, Finished } from '../state/operation.ts';
import { newestHeld } from '../state/store.ts';
import { nearestContacts } from '../table/nearest.ts';
import type { Peer, Position, RecordHeader, Request } from '../types.ts';
import { hasMajority } from './quorum.ts';

/** A lookup seeded with the nearest contacts and any further peers. */
export function newLookup(draft: Draft, target: Position, more: readonly Peer[]): Lookup {
  const { config, peers, self, table } = draft;
  const own = ownPosition(draft);
  const wanted = Math.max(config.nearest, config.paths);
  const contacts = nearestContacts(table, own, target, wanted, [], peers);
  const seeds = more.length === 0 ? contacts : [...contacts, ...more];
  return beginLookup(self, target, seeds, config, peers);
}

/** A lookup of the own position that knows nobody but the given peers. */
export function lookupThrough(
  draft: Draft,
  through: readonly Peer[],
  size: LookupSize = draft.config,
): Lookup {
  return beginLookup(draft.self, ownPosition(draft), through, size, draft.peers);
}

/** Goes on with an operation's lookup: asks whom it wants to ask, or ends it. */
export function advance(draft: Draft, operation: Driven, current: Lookup): void {
  if (hasRead(draft, operation, current)) return end(draft, operation, current);
  const { lookup, ask: asked } = nextToAsk(current);
  if (asked.length === 0 && isFinished(lookup)) return end(draft, operation, lookup);
  const next = operation.lookup === lookup ? operation : withLookup(operation, lookup);
  draft.operations = withItem(draft.operations, operationOrder, next);
  for (const peer of asked) ask(draft, peer, question(operation, lookup), operation.op);
}

/** The peer named others, or has nothing to name. */
export function onNamed(draft: Draft, call: Call, named: readonly Peer[]): void {
  const operation = driven(draft, call);
  if (operation?.lookup === undefined) return;
  const isApart = operation.type === 'refresh' && operation.bucket === APART;
  const taken = isApart ? named.filter((peer) => !isContact(draft, peer)) : named;
  advance(draft, operation, onAnswer(operation.lookup, call.peer, taken, draft.peers));
}

/** The peer holds a version of the key that is looked for, and named others. */
export function onVersion(
  draft: Draft,
  call: Call,
  record: RecordHeader,
  named: readonly Peer[],
): void {
  const operation = driven(draft, call);
  if (operation?.type !== 'get' && operation?.type !== 'locate') return;
  // A good signature proves a record, not that it is the one that was asked for.
  if (compareBits(record.key.raw, operation.key.raw) !== 0) return onFailedCall(draft, call);
  const lookup = onAnswer(operation.lookup, call.peer, named, draft.peers);
  if (operation.type === 'locate') {
    const version = Math.max(operation.version, record.version);
    return advance(draft, { ...operation, version }, lookup);
  }
  const met = { record, holder: call.peer, expiresAt: draft.now + record.lifeMs };
  // Who was asked twice may answer twice.
  const others = operation.met.filter(({ holder }) => holder !== call.peer);
  advance(draft, { ...operation, met: [...others, met] }, lookup);
}

/** No answer in time: the lookup goes on, and asks the peer once more if it still matters. */
export function onLateCall(draft: Draft, call: Call): void {
  const operation = driven(draft, call);
  if (operation?.lookup === undefined) return;
  advance(draft, operation, onOverdue(operation.lookup, call.peer));
}

/** The peer cannot be reached, or refused. */
export function onFailedCall(draft: Draft, call: Call): void {
  const operation = driven(draft, call);
  if (operation?.lookup === undefined) return;
  advance(draft, operation, onFailure(operation.lookup, call.peer));
}

function driven(draft: Draft, call: Call): Driven | undefined {
  const operation = lookUp(draft.operations, operationOrder, call.op);
  return operation !== undefined && isDriven(operation) ? operation : undefined;
}

function question(operation: Driven, lookup: Lookup): Request {
  if (operation.type === 'get' || operation.type === 'locate') {
    return { type: 'find-version', key: operation.key };
  }
  return { type: 'find-node', target: lookup.target };
}

/** A reader need not hear from everybody; who republishes wants to know who lacks the record. */
function hasRead(draft: Draft, operation: Driven, lookup: Lookup): boolean {
  if (operation.type !== 'get' || operation.purpose !== 'read') return false;
  const own = newestHeld(draft.store, operation.key);
  const isMember = own?.group.includes(draft.self) === true;
  return hasMajority(lookup, operation.met, isMember);
}

function end(draft: Draft, operation: Driven, lookup: Lookup): void {
  draft.operations = withoutItem(draft.operations, operationOrder, operation.op);
  const finished: Finished = { operation, lookup };
  if (draft.finished === undefined) draft.finished = [finished];
  else draft.finished.push(finished);
}
