/**
 * Things that are to happen at instants, on one timer, in the order of their instants; at the same
 * instant in the order in which they were asked for. Timers of Node count whole milliseconds, so
 * each happens half a millisecond early or late.
 */

interface Due {
  readonly at: number;
  readonly act: () => void;
}

export class Delays {
  /** The earliest first. */
  #due: Due[] = [];
  #timer: NodeJS.Timeout | undefined;
  #armedFor = Infinity;

  /** @param at in ms of `performance.now` */
  at(at: number, act: () => void): void {
    let place = this.#due.length;
    while (place > 0 && (this.#due[place - 1]?.at ?? 0) > at) place -= 1;
    this.#due.splice(place, 0, { at, act });
    this.#arm();
  }

  /** Forgets all. */
  end(): void {
    this.#due = [];
    clearTimeout(this.#timer);
  }

  #arm(): void {
    const next = this.#due[0]?.at ?? Infinity;
    if (next >= this.#armedFor) return;
    clearTimeout(this.#timer);
    this.#armedFor = next;
    this.#timer = setTimeout(
      () => {
        this.#armedFor = Infinity;
        this.#happen();
        this.#arm();
      },
      Math.max(0, Math.floor(next - performance.now())),
    );
  }

  #happen(): void {
    const now = performance.now() + EARLY_MS;
    let count = 0;
    while (count < this.#due.length && (this.#due[count]?.at ?? Infinity) <= now) count += 1;
    for (const { act } of this.#due.splice(0, count)) act();
  }
}

const EARLY_MS = 0.5;
