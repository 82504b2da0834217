/**
 * Ranges, sums and tags between their wire form and the core's: unsigned numbers and bytes there,
 * signed words here.
 */
import type { Range, Sum } from '../src/types.ts';
import type { WireRange, WireSum } from '../src/wire-types.ts';
import { bytesOfPosition, positionOf, putWord, wordAt } from './words.ts';

export function rangeOf({ bits, from }: WireRange): Range {
  return { bits, from: positionOf(from) };
}

export function wireRange({ bits, from }: Range): WireRange {
  return { bits, from: bytesOfPosition(from) };
}

export function sumOf({ count, high, low }: WireSum): Sum {
  return { count, high: high | 0, low: low | 0 };
}

export function wireSum({ count, high, low }: Sum): WireSum {
  return { count, high: high >>> 0, low: low >>> 0 };
}

/** The words of some bytes, four to each. */
export function wordsOf(bytes: Uint8Array): readonly number[] {
  return Array.from({ length: bytes.length >>> 2 }, (_, i) => wordAt(bytes, 4 * i));
}

export function bytesOfWords(words: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * words.length);
  words.forEach((word, i) => {
    putWord(bytes, 4 * i, word);
  });
  return bytes;
}
