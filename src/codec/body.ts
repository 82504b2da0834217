/**
 * The bodies of the enhanced dialect, one case per service function: its code, its length, its
 * reading and its writing. `peer.ts` frames them; the layouts are described in `docs/wire.md`.
 *
 * A hello ends in an area of extensions (type u8, length u16, bytes, any number of them), so that
 * later versions can say more without breaking this one: each is checked to fit and skipped.
 */
import { assert, assertNever } from '../assert.ts';
import type {
  GoodbyeReason,
  WireHello,
  WireMessage,
  WireRefusal,
  WireReply,
  WireRequest,
} from '../wire-types.ts';
import {
  addressesLength,
  peersLength,
  readAddresses,
  readPeers,
  writeAddresses,
  writePeers,
} from './address.ts';
import type { Reader, Writer } from './bytes.ts';
import { readRecord, recordLength, writeRecord } from './record.ts';

/** From 662 on, even codes ask and odd ones answer. */
export const CODE = {
  hello: 660,
  goodbye: 661,
  ping: 662,
  ok: 663,
  findNode: 664,
  peers: 665,
  findValue: 666,
  value: 667,
  store: 668,
  refused: 669,
  leave: 670,
} as const;

export function codeOf(message: WireMessage): number {
  switch (message.type) {
    case 'hello':
    case 'goodbye':
      return CODE[message.type];
    case 'request':
      return requestCodeOf(message.body);
    case 'reply':
      return CODE[message.body.type];
    default:
      return assertNever(message);
  }
}

export function bodyLength(message: WireMessage): number {
  switch (message.type) {
    case 'hello':
      return HELLO_FIXED_BYTES + addressesLength(message.addresses);
    case 'goodbye':
      return 1;
    case 'request':
      return requestLength(message.body);
    case 'reply':
      return replyLength(message.body);
    default:
      return assertNever(message);
  }
}

/** `undefined`, or a reader that has failed, when the bytes are no such body. */
export function readBody(code: number, call: number, reader: Reader): WireMessage | undefined {
  if (code === CODE.hello || code === CODE.goodbye) {
    if (call !== 0) return undefined;
    return code === CODE.hello ? readHello(reader) : readGoodbye(reader);
  }
  const request = readRequest(code, reader);
  if (request !== undefined) return { type: 'request', call, body: request };
  const reply = readReply(code, reader);
  return reply && { type: 'reply', call, body: reply };
}

export function writeBody(writer: Writer, message: WireMessage): void {
  switch (message.type) {
    case 'hello':
      return writeHello(writer, message);
    case 'goodbye':
      return writer.u8(GOODBYE_REASONS.indexOf(message.reason) + 1);
    case 'request':
      return writeRequest(writer, message.body);
    case 'reply':
      return writeReply(writer, message.body);
    default:
      return assertNever(message);
  }
}

function readHello(reader: Reader): WireHello | undefined {
  const versionMin = reader.u8();
  const versionMax = reader.u8();
  const features = reader.u32();
  const identity = IDENTITIES[reader.u8()];
  const addresses = readAddresses(reader, 0);
  while (reader.remaining > 0 && !reader.failed) {
    reader.u8();
    reader.sized(0, 0xffff);
  }
  if (identity === undefined || versionMin === 0 || versionMin > versionMax) return undefined;
  return { type: 'hello', versionMin, versionMax, features, identity, addresses };
}

function writeHello(writer: Writer, hello: WireHello): void {
  assert(hello.versionMin > 0 && hello.versionMin <= hello.versionMax, 'versions are in order');
  writer.u8(hello.versionMin);
  writer.u8(hello.versionMax);
  writer.u32(hello.features);
  writer.u8(IDENTITIES.indexOf(hello.identity));
  writeAddresses(writer, hello.addresses, 0);
}

function readGoodbye(reader: Reader): WireMessage | undefined {
  const reason = GOODBYE_REASONS[reader.u8() - 1];
  return reason && { type: 'goodbye', reason };
}

function readRequest(code: number, reader: Reader): WireRequest | undefined {
  switch (code) {
    case CODE.ping:
      return { type: 'ping' };
    case CODE.findNode:
      return { type: 'find-node', target: reader.take(20) };
    case CODE.findValue:
      return { type: 'find-value', key: reader.take(32) };
    case CODE.store:
      return { type: 'store', record: readRecord(reader) };
    case CODE.leave:
      return { type: 'leave' };
    default:
      return undefined;
  }
}

function readReply(code: number, reader: Reader): WireReply | undefined {
  switch (code) {
    case CODE.ok:
      return { type: 'ok' };
    case CODE.peers:
      return { type: 'peers', peers: readPeers(reader) };
    case CODE.value:
      return { type: 'value', record: readRecord(reader) };
    case CODE.refused: {
      const reason = REFUSALS[reader.u8() - 1];
      return reason && { type: 'refused', reason };
    }
    default:
      return undefined;
  }
}

function requestCodeOf(body: WireRequest): number {
  switch (body.type) {
    case 'ping':
    case 'store':
    case 'leave':
      return CODE[body.type];
    case 'find-node':
      return CODE.findNode;
    case 'find-value':
      return CODE.findValue;
    default:
      return assertNever(body);
  }
}

function requestLength(body: WireRequest): number {
  switch (body.type) {
    case 'ping':
    case 'leave':
      return 0;
    case 'find-node':
      return 20;
    case 'find-value':
      return 32;
    case 'store':
      return recordLength(body.record);
    default:
      return assertNever(body);
  }
}

function replyLength(body: WireReply): number {
  switch (body.type) {
    case 'ok':
      return 0;
    case 'peers':
      return peersLength(body.peers);
    case 'value':
      return recordLength(body.record);
    case 'refused':
      return 1;
    default:
      return assertNever(body);
  }
}

function writeRequest(writer: Writer, body: WireRequest): void {
  switch (body.type) {
    case 'ping':
    case 'leave':
      return;
    case 'find-node':
      return writer.fixed(body.target, 20);
    case 'find-value':
      return writer.fixed(body.key, 32);
    case 'store':
      return writeRecord(writer, body.record);
    default:
      return assertNever(body);
  }
}

function writeReply(writer: Writer, body: WireReply): void {
  switch (body.type) {
    case 'ok':
      return;
    case 'peers':
      return writePeers(writer, body.peers);
    case 'value':
      return writeRecord(writer, body.record);
    case 'refused':
      return writer.u8(REFUSALS.indexOf(body.reason) + 1);
    default:
      return assertNever(body);
  }
}

/** An identity mode travels as its place in this list; reasons as their place, counted from 1. */
const IDENTITIES: readonly WireHello['identity'][] = ['certificate', 'address'];
const GOODBYE_REASONS: readonly GoodbyeReason[] = [
  'version',
  'identity',
  'duplicate',
  'idle',
  'stopping',
  'malformed',
];
const REFUSALS: readonly WireRefusal[] = [
  'stale',
  'expired',
  'full',
  'not-stored',
  'leaving',
  'invalid',
];

/** Versions, features and identity mode. */
const HELLO_FIXED_BYTES = 7;
