/**
 * What crosses from one part of a simulation to another, as words: events for the other part's
 * nodes, and once per turn the facts. A batch is a run of entries, each begun by its tag.
 */

import { oneOf, readBytes, readList, writeBytes, writeList } from '../host/serial/forms.ts';
import { readMessage, writeMessage } from '../host/serial/message.ts';
import { readHeader, writeHeader } from '../host/serial/record.ts';
import type { Reader, Writer } from '../host/serial/words.ts';
import type { Message, Peer } from '../src/types.ts';
import { BYTES, KIND_BITS } from './events.ts';
import type { Facts } from './observer/facts.ts';
import type { Fate } from './observer/replicas.ts';

/** An event for a node of another part, as the queue holds it. */
export interface Arrival {
  readonly at: number;
  readonly to: Peer;
  readonly from: Peer;
  readonly counter: number;
  readonly kind: number;
  readonly payload: Message | Uint8Array;
}

const ARRIVAL = 1;
const FACTS = 2;

export function writeArrival(out: Writer, arrival: Arrival): void {
  const { at, to, from, counter, kind, payload } = arrival;
  out.word(ARRIVAL);
  out.number(at);
  out.word(to);
  out.word(from);
  out.word(counter);
  out.word(kind);
  if (payload instanceof Uint8Array) writeBytes(out, payload);
  else writeMessage(out, payload);
}

export function writeFacts(out: Writer, facts: Facts): void {
  out.word(FACTS);
  writeList(out, facts.joined, (_, { peer, life, at, ok }) => {
    out.word(peer);
    out.word(life);
    out.number(at);
    out.bool(ok);
  });
  writeList(out, facts.signed, (_, { put, record }) => {
    out.word(put);
    writeHeader(out, record);
  });
  writeList(out, facts.acknowledged, (_, { put, at }) => {
    out.word(put);
    out.number(at);
  });
  writeList(out, facts.replicas, (_, { at, put, peer, fate }) => {
    out.number(at);
    out.word(put);
    out.word(peer);
    fates.write(out, fate);
  });
  writeList(out, facts.led, (_, { peer, at, term }) => {
    out.word(peer);
    out.number(at);
    out.number(term);
  });
  out.word(facts.running);
}

/** Reads a batch to its end. */
export function readBatch(
  input: Reader,
  onArrival: (arrival: Arrival) => void,
  onFacts: (facts: Facts) => void,
): void {
  while (input.left > 0) {
    const tag = input.word();
    if (tag === ARRIVAL) onArrival(readArrival(input));
    else if (tag === FACTS) onFacts(readFacts(input));
    else throw input.fault(`${tag} is no entry of a batch`);
  }
}

function readArrival(input: Reader): Arrival {
  const at = input.number();
  const to = input.word();
  const from = input.word();
  const counter = input.word();
  const kind = input.word();
  const isBytes = (kind & ((1 << KIND_BITS) - 1)) === BYTES;
  return { at, to, from, counter, kind, payload: isBytes ? readBytes(input) : readMessage(input) };
}

function readFacts(input: Reader): Facts {
  return {
    joined: readList(input, 4, () => ({
      peer: input.word(),
      life: input.word(),
      at: input.number(),
      ok: input.bool(),
    })),
    signed: readList(input, 2, () => ({ put: input.word(), record: readHeader(input) })),
    acknowledged: readList(input, 2, () => ({ put: input.word(), at: input.number() })),
    replicas: readList(input, 4, () => ({
      at: input.number(),
      put: input.word(),
      peer: input.word(),
      fate: fates.read(input),
    })),
    led: readList(input, 3, () => ({
      peer: input.word(),
      at: input.number(),
      term: input.number(),
    })),
    running: input.word(),
  };
}

const fates = oneOf<Fate>({ gained: 1, died: 2, dropped: 3 });
