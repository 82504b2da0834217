/**
 * Inputs and effects as words for a print (`fingerprint.ts`): every field of every variant, kinds
 * and lengths included, so that unequal data give unequal words.
 */
import { assertNever } from '../src/assert.ts';
import type { Command, Effect, Failure, Input, Note, Outcome } from '../src/step-types.ts';
import type { Write } from '../src/step-types.ts';
import type { Trail } from '../src/types.ts';
import {
  bitsWords,
  bodyWords,
  headerWords,
  keyWords,
  messageWords,
  positionWords,
  type Print,
  REQUEST_WORDS,
  votersWords,
} from './message-words.ts';

export function inputWords(print: Print, input: Input): void {
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

export function effectsWords(print: Print, effects: readonly Effect[]): void {
  print.word(effects.length);
  for (const effect of effects) effectWords(print, effect);
}

function effectWords(print: Print, effect: Effect): void {
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

function commandWords(print: Print, command: Command): void {
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

function outcomeWords(print: Print, outcome: Outcome): void {
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

function writeWords(print: Print, write: Write): void {
  switch (write.type) {
    case 'delete':
      print.word(1);
      return headerWords(print, write.record);
    case 'put':
      print.word(2);
      headerWords(print, write.record.header);
      print.number(write.record.storedAtMs);
      print.word(write.record.from === undefined ? 0 : 1);
      if (write.record.from !== undefined) bitsWords(print, write.record.from);
      return;
    case 'ballot':
      print.word(3);
      print.number(write.ballot.term);
      print.word(write.ballot.vote ?? -1);
      return votersWords(print, write.ballot.voters);
    default:
      return assertNever(write);
  }
}

function noteWords(print: Print, note: Note): void {
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

function trailWords(print: Print, trail: Trail): void {
  print.words(trail.nearest);
  print.words(trail.responders);
  print.words(trail.namedBy);
  print.number(trail.requests);
  print.number(trail.replies);
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
