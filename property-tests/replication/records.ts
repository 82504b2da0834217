/**
 * Keys by their number, anywhere on the ring, and records as their publishers sign them: who they
 * are is in the first word of the publisher's id.
 */
import { mix } from '../../sim/streams.ts';
import type { Bits256, Key, Peer, RecordBody, RecordHeader } from '../../src/types.ts';

export function numberedKey(seed: number, at: number): Key {
  const w = (word: number): number => mix(seed, 1_000_000 + at, word);
  const position = { w0: w(0), w1: w(1), w2: w(2), w3: w(3), w4: w(4) };
  return { raw: { ...NO_BITS, b7: at }, position };
}

export function signedBy(peer: Peer, body: RecordBody): RecordHeader {
  return { ...body, publisher: { ...NO_BITS, b0: peer }, lifeMs: 1000 * body.ttlS };
}

const NO_BITS: Bits256 = { b0: 0, b1: 0, b2: 0, b3: 0, b4: 0, b5: 0, b6: 0, b7: 0 };
