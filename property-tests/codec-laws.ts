/**
 * The laws of both codecs (docs/wire.md) for bytes of any origin, for property tests and for
 * fuzzing (`deep/fuzz.ts`): there is an answer, and it is one of the four that are allowed; what is
 * accepted encodes to the same bytes; a part says what is missing.
 */
import type fc from 'fast-check';
import { packPeers, peersIn } from '../src/codec/address.ts';
import { decodeClient, encodeClient } from '../src/codec/client.ts';
import { decodePeer, encodePeer } from '../src/codec/peer.ts';
import { FRAME_BYTES_MAX } from '../src/limits.ts';
import type { ClientMessage, Decoded, WireMessage } from '../src/wire-types.ts';
import { clientMessage, wireMessage } from './arbitraries-wire.ts';

export type Either = ClientMessage | WireMessage;

/** One protocol, with what these laws need to know of it. */
export interface Protocol {
  readonly name: 'client' | 'peer';
  readonly message: () => fc.Arbitrary<Either>;
  readonly encode: (message: Either) => Uint8Array;
  readonly decode: (bytes: Uint8Array, from: number, to: number) => Decoded<Either>;
  /** Bytes after which only the body is missing. */
  readonly headerBytes: number;
  /** An accepted message as it would be sent: what is skipped when read is left out. */
  readonly canonical: (bytes: Uint8Array, again: Uint8Array) => Uint8Array;
}

export const client: Protocol = {
  name: 'client',
  message: clientMessage,
  encode: (message) => encodeClient(message as ClientMessage),
  decode: decodeClient,
  headerBytes: 4,
  canonical: (bytes) => {
    const code = (bytes[2] ?? 0) * 256 + (bytes[3] ?? 0);
    if ((code !== 650 && code !== 690) || bytes[7] === 0) return bytes;
    return bytes.map((byte, at) => (at === 7 ? 0 : byte));
  },
};

export const peer: Protocol = {
  name: 'peer',
  message: wireMessage,
  encode: (message) => encodePeer(repacked(message as WireMessage)),
  decode: decodePeer,
  headerBytes: 6,
  // A hello goes without its extensions: the rest is the same but for the length.
  canonical: (bytes, again) =>
    bytes[5] === 0x94 && again.length < bytes.length
      ? Uint8Array.from([...again.subarray(0, 4), ...bytes.subarray(4, again.length)])
      : bytes,
};

/** With the peers of a reply taken apart and packed again, so that laws see those, too. */
function repacked(message: WireMessage): WireMessage {
  if (message.type !== 'reply' || !('peers' in message.body)) return message;
  const peers = packPeers([...peersIn(message.body.peers)]);
  return { ...message, body: { ...message.body, peers } };
}

/** @throws Error with the law that is broken, or what was thrown on the way */
export function checkAnswer(protocol: Protocol, bytes: Uint8Array): void {
  checkDecoded(protocol, bytes, protocol.decode(bytes, 0, bytes.length));
}

/** The same for bytes that were decoded already, all of them. */
export function checkDecoded(
  { decode, encode, canonical, headerBytes }: Protocol,
  bytes: Uint8Array,
  decoded: Decoded<Either>,
): void {
  switch (decoded.type) {
    case 'message': {
      must(decoded.bytes <= bytes.length, 'a message is made of bytes that are there', bytes);
      const taken = bytes.subarray(0, decoded.bytes);
      const again = encode(decoded.message);
      must(same(again, canonical(taken, again)), 'an accepted message encodes to itself', bytes);
      return;
    }
    case 'partial': {
      const total = bytes.length + decoded.bytes;
      must(decoded.bytes >= 1 && total <= FRAME_BYTES_MAX, 'a part can become whole', bytes);
      if (bytes.length < headerBytes) return;
      const filled = new Uint8Array(total);
      filled.set(bytes);
      const answer = decode(filled, 0, total).type;
      must(answer !== 'partial', 'what was missing was said at once', bytes);
      return;
    }
    case 'unknown':
      return must(decoded.bytes <= bytes.length, 'only what is there is skipped', bytes);
    case 'malformed':
      return must(/^[\x20-\x7e]{1,100}$/.test(decoded.reason), 'a reason is plain text', bytes);
  }
}

/** Whether two byte fields hold the same. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function must(holds: boolean, law: string, bytes: Uint8Array): void {
  if (!holds) throw new Error(`${law}: ${Buffer.from(bytes.subarray(0, 200)).toString('hex')}`);
}
