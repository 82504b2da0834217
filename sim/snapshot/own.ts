/**
 * The half of a snapshot that each part writes of its own nodes: their states, what is on its way
 * to them, what has been counted. A reader takes what is its own of every part's section, so that
 * a snapshot may be gone on with in another number of parts than it was made with.
 */

import { readBallot, writeBallot } from '../../host/serial/election.ts';
import { readBytes, readList, readText, writeBytes } from '../../host/serial/forms.ts';
import { writeList, writeText } from '../../host/serial/forms.ts';
import { readInput, writeInput } from '../../host/serial/input.ts';
import { readMessage, writeMessage } from '../../host/serial/message.ts';
import { readKeptRecord, readPosition } from '../../host/serial/record.ts';
import { writeKeptRecord, writePosition } from '../../host/serial/record.ts';
import { readState, writeState } from '../../host/serial/state.ts';
import type { Reader, Writer } from '../../host/serial/words.ts';
import type { Input } from '../../src/step-types.ts';
import type { Message, Peer } from '../../src/types.ts';
import { BYTES, FLOOD, INPUT, KIND_BITS, MESSAGE, TASK, WAKE } from '../events.ts';
import { Sample } from '../observer/distribution.ts';
import type { LookupRow } from '../observer/lookup-row.ts';
import { MESSAGE_KINDS } from '../observer/measures.ts';
import type { Counts, MessageKind, Samples } from '../observer/measures.ts';
import type { OperationRow } from '../observer/operation-row.ts';
import type { WorkKind } from '../options.ts';
import { OWN_WORDS } from '../population.ts';
import { Slab } from '../run/converged.ts';
import type { RecoveryRow } from '../run/recovery.ts';
import type { Run } from '../run/run.ts';
import type { SampleRow } from '../run/sampler.ts';
import { readNumbers, writeNumbers } from './common.ts';

const KINDS: readonly WorkKind[] = ['lookup', 'put', 'get'];

/** What a section holds that adds up over parts. */
export interface Sums {
  readonly counts: readonly number[];
  readonly sent: readonly number[];
  readonly samples: readonly (readonly number[])[];
  readonly taken: readonly SampleRow[];
  readonly recovery: readonly RecoveryRow[];
  readonly rows: readonly LookupRow[];
  readonly operations: readonly OperationRow[];
}

export function writeOwn(out: Writer, run: Run): void {
  const { population } = run.world;
  const own: Peer[] = [];
  for (let peer = 0; peer < population.count; peer++) if (population.isMine(peer)) own.push(peer);
  writeList(out, own, (_, peer) => {
    writeNode(out, run, peer);
  });
  writeList(out, [...population.disks], (_, [peer, records]) => {
    out.word(peer);
    writeList(out, records, writeKeptRecord);
  });
  writeList(out, [...population.ballots], (_, [peer, ballot]) => {
    out.word(peer);
    writeBallot(out, ballot);
  });
  writeList(out, [...population.saved], (_, [peer, saved]) => {
    out.word(peer);
    out.intList(saved);
  });
  writeEvents(out, run);
  const links: number[] = [];
  run.world.network.links.forEach((...link) => links.push(...link));
  writeNumbers(out, links);
  writeList(out, [...run.ledger.running], (_, [op, running]) => {
    out.word(op);
    out.word(KINDS.indexOf(running.kind));
    writeNumbers(out, [running.item, running.asker, running.startedAt, running.targetPeer]);
    out.word(running.put);
    writePosition(out, running.target);
  });
  const { counts, sent, samples } = run.world.measures;
  writeNumbers(out, Object.values<number>({ ...counts }));
  writeNumbers(out, Object.values(sent));
  writeList(out, Object.values<Sample>({ ...samples }), (_, sample) => {
    writeNumbers(out, sample.values());
  });
  writeList(out, run.sampler.taken, writeNumbers);
  writeList(out, run.recovery.rows, writeNumbers);
  writeText(out, JSON.stringify(run.ledger.rows));
  writeText(out, JSON.stringify(run.ledger.operations));
}

