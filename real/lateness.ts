/**
 * By how much the machine was late while a scenario was played: timers of the nodes that came after
 * their time. What a node does late its peers measure as latency, so a verdict over a real run is
 * worth no more than this is small.
 *
 * Rule: a message is late where it leaves and where it is taken in, and an operation waits for a
 * few messages one after another; so the machine is too late when a timer is late, in the mean, by
 * more than a hundredth of what an operation of a network with real latencies takes (`LATE_MS`).
 */
import { createHistogram } from 'node:perf_hooks';
import type { Playing } from '../sim/result.ts';

export class Lateness {
  /** In real microseconds. */
  readonly #late = createHistogram();

  take(lateMs: readonly number[]): void {
    for (const ms of lateMs) this.#late.record(Math.max(1, Math.round(ms * 1000)));
  }

  /** In ms of the scenario. */
  report(timeScale: number): Pick<Playing, 'lateMs' | 'tooLate'> {
    const ms = (us: number): number => Math.round(us / timeScale) / 1000;
    const late = this.#late;
    if (late.count === 0) return { lateMs: { mean: 0, p50: 0, p99: 0 }, tooLate: false };
    const [p50, p99] = [late.percentile(50), late.percentile(99)];
    const lateMs = { mean: ms(late.mean), p50: ms(p50), p99: ms(p99) };
    return { lateMs, tooLate: lateMs.mean > LATE_MS };
  }
}

const LATE_MS = 4;
