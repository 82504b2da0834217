/**
 * Turns at something of which only so much goes on at once. Those who wait take turns, however much
 * each of them asks for, and every other turn is for somebody who had nothing waiting (as new flows
 * come first in RFC 8290, FQ-CoDel): who asks for one thing at a time does not wait for one thing
 * of each of a thousand who ask for hundreds.
 *
 * Rule: nobody has more waiting than there is room left for others (dynamic thresholds; Choudhury
 * and Hahne, "Dynamic queue length thresholds for shared-memory packet switches", 1998), but each
 * may have one. Invariant: whoever began is told of as over exactly once.
 */
import { OPERATIONS_AT_ONCE_MAX, OPERATIONS_WAITING_MAX } from './bounds.ts';

export class Turns<Who> {
  readonly #run: (work: () => void) => void;
  readonly #waiting = new Map<Who, (() => void)[]>();
  /** Those who came with nothing waiting, and those who had their turn and have more. */
  readonly #fresh: Who[] = [];
  readonly #others: Who[] = [];
  #othersAreNext = false;
  #count = 0;
  #running = 0;

  /** @param run does work now or soon, in the order of the calls */
  constructor(run: (work: () => void) => void) {
    this.#run = run;
  }

  /** Whether one more of this one's may wait, or begin. */
  hasRoom(who: Who): boolean {
    if (this.#running < OPERATIONS_AT_ONCE_MAX) return true;
    const queue = this.#waiting.get(who);
    return queue === undefined || queue.length < OPERATIONS_WAITING_MAX - this.#count;
  }

  /** @returns false when too much waits already; else `begin` is called when the turn comes */
  ask(who: Who, begin: () => void): boolean {
    if (this.#running < OPERATIONS_AT_ONCE_MAX) {
      this.#running += 1;
      this.#run(begin);
      return true;
    }
    if (!this.hasRoom(who)) return false;
    this.#count += 1;
    const queue = this.#waiting.get(who);
    if (queue !== undefined) {
      queue.push(begin);
      return true;
    }
    this.#waiting.set(who, [begin]);
    this.#fresh.push(who);
    return true;
  }

  /** What began is over: its turn is handed on as it is, or given back. */
  over(): void {
    const next = this.#next();
    if (next === undefined) this.#running -= 1;
    else this.#run(next);
  }

  #next(): (() => void) | undefined {
    const [first, second] = this.#othersAreNext
      ? [this.#others, this.#fresh]
      : [this.#fresh, this.#others];
    this.#othersAreNext = !this.#othersAreNext;
    const who = first.shift() ?? second.shift();
    if (who === undefined) return undefined;
    const queue = this.#waiting.get(who) ?? [];
    const next = queue.shift();
    this.#count -= 1;
    if (queue.length > 0) this.#others.push(who);
    else this.#waiting.delete(who);
    return next;
  }
}
