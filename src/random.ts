/**
 * Chance, as far as the core needs it: one entropy word arrives with each step and is expanded
 * here into as many draws as that step wants. A draw is a pure function of (word, index), a
 * 32-bit finaliser after an odd-constant stride, so the same step makes the same draws anywhere.
 * Nothing secret may come from it.
 */

import type { Position } from './types.ts';

/** Draw `index` of a step: a signed 32-bit word. */
export function draw(entropy: number, index: number): number {
  let x = (entropy + Math.imul(index + 1, 0x9e3779b9)) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return x ^ (x >>> 15);
}

/** A whole number from 0 to `bound` - 1; `bound` at most 2^21, so that the product is exact. */
export function below(word: number, bound: number): number {
  return Math.floor(((word >>> 0) * bound) / 4294967296);
}

/** `ms` shortened or lengthened by up to `share` of itself, so that nodes do not keep step. */
export function jitter(word: number, ms: number, share: number): number {
  return Math.max(1, Math.round(ms * (1 - share + (2 * share * (word >>> 0)) / 4294967296)));
}

/** A random position that shares exactly `bits` leading bits with `own` (0 to 159). */
export function positionInBucket(own: Position, bits: number, entropy: number): Position {
  const words = [own.w0, own.w1, own.w2, own.w3, own.w4];
  const at = bits >>> 5;
  const bit = 0x80000000 >>> (bits & 31);
  for (let i = at; i < 5; i++) {
    const random = draw(entropy, i);
    const kept = words[i] ?? 0;
    const below = i === at ? bit - 1 : 0xffffffff;
    const flipped = i === at ? bit : 0;
    words[i] = ((kept ^ flipped) & ~below) | (random & below);
  }
  const [w0 = 0, w1 = 0, w2 = 0, w3 = 0, w4 = 0] = words;
  return { w0, w1, w2, w3, w4 };
}
