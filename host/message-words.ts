/**
 * Folds messages and records into a fingerprint, field by field: the half of `fingerprint.ts` that
 * runs for each message sent and received. Unequal data give unequal words; nothing is allocated.
 */
import { assertNever } from '../src/assert.ts';
import type {
  Bits256,
  ElectionBody,
  Introducers,
  Key,
  Message,
  Position,
  Range,
  RecordBody,
  RecordHeader,
  Refusal,
  Request,
  Sum,
  Voters,
} from '../src/types.ts';

/** What takes the words in; `Fingerprint` is the one that there is. */
export interface Print {
  /** A whole number that fits 32 bits. */
  word(x: number): void;
  /** A length, then its items. */
  words(list: readonly number[]): void;
  /** Any finite number. */
  number(x: number): void;
}

/** The kind of the body tells requests from replies. */
export function messageWords(print: Print, message: Message): void {
  print.number(message.call);
  const { body } = message;
  switch (body.type) {
    case 'ping':
    case 'leave':
      return print.word(REQUEST_WORDS[body.type]);
    case 'find-node':
      print.word(REQUEST_WORDS[body.type]);
      return positionWords(print, body.target);
    case 'find-value':
      print.word(REQUEST_WORDS[body.type]);
      return keyWords(print, body.key);
    case 'find-version':
      print.word(REQUEST_WORDS[body.type]);
      return keyWords(print, body.key);
    case 'check':
      print.word(REQUEST_WORDS[body.type]);
      print.word(body.nonce);
      rangeWords(print, body.range);
      return sumWords(print, body.sum);
    case 'compare':
      print.word(REQUEST_WORDS[body.type]);
      rangeWords(print, body.range);
      print.word(body.nonce);
      return print.words(body.tags);
    case 'store':
      print.word(REQUEST_WORDS[body.type]);
      return headerWords(print, body.record);
    case 'relay':
      print.word(REQUEST_WORDS[body.type]);
      headerWords(print, body.record);
      return print.word(body.hops);
    case 'ok':
      return print.word(6);
    case 'peers':
      print.word(7);
      return print.words(body.peers);
    case 'value':
      print.word(8);
      return headerWords(print, body.record);
    case 'version':
      print.word(13);
      headerWords(print, body.record);
      return print.words(body.peers);
    case 'sum':
      print.word(14);
      rangeWords(print, body.range);
      return sumWords(print, body.sum);
    case 'tags':
      print.word(15);
      rangeWords(print, body.range);
      return print.words(body.tags);
    case 'refused':
      print.word(9);
      return print.word(REFUSALS[body.reason]);
    default:
      return electionWords(print, body);
  }
}

function electionWords(print: Print, body: ElectionBody): void {
  switch (body.type) {
    case 'vote':
      print.word(REQUEST_WORDS[body.type]);
      print.number(body.term);
      print.word(body.isPreVote ? 1 : 0);
      return print.number(body.version);
    case 'heartbeat':
      print.word(REQUEST_WORDS[body.type]);
      print.number(body.term);
      return votersWords(print, body.voters);
    case 'resign':
      print.word(REQUEST_WORDS[body.type]);
      print.number(body.term);
      return print.word(body.successor);
    case 'announce':
      print.word(REQUEST_WORDS[body.type]);
      return introducersWords(print, body.introducers);
    case 'introduce':
      return print.word(REQUEST_WORDS[body.type]);
    case 'term':
      print.word(17);
      print.number(body.term);
      print.number(body.version);
      return print.word(body.ok ? 1 : 0);
    case 'introduction':
      print.word(22);
      print.word(body.introducers === undefined ? 0 : 1);
      if (body.introducers !== undefined) introducersWords(print, body.introducers);
      return print.words(body.peers);
    default:
      return assertNever(body);
  }
}

function introducersWords(print: Print, list: Introducers): void {
  print.number(list.term);
  print.number(list.serial);
  print.word(list.leader);
  print.number(list.madeAtMs);
  print.words(list.peers);
}

export function headerWords(print: Print, header: RecordHeader): void {
  bodyWords(print, header);
  bitsWords(print, header.publisher);
  print.number(header.lifeMs);
}

export function bodyWords(print: Print, body: RecordBody): void {
  keyWords(print, body.key);
  print.number(body.version);
  print.number(body.size);
  print.word(body.replication);
  print.number(body.ttlS);
  print.number(body.publishedAtMs);
}

export function keyWords(print: Print, key: Key): void {
  bitsWords(print, key.raw);
  positionWords(print, key.position);
}

export function votersWords(print: Print, { version, peers }: Voters): void {
  print.number(version);
  print.words(peers);
}

function rangeWords(print: Print, range: Range): void {
  print.word(range.bits);
  positionWords(print, range.from);
}

function sumWords(print: Print, sum: Sum): void {
  print.number(sum.count);
  print.word(sum.high);
  print.word(sum.low);
}

export function bitsWords(print: Print, bits: Bits256): void {
  print.word(bits.b0);
  print.word(bits.b1);
  print.word(bits.b2);
  print.word(bits.b3);
  print.word(bits.b4);
  print.word(bits.b5);
  print.word(bits.b6);
  print.word(bits.b7);
}

export function positionWords(print: Print, position: Position): void {
  print.word(position.w0);
  print.word(position.w1);
  print.word(position.w2);
  print.word(position.w3);
  print.word(position.w4);
}

export const REQUEST_WORDS: Readonly<Record<Request['type'], number>> = {
  ping: 1,
  'find-node': 2,
  'find-value': 3,
  store: 4,
  leave: 5,
  'find-version': 10,
  check: 11,
  compare: 12,
  vote: 16,
  heartbeat: 18,
  resign: 19,
  announce: 20,
  introduce: 21,
  relay: 23,
};
const REFUSALS: Readonly<Record<Refusal, number>> = {
  stale: 1,
  expired: 2,
  full: 3,
  'not-stored': 4,
  leaving: 5,
  far: 6,
};
