/**
 * The laws of all codecs (docs/wire.md) for bytes of any origin, for property tests and for
 * fuzzing (`deep/fuzz.ts`): there is an answer, and it is one of the four that are allowed; what is
 * accepted encodes to the same bytes; a part says what is missing.
 */
import type fc from 'fast-check';
import { packPeers, peersIn } from '../../src/codec/address.ts';
import { decodeClassic, encodeClassic } from '../../src/codec/classic.ts';
import { decodeClient, encodeClient } from '../../src/codec/client.ts';
import { decodePeer, encodePeer } from '../../src/codec/peer.ts';
import { FRAME_BYTES_MAX, PEERS_PER_REPLY_MAX } from '../../src/limits.ts';
import type { ClassicMessage, ClientMessage, Decoded, WireMessage } from '../../src/wire-types.ts';
import { classicMessage, clientMessage, wireMessage } from './arbitraries-wire.ts';

export type AnyMessage = ClassicMessage | ClientMessage | WireMessage;

/** One protocol, with what these laws need to know of it. */
export interface Protocol {
  readonly name: 'client' | 'classic' | 'peer';
  readonly message: () => fc.Arbitrary<AnyMessage>;
  readonly encode: (message: AnyMessage) => Uint8Array;
  readonly decode: (bytes: Uint8Array, from: number, to: number) => Decoded<AnyMessage>;
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

export const classic: Protocol = {
  name: 'classic',
  message: classicMessage,
  encode: (message) => encodeClassic(message as ClassicMessage),
  decode: decodeClassic,
  headerBytes: 4,
  canonical: (bytes) => (bytes[2] === 0x02 && bytes[3] === 0x91 ? withPorts(bytes) : bytes),
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

/** A NODE REPLY with the entries that are kept: those with a port, and not too many. */
function withPorts(bytes: Uint8Array): Uint8Array {
  const kept: number[] = [];
  for (let at = 6; at < bytes.length && kept.length < 6 * PEERS_PER_REPLY_MAX; at += 6) {
    if (bytes[at + 4] !== 0 || bytes[at + 5] !== 0) kept.push(...bytes.subarray(at, at + 6));
  }
  const size = 6 + kept.length;
  return Uint8Array.of(size >> 8, size, 0x02, 0x91, 0, kept.length / 6, ...kept);
}

/** What a message is, over all protocols. */
export function kindOf({ name }: Protocol, message: AnyMessage): string {
  return `${name} ${'body' in message ? message.body.type : message.type}`;
}

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
  decoded: Decoded<AnyMessage>,
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

const KINDS = {
  client: ['put', 'get', 'success', 'failure', 'put-result'],
  classic: [
    ...['ping', 'pong', 'find-node', 'node-reply', 'find-value'],
    ...['success', 'failure', 'put', 'text'],
  ],
  peer: [
    ...['hello', 'goodbye', 'ping', 'ok'],
    ...['find-node', 'peers', 'find-value', 'value', 'store', 'refused', 'leave', 'relay'],
    ...['find-version', 'version', 'check', 'sum', 'compare', 'tags'],
    ...['vote', 'term', 'heartbeat', 'resign', 'announce', 'introduce', 'introduction'],
  ],
};

/** As `kindOf` tells them. */
export const EVERY_KIND: readonly string[] = Object.entries(KINDS).flatMap(([name, kinds]) =>
  kinds.map((kind) => `${name} ${kind}`),
);
