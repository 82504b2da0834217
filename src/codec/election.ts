/**
 * Fields of an election (`docs/wire.md`, "Election"): lists of voters, and what voters say.
 *
 * Layout: a term is a u64; a list of voters is its version u32, a u8 count and so many ids of 32
 * bytes each, then a u8 count of bytes and so many, the authority's signature: 64, or none where
 * the list stands in the settings of every node.
 */
import { assert } from '../assert.ts';
import { VOTERS_MAX } from '../limits.ts';
import type { WireReply, WireRequest, WireVoters } from '../wire-types.ts';
import type { Reader, Writer } from './bytes.ts';
import { ID_BYTES, SIGNATURE_BYTES } from './widths.ts';

type ElectionRequest = Extract<WireRequest, { type: 'vote' | 'heartbeat' | 'resign' }>;
type Term = Extract<WireReply, { type: 'term' }>;

const TERM_BYTES = 8;
const VOTERS_HEAD_BYTES = 4 + 1 + 1;
/** A term, a version, a yes or no: what a candidate asks and a voter answers. */
export const VOTE_BYTES = TERM_BYTES + 4 + 1;
export const HEARTBEAT_BYTES_MIN = TERM_BYTES + VOTERS_HEAD_BYTES + ID_BYTES;
/** A list of voters at most. */
export const VOTERS_BYTES_MAX = VOTERS_HEAD_BYTES + VOTERS_MAX * ID_BYTES + SIGNATURE_BYTES;
export const HEARTBEAT_BYTES_MAX = TERM_BYTES + VOTERS_BYTES_MAX;
export const RESIGN_BYTES = TERM_BYTES + ID_BYTES;

export function electionLength(body: ElectionRequest): number {
  if (body.type === 'vote') return VOTE_BYTES;
  return body.type === 'resign' ? RESIGN_BYTES : TERM_BYTES + votersLength(body.voters);
}

export function writeElection(writer: Writer, body: ElectionRequest): void {
  writer.u53(body.term);
  switch (body.type) {
    case 'vote':
      writer.u32(body.version);
      return writer.u8(body.isPreVote ? 1 : 0);
    case 'heartbeat':
      return writeVoters(writer, body.voters);
    case 'resign':
      return writer.fixed(body.successor, ID_BYTES);
  }
}

export function readVote(reader: Reader): ElectionRequest {
  return { type: 'vote', term: reader.u53(), version: reader.u32(), isPreVote: readFlag(reader) };
}

export function readHeartbeat(reader: Reader): ElectionRequest {
  return { type: 'heartbeat', term: reader.u53(), voters: readVoters(reader) };
}

export function readResign(reader: Reader): ElectionRequest {
  return { type: 'resign', term: reader.u53(), successor: reader.take(ID_BYTES) };
}

export function writeTerm(writer: Writer, { term, version, ok }: Term): void {
  writer.u53(term);
  writer.u32(version);
  writer.u8(ok ? 1 : 0);
}

export function readTerm(reader: Reader): Term {
  return { type: 'term', term: reader.u53(), version: reader.u32(), ok: readFlag(reader) };
}

export function votersLength({ ids, signature }: WireVoters): number {
  return VOTERS_HEAD_BYTES + ids.length + signature.length;
}

export function writeVoters(writer: Writer, { version, ids, signature }: WireVoters): void {
  writer.u32(version);
  assert(ids.length % ID_BYTES === 0, 'voters are packed ids');
  writer.u8(ids.length / ID_BYTES);
  writer.fixed(ids, ids.length);
  writer.u8(signature.length);
  writer.fixed(signature, signature.length);
}

export function readVoters(reader: Reader): WireVoters {
  const version = reader.u32();
  const count = reader.u8();
  if (count < 1 || count > VOTERS_MAX) reader.fail();
  const ids = reader.take(count * ID_BYTES);
  const length = reader.u8();
  if (length !== 0 && length !== SIGNATURE_BYTES) reader.fail();
  return { version, ids, signature: reader.take(length) };
}

/** One after the other, as views. */
export function idsIn({ ids }: Pick<WireVoters, 'ids'>): readonly Uint8Array[] {
  return Array.from({ length: ids.length / ID_BYTES }, (_, at) =>
    ids.subarray(at * ID_BYTES, (at + 1) * ID_BYTES),
  );
}

export function packIds(ids: readonly Uint8Array[]): Uint8Array {
  const packed = new Uint8Array(ids.length * ID_BYTES);
  ids.forEach((id, at) => {
    packed.set(id, at * ID_BYTES);
  });
  return packed;
}

function readFlag(reader: Reader): boolean {
  const flag = reader.u8();
  if (flag > 1) reader.fail();
  return flag === 1;
}
