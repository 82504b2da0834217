/**
 * Words of a message between nodes: the kind of its body, which also tells requests from replies,
 * the call, then the fields of the body. This is the hot form: workers of one simulation hand each
 * other every message in it. A question for nodes takes 7 words, 20 named peers take 23.
 */

import { assertNever } from '../../src/assert.ts';
import type { Message, Refusal, Request } from '../../src/types.ts';
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
      writeHead(out, FIND_VALUE, call);
      return writeKey(out, body.key);
    case 'store':
      writeHead(out, STORE, call);
      return writeHeader(out, body.record);
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
    case 'refused':
      writeHead(out, REFUSED, call);
      return refusals.write(out, body.reason);
    default:
      return assertNever(body);
  }
}

export function readMessage(input: Reader): Message {
  const kind = input.word();
  const call = input.number();
  switch (kind) {
    case PING:
      return { type: 'request', call, body: { type: 'ping' } };
    case FIND_NODE:
      return { type: 'request', call, body: { type: 'find-node', target: readPosition(input) } };
    case FIND_VALUE:
      return { type: 'request', call, body: { type: 'find-value', key: readKey(input) } };
    case STORE:
      return { type: 'request', call, body: { type: 'store', record: readHeader(input) } };
    case LEAVE:
      return { type: 'request', call, body: { type: 'leave' } };
    case OK:
      return { type: 'reply', call, body: { type: 'ok' } };
    case PEERS:
      return { type: 'reply', call, body: { type: 'peers', peers: input.intList() } };
    case VALUE:
      return { type: 'reply', call, body: { type: 'value', record: readHeader(input) } };
    case REFUSED:
      return { type: 'reply', call, body: { type: 'refused', reason: refusals.read(input) } };
    default:
      throw input.fault(`${kind} is no kind of message`);
  }
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

/** The kinds of requests alone, for what speaks of a call without its message. */
export const requestKinds = oneOf<Request['type']>({
  ping: PING,
  'find-node': FIND_NODE,
  'find-value': FIND_VALUE,
  store: STORE,
  leave: LEAVE,
});

const refusals = oneOf<Refusal>({ stale: 1, expired: 2, full: 3, 'not-stored': 4, leaving: 5 });
