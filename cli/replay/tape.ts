/**
 * A recording from its first segment to its last as one row of steps. At the seam of two segments
 * the state that was replayed is held against the one that the next segment begins with; where
 * segments are missing between them it simply begins there. A segment whose beginning cannot be
 * read, which a killed node or an earlier version has left, is told and passed over; so is what
 * stands behind a place that is damaged.
 *
 * The numbers of steps go on over all lives of the node.
 */
import type { PeerDirectory } from '../../host/directory.ts';
import type { Head } from '../../host/recording/form.ts';
import { Replay } from '../../host/recording/replay.ts';
import type { Replayed } from '../../host/recording/replay.ts';
import { isSameState } from '../../host/serial/state.ts';
import { SerialFault } from '../../host/serial/words.ts';
import { UsageError } from '../../runtime/failure.ts';
import { readSegment, segmentsOf } from '../../runtime/recording/segments.ts';
import type { NodeState } from '../../src/step.ts';

/** A step, and how long after the beginning of the recording it was, in ms. */
export interface TapeStep extends Replayed {
  readonly afterMs: number;
}

export class Tape {
  readonly #files: readonly string[];
  #at: number;
  #replay: Replay;
  /** The number of the last step. */
  #steps = 0;
  /** What the numbers of this life's steps are counted from. */
  #offset = 0;
  /** A moment of this life of the node, and how long after the beginning that was, in ms. */
  #since: { readonly now: number; readonly afterMs: number };
  /** Of the last step. */
  #last: { readonly wall: number; readonly afterMs: number };
  readonly first: Head;
  /** What does not fit at the seams, is missing or damaged, a line each. */
  readonly seams: string[] = [];
  /** When the node was started anew within the recording, wall clock ms. */
  readonly restarts: number[] = [];

  private constructor(files: readonly string[], { at, replay }: Opened) {
    this.#files = files;
    this.#at = at;
    this.#replay = replay;
    this.#steps = replay.head.stepsBefore;
    this.first = replay.head;
    this.#since = { now: replay.head.now, afterMs: 0 };
    this.#last = { wall: replay.head.wall, afterMs: 0 };
  }

  /** @throws UsageError when there is no recording of this version at the path */
  static async open(path: string): Promise<Tape> {
    const files = await segmentsOf(path);
    const left: string[] = [];
    const first = await firstReadable(files, 0, left);
    if (first === undefined) throw new UsageError(left[0] ?? `${path} has no segments`);
    const tape = new Tape(files, first);
    tape.#leaveOut(left);
    if (first.fault !== undefined) tape.seams.push(first.fault);
    return tape;
  }

  get state(): NodeState {
    return this.#replay.state;
  }

  get directory(): PeerDirectory {
    return this.#replay.directory;
  }

  get segments(): number {
    return this.#files.length;
  }

  /** Whether the node was stopped in the middle of an entry. */
  get isCut(): boolean {
    return this.#replay.isCut;
  }

  /** The next step; nothing at the end. */
  async next(): Promise<TapeStep | undefined> {
    for (;;) {
      const file = this.#files[this.#at];
      if (file === undefined) return undefined;
      const step = this.#nextIn(file);
      if (step !== undefined) {
        this.#steps = this.#offset + step.number;
        return this.#timed(step);
      }
      const left: string[] = [];
      const next = await firstReadable(this.#files, this.#at + 1, left);
      this.#leaveOut(left);
      this.#at = next?.at ?? this.#files.length;
      if (next === undefined) return undefined;
      this.#join(next);
    }
  }

  /** By the clock that ignores how the wall clock is set. */
  #timed(step: Replayed): TapeStep {
    const { now, wall } = step.moment;
    const afterMs = this.#since.afterMs + now - this.#since.now;
    this.#last = { wall, afterMs };
    return { ...step, number: this.#steps, afterMs };
  }

  /** The next step of this segment; nothing at its end, or where it is damaged. */
  #nextIn(file: string): Replayed | undefined {
    try {
      return this.#replay.next();
    } catch (error) {
      if (!(error instanceof SerialFault)) throw error;
      this.seams.push(`${file} is damaged behind step ${this.#steps}: ${error.message}`);
      return undefined;
    }
  }

  #leaveOut(faults: readonly string[]): void {
    for (const fault of faults) this.seams.push(`left out: ${fault}`);
  }

  #join({ replay: next, fault }: Opened): void {
    const before = this.#replay;
    this.#replay = next;
    if (fault !== undefined) this.seams.push(fault);
    const { segment, stepsBefore, startedAt, now, wall } = next.head;
    const missing = this.#offset + stepsBefore - this.#steps;
    if (startedAt !== before.head.startedAt) {
      this.restarts.push(startedAt);
      // Another process counts from anew: how long there was none only the wall clock says.
      const pauseMs = Math.max(0, wall - this.#last.wall);
      this.#since = { now, afterMs: this.#last.afterMs + pauseMs };
      // So does a real node with its steps; a simulated one goes on.
      if (missing < 0) this.#offset = this.#steps;
    } else if (missing !== 0 || segment !== before.head.segment + 1) {
      this.seams.push(`before segment ${segment}: ${missing} steps are missing`);
    } else if (!isSameState(before.state, next.state)) {
      this.seams.push(`segment ${segment} begins with another state than was replayed`);
    }
    this.#steps = this.#offset + stepsBefore;
  }
}

interface Opened {
  readonly at: number;
  readonly replay: Replay;
  /** That its file is damaged somewhere. */
  readonly fault: string | undefined;
}

/** @param faults is given what is wrong with those before it, a line each */
async function firstReadable(
  files: readonly string[],
  from: number,
  faults: string[],
): Promise<Opened | undefined> {
  for (const [index, file] of files.slice(from).entries()) {
    try {
      const { words, fault } = await readSegment(file);
      return { at: from + index, replay: new Replay(words), fault };
    } catch (error) {
      if (error instanceof SerialFault) faults.push(`${file}: ${error.message}`);
      else if (error instanceof UsageError) faults.push(error.message);
      else throw error;
    }
  }
  return undefined;
}
