/**
 * What must be true of a node between any two steps, however its peers behave: the safety
 * invariants that can be read off one state. Tests and exploring simulations call `checkNode`
 * after steps; the node itself does not.
 *
 * Covered: the table (own node absent, right buckets, caps, spares, bits), suspects, the lost,
 * every sorted collection, calls with the operations that wait for them, lookups, and the one
 * published deadline; the proposed list of voters; the store and what belongs to it in `store.ts`.
 */

import { LOST_MAX, SPARES_PER_BUCKET_MAX, SUSPECTS_MAX } from '../limits.ts';
import { allItems, lookUp } from '../paged.ts';
import { peerWord, sharedBitsOfPeers } from '../position.ts';
import { callOrder, isStore, type Call } from '../state/calls.ts';
import { upkeepAt, writingOrder, type NodeState } from '../state/node.ts';
import {
  isDriven,
  operationOrder,
  type Operation,
  type Purpose,
  type StoreOperation,
} from '../state/operation.ts';
import { placeFaults } from '../table/places.ts';
import { bucketCount, bucketEnd, bucketStart, contactAt, contactCount } from '../table/table.ts';
import { isHeard, NO_PEER, slotOf } from '../table/table.ts';
import type { Directory, Peer } from '../types.ts';
import { checkLookup } from './lookup.ts';
import { checkPaged } from './paged.ts';
import { checkStored } from './store.ts';

/** @returns what is broken, one line each; empty when all is well */
export function checkNode(state: NodeState, peers: Directory): readonly string[] {
  return [
    ...checkTable(state, peers),
    ...checkSpares(state, peers),
    ...checkSuspects(state, peers),
    ...checkLost(state, peers),
    ...checkPaged('calls', state.calls, callOrder),
    ...checkPaged('operations', state.operations, operationOrder),
    ...checkPaged('writings', state.writings, writingOrder),
    ...allItems(state.calls).flatMap((call) => checkCall(state, call)),
    ...allItems(state.operations).flatMap((each) => checkOperation(state, each, peers)),
    ...checkStored(state, peers),
    ...checkElection(state),
    ...checkWake(state),
  ];
}

function checkElection({ election }: NodeState): string[] {
  const { proposed, ballot } = election;
  const isOld = proposed !== undefined && proposed.version <= ballot.voters.version;
  return isOld ? [`election: list ${proposed.version} is proposed after a later one`] : [];
}

/** The earliest deadline that anything in the state has. */
export function demandedWake(state: NodeState): number {
  const { calls, operations, store } = state;
  return Math.min(calls.dueAt, operations.dueAt, store.dueAt, upkeepAt(state));
}

function checkTable({ table, self, config }: NodeState, peers: Directory): string[] {
  const faults: string[] = [];
  const count = contactCount(table);
  const buckets = bucketCount(table);
  if (table.packed.length !== 1 + buckets + 2 * count) faults.push('table: wrong length');
  const seen = new Set<Peer>();
  for (let bucket = 0; bucket < buckets; bucket++) {
    const start = bucketStart(table, bucket);
    const end = bucketEnd(table, bucket);
    if (end < start) faults.push(`table: bucket ${bucket} ends before it begins`);
    if (end - start > config.k) faults.push(`table: bucket ${bucket} has more than k contacts`);
    if (end === start && bucket === buckets - 1) faults.push('table: the deepest bucket is empty');
    for (let slot = start; slot < end; slot++) {
      const peer = contactAt(table, slot);
      if (peer === self) faults.push('table: the node is in its own table');
      if (seen.has(peer)) faults.push(`table: peer ${peer} is there twice`);
      seen.add(peer);
      const shared = sharedBitsOfPeers(peers, self, peer);
      if (shared !== bucket) faults.push(`table: peer ${peer} of bucket ${shared} in ${bucket}`);
      const word = table.packed[1 + buckets + 2 * slot + 1];
      if (word !== peerWord(peers, peer, 0)) faults.push(`table: wrong word beside peer ${peer}`);
    }
  }
  for (let slot = count; slot < 32 * table.heard.length; slot++) {
    if (isHeard(table, slot)) faults.push(`table: a heard bit for slot ${slot}, beyond the last`);
  }
  faults.push(...placeFaults(table, self, peers, config));
  return faults;
}

function checkSpares({ table, self }: NodeState, peers: Directory): string[] {
  const faults: string[] = [];
  const { spares } = table;
  if (spares.length % SPARES_PER_BUCKET_MAX !== 0) faults.push('spares: half a bucket');
  const seen = new Set<Peer>();
  for (let at = 0; at < spares.length; at++) {
    const peer = spares[at] ?? NO_PEER;
    const bucket = Math.floor(at / SPARES_PER_BUCKET_MAX);
    if (peer === NO_PEER) {
      const next = spares[at + 1] ?? NO_PEER;
      if ((at + 1) % SPARES_PER_BUCKET_MAX !== 0 && next !== NO_PEER) faults.push('spares: a gap');
      continue;
    }
    if (peer === self) faults.push('spares: the own node');
    if (seen.has(peer)) faults.push(`spares: peer ${peer} is there twice`);
    seen.add(peer);
    if (sharedBitsOfPeers(peers, self, peer) !== bucket) faults.push(`spares: ${peer} misplaced`);
    if (slotOf(table, bucket, peer) >= 0) faults.push(`spares: peer ${peer} is a contact`);
  }
  return faults;
}

function checkSuspects({ suspects, table, self }: NodeState, peers: Directory): string[] {
  const faults: string[] = [];
  if (suspects.length > SUSPECTS_MAX) faults.push(`suspects: ${suspects.length}`);
  if (new Set(suspects).size !== suspects.length) faults.push('suspects: one is there twice');
  for (const peer of suspects) {
    const bucket = sharedBitsOfPeers(peers, self, peer);
    if (slotOf(table, bucket, peer) < 0) faults.push(`suspects: peer ${peer} is no contact`);
  }
  return faults;
}

