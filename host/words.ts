/**
 * Bytes to words and back: what travels is big-endian bytes; what the core compares is signed
 * 32-bit words, most significant first, because V8 keeps such numbers as small integers.
 *
 * A node id or a hash has 32 bytes; its position is its last 20. Wrong lengths are bugs of ours,
 * because the codecs let no other length in: they throw.
 */
import { assert } from '../src/assert.ts';
import { ID_WORDS, POSITION_WORD } from '../src/limits.ts';
import type { Bits256, Position } from '../src/types.ts';

export const ID_BYTES = ID_WORDS * 4;
const POSITION_BYTES = ID_BYTES - POSITION_WORD * 4;

/** The signed word at byte `at`; bytes past the end count as 0. */
export function wordAt(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) << 24) |
    ((bytes[at + 1] ?? 0) << 16) |
    ((bytes[at + 2] ?? 0) << 8) |
    (bytes[at + 3] ?? 0)
  );
}

/** Writes one word, big-endian. */
export function putWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word >>> 24;
  bytes[at + 1] = word >>> 16;
  bytes[at + 2] = word >>> 8;
  bytes[at + 3] = word;
}

export function bits256Of(bytes: Uint8Array): Bits256 {
  assert(bytes.length === ID_BYTES, 'an id, a raw key and a hash have 32 bytes');
  return {
    b0: wordAt(bytes, 0),
    b1: wordAt(bytes, 4),
    b2: wordAt(bytes, 8),
    b3: wordAt(bytes, 12),
    b4: wordAt(bytes, 16),
    b5: wordAt(bytes, 20),
    b6: wordAt(bytes, 24),
    b7: wordAt(bytes, 28),
  };
}

export function bytesOfBits256(bits: Bits256): Uint8Array {
  const bytes = new Uint8Array(ID_BYTES);
  putWord(bytes, 0, bits.b0);
  putWord(bytes, 4, bits.b1);
  putWord(bytes, 8, bits.b2);
  putWord(bytes, 12, bits.b3);
  putWord(bytes, 16, bits.b4);
  putWord(bytes, 20, bits.b5);
  putWord(bytes, 24, bits.b6);
  putWord(bytes, 28, bits.b7);
  return bytes;
}

/** The position of an id or of a hash: its last 160 bits. */
export function positionOfId(bytes: Uint8Array): Position {
  assert(bytes.length === ID_BYTES, 'an id, a raw key and a hash have 32 bytes');
  return positionAt(bytes, ID_BYTES - POSITION_BYTES);
}

/** A position that travels as such. */
export function positionOf(bytes: Uint8Array): Position {
  assert(bytes.length === POSITION_BYTES, 'a position has 20 bytes');
  return positionAt(bytes, 0);
}

export function bytesOfPosition(position: Position): Uint8Array {
  const bytes = new Uint8Array(POSITION_BYTES);
  putWord(bytes, 0, position.w0);
  putWord(bytes, 4, position.w1);
  putWord(bytes, 8, position.w2);
  putWord(bytes, 12, position.w3);
  putWord(bytes, 16, position.w4);
  return bytes;
}

/** Lower-case hex, for logs, names and the command line. */
export function hexOf(bytes: Uint8Array): string {
  let hex = '';
  for (const byte of bytes) hex += (byte + 0x100).toString(16).slice(1);
  return hex;
}

function positionAt(bytes: Uint8Array, at: number): Position {
  return {
    w0: wordAt(bytes, at),
    w1: wordAt(bytes, at + 4),
    w2: wordAt(bytes, at + 8),
    w3: wordAt(bytes, at + 12),
    w4: wordAt(bytes, at + 16),
  };
}
