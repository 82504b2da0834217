/**
 * A fast 64-bit print of data, in two signed 32-bit lanes: folded at every simulated step into the
 * digest of a run, and kept beside every step of a recording. Not a defence against forgery.
 *
 * Each word is scattered, then enters both lanes. For a given word the mix is a bijection of the
 * 64-bit state, and for a given state it is one of the word; hence two sequences of equal length
 * that differ in one word never share a print, and those that differ in more do so with a chance
 * of about 2^-64. Order matters. Nothing is allocated.
 *
 * `inputWords` and `effectsWords` fold every field of every variant, kinds and lengths included,
 * so that unequal data give unequal words.
 */
import { assertNever } from '../src/assert.ts';
import type { Command, Effect, Failure, Input, Note, Outcome, Trail, Write } from '../src/types.ts';
import {
  bodyWords,
  headerWords,
  keyWords,
  messageWords,
  positionWords,
  type Print,
  REQUEST_WORDS,
  votersWords,
} from './message-words.ts';

export class Fingerprint implements Print {
  a = START_A;
  b = START_B;

  reset(): void {
    this.a = START_A;
    this.b = START_B;
  }

  /** Folds the low 32 bits of `x` in; for whole numbers that fit 32 bits. */
  word(x: number): void {
    const k = scatter(x);
    const a = Math.imul(this.a ^ k, MIX_3);
    this.a = (a << 15) | (a >>> 17);
    const b = Math.imul(this.b ^ ((k << 16) | (k >>> 16)), MIX_4);
    this.b = (((b << 13) | (b >>> 19)) + this.a) | 0;
  }

  /** Folds the length and each item in, as `word` would; the lanes stay in registers. */
  words(list: readonly number[]): void {
    this.word(list.length);
    let { a, b } = this;
    for (const x of list) {
      const k = scatter(x);
      a = Math.imul(a ^ k, MIX_3);
      a = (a << 15) | (a >>> 17);
      b = Math.imul(b ^ ((k << 16) | (k >>> 16)), MIX_4);
      b = (((b << 13) | (b >>> 19)) + a) | 0;
    }
    this.a = a;
    this.b = b;
  }

  /** Folds any finite double in, as two words; 0 and -0 are the same. */
  number(x: number): void {
    const whole = x | 0;
    if (whole === x) {
      this.word(whole);
      this.word(WHOLE);
      return;
    }
    DOUBLE[0] = x;
    this.word(HALVES[LOW_HALF] ?? 0);
    this.word(HALVES[1 - LOW_HALF] ?? 0);
  }
}

export function inputWords(print: Fingerprint, input: Input): void {
  switch (input.type) {
    case 'command':
      print.word(1);
      print.number(input.op);
      return commandWords(print, input.command);
    case 'message':
      print.word(2);
      print.word(input.from);
      return messageWords(print, input.message);
    case 'unreachable':
      print.word(3);
      print.word(input.peer);
      return print.number(input.call);
    case 'persisted':
      print.word(input.ok ? 4 : 5);
      return print.number(input.token);
    case 'signed':
      print.word(6);
      print.number(input.token);
      return headerWords(print, input.record);
    case 'introduced':
      print.word(7);
      print.number(input.introducer);
      return print.word(input.peer ?? -1);
    case 'wake':
      return print.word(8);
    case 'lost':
      print.word(9);
      return headerWords(print, input.record);
    case 'unsent':
      print.word(10);
      print.word(input.peer);
      return print.number(input.call);
    case 'voters':
      print.word(11);
      return votersWords(print, input.voters);
    default:
      return assertNever(input);
  }
}

export function effectsWords(print: Fingerprint, effects: readonly Effect[]): void {
  print.word(effects.length);
  for (const effect of effects) effectWords(print, effect);
}

function effectWords(print: Fingerprint, effect: Effect): void {
  switch (effect.type) {
    case 'send':
      print.word(1);
      print.word(effect.to);
      return messageWords(print, effect.message);
    case 'settle':
      print.word(2);
      print.number(effect.op);
      return outcomeWords(print, effect.outcome);
    case 'persist':
      print.word(3);
      print.number(effect.token);
      print.word(effect.writes.length);
      for (const write of effect.writes) writeWords(print, write);
      return;
    case 'sign':
      print.word(4);
      print.number(effect.token);
      return bodyWords(print, effect.body);
    case 'introduce':
      print.word(5);
      return print.number(effect.introducer);
    case 'note':
      print.word(6);
      return noteWords(print, effect.note);
    default:
      return assertNever(effect);
  }
}

