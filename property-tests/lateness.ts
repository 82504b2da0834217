/**
 * How late timers come in this process: on a busy machine a promise about time is judged without
 * what the process itself was kept from running. Time in which it ran, as when a node in it blocks
 * the loop, is no standstill. The real clock.
 */
export interface Lateness {
  /** The longest that no timer ran, beyond what it should have waited. */
  readonly mostMs: () => number;
  /** How long all standstills took together. */
  readonly standstillMs: () => number;
  /** Whether a standstill lasted until an instant of `performance.now()`, or beyond it. */
  readonly stoodStillSince: (atMs: number) => boolean;
  readonly end: () => void;
}

export function measureLateness(): Lateness {
  let most = 0;
  let together = 0;
  let lastStandstillMs = -Infinity;
  // Reckoned from the beginning, so that what is late before does not add up.
  let last = performance.now();
  let used = process.cpuUsage();
  const look = (): void => {
    const now = performance.now();
    const lateMs = now - last - TICK_MS;
    last = now;
    most = Math.max(most, lateMs);
    const { user, system } = process.cpuUsage(used);
    used = process.cpuUsage();
    const stoodMs = lateMs - (user + system) / 1000;
    if (stoodMs < STANDSTILL_MS) return;
    together += stoodMs;
    lastStandstillMs = now;
  };
  const timer = setInterval(look, TICK_MS);
  // Whoever asks may come before the timer, of which then nobody knows yet how late it is.
  const after = <T>(answer: () => T): T => {
    look();
    return answer();
  };
  return {
    mostMs: () => after(() => most),
    standstillMs: () => after(() => together),
    stoodStillSince: (atMs) => after(() => lastStandstillMs >= atMs),
    end: () => {
      clearInterval(timer);
    },
  };
}

/** How long something takes, in ms, without standstills. */
export async function timeWithoutStandstills(work: () => Promise<void>): Promise<number> {
  const late = measureLateness();
  const before = performance.now();
  try {
    await work();
    return performance.now() - before - late.standstillMs();
  } finally {
    late.end();
  }
}

const TICK_MS = 20;
/** Shorter ones no deadline minds. */
const STANDSTILL_MS = 500;
