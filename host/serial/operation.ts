/**
 * Words of operations under way and of the lookups that drive them: a code for the kind, number
 * and deadline, then the fields of the kind.
 *
 * Readers name the fields in the order in which the core's rules build each kind (`src/step.ts`,
 * `src/operations/`, `src/replicas/reconcile.ts`, `src/lookup/lookup.ts`).
 */

import { assertNever } from '../../src/assert.ts';
import type { Lookup } from '../../src/lookup/lookup.ts';
import type { FetchOperation, Handed, JoinOperation, Met } from '../../src/state/operation.ts';
import type { LocateOperation, Operation, Purpose } from '../../src/state/operation.ts';
import type { Reading, StoreOperation } from '../../src/state/operation.ts';
import { oneOf, readList, readOptional, writeList, writeOptional } from './forms.ts';
import { HEADER_WORDS_MIN, readHeader, readKey, readPosition } from './record.ts';
import { writeHeader, writeKey, writePosition } from './record.ts';
import { readTrail, writeTrail } from './trail.ts';
import type { Reader, Writer } from './words.ts';

export function writeOperation(out: Writer, operation: Operation): void {
  kinds.write(out, operation.type);
  out.number(operation.op);
  out.number(operation.deadlineAt);
  switch (operation.type) {
    case 'lookup':
      return writeLookup(out, operation.lookup);
    case 'get':
      writeKey(out, operation.key);
      writeLookup(out, operation.lookup);
      writeList(out, operation.met, writeMet);
      return purposes.write(out, operation.purpose);
    case 'fetch':
      return writeFetch(out, operation);
    case 'locate':
      return writeLocate(out, operation);
    case 'store':
      return writeStore(out, operation);
    case 'push':
      writeKey(out, operation.key);
      out.number(operation.version);
      return out.word(operation.peer);
    case 'handover':
      return writeList(out, operation.left, writeHanded);
    case 'join':
      return writeJoin(out, operation);
    case 'refresh':
      out.number(operation.bucket);
      out.number(operation.join);
      return writeLookup(out, operation.lookup);
    case 'leave':
      return out.number(operation.waiting);
    default:
      return assertNever(operation);
  }
}

export function readOperation(input: Reader): Operation {
  const type = kinds.read(input);
  const op = input.number();
  const deadlineAt = input.number();
  switch (type) {
    case 'lookup':
      return { op, deadlineAt, type, lookup: readLookup(input) };
    case 'get':
      return {
        op,
        deadlineAt,
        type,
        key: readKey(input),
        lookup: readLookup(input),
        met: readList(input, MET_WORDS_MIN, readMet),
        purpose: readReading(input),
      };
    case 'fetch':
      return readFetch(input, op, deadlineAt);
    case 'locate':
      return readLocate(input, op, deadlineAt);
    case 'store':
      return readStore(input, op, deadlineAt);
    case 'push':
      return {
        op,
        deadlineAt,
        type,
        key: readKey(input),
        version: input.number(),
        peer: input.word(),
      };
    case 'handover':
      return { op, deadlineAt, type, left: readList(input, HANDED_WORDS_MIN, readHanded) };
    case 'join':
      return readJoin(input, op, deadlineAt);
    case 'refresh':
      return {
        op,
        deadlineAt,
        type,
        bucket: input.number(),
        join: input.number(),
        lookup: readLookup(input),
      };
    case 'leave':
      return { op, deadlineAt, type, waiting: input.number() };
    default:
      return assertNever(type);
  }
}

function writeLookup(out: Writer, lookup: Lookup): void {
  out.word(lookup.self);
  writePosition(out, lookup.target);
  out.number(lookup.alpha);
  out.number(lookup.nearest);
  out.number(lookup.paths);
  out.intList(lookup.list.peers);
  out.intList(lookup.list.distances);
  out.intList(lookup.list.marks);
  out.number(lookup.inFlight);
  out.number(lookup.requests);
  out.number(lookup.replies);
  out.intList(lookup.responders);
  out.intList(lookup.namers);
}

function readLookup(input: Reader): Lookup {
  return {
    self: input.word(),
    target: readPosition(input),
    alpha: input.number(),
    nearest: input.number(),
    paths: input.number(),
    list: { peers: input.intList(), distances: input.intList(), marks: input.intList() },
    inFlight: input.number(),
    requests: input.number(),
    replies: input.number(),
    responders: input.intList(),
    namers: input.intList(),
  };
}

