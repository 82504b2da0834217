/**
 * By how much the machine was late while a scenario was played: timers of the nodes that came after
 * their time. What a node does late its peers measure as latency, so a verdict over a real run is
 * worth no more than this is small.
 */
import { createHistogram } from 'node:perf_hooks';

export interface MachineReport {
  /** Real milliseconds per millisecond of the scenario. */
  readonly timeScale: number;
  /** In ms of the scenario. */
  readonly lateMs: { readonly mean: number; readonly p50: number; readonly p99: number };
}

export class Lateness {
  /** In real microseconds. */
  readonly #late = createHistogram();

  take(lateMs: readonly number[]): void {
    for (const ms of lateMs) this.#late.record(Math.max(1, Math.round(ms * 1000)));
  }

  report(timeScale: number): MachineReport {
    const ms = (us: number): number => Math.round(us / timeScale) / 1000;
    const late = this.#late;
    if (late.count === 0) return { timeScale, lateMs: { mean: 0, p50: 0, p99: 0 } };
    const [p50, p99] = [late.percentile(50), late.percentile(99)];
    return { timeScale, lateMs: { mean: ms(late.mean), p50: ms(p50), p99: ms(p99) } };
  }
}