/** Takes this part's nodes, and returns what adds up. */
export function readOwn(input: Reader, run: Run, slab: Slab, isFork: boolean): Sums {
  const { population, network } = run.world;
  readList(input, OWN_WORDS + 3, () => {
    readNode(input, run, slab);
  });
  readList(input, 2, () => {
    const peer = input.word();
    const records = readList(input, 1, readKeptRecord);
    if (population.isMine(peer)) population.disks.set(peer, records);
  });
  readList(input, 2, () => {
    const peer = input.word();
    const ballot = readBallot(input);
    if (population.isMine(peer)) population.ballots.set(peer, ballot);
  });
  readList(input, 2, () => {
    const peer = input.word();
    const saved = input.intList();
    if (population.isMine(peer)) population.saved.set(peer, saved);
  });
  readEvents(input, run, isFork);
  const links = readNumbers(input);
  for (let i = 0; i < links.length; i += 5) {
    const [node = 0, peer = 0, since = 0, clearAt = 0, asks = 0] = links.slice(i, i + 5);
    if (population.isMine(node)) network.links.begin(node, peer, since, clearAt, asks === 1);
  }
  readList(input, 7, () => {
    const op = input.word();
    const kind = KINDS[input.word()] ?? 'lookup';
    const [item = 0, asker = 0, startedAt = 0, targetPeer = -1] = readNumbers(input);
    const running = { kind, item, asker, startedAt, targetPeer, put: input.word() };
    const target = readPosition(input);
    if (population.isMine(asker)) run.ledger.onBegun(op, { ...running, target });
  });
  return {
    counts: readNumbers(input),
    sent: readNumbers(input),
    samples: readList(input, 1, readNumbers),
    taken: readList(input, 1, readNumbers),
    recovery: readList(input, 1, readNumbers),
    rows: JSON.parse(readText(input)) as LookupRow[],
    operations: JSON.parse(readText(input)) as OperationRow[],
  };
}

/** Lets this part go on counting where all parts together stood. */
export function addSums(run: Run, sums: Sums): void {
  const { counts, sent, samples, rows, operations } = sums;
  const { measures } = run.world;
  (Object.keys(measures.counts) as (keyof Counts)[]).forEach((name, i) => {
    measures.counts[name] += counts[i] ?? 0;
  });
  MESSAGE_KINDS.forEach((name: MessageKind, i) => {
    measures.sent[name] += sent[i] ?? 0;
  });
  (Object.keys(measures.samples) as (keyof Samples)[]).forEach((name, i) => {
    measures.samples[name].addAll(Sample.of(Float64Array.from(samples[i] ?? [])));
  });
  for (const row of rows) run.ledger.rows.push(row);
  for (const row of operations) run.ledger.operations.push(row);
}

function writeNode(out: Writer, run: Run, peer: Peer): void {
  const { population } = run.world;
  out.word(peer);
  out.number(population.wakeAt(peer));
  for (const word of population.own(peer)) out.word(word);
  const state = population.states[peer];
  out.bool(state !== undefined);
  if (state !== undefined) writeState(out, state);
}

function readNode(input: Reader, run: Run, slab: Slab): void {
  const { population, config } = run.world;
  const peer = input.word();
  if (peer < 0 || peer >= population.count) throw input.fault(`there is no node ${peer}`);
  const isMine = population.isMine(peer);
  const wakeAt = input.number();
  const own = Int32Array.from({ length: OWN_WORDS }, () => input.word());
  const state = input.bool() ? readState(input, config, isMine ? slab : undefined) : undefined;
  if (!isMine) return;
  population.setWakeAt(peer, wakeAt);
  population.own(peer).set(own);
  population.states[peer] = state;
}

function writeEvents(out: Writer, run: Run): void {
  const { queue } = run.world;
  let events = 0;
  queue.forEach((_at, _to, _from, _counter, kind) => void (events += kind === TASK ? 0 : 1));
  out.word(events);
  queue.forEach((at, to, from, counter, kind, payload) => {
    if (kind === TASK) return;
    out.number(at);
    for (const word of [to, from, counter, kind]) out.word(word);
    const type = kind & ((1 << KIND_BITS) - 1);
    if (type === MESSAGE) writeMessage(out, payload as Message);
    else if (type === BYTES) writeBytes(out, payload as Uint8Array);
    else if (type === INPUT) writeInput(out, payload as Input);
  });
}

/** Who floods in a fork begins anew, so those that flooded before it do not go on. */
function readEvents(input: Reader, run: Run, isFork: boolean): void {
  const { queue, population } = run.world;
  readList(input, 5, () => {
    const at = input.number();
    const [to, from, counter, kind] = [input.word(), input.word(), input.word(), input.word()];
    const type = kind & ((1 << KIND_BITS) - 1);
    const payload = readPayload(input, type);
    if (isFork && type === FLOOD) return;
    if (population.isMine(to)) queue.push(at, to, from, counter, kind, payload);
  });
}

function readPayload(input: Reader, type: number): unknown {
  if (type === MESSAGE) return readMessage(input);
  if (type === BYTES) return readBytes(input);
  if (type === INPUT) return readInput(input);
  if (type === WAKE || type === FLOOD) return undefined;
  throw input.fault(`${type} is no kind of event`);
}
