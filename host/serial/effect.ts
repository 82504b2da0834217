/**
 * Words of effects, what a step asks its host to do: a code for the kind, then the fields in the
 * order of `src/types.ts`.
 */

import { assertNever } from '../../src/assert.ts';
import type { Effect, Note, Write } from '../../src/step-types.ts';
import { readBallot, writeBallot } from './election.ts';
import { oneOf, readList, writeList } from './forms.ts';
import { readMessage, requestKinds, writeMessage } from './message.ts';
import { readOutcome, writeOutcome } from './outcome.ts';
import { readBody, readHeader, readKeptRecord, readKey } from './record.ts';
import { writeBody, writeHeader, writeKeptRecord, writeKey } from './record.ts';
import type { Reader, Writer } from './words.ts';

export function writeEffect(out: Writer, effect: Effect): void {
  switch (effect.type) {
    case 'send':
      out.word(SEND);
      out.word(effect.to);
      return writeMessage(out, effect.message);
    case 'settle':
      out.word(SETTLE);
      out.number(effect.op);
      return writeOutcome(out, effect.outcome);
    case 'persist':
      out.word(PERSIST);
      out.number(effect.token);
      return writeList(out, effect.writes, writeWrite);
    case 'sign':
      out.word(SIGN);
      out.number(effect.token);
      return writeBody(out, effect.body);
    case 'introduce':
      out.word(INTRODUCE);
      return out.number(effect.introducer);
    case 'note':
      out.word(NOTE);
      return writeNote(out, effect.note);
    default:
      return assertNever(effect);
  }
}

export function readEffect(input: Reader): Effect {
  const kind = input.word();
  switch (kind) {
    case SEND:
      return { type: 'send', to: input.word(), message: readMessage(input) };
    case SETTLE:
      return { type: 'settle', op: input.number(), outcome: readOutcome(input) };
    case PERSIST:
      return { type: 'persist', token: input.number(), writes: readList(input, 1, readWrite) };
    case SIGN:
      return { type: 'sign', token: input.number(), body: readBody(input) };
    case INTRODUCE:
      return { type: 'introduce', introducer: input.number() };
    case NOTE:
      return { type: 'note', note: readNote(input) };
    default:
      throw input.fault(`${kind} is no kind of effect`);
  }
}

function writeWrite(out: Writer, write: Write): void {
  switch (write.type) {
    case 'put':
      out.word(PUT);
      return writeKeptRecord(out, write.record);
    case 'delete':
      out.word(DELETE);
      return writeHeader(out, write.record);
    case 'ballot':
      out.word(BALLOT);
      return writeBallot(out, write.ballot);
    default:
      return assertNever(write);
  }
}

function readWrite(input: Reader): Write {
  const kind = input.word();
  if (kind === PUT) return { type: 'put', record: readKeptRecord(input) };
  if (kind === DELETE) return { type: 'delete', record: readHeader(input) };
  if (kind === BALLOT) return { type: 'ballot', ballot: readBallot(input) };
  throw input.fault(`${kind} is no kind of write`);
}

function writeNote(out: Writer, note: Note): void {
  notes.write(out, note.type);
  switch (note.type) {
    case 'contact-added':
    case 'contact-evicted':
    case 'reply-unasked':
    case 'fellow-shunned':
      return out.word(note.peer);
    case 'replica-sent':
      writeKey(out, note.key);
      return out.word(note.peer);
    case 'replica-dropped':
      return writeKey(out, note.key);
    case 'call-expired':
      out.word(note.peer);
      return requestKinds.write(out, note.kind);
    case 'record-expired':
    case 'handover-cut':
      return out.number(note.count);
    default:
      return assertNever(note);
  }
}

function readNote(input: Reader): Note {
  const type = notes.read(input);
  switch (type) {
    case 'contact-added':
    case 'contact-evicted':
    case 'reply-unasked':
    case 'fellow-shunned':
      return { type, peer: input.word() };
    case 'replica-sent':
      return { type, key: readKey(input), peer: input.word() };
    case 'replica-dropped':
      return { type, key: readKey(input) };
    case 'call-expired':
      return { type, peer: input.word(), kind: requestKinds.read(input) };
    case 'record-expired':
    case 'handover-cut':
      return { type, count: input.number() };
    default:
      return assertNever(type);
  }
}

const notes = oneOf<Note['type']>({
  'contact-added': 1,
  'contact-evicted': 2,
  'call-expired': 3,
  'reply-unasked': 4,
  'record-expired': 5,
  'replica-sent': 6,
  'replica-dropped': 7,
  'fellow-shunned': 8,
  'handover-cut': 9,
});

const SEND = 1;
const SETTLE = 2;
const PERSIST = 3;
const SIGN = 4;
const INTRODUCE = 5;
const NOTE = 6;

const PUT = 1;
const DELETE = 2;
const BALLOT = 3;
