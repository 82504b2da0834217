/**
 * Values as 32-bit words: the writer appends to an array that grows, the reader takes the words
 * back in the same order. Every form of `host/serial/` is made of these two; messages between
 * workers, snapshots and recordings all use them. No form carries names or lengths of objects: who
 * reads must know what was written, and by which `SERIAL_VERSION`.
 *
 * What was written is the only form of a value: whatever reads without a fault writes to the very
 * same words again. What cannot be so (the words ended, a count is beyond what is left, a code is
 * unknown) throws a `SerialFault`; nothing else is thrown, and no memory is taken on the word of a
 * count that was not held against the words that are there.
 *
 * A number is one word as a rule: itself when it is whole and not among the lowest, one code for
 * Infinity, else a code and the two halves of the double. NaN is none of our values.
 */

import { assert } from '../../src/assert.ts';

/** Raised whenever the words of any form change. */
export const SERIAL_VERSION = 5;

/** The words are damaged, cut off, or made by another version. */
export class SerialFault extends Error {
  override readonly name = 'SerialFault';
}

/** Where typed arrays that were read are put: many of them side by side in one buffer. */
export interface Slab {
  take(count: number): Int32Array;
}

export class Writer {
  #words: Int32Array;
  #length = 0;

  constructor(capacity = 256) {
    this.#words = new Int32Array(Math.max(1, capacity));
  }

  /** Words written since the last `reset`. */
  get length(): number {
    return this.#length;
  }

  /** Begins anew in the same memory; earlier views are overwritten. */
  reset(): void {
    this.#length = 0;
  }

  /** What was written, not copied: true until the next word or `reset`. */
  view(): Int32Array {
    return this.#words.subarray(0, this.#length);
  }

  /** What was written, as a copy of its own. */
  copy(): Int32Array {
    return this.#words.slice(0, this.#length);
  }

  /** A whole number that fits 32 bits, signed. */
  word(x: number): void {
    if (this.#length === this.#words.length) this.#grow(1);
    this.#words[this.#length++] = x;
  }

  /** Any number but NaN, exactly. */
  number(x: number): void {
    const whole = x | 0;
    if (whole === x && isCompact(x)) this.word(whole);
    else this.#wide(x);
  }

  bool(x: boolean): void {
    this.word(x ? 1 : 0);
  }

  /** A list of whole numbers that fit 32 bits, signed. */
  intList(list: readonly number[]): void {
    const count = list.length;
    if (this.#length + count >= this.#words.length) this.#grow(count + 1);
    const words = this.#words;
    let at = this.#length;
    words[at++] = count;
    for (let i = 0; i < count; i++) words[at++] = list[i] ?? 0;
    this.#length = at;
  }

  /** The elements alone, wherever they stand in their buffer. */
  int32Array(array: Int32Array): void {
    const count = array.length;
    if (this.#length + count >= this.#words.length) this.#grow(count + 1);
    this.#words[this.#length] = count;
    this.#words.set(array, this.#length + 1);
    this.#length += count + 1;
  }

  #wide(x: number): void {
    if (x === Infinity) return this.word(INFINITE);
    assert(!Number.isNaN(x), 'NaN is never a value of ours');
    DOUBLE[0] = x;
    this.word(WIDE);
    this.word(HALVES[LOW_HALF] ?? 0);
    this.word(HALVES[1 - LOW_HALF] ?? 0);
  }

  #grow(count: number): void {
    const longer = new Int32Array(Math.max(2 * this.#words.length, this.#length + count));
    longer.set(this.#words);
    this.#words = longer;
  }
}

export class Reader {
  #words: Int32Array = NOTHING;
  #at = 0;
  #end = 0;

  constructor(words: Int32Array = NOTHING, from = 0, to = words.length) {
    this.open(words, from, to);
  }

  /** Begins with other words; so one reader serves for many messages. */
  open(words: Int32Array, from = 0, to = words.length): void {
    assert(from >= 0 && from <= to && to <= words.length, 'a reader stays within its array');
    this.#words = words;
    this.#at = from;
    this.#end = to;
  }

  /** Words not read yet. */
  get left(): number {
    return this.#end - this.#at;
  }

  /** @throws SerialFault when there is more than what was read */
  close(): void {
    if (this.left > 0) throw this.fault(`${this.left} words more than there should be`);
  }

  word(): number {
    const at = this.#at;
    if (at >= this.#end) throw this.fault('the words end in the middle of a value');
    this.#at = at + 1;
    return this.#words[at] ?? 0;
  }

  number(): number {
    const word = this.word();
    return word > INFINITE ? word : this.#wide(word);
  }

  bool(): boolean {
    const word = this.word();
    if (word !== 0 && word !== 1) throw this.fault(`${word} is neither true nor false`);
    return word === 1;
  }

  /** The count of a list whose items have so many words each at least. */
  count(wordsEach = 1): number {
    const count = this.word();
    if (count < 0 || count * wordsEach > this.left) {
      throw this.fault(`a list of ${count} with only ${this.left} words left`);
    }
    return count;
  }

  intList(): readonly number[] {
    const count = this.count();
    if (count === 0) return NO_NUMBERS;
    const words = this.#words;
    const from = this.#at;
    // A list that grew by pushing keeps room that it never uses; a slice has none.
    const list = count > SCRATCH.length ? [] : SCRATCH;
    for (let i = 0; i < count; i++) list[i] = words[from + i] ?? 0;
    this.#at = from + count;
    return list.slice(0, count);
  }

  /** An array in its own buffer, or in the slab's. */
  int32Array(slab: Slab | undefined): Int32Array {
    const count = this.count();
    const array = slab === undefined ? new Int32Array(count) : slab.take(count);
    array.set(this.#words.subarray(this.#at, this.#at + count));
    this.#at += count;
    return array;
  }

  /** For whoever finds that what it has just read cannot be. */
  fault(what: string): SerialFault {
    return new SerialFault(`word ${this.#at}: ${what}`);
  }

  #wide(code: number): number {
    if (code === INFINITE) return Infinity;
    HALVES[LOW_HALF] = this.word();
    HALVES[1 - LOW_HALF] = this.word();
    const x = DOUBLE[0] ?? 0;
    if (Number.isNaN(x) || x === Infinity || ((x | 0) === x && isCompact(x))) {
      throw this.fault(`${x} is not written like this`);
    }
    return x;
  }
}

/** Whether a whole number of 32 bits is written as itself: not the codes, and not -0. */
function isCompact(x: number): boolean {
  return x > INFINITE && (x !== 0 || 1 / x > 0);
}

/** Lists are never changed in place, so all empty ones can be the same. */
const NO_NUMBERS: readonly number[] = [];
const NOTHING = new Int32Array(0);
/** Where lists are put together; longer ones are rare. */
const SCRATCH: number[] = Array.from(new Int32Array(256));
/** A double follows, its lower half first. */
const WIDE = -0x80000000;
const INFINITE = -0x7fffffff;
const DOUBLE = new Float64Array(1);
const HALVES = new Int32Array(DOUBLE.buffer);
/** The same words on machines of either byte order. */
const LOW_HALF = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 0 : 1;
