/**
 * The clock of a scenario, for whoever has its `Time`: microseconds since its beginning, and the
 * moments of a node.
 */
import { randomInt } from 'node:crypto';
import type { Clock } from '../runtime/clock.ts';
import type { Time } from './orders.ts';

/** The monotonic clock of the system, which all processes share, in ms. */
export function systemMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}

/** Microseconds of the scenario. */
export function scenarioUs({ startedAt, scale }: Time): number {
  return ((systemMs() - startedAt) * 1000) / scale;
}

/** A node's clock: as far as the scenario is. */
export function scenarioClock(time: Time): Clock {
  const nowMs = (): number => Math.floor(scenarioUs(time) / 1000);
  const wallMs = (): number => time.wallStartMs + nowMs();
  return {
    moment: () => ({ now: nowMs(), wall: wallMs(), entropy: randomInt(2 ** 32) | 0 }),
    wallMs,
    scale: time.scale,
  };
}
