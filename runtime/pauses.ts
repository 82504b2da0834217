/**
 * How long this process stood still: stopped by a signal, without a processor, or busy with one
 * thing. What is read after that may have waited in the system's buffers all the while, but the
 * remaining life that a record carries was counted when it was sent. So it is shortened by the
 * whole pause, for some time after it; a record may end early by that, and never late.
 *
 * What this process believes of its peers is as old as the pause, too: its links may have ended,
 * and for some seconds silence says nothing of who is there.
 *
 * A timer tells: one that comes late was held up. What is read before the late timer has run is
 * judged by the time since the last one.
 */
import { PAUSE_AFTERMATH_MS, PAUSE_LONG_MS, PAUSE_MS_MIN, PAUSE_TICK_MS } from './bounds.ts';
import { PAUSE_RECOVERY_MS } from './bounds.ts';
import { monotonicMs } from './clock.ts';

export class Pauses {
  readonly #timer: NodeJS.Timeout;
  #tickedAt = monotonicMs();
  #pauseMs = 0;
  #until = 0;
  #recoversUntil = 0;

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

  /** Whether it has lately stood still for long enough that its links may be gone. */
  isRecovering(): boolean {
    this.#look();
    return monotonicMs() < this.#recoversUntil;
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
    if (pauseMs >= PAUSE_LONG_MS) this.#recoversUntil = now + PAUSE_RECOVERY_MS;
  }
}
