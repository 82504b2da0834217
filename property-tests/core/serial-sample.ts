/**
 * One state written out by hand, with each kind of operation and of everything else in it, whatever
 * the core would make of it: so that a print of its words changes with their form alone.
 */
import { defaultConfig } from '../../src/config.ts';
import type { Lookup } from '../../src/lookup/lookup.ts';
import { emptyPaged, withItem, type Order, type Paged } from '../../src/paged.ts';
import { callOrder, type Call } from '../../src/state/calls.ts';
import type { Election } from '../../src/state/election.ts';
import { writingOrder, type NodeState, type Writing } from '../../src/state/node.ts';
import { operationOrder, type Operation } from '../../src/state/operation.ts';
import { noUsage, withUse } from '../../src/state/quota.ts';
import { fellowOrder, publishedOrder, type Fellow } from '../../src/state/replicas.ts';
import { heldOrder, newHeld, withGroup, type Held } from '../../src/state/store.ts';
import { short, smallKey, smallRecord } from './core-arbitraries.ts';

export function sampleState(): NodeState {
  return {
    self: 7,
    config: defaultConfig,
    table: { packed: Int32Array.of(1, 2, 8, -1, 9, 5), heard: [3], spares: [0, 4] },
    suspects: [8],
    lost: [6],
    calls: paged(callOrder, calls),
    operations: paged(operationOrder, operations),
    store: paged(heldOrder, [held]),
    usage: withUse(noUsage, held, 1),
    fellows: paged(fellowOrder, fellows),
    published: paged(publishedOrder, [{ key: smallKey(3), dueAt: 1_800_000 }]),
    writings: paged(writingOrder, [writing]),
    timing,
    upkeep: {
      checkAt: 7000,
      checkEveryMs: 6750,
      hand: 1,
      nearHand: 0,
      nearTurn: true,
      refreshAt: 360_000,
      refreshBucket: 2,
      introducers: 3,
      introduceAt: Infinity,
      introduceRound: 4,
      regroupAt: 5000,
      recallAt: 29_000,
    },
    election: sampleElection,
    counter: 99,
    issued: 1_700_000_000_001,
    leaving: false,
    wakeAt: 3000,
  };
}

const sampleElection: Election = {
  ballot: { term: 2 ** 33 + 5, vote: 8, voters: { version: 3, peers: [7, 8, 9] } },
  writing: 98,
  waiting: [{ peer: 8, call: 2 ** 31, ok: true, binds: false }],
  proposed: { version: 4, peers: [7, 8, 9, 10] },
  promisedUntil: 4000,
  role: {
    type: 'candidate',
    isPreVote: true,
    term: 2 ** 33 + 6,
    round: -97,
    asks: 2,
    granted: [{ peer: 7, sentAt: 900 }],
    refused: [9],
  },
  leader: 9,
  seen: 2 ** 33 + 7,
  introducers: {
    term: 2 ** 33 + 4,
    serial: 3,
    leader: 9,
    madeAtMs: 1_700_000_000_003,
    peers: [9, 7, 11],
  },
  lost: 2,
  changedAtMs: 1_700_000_000_002,
  dueAt: 3500,
};

const record = { ...smallRecord(1, 5, 60_000), publishedAtMs: 1_700_000_000_000 };
const key = smallKey(2);

const lookup: Lookup = {
  self: 7,
  target: short('8'),
  alpha: 3,
  nearest: 20,
  paths: 2,
  list: { peers: [9, 8], distances: [-5, 6], marks: [1, 3] },
  inFlight: 1,
  requests: 2,
  replies: 1,
  responders: [8],
  namers: [0],
};

const trail = { nearest: [8, 9], responders: [9, 8], namedBy: [7, 9], requests: 4, replies: 2 };

const met = { record, holder: 8, expiresAt: 70_000 };
const fetched = { source: met, trail };

const operations: readonly Operation[] = [
  { op: -6, deadlineAt: 30_000, type: 'refresh', bucket: -1, join: 5, lookup },
  { op: 1, deadlineAt: 10_000, type: 'lookup', lookup },
  {
    op: 2,
    deadlineAt: 10_001,
    type: 'get',
    key,
    lookup,
    met: [met],
    purpose: 'read',
  },
  {
    op: 3,
    deadlineAt: 2,
    type: 'locate',
    key,
    size: 9,
    replication: 8,
    ttlS: 60,
    lookup,
    version: 1_700_000_000_002,
  },
  {
    op: 4,
    deadlineAt: 10_003,
    type: 'store',
    purpose: 'put',
    record,
    signedAt: 10,
    wanted: 3,
    needed: 2,
    candidates: [8, 9, 7],
    taken: 2,
    waiting: [9],
    again: [8],
    holders: [],
    source: 7,
    fullCount: 1,
    trail,
    hops: 1,
  },
  {
    op: 5,
    deadlineAt: 300_000,
    type: 'join',
    lookup: undefined,
    saved: [11, 12],
    buckets: [3, 0],
    refreshing: 1,
  },
  { op: -9, deadlineAt: 30_000, type: 'fetch', key, purpose: 'republish', met: [met], ...fetched },
  { op: -8, deadlineAt: 10_004, type: 'push', key, version: 2 ** 53 - 1, peer: 9 },
  { op: 6, deadlineAt: 6000, type: 'handover', left: [{ key, peer: 11 }] },
  { op: 2 ** 40, deadlineAt: 2000, type: 'leave', waiting: 2 },
];

const kinds = [
  ...(['ping', 'find-node', 'find-value', 'store', 'leave'] as const),
  ...(['find-version', 'check', 'compare'] as const),
];

const calls: readonly Call[] = kinds.map((kind, i) => ({
  call: 20 + i,
  peer: 8 + i,
  kind,
  op: i,
  sentAt: 100 * i,
  lateAt: 100 * i + 300,
  deadlineAt: 100 * i + 1200,
  late: i % 2 === 0,
  known: i < 3,
  round: kind === 'check' ? { range: { bits: 3, from: key.position }, nonce: -77 } : undefined,
}));

const older = newHeld(smallRecord(1, 3, 50_000), 50_000, 0, undefined, undefined);
const held: Held = withGroup(newHeld(record, 60_000, 31, key.raw, older), [8, 7], 1);

const fellows: readonly Fellow[] = [
  { peer: 8, checkAt: 50_000, missed: true, emptySince: 0, shunnedUntil: 0 },
  { peer: 9, checkAt: 3_600_000, missed: false, emptySince: 2, shunnedUntil: 3_600_000 },
];

const writing: Writing = {
  token: 31,
  key: record.key,
  waiters: [
    { peer: 8, call: 77, op: 0 },
    { peer: 7, call: 0, op: 4 },
  ],
};

function paged<T, K>(order: Order<T, K>, items: readonly T[]): Paged<T> {
  return items.reduce((all, item) => withItem(all, order, item), emptyPaged<T>());
}

const timing: NodeState['timing'] = {
  knownMeanEighths: 80,
  knownDeviationQuarters: 9,
  otherMeanEighths: -1,
  otherDeviationQuarters: 0,
};
