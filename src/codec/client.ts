/**
 * The client API, byte-exact: 650 PUT, 651 GET, 652 SUCCESS, 653 FAILURE and our
 * 690 PUT CHECKED, 691 PUT RESULT. Big-endian; `size` counts the whole message. `docs/wire.md` is
 * the normative description.
 *
 * Decoding is total and early: four bytes tell whether the code is one of ours and whether such a
 * message can have that size; what cannot become a message is `malformed` then and there. Accepted
 * bytes encode to themselves, but for `reserved` of a PUT, which is read over and written as 0.
 * Byte fields of a decoded message are views of the buffer: the caller copies what it keeps.
 */
import { assert, assertNever } from '../assert.ts';
import { VALUE_BYTES_MAX } from '../limits.ts';
import type { ClientMessage, Decoded, PutStatus } from '../wire-types.ts';
import { Reader, Writer } from './bytes.ts';

/** What the bytes from `from` up to `to` begin with. Both kinds: requests and their replies. */
export function decodeClient(buffer: Uint8Array, from: number, to: number): Decoded<ClientMessage> {
  assert(from >= 0 && from <= to && to <= buffer.length, 'a window lies within its buffer');
  const available = to - from;
  if (available < HEADER_BYTES) return { type: 'partial', bytes: HEADER_BYTES - available };
  const reader = new Reader(buffer, from, to);
  const size = reader.u16();
  const code = reader.u16();
  const bounds = sizesOf(code);
  if (bounds === undefined) return malformed(`code ${code} is none of the client API`);
  if (size < bounds[0] || size > bounds[1]) {
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

/** @throws Error when a field is out of its bounds: a bug of the caller */
export function encodeClient(message: ClientMessage): Uint8Array {
  switch (message.type) {
    case 'put': {
      const writer = begin(PUT_BYTES + message.value.length, message.checked ? 690 : 650);
      writer.u16(message.ttlS);
      writer.u8(message.replication);
      writer.u8(0);
      writer.fixed(message.key, KEY_BYTES);
      writer.rest(message.value, 1, VALUE_BYTES_MAX);
      return writer.finish();
    }
    case 'get':
    case 'failure': {
      const writer = begin(KEYED_BYTES, message.type === 'get' ? 651 : 653);
      writer.fixed(message.key, KEY_BYTES);
      return writer.finish();
    }
    case 'success': {
      const writer = begin(KEYED_BYTES + message.value.length, 652);
      writer.fixed(message.key, KEY_BYTES);
      writer.rest(message.value, 1, VALUE_BYTES_MAX);
      return writer.finish();
    }
    case 'put-result': {
      const writer = begin(RESULT_BYTES, 691);
      writer.fixed(message.key, KEY_BYTES);
      writer.u8(PUT_STATUSES.indexOf(message.status));
      writer.u8(message.holders);
      writer.u8(message.wanted);
      writer.u53(message.version);
      return writer.finish();
    }
    default:
      return assertNever(message);
  }
}

function readBody(code: number, reader: Reader): ClientMessage | undefined {
  switch (code) {
    case 650:
    case 690: {
      const ttlS = reader.u16();
      const replication = reader.u8();
      reader.u8();
      const key = reader.take(KEY_BYTES);
      const value = reader.take(reader.remaining);
      return { type: 'put', checked: code === 690, ttlS, replication, key, value };
    }
    case 651:
      return { type: 'get', key: reader.take(KEY_BYTES) };
    case 652: {
      const key = reader.take(KEY_BYTES);
      return { type: 'success', key, value: reader.take(reader.remaining) };
    }
    case 653:
      return { type: 'failure', key: reader.take(KEY_BYTES) };
    case 691: {
      const key = reader.take(KEY_BYTES);
      const status = PUT_STATUSES[reader.u8()];
      const holders = reader.u8();
      const wanted = reader.u8();
      const version = reader.u53();
      return status && { type: 'put-result', key, status, holders, wanted, version };
    }
    default:
      return undefined;
  }
}

/** Least and greatest size of a message with this code; `undefined` when it has no place here. */
function sizesOf(code: number): readonly [number, number] | undefined {
  switch (code) {
    case 650:
    case 690:
      return PUT_SIZES;
    case 651:
    case 653:
      return KEYED_SIZES;
    case 652:
      return SUCCESS_SIZES;
    case 691:
      return RESULT_SIZES;
    default:
      return undefined;
  }
}

function begin(size: number, code: number): Writer {
  const writer = new Writer(size);
  writer.u16(size);
  writer.u16(code);
  return writer;
}

function malformed(reason: string): Decoded<never> {
  return { type: 'malformed', reason };
}

/** A status travels as its place in this list. */
const PUT_STATUSES: readonly PutStatus[] = [
  'good',
  'too-few-replicas',
  'timed-out',
  'no-peers',
  'full',
  'invalid',
  'busy',
  'leaving',
];

const HEADER_BYTES = 4;
const KEY_BYTES = 32;
const KEYED_BYTES = HEADER_BYTES + KEY_BYTES;
/** A PUT without its value: header, TTL, replication, reserved, key. */
const PUT_BYTES = KEYED_BYTES + 4;
/** Header, key, status, holders, wanted, version. */
const RESULT_BYTES = KEYED_BYTES + 11;
const PUT_SIZES = [PUT_BYTES + 1, PUT_BYTES + VALUE_BYTES_MAX] as const;
const KEYED_SIZES = [KEYED_BYTES, KEYED_BYTES] as const;
const SUCCESS_SIZES = [KEYED_BYTES + 1, KEYED_BYTES + VALUE_BYTES_MAX] as const;
const RESULT_SIZES = [RESULT_BYTES, RESULT_BYTES] as const;
