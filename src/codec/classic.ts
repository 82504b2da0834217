/**
 * The classic dialect, byte-exact: what nodes say to peers that offer no ALPN. 650 PUT,
 * 652 SUCCESS, 653 FAILURE, 654 PING, 655 PONG, 656 FIND NODE, 657 NODE REPLY, 658 FIND VALUE, and
 * four bare texts of old nodes. Big-endian; `size` counts the whole message. `docs/wire.md` is the
 * normative description.
 *
 * Decoding is total and early (`sized.ts`): what cannot become a message is `malformed` after four
 * bytes. A text is looked for only where no code of the dialect stands, and no text has one there.
 * Accepted bytes encode to themselves, but for a NODE REPLY: entries without a port are left out,
 * and so are good ones after the first `PEERS_PER_REPLY_MAX`. Byte fields of a decoded message are
 * views of the buffer: the caller copies what it keeps.
 */
import { assert, assertNever } from '../assert.ts';
import { CLASSIC_ENTRIES_MAX, PEERS_PER_REPLY_MAX } from '../limits.ts';
import type { ClassicMessage, ClassicText, Decoded, Ipv4Address } from '../wire-types.ts';
import type { Reader } from './bytes.ts';
import { Writer } from './bytes.ts';
import { HEADER_BYTES, KEYED_SIZES, PUT_SIZES, SUCCESS_SIZES } from './sized.ts';
import { beginSized, decodeSized, exactly, readPut } from './sized.ts';
import { encodeKeyed, encodePut, encodeSuccess } from './sized.ts';
import type { SizedProtocol, Sizes } from './sized.ts';
import { ID_BYTES, KEY_BYTES } from './widths.ts';

/** What the bytes from `from` up to `to` begin with. Both kinds: requests and their replies. */
export function decodeClassic(
  buffer: Uint8Array,
  from: number,
  to: number,
): Decoded<ClassicMessage> {
  const decoded = decodeSized(CLASSIC, buffer, from, to);
  return decoded.type === 'malformed' ? (decodeText(buffer, from, to) ?? decoded) : decoded;
}

/** @throws Error when a field is out of its bounds: a bug of the caller */
export function encodeClassic(message: ClassicMessage): Uint8Array {
  switch (message.type) {
    case 'ping':
    case 'pong': {
      const writer = beginSized(PING_BYTES, message.type === 'ping' ? 654 : 655);
      writer.fixed(message.id, ID_BYTES);
      writeIpv4(writer, message.from);
      return writer.finish();
    }
    case 'find-node': {
      const writer = beginSized(FIND_NODE_BYTES, 656);
      writeIpv4(writer, message.from);
      return writer.finish();
    }
    case 'node-reply':
      return encodeNodeReply(message.addresses);
    case 'find-value':
      return encodeKeyed(658, message.key);
    case 'success':
      return encodeSuccess(message.key, message.value);
    case 'failure':
      return encodeKeyed(653, message.key);
    case 'put':
      return encodePut(650, message);
    case 'text':
      return encodeText(message.text);
    default:
      return assertNever(message);
  }
}

function readBody(code: number, reader: Reader): ClassicMessage | undefined {
  switch (code) {
    case 650: {
      const { ttlS, replication, hops, key, value } = readPut(reader);
      return { type: 'put', ttlS, replication, hops, key, value };
    }
    case 652: {
      const key = reader.take(KEY_BYTES);
      return { type: 'success', key, value: reader.take(reader.remaining) };
    }
    case 653:
      return { type: 'failure', key: reader.take(KEY_BYTES) };
    case 654:
      return { type: 'ping', id: reader.take(ID_BYTES), from: readIpv4(reader) };
    case 655:
      return { type: 'pong', id: reader.take(ID_BYTES), from: readIpv4(reader) };
    case 656:
      return { type: 'find-node', from: readIpv4(reader) };
    case 657:
      return { type: 'node-reply', addresses: readEntries(reader) };
    case 658:
      return { type: 'find-value', key: reader.take(KEY_BYTES) };
    default:
      return undefined;
  }
}

