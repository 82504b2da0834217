/**
 * Values to words and back, for laws of the serialiser: the round trip, and the law that damaged
 * words either throw a `SerialFault` or are the words of another value.
 */
import assert from 'node:assert/strict';
import type { Read, Write } from '../../host/serial/forms.ts';
import { readState, writeState } from '../../host/serial/state.ts';
import { Reader, SerialFault, Writer, type Slab } from '../../host/serial/words.ts';
import type { NodeState } from '../../src/step.ts';
import type { Config } from '../../src/types.ts';

export interface Form<T> {
  readonly write: Write<T>;
  readonly read: Read<T>;
}

/** The form of states that all have these settings. */
export function stateForm(config: Config, slab?: Slab): Form<NodeState> {
  return { write: writeState, read: (input) => readState(input, config, slab) };
}

export function wordsOf<T>(form: Form<T>, value: T): Int32Array {
  // One word at first, so that every kind of growth happens.
  const out = new Writer(1);
  form.write(out, value);
  return out.copy();
}

/** The value that the words stand for, and nothing but it. */
export function valueOf<T>(form: Form<T>, words: Int32Array): T {
  const input = new Reader(words);
  const value = form.read(input);
  input.close();
  return value;
}

export function roundTrip<T>(form: Form<T>, value: T): T {
  return valueOf(form, wordsOf(form, value));
}

/** Cut off anywhere, the words are known not to be whole. */
export function checkCuts<T>(form: Form<T>, value: T): void {
  const words = wordsOf(form, value);
  for (let length = 0; length < words.length; length++) {
    const cut = words.slice(0, length);
    assert.throws(() => valueOf(form, cut), SerialFault, `cut after word ${length}`);
  }
  assert.throws(() => valueOf(form, Int32Array.of(...words, 0)), SerialFault, 'a word too many');
}

/** With one word changed: a fault, or another value, of which these are the only words. */
export function checkDamage<T>(form: Form<T>, value: T, where: number, change: Change): void {
  const words = wordsOf(form, value);
  const at = where % words.length;
  const before = words[at] ?? 0;
  words[at] = change.type === 'flip' ? before ^ (1 << change.bit) : change.word;
  let read: T;
  try {
    read = valueOf(form, words);
  } catch (error) {
    assert.ok(error instanceof SerialFault, `not a SerialFault: ${String(error)}`);
    return;
  }
  assert.deepEqual(wordsOf(form, read), words);
}

export type Change =
  { readonly type: 'flip'; readonly bit: number } | { readonly type: 'set'; readonly word: number };
