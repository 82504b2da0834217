/**
 * By how much the machine was late while a scenario was played: timers of the nodes that came after
 * their time. What a node does late its peers measure as latency, so a verdict over a real run is
 * worth no more than this is small.
 *
 * Rule: while a node is held up it misses ticks, and what happens to come in then waits as long as
 * they would have; so a tick that is late stands for those missed too, each an interval less late
 * (what is called coordinated omission, put right).
 *
 * Rule: a message waits where it leaves and where it is taken in, and an operation for some six
 * messages one after another. When twelve mean waits are more than 2 % of what the operations of
 * the run took, their latencies are the machine's.
 */
import { createHistogram } from 'node:perf_hooks';
import type { Playing, SimResult } from '../sim/result/result.ts';

export class Lateness {
  /** In real microseconds. */
  readonly #late = createHistogram();

  take(lateMs: readonly number[]): void {
    for (const ms of lateMs) {
      let late = ms;
      do {
        this.#late.record(Math.max(1, Math.round(late * 1000)));
        late -= TICK_MS;
      } while (late > 0);
    }
  }

  /** In ms of the scenario; `tookMs` is what an operation took. */
  report(timeScale: number, tookMs: number): Pick<Playing, 'lateMs' | 'tooLate'> {
    const ms = (us: number): number => Math.round(us / timeScale) / 1000;
    const late = this.#late;
    if (late.count === 0) return { lateMs: { mean: 0, p50: 0, p99: 0 }, tooLate: false };
    const [p50, p99] = [late.percentile(50), late.percentile(99)];
    const lateMs = { mean: ms(late.mean), p50: ms(p50), p99: ms(p99) };
    return { lateMs, tooLate: lateMs.mean > lateMsMax(tookMs) };
  }
}

/** The largest mean lateness by which operations that took so long can be judged. */
export function lateMsMax(tookMs: number): number {
  return (SHARE * tookMs) / WAITS;
}

/** What an operation of the run took: the median of lookups, else of GETs or PUTs. */
export function typicalMs({ lookups, values }: Pick<SimResult, 'lookups' | 'values'>): number {
  const { getLatencyMs, putLatencyMs } = values;
  return lookups.latencyMs.p50 ?? getLatencyMs.p50 ?? putLatencyMs.p50 ?? Infinity;
}

const WAITS = 12;
const SHARE = 0.02;
/** Between two ticks of a node, in real ms. */
export const TICK_MS = 50;
