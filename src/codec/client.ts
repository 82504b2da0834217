/**
 * The client API, byte-exact: 650 PUT, 651 GET, 652 SUCCESS, 653 FAILURE and our
 * 690 PUT CHECKED, 691 PUT RESULT. Big-endian; `size` counts the whole message. `docs/wire.md` is
 * the normative description.
 *
 * Decoding is total and early (`sized.ts`): what cannot become a message is `malformed` after four
 * bytes. Accepted bytes encode to themselves, but for `reserved` of a PUT, which is read over and
 * written as 0. Byte fields of a decoded message are views of the buffer: the caller copies what it
 * keeps.
 */
import { assertNever } from '../assert.ts';
import type { ClientMessage, Decoded, PutStatus } from '../wire-types.ts';
import type { Reader } from './bytes.ts';
import { KEYED_BYTES, KEYED_SIZES, PUT_SIZES, SUCCESS_SIZES } from './sized.ts';
import { beginSized, decodeSized, exactly, readPut } from './sized.ts';
import { encodeKeyed, encodePut, encodeSuccess } from './sized.ts';
import type { SizedProtocol, Sizes } from './sized.ts';
import { KEY_BYTES } from './widths.ts';

/** What the bytes from `from` up to `to` begin with. Both kinds: requests and their replies. */
export function decodeClient(buffer: Uint8Array, from: number, to: number): Decoded<ClientMessage> {
  return decodeSized(CLIENT_API, buffer, from, to);
}

/** @throws Error when a field is out of its bounds: a bug of the caller */
export function encodeClient(message: ClientMessage): Uint8Array {
  switch (message.type) {
    case 'put':
      return encodePut(message.checked ? 690 : 650, { ...message, hops: 0 });
    case 'get':
      return encodeKeyed(651, message.key);
    case 'failure':
      return encodeKeyed(653, message.key);
    case 'success':
      return encodeSuccess(message.key, message.value);
    case 'put-result': {
      const writer = beginSized(RESULT_BYTES, 691);
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
      const { ttlS, replication, key, value } = readPut(reader);
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

function sizesOf(code: number): Sizes | undefined {
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

/** Header, key, status, holders, wanted, version. */
const RESULT_BYTES = KEYED_BYTES + 11;
const RESULT_SIZES = exactly(RESULT_BYTES);
const CLIENT_API: SizedProtocol<ClientMessage> = { name: 'the client API', sizesOf, readBody };
