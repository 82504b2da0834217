/**
 * The operations of clients in the last minute: how many ended in each second, and how long they
 * took. The histogram of the metrics has a few wide buckets; the times themselves are kept here.
 *
 * Invariant: memory is fixed. Counts are of all, percentiles of the last `RECENT_MAX` of a kind.
 */
import { RECENT_MAX } from '../bounds.ts';

export interface RecentSeen {
  /** Ended in each of the last whole seconds, the oldest first. */
  readonly bySecond: readonly number[];
  /** Of these, how many failed. */
  readonly failed: number;
  /** In ms, to a hundredth; nothing where there was none. */
  readonly p50: number | undefined;
  readonly p95: number | undefined;
  readonly p99: number | undefined;
}

export class Recent {
  readonly #second = new Float64Array(SECONDS + 1).fill(-1);
  readonly #ended = new Uint32Array(SECONDS + 1);
  readonly #failed = new Uint32Array(SECONDS + 1);
  readonly #at = new Float64Array(RECENT_MAX).fill(-Infinity);
  readonly #took = new Float64Array(RECENT_MAX);
  #next = 0;

  /** One ended after so many ms; `now` never runs backwards. */
  note(tookMs: number, isFailure: boolean, now: number): void {
    const second = Math.floor(now / 1000);
    const at = second % this.#second.length;
    if (this.#second[at] !== second) {
      this.#second[at] = second;
      this.#ended[at] = 0;
      this.#failed[at] = 0;
    }
    this.#ended[at] = (this.#ended[at] ?? 0) + 1;
    if (isFailure) this.#failed[at] = (this.#failed[at] ?? 0) + 1;
    this.#at[this.#next] = now;
    this.#took[this.#next] = tookMs;
    this.#next = (this.#next + 1) % RECENT_MAX;
  }

  seen(now: number): RecentSeen {
    const first = Math.floor(now / 1000) - SECONDS;
    const seconds = Array.from({ length: SECONDS }, (_, index) => first + index);
    const countOf = (counts: Uint32Array, second: number): number => {
      const at = second % this.#second.length;
      return second >= 0 && this.#second[at] === second ? (counts[at] ?? 0) : 0;
    };
    const took = this.#took.filter((_, index) => now - (this.#at[index] ?? 0) < SECONDS * 1000);
    took.sort();
    return {
      bySecond: seconds.map((second) => countOf(this.#ended, second)),
      failed: seconds.reduce((sum, second) => sum + countOf(this.#failed, second), 0),
      p50: percentile(took, 0.5),
      p95: percentile(took, 0.95),
      p99: percentile(took, 0.99),
    };
  }
}

/** The smallest that is at least as great as this share of them (nearest rank). */
function percentile(sorted: Float64Array, share: number): number | undefined {
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  return value === undefined ? undefined : Math.round(value * 100) / 100;
}

const SECONDS = 60;
