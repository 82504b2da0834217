/**
 * Makes the core do again what a segment of a recording (`form.ts`) says that it was given, a step
 * at a time, and compares what it decides with what it decided then.
 *
 * A recording may end in the middle of an entry, when its node was killed: what is whole is
 * replayed. Anything else that cannot be is a `SerialFault`.
 */
import { ID_WORDS } from '../../src/limits.ts';
import type { NodeState } from '../../src/state/node.ts';
import type { Effect, Input } from '../../src/step-types.ts';
import { step } from '../../src/step.ts';
import type { Moment } from '../../src/types.ts';
import { PeerDirectory } from '../directory.ts';
import { Fingerprint } from '../fingerprint.ts';
import { readBytes, readText } from '../serial/forms.ts';
import { readInput } from '../serial/input.ts';
import { readState } from '../serial/state.ts';
import { Reader, SerialFault } from '../serial/words.ts';
import { effectsWords } from '../step-words.ts';
import { FAILED, PLACE, PREFACE, ROWS, STEP, VALUE, VALUE_FORMS } from './form.ts';
import type { Head, RecordedValue } from './form.ts';

/** A step that was made again. */
export interface Replayed {
  /** Counts from 1, in a real node's recording anew with each life. */
  readonly number: number;
  readonly moment: Moment;
  readonly input: Input;
  readonly effects: readonly Effect[];
  readonly before: NodeState;
  /** What the record in the input stands for, if the host had it. */
  readonly value: RecordedValue | undefined;
  /** What the core threw, if it did. */
  readonly fault: unknown;
  /** Whether the effects are those of then, or the core failed as it did then. */
  readonly isSame: boolean;
}

export class Replay {
  readonly head: Head;
  readonly directory = new PeerDirectory();
  readonly #input: Reader;
  readonly #entry = new Reader();
  readonly #print = new Fingerprint();
  #state: NodeState;
  #now: number;
  #wall: number;
  #steps = 0;
  #isCut = false;
  /** Of the step that follows. */
  #value: RecordedValue | undefined;

  /** @throws SerialFault when the words are no segment of this version */
  constructor(words: Int32Array) {
    const input = new Reader(words);
    this.#input = input;
    const [magic, form, serial] = PREFACE;
    if (input.left < PREFACE.length || input.word() !== magic) {
      throw new SerialFault('this is no recording of a node');
    }
    const [madeForm, madeSerial] = [input.word(), input.word()];
    if (madeForm !== form || madeSerial !== serial) {
      throw new SerialFault(
        `the recording has form ${madeForm}.${madeSerial}, this program reads ${form}.${serial}: ` +
          'replay it with the version that made it',
      );
    }
    this.head = readHead(input);
    this.#now = this.head.now;
    this.#wall = this.head.wall;
    this.#readRows(input, input.count(ID_WORDS + 1));
    this.#state = readState(input, this.head.config);
  }

  /** As it is after the last step. */
  get state(): NodeState {
    return this.#state;
  }

  /** Whether the recording ends in the middle of an entry. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** The next step; nothing at the end. @throws SerialFault when the words are damaged */
  next(): Replayed | undefined {
    for (let kind = this.#nextEntry(); kind !== undefined; kind = this.#nextEntry()) {
      const entry = this.#entry;
      if (kind === STEP || kind === FAILED) return this.#stepAgain(kind === FAILED);
      if (kind === ROWS) this.#readRows(entry, entry.count(ID_WORDS + 1));
      else if (kind === PLACE) this.#readPlace();
      else if (kind === VALUE) this.#readValue();
      else throw entry.fault(`${kind} is no kind of entry`);
      entry.close();
    }
    return undefined;
  }

  /** Opens the next whole entry; @returns its kind */
  #nextEntry(): number | undefined {
    const input = this.#input;
    if (this.#isCut || input.left === 0) return undefined;
    const kind = input.word();
    try {
      this.#entry.open(input.int32Array(undefined));
      return kind;
    } catch (error) {
      if (!(error instanceof SerialFault)) throw error;
      this.#isCut = true;
      return undefined;
    }
  }

  #stepAgain(hasFailed: boolean): Replayed {
    const entry = this.#entry;
    const now = this.#now + entry.number();
    const wall = this.#wall + entry.number();
    const moment = { now, wall, entropy: entry.word() };
    const input = readInput(entry);
    const [a, b] = hasFailed ? [0, 0] : [entry.word(), entry.word()];
    entry.close();
    this.#now = now;
    this.#wall = wall;
    this.#steps += 1;
    const number = this.head.stepsBefore + this.#steps;
    const before = this.#state;
    const begun = { number, moment, input, before, value: this.#value };
    this.#value = undefined;
    try {
      const { state, effects } = step(before, moment, input, this.directory);
      this.#state = state;
      const print = this.#print;
      print.reset();
      effectsWords(print, effects);
      const isSame = !hasFailed && print.a === a && print.b === b;
      return { ...begun, effects, fault: undefined, isSame };
    } catch (fault) {
      return { ...begun, effects: [], fault, isSame: hasFailed };
    }
  }

  #readRows(from: Reader, count: number): void {
    for (let row = 0; row < count; row++) {
      const id = Array.from({ length: ID_WORDS }, () => from.word());
      this.directory.setPlace(this.directory.add(id), from.word());
    }
  }

  #readPlace(): void {
    const peer = this.#entry.word();
    if (peer < 0 || peer >= this.directory.count) throw this.#entry.fault(`no peer ${peer}`);
    this.directory.setPlace(peer, this.#entry.word());
  }

  #readValue(): void {
    const code = this.#entry.word();
    const form = VALUE_FORMS[code];
    if (form === undefined) throw this.#entry.fault(`${code} is no form of a value`);
    this.#value = { form, bytes: readBytes(this.#entry) };
  }
}

/** @throws SerialFault when it is no head */
function readHead(input: Reader): Head {
  const text = readText(input);
  try {
    // Only programs of this version wrote it, and its words were whole.
    return JSON.parse(text) as Head;
  } catch {
    throw input.fault('the head cannot be read');
  }
}
