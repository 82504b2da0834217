/**
 * The form of a recording: what a node's core was given, as words, so that the core alone can be
 * made to do it all again. A recording is a row of segments, each of which stands by itself:
 *
 *   MAGIC, FORM_VERSION, SERIAL_VERSION
 *   length in bytes and bytes of the head, JSON (`Head`)
 *   directory: count, eight words and a place for each peer
 *   the whole state
 *   entries to the end, each a kind (ROWS, PLACE, VALUE, STEP, FAILED), the number of its words,
 *   and these
 *
 * Rows and places stand before the step that was the first to use them. A step is its moment (time
 * and wall clock as what they have moved on by), its input, and a print of its effects, by which
 * whoever replays it knows whether the core did the same. The core never sees the bytes of a value:
 * they, or only their SHA-256, stand before the step whose input brought their record.
 */
import type { Input } from '../../src/step-types.ts';
import type { Config, RecordHeader } from '../../src/types.ts';
import { SERIAL_VERSION } from '../serial/words.ts';

/** "ORRC". */
const MAGIC = 0x4f525243;
/** Raised whenever the layout of segments changes; the forms of values have their own version. */
const FORM_VERSION = 2;
export const PREFACE = [MAGIC, FORM_VERSION, SERIAL_VERSION] as const;

export const ROWS = 1;
export const PLACE = 2;
export const STEP = 3;
/** A step that threw: its moment and its input, and nothing after it. */
export const FAILED = 4;
export const VALUE = 5;

/** What stands for a value, as far as its host wants it known. */
export interface RecordedValue {
  readonly form: (typeof VALUE_FORMS)[number];
  readonly bytes: Uint8Array;
}

export const VALUE_FORMS = ['bytes', 'sha256'] as const;

export interface Head {
  /** Version of the program that wrote it. */
  readonly version: string;
  /** When this life of the node began, wall clock ms: another life is another recording. */
  readonly startedAt: number;
  /** The node id, in hex. */
  readonly id: string;
  /** Counts from 1; earlier segments may be gone. */
  readonly segment: number;
  /** Steps before this segment: of this life of a real node, of all lives of a simulated one. */
  readonly stepsBefore: number;
  /** The moment of the last step before this segment. */
  readonly now: number;
  readonly wall: number;
  readonly config: Config;
}

/** The record whose bytes came with an input, if any did. */
export function recordIn(input: Input): RecordHeader | undefined {
  if (input.type === 'signed') return input.record;
  if (input.type !== 'message') return undefined;
  const { body } = input.message;
  const { type } = body;
  return type === 'store' || type === 'relay' || type === 'value' ? body.record : undefined;
}

/** The path of a segment of the recording that goes by `path`: its number before the ending. */
export function segmentPath(path: string, segment: number): string {
  const [, ext = ''] = /[^/\\](\.[^./\\]*)$/.exec(path) ?? [];
  const stem = path.slice(0, path.length - ext.length);
  return `${stem}.${String(segment).padStart(4, '0')}${ext}`;
}
