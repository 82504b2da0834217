/** What a seed makes of a trial: how many voters, what network, disks and clocks, which faults. */
import { Chance } from './chance.ts';

export interface Setting {
  readonly voters: 3 | 5 | 7;
  /** One way, in ms: most messages, and the share of those that take up to ten seconds. */
  readonly delayMsMin: number;
  readonly delayMs: number;
  readonly straggles: number;
  /** Whether messages of a pair keep their order, as on a link. */
  readonly inOrder: boolean;
  readonly loss: number;
  /** Clocks are too fast or too slow by up to this share. */
  readonly rateError: number;
  readonly diskMs: number;
  /** Share of writes that fail. */
  readonly diskFails: number;
  /** Between two faults, in the mean. */
  readonly faultEveryMs: number;
  /** Whether the list of voters changes while they vote. */
  readonly changes: boolean;
}

/** What the lease allows for: 1 %. */
export const RATE_ERROR = 0.01;

export function settingOf(seed: number): Setting {
  const chance = new Chance(seed, 1);
  const delayMs = chance.one([5, 50, 150, 400]);
  return {
    delayMsMin: delayMs / 10,
    delayMs,
    voters: chance.one([3, 3, 5, 5, 7]),
    straggles: chance.one([0, 0, 0.001, 0.01]),
    inOrder: chance.is(0.5),
    loss: chance.one([0, 0, 0.01, 0.05, 0.25]),
    rateError: chance.is(0.1) ? 0.05 : RATE_ERROR,
    diskMs: chance.one([1, 10, 100, 600]),
    diskFails: chance.one([0, 0, 0, 0.05]),
    faultEveryMs: chance.one([1500, 4000, 10_000]),
    changes: chance.is(0.2),
  };
}

/** A network in which nothing goes wrong of itself. */
export const HEALTHY: Setting = {
  voters: 5,
  delayMsMin: 10,
  delayMs: 100,
  straggles: 0,
  inOrder: true,
  loss: 0,
  rateError: RATE_ERROR,
  diskMs: 10,
  diskFails: 0,
  faultEveryMs: Infinity,
  changes: false,
};
