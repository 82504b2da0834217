/**
 * How long this process stood still: stopped by a signal, without a processor, or busy with one
 * thing. What is read after that may have waited in the system's buffers all the while, but the
 * remaining life that a record carries was counted when it was sent. So it is shortened by the
 * whole pause, for some time after it; a record may end early by that, and never late.
 *
 * A timer tells: one that comes late was held up. What is read before the late timer has run is
 * judged by the time since the last one.
 */
import { PAUSE_AFTERMATH_MS, PAUSE_MS_MIN, PAUSE_TICK_MS } from './bounds.ts';
import { monotonicMs } from './clock.ts';

export class Pauses {
  readonly #timer: NodeJS.Timeout;
  #tickedAt = monotonicMs();
  #pauseMs = 0;
  #until = 0;

  constructor() {
    this.#timer = setInterval(() => {
      this.#look();
      this.#tickedAt = monotonicMs();
    }, PAUSE_TICK_MS);
    this.#timer.unref();
  }

  /** How much older what is read now may be than it says, in ms. */
  lateMs(): number {
    this.#look();
    return monotonicMs() < this.#until ? this.#pauseMs : 0;
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = monotonicMs();
    const pauseMs = now - this.#tickedAt - PAUSE_TICK_MS;
    if (pauseMs < PAUSE_MS_MIN) return;
    this.#pauseMs = now < this.#until ? Math.max(this.#pauseMs, pauseMs) : pauseMs;
    this.#until = now + PAUSE_AFTERMATH_MS;
  }
}
