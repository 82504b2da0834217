/**
 * The bodies of the enhanced dialect, one case per service function: its length, its reading and
 * its writing. `peer.ts` frames them; the layouts are described in `docs/wire.md`.
 */
import { assertNever } from '../assert.ts';
import type { WireMessage, WireRefusal, WireReply, WireRequest } from '../wire-types.ts';
import { readPeers, writePeers } from './address.ts';
import type { Reader, Writer } from './bytes.ts';
import { CODE } from './codes.ts';
import { electionLength, readHeartbeat, readResign, readTerm } from './election.ts';
import { readVote, VOTE_BYTES, writeElection, writeTerm } from './election.ts';
import { helloLength, readGoodbye, readHello, writeGoodbye, writeHello } from './greeting.ts';
import { introducersLength, introductionLength, readIntroducers } from './introducers.ts';
import { readIntroduction, writeIntroducers, writeIntroduction } from './introducers.ts';
import { headerLength, readHeader, readRecord } from './record.ts';
import { recordLength, writeHeader, writeRecord } from './record.ts';
import { RANGE_BYTES, readRange, readSum, readTags, SUM_BYTES } from './round.ts';
import { writeRange, writeSum, writeTags } from './round.ts';
import { KEY_BYTES, POSITION_BYTES } from './widths.ts';

export function bodyLength(message: WireMessage): number {
  switch (message.type) {
    case 'hello':
      return helloLength(message);
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
      return writeGoodbye(writer, message);
    case 'request':
      return writeRequest(writer, message.body);
    case 'reply':
      return writeReply(writer, message.body);
    default:
      return assertNever(message);
  }
}

function readRequest(code: number, reader: Reader): WireRequest | undefined {
  switch (code) {
    case CODE.ping:
      return { type: 'ping' };
    case CODE.findNode:
      return { type: 'find-node', target: reader.take(POSITION_BYTES) };
    case CODE.findValue:
      return { type: 'find-value', key: reader.take(KEY_BYTES) };
    case CODE.store:
      return { type: 'store', record: readRecord(reader) };
    case CODE.relay:
      return { type: 'relay', hops: reader.u8(), record: readRecord(reader) };
    case CODE.findVersion:
      return { type: 'find-version', key: reader.take(KEY_BYTES) };
    case CODE.check:
      return {
        type: 'check',
        range: readRange(reader),
        nonce: reader.u32(),
        sum: readSum(reader),
      };
    case CODE.compare:
      return {
        type: 'compare',
        range: readRange(reader),
        nonce: reader.u32(),
        tags: readTags(reader),
      };
    case CODE.leave:
      return { type: 'leave' };
    case CODE.vote:
      return readVote(reader);
    case CODE.heartbeat:
      return readHeartbeat(reader);
    case CODE.resign:
      return readResign(reader);
    case CODE.announce:
      return { type: 'announce', introducers: readIntroducers(reader) };
    case CODE.introduce:
      return { type: 'introduce' };
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
    case CODE.version:
      return { type: 'version', header: readHeader(reader), peers: readPeers(reader) };
    case CODE.sum:
      return { type: 'sum', range: readRange(reader), sum: readSum(reader) };
    case CODE.tags:
      return { type: 'tags', range: readRange(reader), tags: readTags(reader) };
    case CODE.term:
      return readTerm(reader);
    case CODE.introduction:
      return readIntroduction(reader);
    case CODE.refused: {
      const reason = REFUSALS[reader.u8() - 1];
      return reason && { type: 'refused', reason };
    }
    default:
      return undefined;
  }
}

function requestLength(body: WireRequest): number {
  switch (body.type) {
    case 'ping':
    case 'leave':
    case 'introduce':
      return 0;
    case 'find-node':
      return POSITION_BYTES;
    case 'find-value':
    case 'find-version':
      return KEY_BYTES;
    case 'check':
      return RANGE_BYTES + 4 + SUM_BYTES;
    case 'compare':
      return RANGE_BYTES + 4 + 2 + body.tags.length;
    case 'store':
      return recordLength(body.record);
    case 'relay':
      return HOPS_BYTES + recordLength(body.record);
    case 'vote':
    case 'heartbeat':
    case 'resign':
      return electionLength(body);
    case 'announce':
      return introducersLength(body.introducers);
    default:
      return assertNever(body);
  }
}

function replyLength(body: WireReply): number {
  switch (body.type) {
    case 'ok':
      return 0;
    case 'peers':
      return body.peers.length;
    case 'value':
      return recordLength(body.record);
    case 'version':
      return headerLength(body.header) + body.peers.length;
    case 'sum':
      return RANGE_BYTES + SUM_BYTES;
    case 'tags':
      return RANGE_BYTES + 2 + body.tags.length;
    case 'term':
      return VOTE_BYTES;
    case 'introduction':
      return introductionLength(body);
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
    case 'introduce':
      return;
    case 'find-node':
      return writer.fixed(body.target, POSITION_BYTES);
    case 'find-value':
    case 'find-version':
      return writer.fixed(body.key, KEY_BYTES);
    case 'check':
      writeRange(writer, body.range);
      writer.u32(body.nonce);
      return writeSum(writer, body.sum);
    case 'compare':
      writeRange(writer, body.range);
      writer.u32(body.nonce);
      return writeTags(writer, body.tags);
    case 'store':
      return writeRecord(writer, body.record);
    case 'relay':
      writer.u8(body.hops);
      return writeRecord(writer, body.record);
    case 'vote':
    case 'heartbeat':
    case 'resign':
      return writeElection(writer, body);
    case 'announce':
      return writeIntroducers(writer, body.introducers);
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
    case 'version':
      writeHeader(writer, body.header);
      return writePeers(writer, body.peers);
    case 'sum':
      writeRange(writer, body.range);
      return writeSum(writer, body.sum);
    case 'tags':
      writeRange(writer, body.range);
      return writeTags(writer, body.tags);
    case 'term':
      return writeTerm(writer, body);
    case 'introduction':
      return writeIntroduction(writer, body);
    case 'refused':
      return writer.u8(REFUSALS.indexOf(body.reason) + 1);
    default:
      return assertNever(body);
  }
}

/** What a relay has before its record. */
export const HOPS_BYTES = 1;

/** A reason travels as its place in this list, counted from 1. */
const REFUSALS: readonly WireRefusal[] = [
  'stale',
  'expired',
  'full',
  'not-stored',
  'leaving',
  'invalid',
  'far',
];
