/**
 * Words of a node's whole state, field by field in the order of `create` and `closeDraft`
 * (`src/state/node.ts`). The settings are not among them: all nodes of a host share one object, and
 * the reader is given it. What was read is stepped exactly as what was written would have been.
 *
 * A table's packed words go into a slab when there is one: an array with a buffer of its own costs
 * some 250 bytes. Parts that are empty come back as the core's own, as `host/serial/paged.ts` says.
 */

import { allItems } from '../../src/paged.ts';
import { callOrder, type Call } from '../../src/state/calls.ts';
import { writingOrder, type NodeState } from '../../src/state/node.ts';
import type { Upkeep, Waiter, Writing } from '../../src/state/node.ts';
import { operationOrder } from '../../src/state/operation.ts';
import { usageOf } from '../../src/state/quota.ts';
import { fellowOrder, publishedOrder } from '../../src/state/replicas.ts';
import type { Fellow, Published } from '../../src/state/replicas.ts';
import { heldOrder, newHeld, withGroup, type Held } from '../../src/state/store.ts';
import { emptyTable, type Table } from '../../src/table/table.ts';
import type { Timing } from '../../src/timing.ts';
import type { Config, Round } from '../../src/types.ts';
import { readElection, writeElection } from './election.ts';
import { readList, readOptional, writeList, writeOptional } from './forms.ts';
import { readRange, requestKinds, writeRange } from './message.ts';
import { OPERATION_WORDS_MIN, readOperation, writeOperation } from './operation.ts';
import { readPaged, writePaged } from './paged.ts';
import { HEADER_WORDS_MIN, readBits, readHeader, readKey } from './record.ts';
import { writeBits, writeHeader, writeKey } from './record.ts';
import { Writer } from './words.ts';
import type { Reader, Slab } from './words.ts';

export function writeState(out: Writer, state: NodeState): void {
  out.word(state.self);
  writeTable(out, state.table);
  out.intList(state.suspects);
  out.intList(state.lost);
  writePaged(out, state.calls, writeCall);
  writePaged(out, state.operations, writeOperation);
  writePaged(out, state.store, writeHeld);
  writePaged(out, state.fellows, writeFellow);
  writePaged(out, state.published, writePublished);
  writePaged(out, state.writings, writeWriting);
  writeTiming(out, state.timing);
  writeUpkeep(out, state.upkeep);
  writeElection(out, state.election);
  out.number(state.counter);
  out.number(state.issued);
  out.bool(state.leaving);
  out.number(state.wakeAt);
}

/** @param config the settings with which the state was made */
export function readState(input: Reader, config: Config, slab?: Slab): NodeState {
  const self = input.word();
  const table = readTable(input, slab);
  const suspects = input.intList();
  const lost = input.intList();
  const calls = readPaged(input, callOrder, CALL_WORDS_MIN, readCall);
  const operations = readPaged(input, operationOrder, OPERATION_WORDS_MIN, readOperation);
  const store = readPaged(input, heldOrder, HELD_WORDS_MIN, readHeld);
  return {
    self,
    config,
    table,
    suspects,
    lost,
    calls,
    operations,
    store,
    usage: usageOf(allItems(store)),
    fellows: readPaged(input, fellowOrder, FELLOW_WORDS_MIN, readFellow),
    published: readPaged(input, publishedOrder, PUBLISHED_WORDS_MIN, readPublished),
    writings: readPaged(input, writingOrder, WRITING_WORDS_MIN, readWriting),
    timing: readTiming(input),
    upkeep: readUpkeep(input),
    election: readElection(input),
    counter: input.number(),
    issued: input.number(),
    leaving: input.bool(),
    wakeAt: input.number(),
  };
}

/**
 * Whether two states are the same in all that is written of them. What follows from the rest, as
 * what is used of the quotas, may have grown into another layout of pages.
 */
export function isSameState(a: NodeState, b: NodeState): boolean {
  const [one, other] = [a, b].map((state) => {
    const out = new Writer();
    writeState(out, state);
    return out.view();
  });
  return one?.length === other?.length && one?.every((word, at) => word === other?.[at]) === true;
}

function writeTable(out: Writer, table: Table): void {
  out.int32Array(table.packed);
  out.intList(table.heard);
  out.intList(table.spares);
}

function readTable(input: Reader, slab: Slab | undefined): Table {
  const packed = input.int32Array(slab);
  const heard = input.intList();
  const spares = input.intList();
  const isEmpty = packed.length === 1 && packed[0] === 0;
  if (isEmpty && heard.length === 0 && spares.length === 0) return emptyTable;
  return { packed, heard, spares };
}

function writeCall(out: Writer, call: Call): void {
  out.number(call.call);
  out.word(call.peer);
  requestKinds.write(out, call.kind);
  out.number(call.op);
  out.number(call.sentAt);
  out.number(call.lateAt);
  out.number(call.deadlineAt);
  out.bool(call.late);
  out.bool(call.known);
  writeOptional(out, call.round, writeRound);
}

