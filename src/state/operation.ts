/**
 * Operations: what a command, or the node's own upkeep, is in the middle of doing. Each is a value
 * with a deadline, replaced as it advances; the files get, put, join and leave hold its rules.
 *
 * Numbers: a host's operations are positive, the node's own (refreshes, relays) negative.
 */

import type { Lookup } from '../lookup/lookup.ts';
import { emptyPaged } from '../paged.ts';
import type { Order, Paged } from '../paged.ts';
import type { Failure, Outcome } from '../step-types.ts';
import type { Trail } from '../types.ts';
import type { Key, OpId, Peer, RecordHeader } from '../types.ts';

interface Common {
  readonly op: OpId;
  readonly deadlineAt: number;
}

/** A lookup of nodes for a client of the host. */
export interface FindOperation extends Common {
  readonly type: 'lookup';
  readonly lookup: Lookup;
}

/** A record that a GET has met. */
export interface Met {
  readonly record: RecordHeader;
  readonly holder: Peer;
  /** Monotonic ms. */
  readonly expiresAt: number;
}

/** What a record is looked up for: a client's GET, or republication. */
export type Reading = 'read' | 'republish';
/** What a record is stored for: a client's PUT, a reading that met older ones, another's relay. */
export type Purpose = 'put' | Reading | 'relay';

/** First half of a GET: who holds which version? */
export interface GetOperation extends Common {
  readonly type: 'get';
  readonly key: Key;
  readonly lookup: Lookup;
  readonly met: readonly Met[];
  readonly purpose: Reading;
}

/** Second half of a GET: the value of the newest version, from one that holds it. */
export interface FetchOperation extends Common {
  readonly type: 'fetch';
  readonly key: Key;
  readonly purpose: Reading;
  /** Without those that did not give what they said they hold. */
  readonly met: readonly Met[];
  /** Who is asked now. */
  readonly source: Met | undefined;
  readonly trail: Trail;
}

/** First half of a PUT: where are the nearest nodes? */
export interface LocateOperation extends Common {
  readonly type: 'locate';
  readonly key: Key;
  readonly size: number;
  readonly replication: number;
  readonly ttlS: number;
  readonly lookup: Lookup;
  /** The highest version met. */
  readonly version: number;
}

/**
 * Second half of a PUT: the host signs, then the nearest store; last part of a GET, if need be; and
 * the passing on of a relay.
 */
export interface StoreOperation extends Common {
  readonly type: 'store';
  readonly purpose: Purpose;
  /** Undefined until the host has signed it; its life was whole at `signedAt`. */
  readonly record: RecordHeader | undefined;
  readonly signedAt: number;
  readonly wanted: number;
  /** With so many holders it is good. */
  readonly needed: number;
  /** Nearest first, the own node among them where it belongs. */
  readonly candidates: readonly Peer[];
  /** How many candidates were taken so far. */
  readonly taken: number;
  readonly waiting: readonly Peer[];
  /** Those whose first store missed its deadline and that are asked once more. */
  readonly again: readonly Peer[];
  readonly holders: readonly Peer[];
  /** Who gave the record; the own node for a PUT. */
  readonly source: Peer;
  /** Those that have no room. */
  readonly fullCount: number;
  readonly trail: Trail;
  /** Through how many nodes it may yet go, those asked counted: with 1 they only store it. */
  readonly hops: number;
}

/** A replica on its way to a fellow holder. */
export interface PushOperation extends Common {
  readonly type: 'push';
  readonly key: Key;
  /** The one that is sent. */
  readonly version: number;
  readonly peer: Peer;
}

/** A join: introductions, then a lookup of the own position, then refreshes of far buckets. */
export interface JoinOperation extends Common {
  readonly type: 'join';
  /** Undefined while no peer is known. */
  readonly lookup: Lookup | undefined;
  /** Saved peers to be tried beside those that introducers name. */
  readonly saved: readonly Peer[];
  /** Buckets still to be refreshed. */
  readonly buckets: readonly number[];
  /** Refreshes under way. */
  readonly refreshing: number;
}

/** For the bucket of a refresh: the own position. */
export const OWN = -1;
/** The same, asking strangers only. */
export const APART = -2;

/** A lookup of a random position in a bucket, or of the own position (`OWN` or `APART`). */
export interface RefreshOperation extends Common {
  readonly type: 'refresh';
  readonly bucket: number;
  /** The join that waits for it; 0 when it is upkeep. */
  readonly join: OpId;
  readonly lookup: Lookup;
}

/** What a node that leaves does first: it hands its records to those that will hold them. */
export interface HandoverOperation extends Common {
  readonly type: 'handover';
  readonly left: readonly Handed[];
}

export interface Handed {
  readonly key: Key;
  readonly peer: Peer;
}

/** A farewell to contacts. */
export interface LeaveOperation extends Common {
  readonly type: 'leave';
  readonly waiting: number;
}

export type Operation =
  | FindOperation
  | GetOperation
  | FetchOperation
  | LocateOperation
  | StoreOperation
  | PushOperation
  | JoinOperation
  | RefreshOperation
  | HandoverOperation
  | LeaveOperation;

/** Operations that are driven by one lookup at a time. */
export type Driven =
  FindOperation | GetOperation | LocateOperation | JoinOperation | RefreshOperation;

export function isDriven(operation: Operation): operation is Driven {
  const { type } = operation;
  return type === 'lookup' || type === 'get' || type === 'locate' || isOwnLookup(type);
}

function isOwnLookup(type: Operation['type']): boolean {
  return type === 'join' || type === 'refresh';
}

/** The operation with its lookup gone on. Written out because each answer to a lookup does it. */
export function withLookup(operation: Driven, lookup: Lookup): Driven {
  if (operation.type !== 'lookup') return { ...operation, lookup };
  return { op: operation.op, deadlineAt: operation.deadlineAt, type: 'lookup', lookup };
}

/** An operation whose lookup has come to its end. */
export interface Finished {
  readonly operation: Driven;
  readonly lookup: Lookup;
}

export type Operations = Paged<Operation>;

export const operationOrder: Order<Operation, OpId> = {
  compare: (item, op) => item.op - op,
  keyOf: (item) => item.op,
  dueAt: (item) => item.deadlineAt,
};

export const noOperations: Operations = emptyPaged();

export const noTrail: Trail = { nearest: [], responders: [], namedBy: [], requests: 0, replies: 0 };

/** An end that left nothing anywhere. */
export function failed(failure: Failure, trail = noTrail): Outcome {
  return { type: 'failed', failure, holders: [], wanted: 0, trail };
}
