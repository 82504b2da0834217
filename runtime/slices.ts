/**
 * Work in slices, so that no burst of valid work keeps the event loop: what one kind of work has no
 * time for in this turn of the loop waits in a queue for the next ones, first come, first served.
 *
 * A node has one of these for its peers and one for its clients: neither takes the other's time.
 * Rule: a piece of work is short, and whoever has more asks again, behind the others that wait.
 */
import { SLICE_MS } from './bounds.ts';

export class Slices {
  readonly #works: (() => void)[] = [];
  /** When the first work of this turn began; 0: none has. */
  #begunAt = 0;
  #isScheduled = false;

  /** Does the work now, or when its turn comes. */
  run(work: () => void): void {
    if (this.#works.length === 0 && !this.isOver()) work();
    else this.#works.push(work);
  }

  /** Whether this turn has had its share: then stop, and ask for another. */
  isOver(): boolean {
    const now = performance.now();
    if (this.#begunAt === 0) {
      this.#begunAt = now;
      this.#schedule();
    }
    return now - this.#begunAt >= SLICE_MS;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#begunAt = 0;
      this.#turn();
    });
  }

  #turn(): void {
    // Those that come meanwhile wait for the next turn, even if they ask within their own work.
    let left = this.#works.length;
    while (left > 0 && !this.isOver()) {
      left -= 1;
      this.#works.shift()?.();
    }
    if (this.#works.length > 0) this.#schedule();
  }
}
