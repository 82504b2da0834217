/**
 * Messages out of a byte stream, however TCP splits or joins it (docs/wire.md).
 *
 * Pull, not push: `next` gives one message at a time, so its caller can stop in the middle of a
 * chunk when the other side does not take its replies, and go on later.
 *
 * Invariants: at most the bytes that came are kept, and room is made for those and at most 8 KiB
 * more, or half as much again, so an announced length alone costs nothing. Memory that was handed
 * out inside a message is never written again. Cost: of a frame each byte is copied a few times at
 * most, whatever the split.
 */
import type { Decoded } from '../src/wire-types.ts';

export interface Reader<M> {
  /** Adds bytes; the chunk belongs to the reader from here on. */
  readonly push: (chunk: Uint8Array) => void;
  /** The next message or fault; nothing when more bytes are needed first. */
  readonly next: () => Exclude<Decoded<M>, { readonly type: 'partial' }> | undefined;
  /** Bytes that came and are not yet part of a message. */
  readonly waiting: () => number;
  /** Bytes of memory in which those are kept. */
  readonly held: () => number;
}

/** Decodes what begins at `from`, with the bytes up to `to` at hand. */
export type Decoder<M> = (bytes: Uint8Array, from: number, to: number) => Decoded<M>;

export function createReader<M>(decode: Decoder<M>): Reader<M> {
  let bytes: Uint8Array = NOTHING;
  /** The bytes from `start` to `end` wait; those behind `end` are room that we own. */
  let start = 0;
  let end = 0;
  /** More bytes before which decoding again is useless. */
  let needed = 0;

  const push = (given: Uint8Array): void => {
    const chunk = new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
    const waiting = end - start;
    needed = Math.max(0, needed - chunk.length);
    if (waiting === 0) {
      bytes = chunk;
      start = 0;
      end = chunk.length;
      return;
    }
    const total = waiting + chunk.length;
    if (start > 0 || total > bytes.length) {
      const ahead = roomAhead(total, chunk.length, needed);
      const grown = new Uint8Array(total + ahead);
      grown.set(bytes.subarray(start, end));
      bytes = grown;
      start = 0;
      end = waiting;
    }
    bytes.set(chunk, end);
    end = total;
  };

  const next = (): Exclude<Decoded<M>, { readonly type: 'partial' }> | undefined => {
    if (start === end || needed > 0) return undefined;
    const decoded = decode(bytes, start, end);
    if (decoded.type === 'partial') {
      needed = Math.max(1, decoded.bytes);
      return undefined;
    }
    if (decoded.type === 'malformed') {
      start = end;
      return decoded;
    }
    start += decoded.bytes;
    // What was handed out may point into these bytes: they are left to it.
    if (start === end) bytes = NOTHING;
    return decoded;
  };

  const waiting = (): number => end - start;
  return { push, next, waiting, held: () => (waiting() === 0 ? 0 : bytes.length) };
}

/** Room beyond the bytes that are there; of what is mostly there it is all that is missing. */
function roomAhead(total: number, arrived: number, needed: number): number {
  if (needed > 0 && needed <= total / 2) return needed;
  // Large pieces need no room ahead to be copied seldom.
  return arrived >= GROWTH_MAX ? 0 : Math.min(total, GROWTH_MAX, needed > 0 ? needed : GROWTH_MAX);
}

const NOTHING = new Uint8Array(0);
/** Room made ahead of the bytes, at most: a small part of a long frame. */
const GROWTH_MAX = 8 * 1024;