function checkLost({ lost, table, self, upkeep }: NodeState, peers: Directory): string[] {
  const faults: string[] = [];
  if (lost.length > LOST_MAX) faults.push(`lost: ${lost.length}`);
  if (new Set(lost).size !== lost.length) faults.push('lost: one is there twice');
  if (lost.length > 0 !== upkeep.recallAt < Infinity) faults.push('lost: no call, or in vain');
  for (const peer of lost) {
    const bucket = sharedBitsOfPeers(peers, self, peer);
    if (slotOf(table, bucket, peer) >= 0) faults.push(`lost: peer ${peer} is a contact`);
  }
  return faults;
}

function checkCall(state: NodeState, call: Call): string[] {
  const faults: string[] = [];
  const fault = (what: string): void => void faults.push(`call ${call.call}: ${what}`);
  if (call.peer === state.self) fault('to the own node');
  if (call.lateAt < call.sentAt || call.deadlineAt < call.lateAt) fault('times out of order');
  const asks = ASKS[call.kind];
  // A vote is asked for in a round, which is no operation.
  const hasNumber = asks.length > 0 || call.kind === 'vote';
  if ((call.op !== 0) !== hasNumber) fault(`a ${call.kind} for operation ${call.op}`);
  const type = lookUp(state.operations, operationOrder, call.op)?.type;
  if (type !== undefined && !asks.includes(type)) fault(`a ${call.kind} for a ${type}`);
  return faults;
}

/**
 * Which operations make which calls; none: the node itself. An operation keeps its number when it
 * goes on, from a lookup to storing or fetching, and late answers still come.
 */
const ASKS: Readonly<Record<Call['kind'], readonly Operation['type'][]>> = {
  ping: [],
  check: [],
  compare: [],
  'find-node': ['lookup', 'join', 'refresh'],
  'find-version': ['get', 'fetch', 'locate', 'store'],
  'find-value': ['fetch', 'store'],
  store: ['store', 'push'],
  relay: ['store'],
  leave: ['leave'],
  vote: [],
  heartbeat: [],
  resign: [],
  announce: [],
  introduce: [],
};

/** Whether it is for no client of the host. */
function isForOthers(purpose: Purpose): boolean {
  return purpose === 'republish' || purpose === 'relay';
}

const OWN: readonly Operation['type'][] = ['refresh', 'push'];

function checkOperation(state: NodeState, operation: Operation, peers: Directory): string[] {
  const faults: string[] = [];
  const fault = (what: string): void => void faults.push(`operation ${operation.op}: ${what}`);
  const { op, type } = operation;
  const isOwn = OWN.includes(type) || ('purpose' in operation && isForOthers(operation.purpose));
  if (op === 0 || op < 0 !== isOwn) fault(`a ${type} with this number`);
  if (state.leaving && type !== 'leave') fault(`a ${type} while leaving`);
  const calls = allItems(state.calls).filter((call) => call.op === op);
  if (type === 'store') {
    checkPut(state, operation, calls, fault);
    return faults;
  }
  if (type === 'leave') {
    const open = calls.filter((call) => call.kind === 'leave').length;
    if (open !== operation.waiting) fault(`waits for ${operation.waiting} farewells of ${open}`);
    return faults;
  }
  if (type === 'join') {
    const refreshes = allItems(state.operations).filter(
      (other) => other.type === 'refresh' && other.join === op,
    );
    if (refreshes.length !== operation.refreshing) fault('wrong count of refreshes');
  }
  if (!isDriven(operation) || operation.lookup === undefined) return faults;
  faults.push(...checkLookup(operation.lookup, peers).map((what) => `operation ${op}: ${what}`));
  // A peer that was asked again and then answered the first question, or proved to be out of reach,
  // is done with although its second call is open: so there may be more calls than in flight.
  const { inFlight } = operation.lookup;
  const timely = calls.filter((call) => !call.late).length;
  if (timely < inFlight) fault(`${inFlight} calls in flight, but only ${timely} open`);
  return faults;
}

function checkPut(
  state: NodeState,
  operation: StoreOperation,
  calls: readonly Call[],
  fault: (what: string) => void,
): void {
  const { op, purpose, candidates, taken, waiting, holders, wanted, record } = operation;
  const asked = candidates.slice(0, taken);
  const involved = [...waiting, ...holders];
  if (new Set(candidates).size !== candidates.length) fault('a candidate is there twice');
  if (new Set(involved).size !== involved.length) fault('a peer counts twice');
  const met = purpose === 'put' ? waiting.concat(holders) : waiting;
  if (met.some((peer) => !asked.includes(peer))) fault('a holder that was not asked');
  if (involved.length > wanted) fault('more replicas than wanted');
  if (record === undefined && taken > 0) fault('stored before it was signed');
  if (record !== undefined && waiting.length === 0) fault('waits for nobody');
  const writings = allItems(state.writings);
  for (const peer of waiting) {
    const isOpen =
      peer === state.self
        ? writings.some(({ waiters }) => waiters.some((waiter) => waiter.op === op))
        : calls.some((call) => call.peer === peer && isStore(call));
    if (!isOpen) fault(`waits for peer ${peer}, which was not asked`);
  }
}

/** What was left over at a step is due a millisecond later, and only that. */
function checkWake(state: NodeState): string[] {
  const demanded = demandedWake(state);
  if (state.wakeAt >= demanded) return [];
  return [`wakeAt: ${state.wakeAt}, but nothing is due before ${demanded}`];
}
