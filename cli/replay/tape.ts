/**
 * A recording from its first segment to its last as one row of steps. At the seam of two segments
 * the state that was replayed is held against the one that the next segment begins with; where
 * segments are missing between them it simply begins there.
 */
import { isDeepStrictEqual } from 'node:util';
import type { PeerDirectory } from '../../host/directory.ts';
import type { Head } from '../../host/recording/form.ts';
import { Replay } from '../../host/recording/replay.ts';
import type { Replayed } from '../../host/recording/replay.ts';
import { SerialFault } from '../../host/serial/words.ts';
import { UsageError } from '../../runtime/failure.ts';
import { readSegment, segmentsOf } from '../../runtime/recording/segments.ts';
import type { NodeState } from '../../src/step.ts';

export class Tape {
  readonly #files: readonly string[];
  #at = 0;
  #replay: Replay;
  #steps = 0;
  readonly first: Head;
  /** What does not fit at the seams, a line each. */
  readonly seams: string[] = [];
  /** When the node was started anew within the recording, wall clock ms. */
  readonly restarts: number[] = [];

  private constructor(files: readonly string[], replay: Replay) {
    this.#files = files;
    this.#replay = replay;
    this.#steps = replay.head.stepsBefore;
    this.first = replay.head;
  }

  /** @throws UsageError when there is no recording of this version at the path */
  static async open(path: string): Promise<Tape> {
    const files = await segmentsOf(path);
    return new Tape(files, await opened(files[0] ?? path));
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

  /** The next step; nothing at the end. @throws UsageError when a segment is damaged */
  async next(): Promise<Replayed | undefined> {
    for (;;) {
      const step = attempt(this.#files[this.#at] ?? '', () => this.#replay.next());
      if (step !== undefined) {
        this.#steps = step.number;
        return step;
      }
      const file = this.#files[this.#at + 1];
      if (file === undefined) return undefined;
      this.#at += 1;
      this.#join(await opened(file));
    }
  }

  #join(next: Replay): void {
    const before = this.#replay;
    const steps = this.#steps;
    this.#replay = next;
    const { segment, stepsBefore, startedAt } = next.head;
    this.#steps = stepsBefore;
    if (startedAt !== before.head.startedAt) {
      this.restarts.push(startedAt);
    } else if (stepsBefore !== steps || segment !== before.head.segment + 1) {
      const missing = stepsBefore - steps;
      this.seams.push(`before segment ${segment}: ${missing} steps were not recorded`);
    } else if (!isDeepStrictEqual(before.state, next.state)) {
      this.seams.push(`segment ${segment} begins with another state than was replayed`);
    }
  }
}

async function opened(file: string): Promise<Replay> {
  const words = await readSegment(file);
  return attempt(file, () => new Replay(words));
}

/** @throws UsageError that names the file when its words cannot be */
function attempt<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof SerialFault) throw new UsageError(`${file}: ${error.message}`);
    throw error;
  }
}
