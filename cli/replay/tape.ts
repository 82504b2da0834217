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
import type { Moment } from '../../src/types.ts';

/** What the node was after a step, or what a segment begins with. */
export interface TapePoint {
  /** Of the last step up to here, over all lives; where a life begins, of its first one. */
  readonly number: number;
  readonly moment: Pick<Moment, 'now' | 'wall'>;
  /** How long after the beginning of the recording, in ms. */
  readonly afterMs: number;
  readonly state: NodeState;
  /** That of the segment: another one may know other peers by the same handles. */
  readonly directory: PeerDirectory;
}

export interface TapeStep extends Replayed, TapePoint {
  readonly type: 'step';
  readonly moment: Moment;
}

/** A segment of another life, one before which steps are missing, or one that simply goes on. */
export interface TapeBeginning extends TapePoint {
  readonly type: 'life' | 'gap' | 'segment';
}

export class Tape {
  readonly #files: readonly string[];
  #at: number;
  #replay: Replay;
  /** The number of the last step. */
  #steps: number;
  /** What the numbers of this life's steps are counted from. */
  #offset = 0;
  /** A moment of this life of the node, and how long after the beginning that was, in ms. */
  #since: { readonly now: number; readonly afterMs: number };
  #here: TapeStep | TapeBeginning;
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
    this.#here = this.#beginning('segment', this.#steps);
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

  /** Where the tape is: at its beginning, or at what came last. */
  get here(): TapeStep | TapeBeginning {
    return this.#here;
  }

  get segments(): number {
    return this.#files.length;
  }

  /** Whether the node was stopped in the middle of an entry. */
  get isCut(): boolean {
    return this.#replay.isCut;
  }

  /** The next step, or the beginning of the next segment; nothing at the end. */
  async next(): Promise<TapeStep | TapeBeginning | undefined> {
    const file = this.#files[this.#at];
    if (file === undefined) return undefined;
    const step = this.#nextIn(file);
    if (step !== undefined) return this.#stepped(step);
    const left: string[] = [];
    const next = await firstReadable(this.#files, this.#at + 1, left);
    this.#leaveOut(left);
    this.#at = next?.at ?? this.#files.length;
    if (next === undefined) return undefined;
    const beginning = this.#join(next);
    this.#here = beginning;
    return beginning;
  }

  #stepped(step: Replayed): TapeStep {
    const { state, directory } = this.#replay;
    this.#steps = this.#offset + step.number;
    const afterMs = this.#afterMs(step.moment.now);
    const here: TapeStep = {
      ...step,
      type: 'step',
      number: this.#steps,
      afterMs,
      state,
      directory,
    };
    this.#here = here;
    return here;
  }

  #beginning(type: TapeBeginning['type'], number: number): TapeBeginning {
    const { state, directory, head } = this.#replay;
    const { now, wall } = head;
    return { type, number, moment: { now, wall }, afterMs: this.#afterMs(now), state, directory };
  }

  /** By the clock that ignores how the wall clock is set. */
  #afterMs(now: number): number {
    return this.#since.afterMs + now - this.#since.now;
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

  #join({ replay: next, fault }: Opened): TapeBeginning {
    const before = this.#replay;
    this.#replay = next;
    if (fault !== undefined) this.seams.push(fault);
    const { segment, stepsBefore, startedAt } = next.head;
    if (startedAt !== before.head.startedAt) return this.#beginLife(next.head);
    const missing = this.#offset + stepsBefore - this.#steps;
    this.#steps += missing;
    if (missing !== 0 || segment !== before.head.segment + 1) {
      this.seams.push(`before segment ${segment}: ${missing} steps are missing`);
      return this.#beginning('gap', this.#steps);
    }
    if (!isSameState(before.state, next.state)) {
      this.seams.push(`segment ${segment} begins with another state than was replayed`);
    }
    return this.#beginning('segment', this.#steps);
  }

  #beginLife({ stepsBefore, startedAt, now, wall }: Head): TapeBeginning {
    const last = this.#here;
    this.restarts.push(startedAt);
    // Another process counts from anew: how long there was none only the wall clock says.
    const pauseMs = Math.max(0, wall - last.moment.wall);
    this.#since = { now, afterMs: last.afterMs + pauseMs };
    const first = this.#steps + 1;
    // A real node counts its steps from anew as well; a simulated one goes on.
    if (this.#offset + stepsBefore < this.#steps) this.#offset = this.#steps;
    this.#steps = this.#offset + stepsBefore;
    // The number of the last step is that of the life before, which this is not the end of.
    return this.#beginning('life', Math.max(first, this.#steps));
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
