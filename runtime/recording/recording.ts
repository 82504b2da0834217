/**
 * Records what the core of a running node is given (docs/debugging.md): a segment after another,
 * each of which begins with all that the core and the directory know, so that any of them can be
 * replayed without the others.
 *
 * Rules: recording is bounded on disk and in memory. When the disk does not keep up, the segment
 * ends and another begins once it does; what is between them is missing, and the log says so. One
 * that cannot be written or kept within its bounds ends. A node goes on whatever becomes of its
 * recording.
 */
import { hash } from 'node:crypto';
import type { PeerDirectory } from '../../host/directory.ts';
import { recordIn, segmentPath } from '../../host/recording/form.ts';
import { Recorder } from '../../host/recording/recorder.ts';
import type { NodeState } from '../../src/step.ts';
import type { Effect, Input } from '../../src/step-types.ts';
import type { Moment, Peer, RecordHeader } from '../../src/types.ts';
import { RECORDING_BEHIND_BYTES, RECORDING_FLUSH_MS, SEGMENT_BYTES } from '../bounds.ts';
import { reasonOf } from '../log.ts';
import type { Log } from '../log.ts';
import { prepareSegments, removeSegment, SegmentFile, trimSegments } from './segments.ts';

export interface RecordingOptions {
  readonly path: string;
  /** Version of the program. */
  readonly version: string;
  /** Bytes on disk of all segments together. */
  readonly bytesMax: number;
  /** Whether the bytes of values are recorded too, not only their SHA-256. */
  readonly values: boolean;
  /** Words in a segment, before they are packed. */
  readonly segmentBytes?: number;
}

/** What a segment has to say of the node. */
export interface Recorded {
  readonly id: string;
  readonly directory: PeerDirectory;
  readonly log: Log;
  /** The bytes that came with a record, while its step lasts. */
  readonly valueOf: (record: RecordHeader) => Uint8Array | undefined;
}

export class Recording {
  readonly #options: RecordingOptions;
  readonly #node: Recorded;
  #open: { readonly recorder: Recorder; readonly file: SegmentFile } | undefined;
  /** Number of the first segment of this life. */
  readonly #first: number;
  #segment: number;
  /** Wall clock ms. */
  #startedAt = 0;
  #steps = 0;
  #hasFailed = false;
  #bytes = 0;
  /** Bytes that wait above which it is behind. */
  #behindAt = RECORDING_BEHIND_BYTES;
  #flusher: NodeJS.Timeout | undefined;
  #ended = false;
  #gaps = 0;
  /** Whether the disk has yet to take what was handed to it. */
  #isBehind = false;
  /** Files that are to be closed and not on disk yet, and what waits for them. */
  readonly #closing = new Set<SegmentFile>();
  #tail: Promise<void> = Promise.resolve();

  private constructor(options: RecordingOptions, node: Recorded, lastSegment: number) {
    this.#first = lastSegment + 1;
    this.#segment = lastSegment;
    this.#options = options;
    this.#node = node;
  }

  /** Goes on behind what an earlier life has left. @throws UsageError when it cannot be written */
  static async open(options: RecordingOptions, node: Recorded): Promise<Recording> {
    return new Recording(options, node, await prepareSegments(options.path));
  }

  /** Nothing more is written, by a fault of the disk or because it was closed. */
  get hasEnded(): boolean {
    return this.#ended;
  }

  /** Stretches that are missing because the disk did not keep up. */
  get gaps(): number {
    return this.#gaps;
  }

