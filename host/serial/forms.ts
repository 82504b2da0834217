/**
 * How words make up what a value is made of: lists, values that may be missing, literal strings,
 * bytes and texts. The forms of single types beside this file are pairs of functions, `write…` and
 * `read…`, that name the fields in one order.
 *
 * Rule for readers: build objects by literals with the fields in the core's own order, so that V8
 * gives what was read the same shape as what the core made, and code that meets both stays fast.
 */

import { assert } from '../../src/assert.ts';
import { SERIAL_VERSION, type Reader, type Writer } from './words.ts';

export type Write<T> = (out: Writer, value: T) => void;
export type Read<T> = (input: Reader) => T;

/** Goes before words that may be read by another program than the one that wrote them. */
export function writeVersion(out: Writer): void {
  out.word(SERIAL_VERSION);
}

/** @throws SerialFault when the words were made by another version */
export function readVersion(input: Reader): void {
  const version = input.word();
  if (version === SERIAL_VERSION) return;
  throw input.fault(`made by version ${version} of this form; read here is ${SERIAL_VERSION} only`);
}

export function writeList<T>(out: Writer, items: readonly T[], write: Write<T>): void {
  out.word(items.length);
  for (const item of items) write(out, item);
}

/** @param wordsEach words of an item at least */
export function readList<T>(input: Reader, wordsEach: number, read: Read<T>): readonly T[] {
  const count = input.count(wordsEach);
  const items: T[] = [];
  for (let i = 0; i < count; i++) items.push(read(input));
  return items.slice();
}

export function writeOptional<T>(out: Writer, value: T | undefined, write: Write<T>): void {
  out.bool(value !== undefined);
  if (value !== undefined) write(out, value);
}

export function readOptional<T>(input: Reader, read: Read<T>): T | undefined {
  return input.bool() ? read(input) : undefined;
}

/** One of some literal strings. */
export interface Choice<T> {
  readonly write: Write<T>;
  readonly read: Read<T>;
}

/** @param codes a word for each, which stays the same for ever */
export function oneOf<T extends string>(codes: Readonly<Record<T, number>>): Choice<T> {
  const values = new Map<number, T>();
  for (const [value, code] of Object.entries<number>(codes)) values.set(code, value as T);
  assert(values.size === Object.keys(codes).length, 'each literal has a code of its own');
  return {
    write: (out, value) => out.word(codes[value]),
    read: (input) => {
      const code = input.word();
      const value = values.get(code);
      if (value === undefined) throw input.fault(`${code} is not a code that is known here`);
      return value;
    },
  };
}

/** Bytes, four to a word, the first one lowest; the last word is filled up with zeros. */
export function writeBytes(out: Writer, bytes: Uint8Array): void {
  out.word(bytes.length);
  for (let at = 0; at < bytes.length; at += 4) {
    const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
    out.word(low | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24));
  }
}

export function readBytes(input: Reader): Uint8Array {
  const length = input.word();
  if (length < 0 || length > 4 * input.left) {
    throw input.fault(`${length} bytes with only ${input.left} words left`);
  }
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 4) {
    const word = input.word();
    const unused = 8 * Math.max(0, at + 4 - length);
    if (unused > 0 && word >>> (32 - unused) !== 0) throw input.fault('bytes after the last one');
    for (let i = 0; i < 4 && at + i < length; i++) bytes[at + i] = word >>> (8 * i);
  }
  return bytes;
}

/** A text in UTF-8; half a surrogate pair does not survive it. */
export function writeText(out: Writer, text: string): void {
  writeBytes(out, new TextEncoder().encode(text));
}

export function readText(input: Reader): string {
  const bytes = readBytes(input);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw input.fault('a text that is not UTF-8');
  }
}
