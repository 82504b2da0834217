/**
 * What the core may not fetch: the time and chance (`Moment` in src/types.ts).
 *
 * `now` is monotonic, in whole milliseconds rounded down; it never runs backwards and ignores
 * changes of the wall clock. It counts the time that the machine slept, because records and links
 * age meanwhile: the clock that Node offers stands still then on Linux and macOS, so what it missed
 * is added from the uptime of the system, at the first reading after the sleep. `entropy` comes
 * from the system's generator, drawn in blocks because one call for four bytes costs more than a
 * whole step.
 */
import { randomFillSync } from 'node:crypto';
import { uptime } from 'node:os';
import type { Moment } from '../src/types.ts';

/** What a node lives by. */
export interface Clock {
  readonly moment: () => Moment;
  /** The wall clock of the moments. */
  readonly wallMs: () => number;
  /** Real milliseconds per millisecond of its time. */
  readonly scale: number;
}

/** The time of this machine; one per node. */
export function systemClock(): Clock {
  return { moment: systemMoments(), wallMs: () => Date.now(), scale: 1 };
}

function systemMoments(): () => Moment {
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

export const monotonicMs = countingSleep({
  awakeMs: () => performance.now(),
  uptimeMs: () => uptime() * 1000,
  wallMs: () => Date.now(),
});

/** Where a clock that counts sleep looks; each in milliseconds from a start of its own. */
export interface Sources {
  /** Never backwards; may stand still while the machine sleeps. */
  readonly awakeMs: () => number;
  /** Counts sleep; dear to read, may be coarse or too low. */
  readonly uptimeMs: () => number;
  /** May be set to anything: it says when to look at the uptime, never how long a sleep was. */
  readonly wallMs: () => number;
}

/**
 * A clock that adds what the awake clock missed and the uptime saw. It looks at the uptime once a
 * second, since that costs a system call, and at once when the wall clock has gone another way than
 * the awake one: after a sleep, not even for a second is a value served that ran out meanwhile.
 * A sleep that the wall clock does not show counts within a second.
 */
export function countingSleep({ awakeMs, uptimeMs, wallMs }: Sources): () => number {
  let wallAhead = wallMs() - awakeMs();
  let lookedAt = awakeMs();
  const ahead = uptimeMs() - lookedAt;
  let sleptMs = 0;
  return () => {
    const wall = wallMs();
    let awake = awakeMs();
    if (awake - lookedAt >= LOOK_MS || Math.abs(wall - awake - wallAhead) >= WALL_MS_APART) {
      wallAhead = wall - awake;
      // The uptime comes first: a pause between the two then looks like less sleep, never more.
      const up = uptimeMs();
      awake = awakeMs();
      lookedAt = awake;
      const missed = up - awake - ahead;
      if (missed - sleptMs >= SLEEP_MS_MIN) sleptMs = missed;
    }
    return Math.floor(awake + sleptMs);
  };
}

/** The day of a time of the wall clock, in UTC: `2026-11-27`. */
export function dayOf(wallMs: number): string {
  return new Date(wallMs).toISOString().slice(0, 10);
}

export const DAY_MS = 86_400_000;
const POOL_BYTES = 4096;
const LOOK_MS = 1000;
/** Far above what corrections of the wall clock come to in a second, far below a sleep. */
const WALL_MS_APART = 400;
/** Below this it may be the uptime that is coarse, or slow to be read. */
const SLEEP_MS_MIN = 1000;
