/**
 * What a node with many records does about all of them in one step (src/replicas/): it finds their
 * groups anew after a join, answers a round of a fellow holder, or plans what to hand over as it
 * leaves. Per record, on the table of a node of a converged network of 1,000.
 */
import { defaultConfig } from '../../src/config.ts';
import { create } from '../../src/create.ts';
import { allItems } from '../../src/paged.ts';
import { EVERYTHING, NOTHING } from '../../src/state/tags.ts';
import type { Input } from '../../src/step-types.ts';
import { step, type NodeState } from '../../src/step.ts';
import type { KeptRecord } from '../../src/types.ts';
import { mix } from '../../sim/streams.ts';
import { count, measure, type Case, type Pace, type SuiteReport } from './measure.ts';
import { listOf, Network } from './network.ts';

const RECORDS = 10_000;
const WALL_MS = 1e12;
const LIFE_MS = 86_400_000;

export function runGroups(pace: Pace): Promise<SuiteReport> {
  const network = new Network(1000, pace.seed);
  const self = network.peerOf(1);
  const records = listOf(RECORDS, (i) => recordOf(network, i));
  const moment = { now: 1, wall: WALL_MS, entropy: 1 };
  const fresh = create(self, defaultConfig, moment, { records, peers: [] });
  const joined = { ...fresh, table: network.tableOf(1) };
  const due = { ...joined, wakeAt: joined.upkeep.regroupAt };
  const grouped = taken(due, due.wakeAt, { type: 'wake' }, network);
  const fellow = allItems(grouped.fellows)[0]?.peer ?? self;
  const body = { type: 'check', range: EVERYTHING, nonce: 5, sum: NOTHING } as const;
  const check = { type: 'request', call: 1, body } as const;
  return measure('groups', pace, [
    caseOf('groups found anew', due, { type: 'wake' }, network),
    caseOf('a round over everything', grouped, message(fellow, check), network),
    caseOf('a handover is planned', grouped, LEAVE, network),
  ]);
}

function message(from: number, body: Extract<Input, { type: 'message' }>['message']): Input {
  return { type: 'message', from, message: body };
}

function caseOf(name: string, before: NodeState, input: Input, network: Network): Case {
  return {
    name: `${name}, per record`,
    operations: RECORDS,
    run: () => {
      count(taken(before, before.wakeAt, input, network).counter);
    },
  };
}

function taken(before: NodeState, now: number, input: Input, { directory }: Network): NodeState {
  return step(before, { now, wall: WALL_MS + now, entropy: 7 }, input, directory).state;
}

function recordOf(network: Network, i: number): KeptRecord {
  const word = (at: number): number => mix(network.keys.targets, i, at);
  const [b0, b1, b2, b3, b4, b5, b6, b7] = [0, 1, 2, 3, 4, 5, 6, 7].map(word) as Words;
  const raw = { b0, b1, b2, b3, b4, b5, b6, b7 };
  const header = {
    key: { raw, position: network.targetOf(i) },
    version: WALL_MS,
    publisher: raw,
    size: 100,
    replication: 8,
    ttlS: LIFE_MS / 1000,
    publishedAtMs: WALL_MS,
    lifeMs: LIFE_MS,
  };
  return { header, storedAtMs: WALL_MS, from: undefined };
}

type Words = [number, number, number, number, number, number, number, number];

const LEAVE: Input = { type: 'command', op: 1, command: { type: 'leave' } };
