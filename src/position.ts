/**
 * Points of the key space and the XOR metric between them (Kademlia, section 2.1).
 *
 * Words are signed 32-bit numbers. Two of them compare as unsigned when the sign bit of both is
 * flipped, so a *distance word* here is `(a ^ b) ^ SIGN`: it orders correctly with `<` and never
 * leaves the range of small integers. Bits count from the most significant one, bit 0.
 */

import { ID_WORDS, POSITION_BITS, POSITION_WORD } from './limits.ts';
import type { Bits256, Directory, Peer, Position } from './types.ts';

/** Flips the order of signed words into that of unsigned ones. */
export const SIGN = 0x80000000 | 0;

/** Word `index` (0 to 4) of a peer's position. */
export function peerWord(directory: Directory, peer: Peer, index: number): number {
  return directory.words[peer * ID_WORDS + POSITION_WORD + index] ?? 0;
}

export function positionOf(directory: Directory, peer: Peer): Position {
  const { words } = directory;
  const at = peer * ID_WORDS + POSITION_WORD;
  return {
    w0: words[at] ?? 0,
    w1: words[at + 1] ?? 0,
    w2: words[at + 2] ?? 0,
    w3: words[at + 3] ?? 0,
    w4: words[at + 4] ?? 0,
  };
}

/** The peer's whole 256-bit id. */
export function idOf(directory: Directory, peer: Peer): Bits256 {
  const { words } = directory;
  const at = peer * ID_WORDS;
  return {
    b0: words[at] ?? 0,
    b1: words[at + 1] ?? 0,
    b2: words[at + 2] ?? 0,
    b3: words[at + 3] ?? 0,
    b4: words[at + 4] ?? 0,
    b5: words[at + 5] ?? 0,
    b6: words[at + 6] ?? 0,
    b7: words[at + 7] ?? 0,
  };
}

/** The leading bits that two positions share: 0 to 160. */
export function sharedBits(a: Position, b: Position): number {
  let x = a.w0 ^ b.w0;
  if (x !== 0) return Math.clz32(x);
  x = a.w1 ^ b.w1;
  if (x !== 0) return 32 + Math.clz32(x);
  x = a.w2 ^ b.w2;
  if (x !== 0) return 64 + Math.clz32(x);
  x = a.w3 ^ b.w3;
  if (x !== 0) return 96 + Math.clz32(x);
  x = a.w4 ^ b.w4;
  return x === 0 ? POSITION_BITS : 128 + Math.clz32(x);
}

/** The leading bits that a peer's position shares with another's: 0 to 160. */
export function sharedBitsOfPeers(directory: Directory, a: Peer, b: Peer): number {
  const { words } = directory;
  const atA = a * ID_WORDS + POSITION_WORD;
  const atB = b * ID_WORDS + POSITION_WORD;
  for (let i = 0; i < 5; i++) {
    const x = (words[atA + i] ?? 0) ^ (words[atB + i] ?? 0);
    if (x !== 0) return 32 * i + Math.clz32(x);
  }
  return POSITION_BITS;
}

/** Bit `index` of a position, 0 or 1. */
export function bitAt(position: Position, index: number): number {
  return (wordAt(position, index >>> 5) >>> (31 - (index & 31))) & 1;
}

function wordAt(position: Position, index: number): number {
  if (index === 0) return position.w0;
  if (index === 1) return position.w1;
  if (index === 2) return position.w2;
  return index === 3 ? position.w3 : position.w4;
}

/** @returns below 0 when `a` is nearer to the target than `b`, above 0 when farther */
export function compareDistance(directory: Directory, target: Position, a: Peer, b: Peer): number {
  const { words } = directory;
  const atA = a * ID_WORDS + POSITION_WORD;
  const atB = b * ID_WORDS + POSITION_WORD;
  for (let i = 0; i < 5; i++) {
    const t = wordAt(target, i);
    const x = ((words[atA + i] ?? 0) ^ t ^ SIGN) | 0;
    const y = ((words[atB + i] ?? 0) ^ t ^ SIGN) | 0;
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

/** Orders 256-bit values as unsigned big-endian numbers. */
export function compareBits(a: Bits256, b: Bits256): number {
  return (
    order(a.b0, b.b0) ||
    order(a.b1, b.b1) ||
    order(a.b2, b.b2) ||
    order(a.b3, b.b3) ||
    order(a.b4, b.b4) ||
    order(a.b5, b.b5) ||
    order(a.b6, b.b6) ||
    order(a.b7, b.b7)
  );
}

export function comparePositions(a: Position, b: Position): number {
  return (
    order(a.w0, b.w0) ||
    order(a.w1, b.w1) ||
    order(a.w2, b.w2) ||
    order(a.w3, b.w3) ||
    order(a.w4, b.w4)
  );
}

function order(a: number, b: number): number {
  if (a === b) return 0;
  return (a ^ SIGN) < (b ^ SIGN) ? -1 : 1;
}
