/**
 * Words of a message between nodes: the kind of its body, which also tells requests from replies,
 * the call, then the fields of the body. This is the hot form: workers of one simulation hand each
 * other every message in it. A question for nodes takes 7 words, 20 named peers take 23.
 */

import type { Message, Range, Refusal, Reply, Request, Sum } from '../../src/types.ts';
import { ELECTION_KINDS, readElectionReply, readElectionRequest } from './election-message.ts';
import { writeElectionBody } from './election-message.ts';
import { oneOf } from './forms.ts';
import { readHeader, readKey, readPosition } from './record.ts';
import { writeHeader, writeKey, writePosition } from './record.ts';
import type { Reader, Writer } from './words.ts';

export function writeMessage(out: Writer, message: Message): void {
  const { call, body } = message;
  switch (body.type) {
    case 'ping':
      return writeHead(out, PING, call);
    case 'find-node':
      writeHead(out, FIND_NODE, call);
      return writePosition(out, body.target);
    case 'find-value':
    case 'find-version':
      writeHead(out, body.type === 'find-value' ? FIND_VALUE : FIND_VERSION, call);
      return writeKey(out, body.key);
    case 'check':
      writeHead(out, CHECK, call);
      writeRange(out, body.range);
      out.word(body.nonce);
      return writeSum(out, body.sum);
    case 'compare':
      writeHead(out, COMPARE, call);
      writeRange(out, body.range);
      out.word(body.nonce);
      return out.intList(body.tags);
    case 'store':
      writeHead(out, STORE, call);
      return writeHeader(out, body.record);
    case 'relay':
      writeHead(out, RELAY, call);
      writeHeader(out, body.record);
      return out.word(body.hops);
    case 'leave':
      return writeHead(out, LEAVE, call);
    case 'ok':
      return writeHead(out, OK, call);
    case 'peers':
      writeHead(out, PEERS, call);
      return out.intList(body.peers);
    case 'value':
      writeHead(out, VALUE, call);
      return writeHeader(out, body.record);
    case 'version':
      writeHead(out, VERSION, call);
      writeHeader(out, body.record);
      return out.intList(body.peers);
    case 'sum':
      writeHead(out, SUM, call);
      writeRange(out, body.range);
      return writeSum(out, body.sum);
    case 'tags':
      writeHead(out, TAGS, call);
      writeRange(out, body.range);
      return out.intList(body.tags);
    case 'refused':
      writeHead(out, REFUSED, call);
      return refusals.write(out, body.reason);
    default:
      writeHead(out, ELECTION_KINDS[body.type], call);
      return writeElectionBody(out, body);
  }
}

export function readMessage(input: Reader): Message {
  const kind = input.word();
  const call = input.number();
  const reply = readReply(input, kind);
  if (reply !== undefined) return { type: 'reply', call, body: reply };
  const request = readRequest(input, kind);
  if (request !== undefined) return { type: 'request', call, body: request };
  throw input.fault(`${kind} is no kind of message`);
}

function readRequest(input: Reader, kind: number): Request | undefined {
  switch (kind) {
    case PING:
      return { type: 'ping' };
    case FIND_NODE:
      return { type: 'find-node', target: readPosition(input) };
    case FIND_VALUE:
      return { type: 'find-value', key: readKey(input) };
    case FIND_VERSION:
      return { type: 'find-version', key: readKey(input) };
    case STORE:
      return { type: 'store', record: readHeader(input) };
    case RELAY:
      return { type: 'relay', record: readHeader(input), hops: input.word() };
    case CHECK:
      return {
        type: 'check',
        range: readRange(input),
        nonce: input.word(),
        sum: readSum(input),
      };
    case COMPARE:
      return {
        type: 'compare',
        range: readRange(input),
        nonce: input.word(),
        tags: input.intList(),
      };
    case LEAVE:
      return { type: 'leave' };
    default:
      return readElectionRequest(input, kind);
  }
}

function readReply(input: Reader, kind: number): Reply | undefined {
  switch (kind) {
    case OK:
      return { type: 'ok' };
    case PEERS:
      return { type: 'peers', peers: input.intList() };
    case VALUE:
      return { type: 'value', record: readHeader(input) };
    case VERSION:
      return { type: 'version', record: readHeader(input), peers: input.intList() };
    case SUM:
      return { type: 'sum', range: readRange(input), sum: readSum(input) };
    case TAGS:
      return { type: 'tags', range: readRange(input), tags: input.intList() };
    case REFUSED:
      return { type: 'refused', reason: refusals.read(input) };
    default:
      return readElectionReply(input, kind);
  }
}

export function writeRange(out: Writer, range: Range): void {
  out.word(range.bits);
  writePosition(out, range.from);
}

export function readRange(input: Reader): Range {
  return { bits: input.word(), from: readPosition(input) };
}

function writeSum(out: Writer, sum: Sum): void {
  out.number(sum.count);
  out.word(sum.high);
  out.word(sum.low);
}

function readSum(input: Reader): Sum {
  return { count: input.number(), high: input.word(), low: input.word() };
}

function writeHead(out: Writer, kind: number, call: number): void {
  out.word(kind);
  out.number(call);
}

const PING = 1;
const FIND_NODE = 2;
const FIND_VALUE = 3;
const STORE = 4;
const LEAVE = 5;
const OK = 6;
const PEERS = 7;
const VALUE = 8;
const REFUSED = 9;
const FIND_VERSION = 10;
const CHECK = 11;
const COMPARE = 12;
const VERSION = 13;
const SUM = 14;
const TAGS = 15;
/** Those between belong to elections. */
const RELAY = 23;

/** The kinds of requests alone, for what speaks of a call without its message. */
export const requestKinds = oneOf<Request['type']>({
  ping: PING,
  'find-node': FIND_NODE,
  'find-value': FIND_VALUE,
  store: STORE,
  leave: LEAVE,
  'find-version': FIND_VERSION,
  check: CHECK,
  compare: COMPARE,
  vote: ELECTION_KINDS.vote,
  heartbeat: ELECTION_KINDS.heartbeat,
  resign: ELECTION_KINDS.resign,
  announce: ELECTION_KINDS.announce,
  introduce: ELECTION_KINDS.introduce,
  relay: RELAY,
});

const refusals = oneOf<Refusal>({
  stale: 1,
  expired: 2,
  full: 3,
  'not-stored': 4,
  leaving: 5,
  far: 6,
});
