/**
 * Words of a task: its kind, then its fields. Tasks are what the simulation itself will do, so they
 * are a part of every snapshot.
 */

import type { Reader, Writer } from '../../host/serial/words.ts';
import { assertNever } from '../../src/assert.ts';
import type { Task } from '../task.ts';

export function writeTask(out: Writer, task: Task): void {
  switch (task.type) {
    case 'churn':
      return writeWords(out, CHURN);
    case 'measure':
      return writeWords(out, MEASURE);
    case 'arrive':
      return writeWords(out, ARRIVE, task.slot);
    case 'depart':
      return writeWords(out, DEPART, task.slot, task.life);
    case 'farewell':
      return writeWords(out, FAREWELL, task.slot, task.life);
    case 'look':
      return writeWords(out, LOOK, task.slot, task.life);
    case 'return':
      return writeWords(out, RETURN, task.slot, task.same ? 1 : 0);
    case 'item':
      return writeWords(out, ITEM, task.work, task.item);
    case 'retry':
      return writeWords(out, RETRY, task.work, task.item, task.retries);
    case 'fault':
      return writeWords(out, FAULT, task.fault);
    case 'heal':
      return writeWords(out, HEAL, task.fault);
    default:
      return assertNever(task);
  }
}

export function readTask(input: Reader): Task {
  const kind = input.word();
  switch (kind) {
    case CHURN:
      return { type: 'churn' };
    case MEASURE:
      return { type: 'measure' };
    case ARRIVE:
      return { type: 'arrive', slot: input.word() };
    case DEPART:
      return { type: 'depart', slot: input.word(), life: input.word() };
    case FAREWELL:
      return { type: 'farewell', slot: input.word(), life: input.word() };
    case LOOK:
      return { type: 'look', slot: input.word(), life: input.word() };
    case RETURN:
      return { type: 'return', slot: input.word(), same: input.bool() };
    case ITEM:
      return { type: 'item', work: input.word(), item: input.word() };
    case RETRY:
      return { type: 'retry', work: input.word(), item: input.word(), retries: input.word() };
    case FAULT:
      return { type: 'fault', fault: input.word() };
    case HEAL:
      return { type: 'heal', fault: input.word() };
    default:
      throw input.fault(`${kind} is no kind of task`);
  }
}

function writeWords(out: Writer, ...words: number[]): void {
  for (const word of words) out.word(word);
}

const CHURN = 1;
const MEASURE = 2;
const ARRIVE = 3;
const DEPART = 4;
const FAREWELL = 5;
const RETURN = 6;
const ITEM = 7;
const RETRY = 8;
const FAULT = 9;
const HEAL = 10;
const LOOK = 11;
