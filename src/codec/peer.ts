/**
 * The enhanced dialect between peers, ALPN `orrery/1` (normative: `docs/wire.md`).
 *
 * Frame: length u32 (of all that follows), code u16, call u32, body. One code per service function,
 * 660 to 699; 660 and 661 concern the link, of the others even ones ask and odd ones answer, so
 * that a request of a later version, skipped here as `unknown`, can still be refused by its call.
 *
 * Decoding is total and early: length, code, and length for that code are judged as soon as their
 * bytes are there. Accepted frames encode to themselves, but for extensions of a hello, which are
 * skipped. Byte fields of a decoded message are views: the caller copies what it keeps. Decoding
 * allocates at most twice the bytes it was given and 1 KiB (`property-tests/deep/allocation.ts`).
 */
import { assert } from '../assert.ts';
import { FRAME_BYTES_MAX, HELLO_BYTES_MAX } from '../limits.ts';
import type { Decoded, WireMessage } from '../wire-types.ts';
import { PEERS_BYTES_MAX } from './address.ts';
import { bodyLength, HOPS_BYTES, readBody, writeBody } from './body.ts';
import { Reader, Writer } from './bytes.ts';
import { CODE, codeOf } from './codes.ts';
import { HEARTBEAT_BYTES_MAX, HEARTBEAT_BYTES_MIN, RESIGN_BYTES } from './election.ts';
import { VOTE_BYTES } from './election.ts';
import { INTRODUCERS_BYTES_MAX, INTRODUCERS_BYTES_MIN } from './introducers.ts';
import { HEADER_BYTES_MAX, HEADER_BYTES_MIN } from './record.ts';
import { RECORD_BYTES_MAX, RECORD_BYTES_MIN } from './record.ts';
import { RANGE_BYTES, SUM_BYTES, TAGS_BYTES_MAX } from './round.ts';

/** What the bytes from `from` up to `to` begin with. */
export function decodePeer(buffer: Uint8Array, from: number, to: number): Decoded<WireMessage> {
  assert(from >= 0 && from <= to && to <= buffer.length, 'a window lies within its buffer');
  const available = to - from;
  const reader = new Reader(buffer, from, to);
  if (available < LENGTH_BYTES) return { type: 'partial', bytes: LENGTH_BYTES - available };
  const length = reader.u32();
  if (length < FRAME_HEADER_BYTES || length > FRAME_BYTES_MAX - LENGTH_BYTES) {
    return malformed(`length ${length} cannot be that of a frame`);
  }
  if (available < CODE_END) return { type: 'partial', bytes: CODE_END - available };
  const code = reader.u16();
  const fault = faultOf(code, length - FRAME_HEADER_BYTES);
  if (fault !== undefined) return malformed(fault);
  const bytes = LENGTH_BYTES + length;
  if (available < bytes) return { type: 'partial', bytes: bytes - available };
  const call = reader.u32();
  reader.endAt(from + bytes);
  return boundsOf(code) === undefined
    ? unknown(code, call, bytes)
    : decodeBody(code, call, reader, bytes);
}

/** @throws Error when a field is out of its bounds: a bug of the caller */
export function encodePeer(message: WireMessage): Uint8Array {
  const length = FRAME_HEADER_BYTES + bodyLength(message);
  assert(length <= FRAME_BYTES_MAX - LENGTH_BYTES, 'a frame is within its bound');
  const writer = new Writer(LENGTH_BYTES + length);
  writer.u32(length);
  writer.u16(codeOf(message));
  writer.u32('call' in message ? message.call : 0);
  writeBody(writer, message);
  return writer.finish();
}

function decodeBody(
  code: number,
  call: number,
  reader: Reader,
  bytes: number,
): Decoded<WireMessage> {
  const message = readBody(code, call, reader);
  if (message === undefined || reader.failed) {
    return malformed(`a field of the frame with code ${code} is out of its range`);
  }
  if (reader.remaining > 0) {
    return malformed(`${reader.remaining} bytes too many in the frame with code ${code}`);
  }
  return { type: 'message', message, bytes };
}

/** Only a request can be answered, so only a request shows its call. */
function unknown(code: number, call: number, bytes: number): Decoded<never> {
  return code % 2 === 0 ? { type: 'unknown', code, bytes, call } : { type: 'unknown', code, bytes };
}

