/**
 * Messages behind a `size` u16, which counts the whole message, and a `code` u16: what the client
 * API and the classic dialect have in common, and the bodies that both know.
 *
 * Decoding is total and early: four bytes tell whether the code has a place in the protocol and
 * whether such a message can have that size. Byte fields are views of the buffer.
 */
import { assert } from '../assert.ts';
import { VALUE_BYTES_MAX } from '../limits.ts';
import type { Decoded } from '../wire-types.ts';
import { Reader, Writer } from './bytes.ts';
import { KEY_BYTES } from './widths.ts';

/** Least and greatest size of a message; sizes between them differ from the least by steps. */
export interface Sizes {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

export interface SizedProtocol<M> {
  readonly name: string;
  /** `undefined` for a code that has no place in it. */
  readonly sizesOf: (code: number) => Sizes | undefined;
  /** `undefined` when a field is out of its range; the reader tells when it ended too early. */
  readonly readBody: (code: number, reader: Reader) => M | undefined;
}

/** What a PUT of either protocol carries. */
export interface PutBody {
  readonly ttlS: number;
  readonly replication: number;
  /** The byte that the client API reads over. */
  readonly hops: number;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** What the bytes from `from` up to `to` begin with. */
export function decodeSized<M>(
  { name, sizesOf, readBody }: SizedProtocol<M>,
  buffer: Uint8Array,
  from: number,
  to: number,
): Decoded<M> {
  assert(from >= 0 && from <= to && to <= buffer.length, 'a window lies within its buffer');
  const available = to - from;
  if (available < HEADER_BYTES) return { type: 'partial', bytes: HEADER_BYTES - available };
  const reader = new Reader(buffer, from, to);
  const size = reader.u16();
  const code = reader.u16();
  const sizes = sizesOf(code);
  if (sizes === undefined) return malformed(`code ${code} is none of ${name}`);
  if (size < sizes.min || size > sizes.max || (size - sizes.min) % sizes.step !== 0) {
    return malformed(`size ${size} cannot be that of a message with code ${code}`);
  }
  if (available < size) return { type: 'partial', bytes: size - available };
  reader.endAt(from + size);
  const message = readBody(code, reader);
  if (message === undefined || reader.failed) {
    return malformed(`a field of the message with code ${code} is out of its range`);
  }
  return { type: 'message', message, bytes: size };
}

/** A writer that has written the header of a message of this size. */
export function beginSized(size: number, code: number): Writer {
  const writer = new Writer(size);
  writer.u16(size);
  writer.u16(code);
  return writer;
}

export function readPut(reader: Reader): PutBody {
  const ttlS = reader.u16();
  const replication = reader.u8();
  const hops = reader.u8();
  const key = reader.take(KEY_BYTES);
  return { ttlS, replication, hops, key, value: reader.take(reader.remaining) };
}

export function encodePut(code: number, put: PutBody): Uint8Array {
  const writer = beginSized(PUT_BYTES + put.value.length, code);
  writer.u16(put.ttlS);
  writer.u8(put.replication);
  writer.u8(put.hops);
  writer.fixed(put.key, KEY_BYTES);
  writer.rest(put.value, 1, VALUE_BYTES_MAX);
  return writer.finish();
}

export function encodeSuccess(key: Uint8Array, value: Uint8Array): Uint8Array {
  const writer = beginSized(KEYED_BYTES + value.length, 652);
  writer.fixed(key, KEY_BYTES);
  writer.rest(value, 1, VALUE_BYTES_MAX);
  return writer.finish();
}

/** A message that is a key. */
export function encodeKeyed(code: number, key: Uint8Array): Uint8Array {
  const writer = beginSized(KEYED_BYTES, code);
  writer.fixed(key, KEY_BYTES);
  return writer.finish();
}

/** Of messages that can have one size only. */
export function exactly(size: number): Sizes {
  return { min: size, max: size, step: 1 };
}

function malformed(reason: string): Decoded<never> {
  return { type: 'malformed', reason };
}

export const HEADER_BYTES = 4;
export const KEYED_BYTES = HEADER_BYTES + KEY_BYTES;
/** A PUT without its value: header, TTL, replication, hops, key. */
const PUT_BYTES = KEYED_BYTES + 4;
export const PUT_SIZES: Sizes = { min: PUT_BYTES + 1, max: PUT_BYTES + VALUE_BYTES_MAX, step: 1 };
export const KEYED_SIZES = exactly(KEYED_BYTES);
export const SUCCESS_SIZES: Sizes = {
  min: KEYED_BYTES + 1,
  max: KEYED_BYTES + VALUE_BYTES_MAX,
  step: 1,
};