function writeMet(out: Writer, met: Met): void {
  writeHeader(out, met.record);
  out.word(met.holder);
  out.number(met.expiresAt);
}

function readMet(input: Reader): Met {
  return { record: readHeader(input), holder: input.word(), expiresAt: input.number() };
}

function writeLocate(out: Writer, operation: LocateOperation): void {
  writeKey(out, operation.key);
  out.number(operation.size);
  out.number(operation.replication);
  out.number(operation.ttlS);
  writeLookup(out, operation.lookup);
  out.number(operation.version);
}

function readLocate(input: Reader, op: number, deadlineAt: number): LocateOperation {
  return {
    op,
    deadlineAt,
    type: 'locate',
    key: readKey(input),
    size: input.number(),
    replication: input.number(),
    ttlS: input.number(),
    lookup: readLookup(input),
    version: input.number(),
  };
}

function writeStore(out: Writer, operation: StoreOperation): void {
  purposes.write(out, operation.purpose);
  writeOptional(out, operation.record, writeHeader);
  out.number(operation.signedAt);
  out.number(operation.wanted);
  out.number(operation.needed);
  out.intList(operation.candidates);
  out.number(operation.taken);
  out.intList(operation.waiting);
  out.intList(operation.again);
  out.intList(operation.holders);
  out.word(operation.source);
  out.number(operation.fullCount);
  writeTrail(out, operation.trail);
  if (operation.purpose === 'relay') out.word(operation.hops);
}

function readStore(input: Reader, op: number, deadlineAt: number): StoreOperation {
  const purpose = purposes.read(input);
  return {
    op,
    deadlineAt,
    type: 'store',
    purpose,
    record: readOptional(input, readHeader),
    signedAt: input.number(),
    wanted: input.number(),
    needed: input.number(),
    candidates: input.intList(),
    taken: input.number(),
    waiting: input.intList(),
    again: input.intList(),
    holders: input.intList(),
    source: input.word(),
    fullCount: input.number(),
    trail: readTrail(input),
    hops: purpose === 'relay' ? input.word() : 1,
  };
}

function writeFetch(out: Writer, operation: FetchOperation): void {
  writeKey(out, operation.key);
  purposes.write(out, operation.purpose);
  writeList(out, operation.met, writeMet);
  writeOptional(out, operation.source, writeMet);
  writeTrail(out, operation.trail);
}

function readFetch(input: Reader, op: number, deadlineAt: number): FetchOperation {
  return {
    op,
    deadlineAt,
    type: 'fetch',
    key: readKey(input),
    purpose: readReading(input),
    met: readList(input, MET_WORDS_MIN, readMet),
    source: readOptional(input, readMet),
    trail: readTrail(input),
  };
}

function readReading(input: Reader): Reading {
  const purpose = purposes.read(input);
  if (purpose === 'put' || purpose === 'relay') throw input.fault('a GET that puts');
  return purpose;
}

function writeHanded(out: Writer, { key, peer }: Handed): void {
  writeKey(out, key);
  out.word(peer);
}

function readHanded(input: Reader): Handed {
  return { key: readKey(input), peer: input.word() };
}

function writeJoin(out: Writer, operation: JoinOperation): void {
  writeOptional(out, operation.lookup, writeLookup);
  out.intList(operation.saved);
  out.intList(operation.buckets);
  out.number(operation.refreshing);
}

function readJoin(input: Reader, op: number, deadlineAt: number): JoinOperation {
  return {
    op,
    deadlineAt,
    type: 'join',
    lookup: readOptional(input, readLookup),
    saved: input.intList(),
    buckets: input.intList(),
    refreshing: input.number(),
  };
}

const kinds = oneOf<Operation['type']>({
  lookup: 1,
  get: 2,
  locate: 3,
  store: 4,
  join: 5,
  refresh: 6,
  leave: 7,
  fetch: 8,
  push: 9,
  handover: 10,
});

const purposes = oneOf<Purpose>({ put: 1, read: 2, republish: 3, relay: 4 });

/** A record, its holder and its end. */
const MET_WORDS_MIN = HEADER_WORDS_MIN + 2;
/** A key and a peer. */
const HANDED_WORDS_MIN = 13 + 1;

/** Words of an operation at least: kind, number, deadline, and what a farewell waits for. */
export const OPERATION_WORDS_MIN = 4;
