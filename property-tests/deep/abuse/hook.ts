/**
 * Loaded into a node before its program (`node --import`): tells on a signal how late its event
 * loop was since the last time, and how its memory is divided. Nothing of the
 * node is changed, and it ends as it would without this.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** In ms beyond what a timer of the monitor takes anyway. */
export interface LoopDelay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface InsideNote {
  readonly event: 'inside';
  readonly loop: LoopDelay;
  readonly memory: Readonly<NodeJS.MemoryUsage>;
}

const RESOLUTION_MS = 2;
const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delays.enable();

// Not a message: to a node that is part of a cluster each of those means to stop.
process.on('SIGUSR2', () => {
  const loop: LoopDelay = {
    p50: delayOf(delays.percentile(50)),
    p99: delayOf(delays.percentile(99)),
    max: delayOf(delays.max),
  };
  delays.reset();
  const note: InsideNote = { event: 'inside', loop, memory: process.memoryUsage() };
  process.send?.(note, undefined, {}, () => undefined);
});

function delayOf(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
}
