/**
 * A trial: a world of voters (`world.ts`) for three simulated minutes, with all that can go wrong
 * between them but in the last half minute, after which one of them must lead. Every step is
 * judged, and every life can be replayed; the same seed makes the same trial.
 */
import { Chance } from './chance.ts';
import { settingOf, type Setting } from './setting.ts';
import { troubles, type Happening } from './trouble.ts';
import type { Core } from './voter.ts';
import { World } from './world.ts';

const TROUBLED_US = 150e6;
const WHOLE_US = 180e6;
/** In calm weather there is a leader again after so long, whatever messages straggle. */
const LEADERLESS_US = 20e6;

export interface Verdict {
  readonly seed: number;
  readonly setting: Setting;
  readonly findings: readonly string[];
  readonly terms: number;
  readonly steps: number;
  /** How long there was a leader, as a share of the whole. */
  readonly led: number;
  /** How often what happened. */
  readonly counts: ReadonlyMap<Happening, number>;
}

/** @param isReplayed whether each life is gone through again, to see that it goes the same way */
export function runTrial(seed: number, core: Core, isReplayed: boolean): Verdict {
  const world = new World(seed, core, settingOf(seed), isReplayed);
  troubles(world, new Chance(seed, 5), TROUBLED_US);
  world.runUntil(TROUBLED_US);
  world.heal();
  world.runUntil(WHOLE_US);
  const findings = [...world.judge.findings, ...world.replay()];
  if (world.ledAt < WHOLE_US - LEADERLESS_US) {
    findings.push(`liveness: nobody has led since ${world.ledAt / 1e6} s`);
  }
  return {
    seed,
    setting: world.setting,
    findings,
    terms: world.judge.leaders.size,
    steps: world.steps,
    led: world.ledUs / WHOLE_US,
    counts: world.counts,
  };
}
