/**
 * Fields of a round between fellow holders: ranges of keys, sums and tags (`docs/wire.md`, "Rounds
 * of fellow holders").
 *
 * Layout: a range is its bits u8 and a position 20; a sum is its count, high and low word, u32
 * each; tags are a u16 count of bytes, a multiple of 8, and the bytes.
 */
import { POSITION_BITS, TAGS_MAX } from '../limits.ts';
import type { WireRange, WireSum } from '../wire-types.ts';
import type { Reader, Writer } from './bytes.ts';
import { POSITION_BYTES } from './widths.ts';

export const RANGE_BYTES = 1 + POSITION_BYTES;
export const SUM_BYTES = 12;
const TAG_BYTES = 8;
export const TAGS_BYTES_MAX = 2 + TAG_BYTES * TAGS_MAX;

export function readRange(reader: Reader): WireRange {
  const bits = reader.u8();
  if (bits > POSITION_BITS) reader.fail();
  return { bits, from: reader.take(POSITION_BYTES) };
}

export function writeRange(writer: Writer, { bits, from }: WireRange): void {
  writer.u8(bits);
  writer.fixed(from, POSITION_BYTES);
}

export function readSum(reader: Reader): WireSum {
  return { count: reader.u32(), high: reader.u32(), low: reader.u32() };
}

export function writeSum(writer: Writer, { count, high, low }: WireSum): void {
  writer.u32(count);
  writer.u32(high);
  writer.u32(low);
}

export function readTags(reader: Reader): Uint8Array {
  const tags = reader.sized(0, TAG_BYTES * TAGS_MAX);
  if (tags.length % TAG_BYTES !== 0) reader.fail();
  return tags;
}

export function writeTags(writer: Writer, tags: Uint8Array): void {
  writer.sized(tags, 0, TAG_BYTES * TAGS_MAX);
}
