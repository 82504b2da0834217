/**
 * What is still to happen, soonest first; of one time in the order in which it was put in. Times
 * are true time in whole µs and never go back.
 */
interface Event {
  readonly at: number;
  readonly order: number;
  readonly happen: () => void;
}

export class Agenda {
  /** Soonest last. */
  readonly #events: Event[] = [];
  #now = 0;
  #order = 0;

  get now(): number {
    return this.#now;
  }

  after(us: number, happen: () => void): void {
    const event = { at: this.#now + Math.ceil(us), order: this.#order++, happen };
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#events[middle];
      if (other !== undefined && other.at > event.at) low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, event);
  }

  /** Nothing happens until a time. */
  rest(until: number): void {
    this.#now = Math.max(this.#now, Math.floor(until));
  }

  /** When the next one is; Infinity: never. */
  get nextAt(): number {
    return this.#events.at(-1)?.at ?? Infinity;
  }

  /** The next one happens. */
  turn(): void {
    const event = this.#events.pop();
    if (event === undefined) return;
    this.#now = event.at;
    event.happen();
  }
}
