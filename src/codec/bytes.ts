/**
 * A bounded reader and a writer of big-endian fields.
 *
 * The reader never throws and never reads outside its window: a field that does not fit, or that
 * is out of its range, marks the reader as failed, and from then on every read gives zeros. So a
 * decoder reads all its fields and asks once, at the end, whether they were all there. `take`
 * and `since` allocate nothing but a view; no length that travelled is ever used to allocate.
 *
 * The writer is for messages of our own: a field that does not fit is our bug and throws.
 */
import { assert } from '../assert.ts';

export class Reader {
  readonly #bytes: Uint8Array;
  #at: number;
  #end: number;
  #failed = false;

  /** Reads `bytes` from `from` up to, not including, `to`. */
  constructor(bytes: Uint8Array, from: number, to: number) {
    this.#bytes = bytes;
    this.#at = from;
    this.#end = to;
  }

  get remaining(): number {
    return this.#end - this.#at;
  }

  get failed(): boolean {
    return this.#failed;
  }

  /** Where it stands, for `since`. */
  get at(): number {
    return this.#at;
  }

  /** Reads only up to, not including, `to` from here on: a body once its length is known. */
  endAt(to: number): void {
    assert(to >= this.#at && to <= this.#end, 'a window only narrows');
    this.#end = to;
  }

  /** For a field whose value cannot be. */
  fail(): void {
    this.#failed = true;
  }

  u8(): number {
    return this.#enter(1) ? this.#byte() : 0;
  }

  u16(): number {
    return this.#enter(2) ? this.#pair() : 0;
  }

  u32(): number {
    return this.#enter(4) ? this.#word() : 0;
  }

  /** A u64 that a double holds exactly; a greater one fails. */
  u53(): number {
    if (!this.#enter(8)) return 0;
    const high = this.#word();
    const low = this.#word();
    if (high > U53_HIGH_MAX) {
      this.#failed = true;
      return 0;
    }
    return high * 0x1_0000_0000 + low;
  }

  /** A view of the next `length` bytes; empty when they are not all there. */
  take(length: number): Uint8Array {
    if (!this.#enter(length)) return EMPTY;
    const from = this.#at;
    this.#at += length;
    return this.#bytes.subarray(from, this.#at);
  }

  /** Passes over bytes that only have to be there. */
  skip(length: number): void {
    if (this.#enter(length)) this.#at += length;
  }

  /** A view of what was read since it stood there; empty when not all of it was there. */
  since(at: number, until = this.#at): Uint8Array {
    return this.#failed ? EMPTY : this.#bytes.subarray(at, until);
  }

  /** A u16 length between the bounds, then so many bytes. */
  sized(lengthMin: number, lengthMax: number): Uint8Array {
    const length = this.u16();
    if (length < lengthMin || length > lengthMax) this.#failed = true;
    return this.take(length);
  }

  #enter(length: number): boolean {
    if (this.#failed || length > this.#end - this.#at) this.#failed = true;
    return !this.#failed;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at] ?? 0;
    this.#at += 1;
    return byte;
  }

  #pair(): number {
    return this.#byte() * 0x100 + this.#byte();
  }

  #word(): number {
    return this.#pair() * 0x1_0000 + this.#pair();
  }
}

export class Writer {
  readonly #bytes: Uint8Array;
  #at = 0;

  /** `length` is exact: `finish` holds the caller to it. */
  constructor(length: number) {
    this.#bytes = new Uint8Array(length);
  }

  u8(value: number): void {
    this.#enter(1, value, 0xff);
    this.#byte(value);
  }

  u16(value: number): void {
    this.#enter(2, value, 0xffff);
    this.#byte(value >>> 8);
    this.#byte(value);
  }

  u32(value: number): void {
    this.#enter(4, value, 0xffff_ffff);
    this.#word(value);
  }

  u53(value: number): void {
    this.#enter(8, value, Number.MAX_SAFE_INTEGER);
    this.#word(Math.floor(value / 0x1_0000_0000));
    this.#word(value);
  }

  /** Bytes of a length that both sides know. */
  fixed(bytes: Uint8Array, length: number): void {
    assert(bytes.length === length, 'a field of fixed length has that length');
    this.#put(bytes);
  }

  /** Bytes after a u16 that says how many. */
  sized(bytes: Uint8Array, lengthMin: number, lengthMax: number): void {
    const { length } = bytes;
    assert(length >= lengthMin && length <= lengthMax, 'a field of free length is within bounds');
    this.u16(length);
    this.#put(bytes);
  }

  rest(bytes: Uint8Array, lengthMin: number, lengthMax: number): void {
    const { length } = bytes;
    assert(length >= lengthMin && length <= lengthMax, 'a field of free length is within bounds');
    this.#put(bytes);
  }

  /** The bytes written, all of the length announced. */
  finish(): Uint8Array {
    assert(this.#at === this.#bytes.length, 'a message has the length computed for it');
    return this.#bytes;
  }

  #enter(length: number, value: number, valueMax: number): void {
    assert(this.#at + length <= this.#bytes.length, 'a message fits the length computed for it');
    assert(Number.isInteger(value) && value >= 0 && value <= valueMax, 'a field holds its number');
  }

  #put(bytes: Uint8Array): void {
    assert(this.#at + bytes.length <= this.#bytes.length, 'a message fits its computed length');
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #byte(value: number): void {
    this.#bytes[this.#at] = value;
    this.#at += 1;
  }

  #word(value: number): void {
    this.#byte(value >>> 24);
    this.#byte(value >>> 16);
    this.#byte(value >>> 8);
    this.#byte(value);
  }
}

/** The upper word of the greatest integer below 2^53. */
const U53_HIGH_MAX = 0x1f_ffff;
const EMPTY = new Uint8Array(0);
