/** How long requests took, and how many of them came to nothing, which never passes for fast. */
import { round } from './findings.ts';

export class Latencies {
  readonly #all: number[] = [];
  /** Requests that got no answer, or a wrong one. */
  failed = 0;
  /** PUTs that were answered `busy`. */
  busy = 0;

  add(ms: number): void {
    this.#all.push(ms);
  }

  get count(): number {
    return this.#all.length;
  }

  at(percent: number): number {
    const sorted = this.#all.toSorted((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? 0;
  }

  toString(): string {
    const extra = this.failed + this.busy === 0 ? '' : `, ${this.failed} failed, ${this.busy} busy`;
    const [p50, p99, most] = [this.at(50), this.at(99), this.at(100)].map(round);
    return `p50 ${p50} ms, p99 ${p99} ms, longest ${most} ms (${this.count}${extra})`;
  }
}