function readCall(input: Reader): Call {
  return {
    call: input.number(),
    peer: input.word(),
    kind: requestKinds.read(input),
    op: input.number(),
    sentAt: input.number(),
    lateAt: input.number(),
    deadlineAt: input.number(),
    late: input.bool(),
    known: input.bool(),
    round: readOptional(input, readRound),
  };
}

function writeRound(out: Writer, { range, nonce }: Round): void {
  writeRange(out, range);
  out.word(nonce);
}

function readRound(input: Reader): Round {
  return { range: readRange(input), nonce: input.word() };
}

/** A record and what it replaces, the newest first: a list, because a chain may be long. */
function writeHeld(out: Writer, newest: Held): void {
  let count = 0;
  for (let held: Held | undefined = newest; held !== undefined; held = held.replaced) count++;
  out.word(count);
  for (let held: Held | undefined = newest; held !== undefined; held = held.replaced) {
    writeHeader(out, held.header);
    out.number(held.expiresAt);
    out.number(held.token);
    writeOptional(out, held.from, writeBits);
    out.intList(held.group);
    out.word(held.known);
  }
}

function readHeld(input: Reader): Held {
  const count = input.count(HELD_WORDS_MIN - 1);
  const chain: Held[] = [];
  for (let i = 0; i < count; i++) {
    const header = readHeader(input);
    const expiresAt = input.number();
    const token = input.number();
    const from = readOptional(input, readBits);
    const held = newHeld(header, expiresAt, token, from, undefined);
    chain.push(withGroup(held, input.intList(), input.word()));
  }
  let newest: Held | undefined;
  for (let link = chain.pop(); link !== undefined; link = chain.pop()) {
    newest = newest === undefined ? link : { ...link, replaced: newest };
  }
  if (newest === undefined) throw input.fault('a record without a version');
  return newest;
}

function writeFellow(out: Writer, fellow: Fellow): void {
  out.word(fellow.peer);
  out.number(fellow.checkAt);
  out.bool(fellow.missed);
  out.number(fellow.emptySince);
  out.number(fellow.shunnedUntil);
}

function readFellow(input: Reader): Fellow {
  return {
    peer: input.word(),
    checkAt: input.number(),
    missed: input.bool(),
    emptySince: input.number(),
    shunnedUntil: input.number(),
  };
}

function writePublished(out: Writer, { key, dueAt }: Published): void {
  writeKey(out, key);
  out.number(dueAt);
}

function readPublished(input: Reader): Published {
  return { key: readKey(input), dueAt: input.number() };
}

function writeWriting(out: Writer, writing: Writing): void {
  out.number(writing.token);
  writeKey(out, writing.key);
  writeList(out, writing.waiters, writeWaiter);
}

function readWriting(input: Reader): Writing {
  return {
    token: input.number(),
    key: readKey(input),
    waiters: readList(input, WAITER_WORDS_MIN, readWaiter),
  };
}

function writeWaiter(out: Writer, waiter: Waiter): void {
  out.word(waiter.peer);
  out.number(waiter.call);
  out.number(waiter.op);
}

function readWaiter(input: Reader): Waiter {
  return { peer: input.word(), call: input.number(), op: input.number() };
}

function writeTiming(out: Writer, timing: Timing): void {
  out.number(timing.knownMeanEighths);
  out.number(timing.knownDeviationQuarters);
  out.number(timing.otherMeanEighths);
  out.number(timing.otherDeviationQuarters);
}

function readTiming(input: Reader): Timing {
  return {
    knownMeanEighths: input.number(),
    knownDeviationQuarters: input.number(),
    otherMeanEighths: input.number(),
    otherDeviationQuarters: input.number(),
  };
}

function writeUpkeep(out: Writer, upkeep: Upkeep): void {
  out.number(upkeep.checkAt);
  out.number(upkeep.checkEveryMs);
  out.number(upkeep.hand);
  out.number(upkeep.nearHand);
  out.bool(upkeep.nearTurn);
  out.number(upkeep.refreshAt);
  out.number(upkeep.refreshBucket);
  out.number(upkeep.introducers);
  out.number(upkeep.introduceAt);
  out.number(upkeep.introduceRound);
  out.number(upkeep.regroupAt);
  out.number(upkeep.recallAt);
}

function readUpkeep(input: Reader): Upkeep {
  return {
    checkAt: input.number(),
    checkEveryMs: input.number(),
    hand: input.number(),
    nearHand: input.number(),
    nearTurn: input.bool(),
    refreshAt: input.number(),
    refreshBucket: input.number(),
    introducers: input.number(),
    introduceAt: input.number(),
    introduceRound: input.number(),
    regroupAt: input.number(),
    recallAt: input.number(),
  };
}

const CALL_WORDS_MIN = 10;
/** A count of one, its record, its end and its token, its sender, its group. */
const HELD_WORDS_MIN = 1 + HEADER_WORDS_MIN + 2 + 1 + 2;
const FELLOW_WORDS_MIN = 5;
const PUBLISHED_WORDS_MIN = 13 + 1;
/** Its token, its key and a count. */
const WRITING_WORDS_MIN = 1 + 13 + 1;
const WAITER_WORDS_MIN = 3;