function sizesOf(code: number): Sizes | undefined {
  switch (code) {
    case 650:
      return PUT_SIZES;
    case 652:
      return SUCCESS_SIZES;
    case 653:
    case 658:
      return KEYED_SIZES;
    case 654:
    case 655:
      return PING_SIZES;
    case 656:
      return FIND_NODE_SIZES;
    case 657:
      return NODE_REPLY_SIZES;
    default:
      return undefined;
  }
}

function encodeNodeReply(addresses: readonly Ipv4Address[]): Uint8Array {
  assert(addresses.length <= PEERS_PER_REPLY_MAX, 'a reply names a bounded number of peers');
  const writer = beginSized(NODE_REPLY_BYTES + addresses.length * IPV4_BYTES, 657);
  writer.u16(addresses.length);
  for (const address of addresses) writeIpv4(writer, address);
  return writer.finish();
}

/** A count u16, then so many entries, to the end of the message. Only what is kept costs memory. */
function readEntries(reader: Reader): readonly Ipv4Address[] {
  const count = reader.u16();
  if (count * IPV4_BYTES !== reader.remaining) reader.fail();
  const addresses: Ipv4Address[] = [];
  while (reader.remaining > 0 && !reader.failed && addresses.length < PEERS_PER_REPLY_MAX) {
    const from = reader.at;
    reader.skip(4);
    const until = reader.at;
    const port = reader.u16();
    if (port !== 0) addresses.push({ family: 4, ip: reader.since(from, until), port });
  }
  return addresses;
}

/** An address at which somebody listens: port 0 fails. */
function readIpv4(reader: Reader): Ipv4Address {
  const ip = reader.take(4);
  const port = reader.u16();
  if (port === 0) reader.fail();
  return { family: 4, ip, port };
}

function writeIpv4(writer: Writer, { ip, port }: Ipv4Address): void {
  assert(port !== 0, 'an address has a port');
  writer.fixed(ip, 4);
  writer.u16(port);
}

/** A text, or the beginning of one that the bytes are; `undefined` for any other bytes. */
function decodeText(
  buffer: Uint8Array,
  from: number,
  to: number,
): Decoded<ClassicMessage> | undefined {
  for (const text of TEXTS) {
    const available = Math.min(to - from, text.length);
    let same = 0;
    while (same < available && buffer[from + same] === text.charCodeAt(same)) same += 1;
    if (same < available) continue;
    if (available < text.length) return { type: 'partial', bytes: text.length - available };
    return { type: 'message', message: { type: 'text', text }, bytes: text.length };
  }
  return undefined;
}

function encodeText(text: ClassicText): Uint8Array {
  const writer = new Writer(text.length);
  for (let at = 0; at < text.length; at++) writer.u8(text.charCodeAt(at));
  return writer.finish();
}

const TEXTS: readonly ClassicText[] = ['running', 'put works', 'get works', 'Value not found'];

/** An address and its port. */
const IPV4_BYTES = 6;
const PING_BYTES = HEADER_BYTES + ID_BYTES + IPV4_BYTES;
const PING_SIZES = exactly(PING_BYTES);
const FIND_NODE_BYTES = HEADER_BYTES + IPV4_BYTES;
const FIND_NODE_SIZES = exactly(FIND_NODE_BYTES);
/** Without its entries: header and count. */
const NODE_REPLY_BYTES = HEADER_BYTES + 2;
const NODE_REPLY_SIZES: Sizes = {
  min: NODE_REPLY_BYTES,
  max: NODE_REPLY_BYTES + CLASSIC_ENTRIES_MAX * IPV4_BYTES,
  step: IPV4_BYTES,
};
const CLASSIC: SizedProtocol<ClassicMessage> = { name: 'the classic dialect', sizesOf, readBody };
