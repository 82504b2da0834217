/**
 * The form of a recording: what a node's core was given, as words, so that the core alone can be
 * made to do it all again. A recording is a row of segments, each of which stands by itself:
 *
 *   MAGIC, FORM_VERSION, SERIAL_VERSION
 *   length in bytes and bytes of the head, JSON (`Head`)
 *   directory: count, eight words and a place for each peer
 *   the whole state
 *   entries to the end, each a kind (ROWS, PLACE, STEP, FAILED), the number of its words, and these
 *
 * Rows and places stand before the step that was the first to use them. A step is its moment (time
 * and wall clock as what they have moved on by), its input, and a print of its effects, by which
 * whoever replays it knows whether the core did the same. The bytes of values are not in it: the
 * core never sees them.
 */
import type { Config } from '../../src/types.ts';
import { SERIAL_VERSION } from '../serial/words.ts';

/** "ORRC". */
const MAGIC = 0x4f525243;
/** Raised whenever the layout of segments changes; the forms of values have their own version. */
const FORM_VERSION = 1;
export const PREFACE = [MAGIC, FORM_VERSION, SERIAL_VERSION] as const;

export const ROWS = 1;
export const PLACE = 2;
export const STEP = 3;
/** A step that threw: its moment and its input, and nothing after it. */
export const FAILED = 4;

export interface Head {
  /** Version of the program that wrote it. */
  readonly version: string;
  /** When this life of the node began, wall clock ms: another life is another recording. */
  readonly startedAt: number;
  /** The node id, in hex. */
  readonly id: string;
  /** Counts from 1; earlier segments may be gone. */
  readonly segment: number;
  /** Steps of the node before this segment, since the recording began. */
  readonly stepsBefore: number;
  /** The moment of the last step before this segment. */
  readonly now: number;
  readonly wall: number;
  readonly config: Config;
}
