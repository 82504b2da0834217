/**
 * How late timers come in this process: on a busy machine a promise about time is judged with what
 * the process itself was kept from running. The real clock.
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
  const look = (): void => {
    const now = performance.now();
    const lateMs = now - last - TICK_MS;
    last = now;
    most = Math.max(most, lateMs);
    if (lateMs < STANDSTILL_MS) return;
    together += lateMs;
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

const TICK_MS = 20;
/** No slice of a node takes so long: the machine had no time for the process. */
const STANDSTILL_MS = 500;