function commandWords(print: Fingerprint, command: Command): void {
  switch (command.type) {
    case 'join':
      print.word(1);
      print.number(command.introducers);
      return print.words(command.peers);
    case 'lookup':
      print.word(2);
      return positionWords(print, command.target);
    case 'get':
      print.word(3);
      return keyWords(print, command.key);
    case 'put':
      print.word(4);
      keyWords(print, command.key);
      print.number(command.size);
      print.number(command.replication);
      return print.number(command.ttlS);
    case 'leave':
      return print.word(5);
    default:
      return assertNever(command);
  }
}

function outcomeWords(print: Fingerprint, outcome: Outcome): void {
  switch (outcome.type) {
    case 'joined':
      print.word(1);
      return print.number(outcome.contacts);
    case 'nodes':
    case 'absent':
      print.word(outcome.type === 'nodes' ? 2 : 3);
      return trailWords(print, outcome.trail);
    case 'found':
      print.word(4);
      headerWords(print, outcome.record);
      print.word(outcome.holder);
      return trailWords(print, outcome.trail);
    case 'stored':
      print.word(5);
      headerWords(print, outcome.record);
      print.words(outcome.holders);
      print.number(outcome.wanted);
      return trailWords(print, outcome.trail);
    case 'left':
      return print.word(6);
    case 'failed':
      print.word(7);
      print.word(FAILURES[outcome.failure]);
      print.words(outcome.holders);
      print.number(outcome.wanted);
      return trailWords(print, outcome.trail);
    default:
      return assertNever(outcome);
  }
}

function writeWords(print: Fingerprint, write: Write): void {
  switch (write.type) {
    case 'delete':
      print.word(1);
      return headerWords(print, write.record);
    case 'put':
      print.word(2);
      headerWords(print, write.record.header);
      return print.number(write.record.storedAtMs);
    case 'ballot':
      print.word(3);
      print.number(write.ballot.term);
      print.word(write.ballot.vote ?? -1);
      return votersWords(print, write.ballot.voters);
    default:
      return assertNever(write);
  }
}

function noteWords(print: Fingerprint, note: Note): void {
  switch (note.type) {
    case 'contact-added':
      print.word(1);
      return print.word(note.peer);
    case 'contact-evicted':
      print.word(2);
      return print.word(note.peer);
    case 'call-expired':
      print.word(3);
      print.word(note.peer);
      return print.word(REQUEST_WORDS[note.kind]);
    case 'reply-unasked':
      print.word(4);
      return print.word(note.peer);
    case 'record-expired':
      print.word(5);
      return print.number(note.count);
    case 'replica-sent':
      print.word(6);
      keyWords(print, note.key);
      return print.word(note.peer);
    case 'replica-dropped':
      print.word(7);
      return keyWords(print, note.key);
    case 'fellow-shunned':
      print.word(8);
      return print.word(note.peer);
    case 'handover-cut':
      print.word(9);
      return print.number(note.count);
    default:
      return assertNever(note);
  }
}

function trailWords(print: Fingerprint, trail: Trail): void {
  print.words(trail.nearest);
  print.words(trail.responders);
  print.words(trail.namedBy);
  print.number(trail.requests);
  print.number(trail.replies);
}

/** Spreads each bit over all 32 before it meets the state; apart from it, so words overlap. */
function scatter(x: number): number {
  let k = Math.imul(x ^ (x >>> 16), MIX_1);
  k = Math.imul(k ^ (k >>> 13), MIX_2);
  return k ^ (k >>> 16);
}

const FAILURES: Readonly<Record<Failure, number>> = {
  'no-peers': 1,
  'timed-out': 2,
  'too-few-replicas': 3,
  'too-many-operations': 4,
  leaving: 5,
  invalid: 6,
  full: 7,
};

const START_A = 0x243f6a88;
const START_B = 0x85a308d3 | 0;
/** Odd, with about half of their bits set: the products carry every bit upwards. */
const MIX_1 = 0x9e3779b1 | 0;
const MIX_2 = 0x85ebca6b | 0;
const MIX_3 = 0xc2b2ae35 | 0;
const MIX_4 = 0x27d4eb2f;

/** Stands for the upper half of a double's bits where no finite double has it. */
const WHOLE = 0x7ff80000;
const DOUBLE = new Float64Array(1);
const HALVES = new Int32Array(DOUBLE.buffer);
/** The same print on machines of either byte order. */
const LOW_HALF = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 0 : 1;