  /** A quarter of what may be there, so that some history is kept when the oldest goes. */
  get #segmentBytes(): number {
    const { segmentBytes, bytesMax } = this.#options;
    return segmentBytes ?? Math.min(SEGMENT_BYTES, bytesMax / 4);
  }

  /** The node was created, or made a step: `state` is what it is after that. */
  begin(state: NodeState, moment: Moment): void {
    this.#startedAt = moment.wall;
    this.#beginSegment(state, moment);
    this.#flusher = setInterval(() => {
      this.#flush();
    }, RECORDING_FLUSH_MS);
    this.#flusher.unref();
  }

  step(moment: Moment, input: Input, effects: readonly Effect[], after: NodeState): void {
    if (this.#ended) return;
    this.#steps += 1;
    if (this.#open === undefined) return this.#goOn(after, moment);
    const { recorder } = this.#open;
    this.#recordValue(recorder, input);
    recorder.step(moment, input, effects);
    if (recorder.waiting >= CHUNK_WORDS) this.#hand();
    if (this.#bytes >= this.#segmentBytes) {
      this.#endSegment();
      this.#goOn(after, moment);
    }
  }

  /** A step threw: the input by which it did so is the last of the recording. */
  failed(moment: Moment, input: Input): void {
    this.#hasFailed = true;
    if (this.#open === undefined) return;
    const { recorder } = this.#open;
    this.#recordValue(recorder, input);
    recorder.failed(moment, input);
  }

  place(peer: Peer, place: number): void {
    this.#open?.recorder.place(peer, place);
  }

  async close(): Promise<void> {
    clearInterval(this.#flusher);
    this.#ended = true;
    this.#endSegment();
    await this.#tail;
  }

  /** The node did not start, as when a port is taken: nothing is left, unless a step threw. */
  async discard(): Promise<void> {
    await this.close();
    if (this.#hasFailed || this.#segment > this.#first) return;
    await removeSegment(segmentPath(this.#options.path, this.#first));
  }

  #recordValue(recorder: Recorder, input: Input): void {
    const record = recordIn(input);
    const bytes = record && this.#node.valueOf(record);
    if (bytes === undefined) return;
    const { values } = this.#options;
    const form = values ? 'bytes' : 'sha256';
    recorder.value({ form, bytes: values ? bytes : hash('sha256', bytes, 'buffer') });
  }

  #beginSegment(state: NodeState, { now, wall }: Moment): void {
    const { directory, id } = this.#node;
    const { version } = this.#options;
    this.#segment += 1;
    const head = {
      version,
      startedAt: this.#startedAt,
      id,
      segment: this.#segment,
      stepsBefore: this.#steps,
      now,
      wall,
      config: state.config,
    };
    const path = segmentPath(this.#options.path, this.#segment);
    // Its first file is there already, to see that it can be written.
    const isThere = this.#segment === this.#first;
    const file = new SegmentFile(path, isThere, (error) => {
      if (this.#open?.file === file) this.#open = undefined;
      this.#end(error, 'the recording ends: it cannot be written');
    });
    const recorder = new Recorder(head, state, directory);
    const headBytes = 4 * recorder.waiting;
    // What a segment begins with may be much, and says nothing of whether the disk keeps up.
    this.#behindAt = RECORDING_BEHIND_BYTES + headBytes;
    this.#open = { recorder, file };
    this.#hand();
    // The state that it begins with does not count: a large one would leave no room for steps.
    this.#bytes = 0;
    // The new one grows into the room that is made for it here; packed it takes less.
    const room = headBytes + this.#segmentBytes + 4 * CHUNK_WORDS;
    this.#tail = this.#tail
      .then(() => trimSegments(this.#options.path, this.#options.bytesMax - room))
      .catch((error: unknown) => {
        this.#end(error, 'the recording ends: its oldest segment cannot be removed');
      });
  }

  #end(error: unknown, why: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#endSegment();
    this.#node.log.warn({ path: this.#options.path, reason: reasonOf(error) }, why);
  }

  #endSegment(): void {
    // It may be behind, and then has ended already.
    this.#hand();
    if (this.#open === undefined) return;
    const { file } = this.#open;
    this.#open = undefined;
    this.#closeLater(file);
  }

  #closeLater(file: SegmentFile): void {
    this.#closing.add(file);
    this.#tail = this.#tail
      .then(() => file.close())
      .then(() => {
        this.#closing.delete(file);
      });
  }

  /** Bytes that are not on disk yet, of all segments. */
  get #waiting(): number {
    const files = this.#open === undefined ? [] : [this.#open.file];
    return [...files, ...this.#closing].reduce((sum, file) => sum + file.waiting, 0);
  }

  /** Nothing is recorded for the moment: begins again when what was handed on is written. */
  #goOn(state: NodeState, moment: Moment): void {
    if (!this.#isBehind) this.#beginSegment(state, moment);
  }

  #hand(): void {
    if (this.#open === undefined) return;
    const { recorder, file } = this.#open;
    const words = recorder.take();
    this.#bytes += words.byteLength;
    file.write(words);
    if (this.#waiting < this.#behindAt) return;
    const { log } = this.#node;
    log.warn({ steps: this.#steps }, 'the recording is behind: it goes on when the disk keeps up');
    this.#open = undefined;
    this.#isBehind = true;
    this.#gaps += 1;
    this.#closeLater(file);
    this.#tail = this.#tail.then(() => {
      this.#isBehind = false;
    });
  }

  #flush(): void {
    if (this.#open === undefined || this.#open.recorder.waiting === 0) return;
    const { file } = this.#open;
    this.#hand();
    if (!this.#isBehind) file.flush();
  }
}

const CHUNK_WORDS = 8192;
