/**
 * Words of positions, keys and records: the parts that messages, inputs and states share.
 * Fields: `Position`, `Bits256`, `Key`, `RecordHeader`, `KeptRecord` and `Kept`, each in the order
 * in which `src/types.ts` names them.
 */

import type { Bits256, Kept, KeptRecord, Key, Position, RecordHeader } from '../../src/types.ts';
import { readBallot, readVoters, writeBallot, writeVoters } from './election.ts';
import { readList, readOptional, writeList, writeOptional } from './forms.ts';
import type { Reader, Writer } from './words.ts';

export function writePosition(out: Writer, position: Position): void {
  out.word(position.w0);
  out.word(position.w1);
  out.word(position.w2);
  out.word(position.w3);
  out.word(position.w4);
}

export function readPosition(input: Reader): Position {
  return {
    w0: input.word(),
    w1: input.word(),
    w2: input.word(),
    w3: input.word(),
    w4: input.word(),
  };
}

export function writeKey(out: Writer, key: Key): void {
  writeBits(out, key.raw);
  writePosition(out, key.position);
}

export function readKey(input: Reader): Key {
  return { raw: readBits(input), position: readPosition(input) };
}

export function writeHeader(out: Writer, header: RecordHeader): void {
  writeKey(out, header.key);
  out.number(header.version);
  writeBits(out, header.publisher);
  out.number(header.size);
  out.word(header.replication);
  out.number(header.ttlS);
  out.number(header.publishedAtMs);
  out.number(header.lifeMs);
}

export function readHeader(input: Reader): RecordHeader {
  return {
    key: readKey(input),
    version: input.number(),
    publisher: readBits(input),
    size: input.number(),
    replication: input.word(),
    ttlS: input.number(),
    publishedAtMs: input.number(),
    lifeMs: input.number(),
  };
}

export function writeKeptRecord(out: Writer, record: KeptRecord): void {
  writeHeader(out, record.header);
  out.number(record.storedAtMs);
  writeOptional(out, record.from, writeBits);
}

export function readKeptRecord(input: Reader): KeptRecord {
  const header = readHeader(input);
  return { header, storedAtMs: input.number(), from: readOptional(input, readBits) };
}

/** What a host kept of an earlier life of a node. */
export function writeKept(out: Writer, kept: Kept): void {
  writeList(out, kept.records, writeKeptRecord);
  out.intList(kept.peers);
  writeOptional(out, kept.ballot, writeBallot);
  writeOptional(out, kept.voters, writeVoters);
}

export function readKept(input: Reader): Kept {
  return {
    records: readList(input, HEADER_WORDS_MIN + 2, readKeptRecord),
    peers: input.intList(),
    ballot: readOptional(input, readBallot),
    voters: readOptional(input, readVoters),
  };
}

export function writeBits(out: Writer, bits: Bits256): void {
  out.word(bits.b0);
  out.word(bits.b1);
  out.word(bits.b2);
  out.word(bits.b3);
  out.word(bits.b4);
  out.word(bits.b5);
  out.word(bits.b6);
  out.word(bits.b7);
}

export function readBits(input: Reader): Bits256 {
  return {
    b0: input.word(),
    b1: input.word(),
    b2: input.word(),
    b3: input.word(),
    b4: input.word(),
    b5: input.word(),
    b6: input.word(),
    b7: input.word(),
  };
}

/** Words of a record at least: its key, its publisher, and one for each of its numbers. */
export const HEADER_WORDS_MIN = 13 + 8 + 6;
