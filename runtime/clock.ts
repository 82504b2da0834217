/**
 * What the core may not fetch: the time and chance (`Moment` in src/types.ts).
 *
 * `now` is the system's monotonic clock, in whole milliseconds rounded down; it never runs
 * backwards and ignores changes of the wall clock. On Linux it stands still while the machine
 * sleeps, so a record's life may last longer by that sleep. `entropy` comes from the system's
 * generator, drawn in blocks because one call for four bytes costs more than a whole step.
 */
import { randomFillSync } from 'node:crypto';
import type { Moment } from '../src/types.ts';

/** A source of moments; one per node. */
export function systemClock(): () => Moment {
  const pool = Buffer.alloc(POOL_BYTES);
  let used = POOL_BYTES;
  return () => {
    if (used === POOL_BYTES) {
      randomFillSync(pool);
      used = 0;
    }
    const entropy = pool.readInt32LE(used);
    // A word is used once: what was drawn cannot be read back from the pool later.
    pool.writeInt32LE(0, used);
    used += 4;
    return { now: monotonicMs(), wall: Date.now(), entropy };
  };
}

export function monotonicMs(): number {
  return Math.floor(performance.now());
}

const POOL_BYTES = 4096;
