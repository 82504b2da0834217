/**
 * The streaming reader (`runtime/stream.ts`) against the decoder: whatever the pieces in which
 * bytes come, the same answers in the same order as from all bytes at once, and nothing kept that
 * is done with.
 */
import { createReader } from '../../runtime/stream.ts';
import type { Decoded } from '../../src/wire-types.ts';
import { same } from '../core/codec-laws.ts';
import type { AnyMessage, Protocol } from '../core/codec-laws.ts';
import type { Chance } from './chance.ts';

type Answer = Exclude<Decoded<AnyMessage>, { readonly type: 'partial' }>;

/** A valid frame in two pieces: nothing after the first, one message after the second. */
export function checkCutStream({ decode }: Protocol, frame: Uint8Array, cut: number): void {
  const reader = createReader(decode);
  // What is pushed belongs to the reader, but it never writes into it.
  reader.push(frame.subarray(0, cut));
  must(reader.next() === undefined && reader.waiting() === cut, 'a cut frame gives nothing');
  reader.push(frame.subarray(cut));
  const answer = reader.next();
  must(answer !== undefined && answer.type !== 'malformed', 'a frame in two pieces is found');
  must(answer.bytes === frame.length && reader.waiting() === 0, 'all of a frame is used up');
  must(reader.next() === undefined, 'a frame is found once');
}

/** Frames of any kind, in pieces of any size. */
export function checkMixedStream(protocol: Protocol, bytes: Uint8Array, chance: Chance): void {
  const expected = atOnce(protocol, bytes);
  const reader = createReader(protocol.decode);
  const found: Answer[] = [];
  const largest = chance.pick([1, 7, 50, 2000]) ?? 1;
  let pushed = 0;
  while (pushed < bytes.length && found.at(-1)?.type !== 'malformed') {
    const size = chance.between(1, largest);
    reader.push(bytes.slice(pushed, pushed + size));
    pushed = Math.min(bytes.length, pushed + size);
    for (let next = reader.next(); next !== undefined; next = reader.next()) found.push(next);
  }
  must(found.length === expected.length, 'as many answers as from all bytes at once');
  let used = 0;
  for (const [index, answer] of found.entries()) {
    must(isSame(protocol, answer, expected[index]), 'the same answers as from all bytes at once');
    if ('bytes' in answer) used += answer.bytes;
  }
  const isOver = found.at(-1)?.type === 'malformed';
  must(reader.waiting() === (isOver ? 0 : pushed - used), 'only what is not done with waits');
}

function atOnce({ decode }: Protocol, bytes: Uint8Array): readonly Answer[] {
  const answers: Answer[] = [];
  let from = 0;
  while (from < bytes.length) {
    const decoded = decode(bytes, from, bytes.length);
    if (decoded.type === 'partial') break;
    answers.push(decoded);
    if (decoded.type === 'malformed') break;
    from += decoded.bytes;
  }
  return answers;
}

function isSame({ encode }: Protocol, a: Answer, b: Answer | undefined): boolean {
  if (a.type === 'message' && b?.type === 'message') {
    return a.bytes === b.bytes && same(encode(a.message), encode(b.message));
  }
  return a.type !== 'message' && JSON.stringify(a) === JSON.stringify(b);
}

function must(holds: boolean, law: string): asserts holds {
  if (!holds) throw new Error(`in a stream: ${law}`);
}
