/**
 * What comes in on one connection: bytes become messages, which are taken in turns with those of
 * other connections.
 *
 * Rules: a turn ends after so many messages or with its slice (`slices.ts`); while the other side
 * does not take what is there for it, nothing more is read; not much is read ahead of a turn. A
 * message must be whole in time, counted from its first byte and only while it is read. Whoever
 * takes one is told how long it waited, for in a busy node that may be seconds.
 */
import type { Decoded } from '../src/wire-types.ts';
import { FRAME_MS_MAX, MESSAGES_IN_A_ROW, READ_AHEAD_BYTES } from './bounds.ts';
import { monotonicMs } from './clock.ts';
import type { Slices } from './slices.ts';
import { createReader } from './stream.ts';
import type { Decoder, Reader } from './stream.ts';

export interface IntakeOptions<M> {
  readonly decode: Decoder<M>;
  readonly slices: Slices;
  readonly isOpen: () => boolean;
  /** Whether nothing may be taken now; `askForTurn` when that has changed. */
  readonly isBlocked: () => boolean;
  /** Stops reading from the connection, until `onIdle` at the soonest. */
  readonly pause: () => void;
  /** @param waitedMs how long ago it came, for all that is known */
  readonly take: (
    decoded: Exclude<Decoded<M>, { readonly type: 'partial' }>,
    waitedMs: number,
  ) => void;
  /** All whole messages are taken. */
  readonly onIdle: () => void;
  /** A turn is over, for whatever reason. */
  readonly onTurn?: () => void;
}

export class Intake<M> {
  readonly #options: IntakeOptions<M>;
  readonly #reader: Reader<M>;
  /**
   * What was read and is not taken yet, by the count of all bytes up to its end. What comes within
   * a moment is one entry, as old as its first byte: so they are few, however it is cut up.
   */
  readonly #arrivals: { upTo: number; readonly at: number }[] = [];
  #bytes = 0;
  /** What is read now came after this, when reading stopped; 0: it has just come. */
  #pausedAt = 0;
  /** When reading last went on; 0: it has not, or never stopped. */
  #resumedAt = 0;
  /** Since this pause `#readMs` is counted, the time in which we read, and bytes are. */
  #countedFrom = { at: 0, bytes: 0 };
  #readMs = 0;
  /** Whether messages wait for a turn. */
  #queued = false;
  /** When the first byte of an unfinished message came; 0 for none. */
  #messageAt = 0;
  #messages = 0;

  constructor(options: IntakeOptions<M>) {
    this.#options = options;
    this.#reader = createReader(options.decode);
  }

  /** Bytes of memory in which what came and is not taken is kept. */
  get held(): number {
    return this.#reader.held();
  }

  /** How many messages were taken. */
  get messages(): number {
    return this.#messages;
  }

  push(chunk: Uint8Array): void {
    this.#reader.push(chunk);
    this.#bytes += chunk.length;
    this.#noteArrival(monotonicMs());
    this.askForTurn();
  }

  askForTurn(): void {
    if (this.#queued) {
      if (this.#reader.waiting() > READ_AHEAD_BYTES) this.#pause();
      return;
    }
    this.#queued = true;
    this.#options.slices.run(() => {
      this.#queued = false;
      this.#turn();
      this.#options.onTurn?.();
    });
  }

  /** Whether a message that was begun should be whole by now. */
  isLate(now: number): boolean {
    return !this.#queued && this.#messageAt > 0 && now - this.#messageAt > FRAME_MS_MAX;
  }

  #turn(): void {
    const { slices, isOpen, isBlocked, take, onIdle } = this.#options;
    for (let taken = 0; isOpen(); taken += 1) {
      if (isBlocked()) return this.#pause();
      if (taken >= MESSAGES_IN_A_ROW || slices.isOver()) return this.askForTurn();
      const arrivedAt = this.#arrivedAt();
      const decoded = this.#reader.next();
      if (decoded === undefined) {
        if (this.#reader.waiting() === 0) this.#messageAt = 0;
        else if (taken > 0 || this.#messageAt === 0) this.#messageAt = monotonicMs();
        if (this.#pausedAt > 0) this.#resumedAt ||= monotonicMs();
        return onIdle();
      }
      this.#messageAt = 0;
      this.#messages += 1;
      take(decoded, monotonicMs() - arrivedAt);
    }
  }

  /** What is read soon after a pause may have come when that began. */
  #noteArrival(now: number): void {
    if (this.#resumedAt > 0 && now - this.#resumedAt > RESUMED_MS) {
      this.#pausedAt = 0;
      this.#resumedAt = 0;
    }
    const at = this.#pausedAt || now;
    const last = this.#arrivals.at(-1);
    if (last !== undefined && at - last.at < MOMENT_MS) last.upTo = this.#bytes;
    else this.#arrivals.push({ upTo: this.#bytes, at });
  }

  /** When the first byte that is not taken yet was read; now, when all are taken. */
  #arrivedAt(): number {
    const taken = this.#bytes - this.#reader.waiting();
    while ((this.#arrivals[0]?.upTo ?? Infinity) <= taken) this.#arrivals.shift();
    return this.#arrivals[0]?.at ?? monotonicMs();
  }

  #pause(): void {
    // Time in which we do not read is not held against the other side.
    this.#messageAt = 0;
    this.#notePause(monotonicMs());
    this.#options.pause();
  }

  /**
   * Between two pauses not all may be read that came in the first. When so much was read that what
   * the system held at a pause is through, what is left came after that one.
   */
  #notePause(now: number): void {
    if (this.#resumedAt > 0) this.#readMs += now - this.#resumedAt;
    this.#resumedAt = 0;
    const isFirst = this.#pausedAt === 0;
    const read = this.#bytes - this.#countedFrom.bytes;
    if (!isFirst && this.#readMs <= RESUMED_MS && read <= HELD_BYTES_MAX) return;
    this.#pausedAt = isFirst ? now : this.#countedFrom.at;
    this.#countedFrom = { at: now, bytes: this.#bytes };
    this.#readMs = 0;
  }
}

/** What comes within it counts as come at once, in ms. */
const MOMENT_MS = 50;
/** For so long after a pause the system may still hold what came during it, in ms. */
const RESUMED_MS = 1000;
/** What the systems of both sides hold of one connection at most, as Linux is set up. */
const HELD_BYTES_MAX = 10 * 1024 * 1024;