function faultOf(code: number, bodyBytes: number): string | undefined {
  if (code < CODE_MIN || code > CODE_MAX) return `code ${code} is none of this dialect`;
  const bounds = boundsOf(code);
  if (bounds === undefined || (bodyBytes >= bounds[0] && bodyBytes <= bounds[1])) return undefined;
  return `a body of ${bodyBytes} bytes cannot be that of a frame with code ${code}`;
}

/** Least and greatest length of a body; `undefined` for a code without a meaning so far. */
function boundsOf(code: number): readonly [number, number] | undefined {
  switch (code) {
    case CODE.hello:
      return HELLO_BOUNDS;
    case CODE.goodbye:
    case CODE.refused:
      return REASON_BOUNDS;
    case CODE.ping:
    case CODE.ok:
    case CODE.leave:
    case CODE.introduce:
      return EMPTY_BOUNDS;
    case CODE.findNode:
      return POSITION_BOUNDS;
    case CODE.findValue:
    case CODE.findVersion:
      return KEY_BOUNDS;
    case CODE.peers:
      return PEERS_BOUNDS;
    case CODE.store:
    case CODE.value:
      return RECORD_BOUNDS;
    case CODE.relay:
      return RELAY_BOUNDS;
    case CODE.version:
      return VERSION_BOUNDS;
    case CODE.check:
      return CHECK_BOUNDS;
    case CODE.sum:
      return SUM_BOUNDS;
    case CODE.compare:
      return COMPARE_BOUNDS;
    case CODE.tags:
      return TAGS_BOUNDS;
    case CODE.vote:
    case CODE.term:
      return VOTE_BOUNDS;
    case CODE.heartbeat:
      return HEARTBEAT_BOUNDS;
    case CODE.resign:
      return RESIGN_BOUNDS;
    case CODE.announce:
      return ANNOUNCE_BOUNDS;
    case CODE.introduction:
      return INTRODUCTION_BOUNDS;
    default:
      return undefined;
  }
}

function malformed(reason: string): Decoded<never> {
  return { type: 'malformed', reason };
}

const LENGTH_BYTES = 4;
/** Code and call, which the length counts. */
const FRAME_HEADER_BYTES = 6;
const CODE_END = LENGTH_BYTES + 2;
const CODE_MIN = 660;
const CODE_MAX = 699;

const HELLO_BOUNDS = [8, HELLO_BYTES_MAX - FRAME_HEADER_BYTES] as const;
const REASON_BOUNDS = [1, 1] as const;
const EMPTY_BOUNDS = [0, 0] as const;
const POSITION_BOUNDS = [20, 20] as const;
const KEY_BOUNDS = [32, 32] as const;
const PEERS_BOUNDS = [1, PEERS_BYTES_MAX] as const;
const RECORD_BOUNDS = [RECORD_BYTES_MIN, RECORD_BYTES_MAX] as const;
const RELAY_BOUNDS = [HOPS_BYTES + RECORD_BYTES_MIN, HOPS_BYTES + RECORD_BYTES_MAX] as const;
const VERSION_BOUNDS = [HEADER_BYTES_MIN + 1, HEADER_BYTES_MAX + PEERS_BYTES_MAX] as const;
const CHECK_BYTES = RANGE_BYTES + 4 + SUM_BYTES;
const CHECK_BOUNDS = [CHECK_BYTES, CHECK_BYTES] as const;
const SUM_BOUNDS = [RANGE_BYTES + SUM_BYTES, RANGE_BYTES + SUM_BYTES] as const;
const COMPARE_BOUNDS = [RANGE_BYTES + 4 + 2, RANGE_BYTES + 4 + TAGS_BYTES_MAX] as const;
const TAGS_BOUNDS = [RANGE_BYTES + 2, RANGE_BYTES + TAGS_BYTES_MAX] as const;
const VOTE_BOUNDS = [VOTE_BYTES, VOTE_BYTES] as const;
const HEARTBEAT_BOUNDS = [HEARTBEAT_BYTES_MIN, HEARTBEAT_BYTES_MAX] as const;
const RESIGN_BOUNDS = [RESIGN_BYTES, RESIGN_BYTES] as const;
const ANNOUNCE_BOUNDS = [INTRODUCERS_BYTES_MIN, INTRODUCERS_BYTES_MAX] as const;
const INTRODUCTION_BOUNDS = [2, 1 + INTRODUCERS_BYTES_MAX + PEERS_BYTES_MAX] as const;
