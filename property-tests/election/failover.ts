/**
 * How long a network of five voters is without a leader: after a crash, and when a leader leaves in
 * good order; and whether it ever changes its leader without need, when one message of twenty is
 * lost. Messages take 10 to 100 ms one way. A share is what one seed makes; its results are data.
 */
import { Chance } from './chance.ts';
import { HEALTHY } from './setting.ts';
import { CORE, type Voter } from './voter.ts';
import { World } from './world.ts';

export interface Gaps {
  /** From the end of a leader to the next one, in ms. */
  readonly crashMs: number[];
  readonly leaveMs: number[];
  readonly findings: string[];
}

export interface Calm {
  readonly nodeHours: number;
  /** Leaders beyond the first. */
  readonly changes: number;
  /** How long nobody led, once there was a leader, in ms. */
  readonly leaderlessMs: number;
  readonly lost: number;
  readonly findings: readonly string[];
}

export const ENDS_PER_SHARE = 50;
export const HOURS_PER_SHARE = 10;

/** A leader ends, by a crash or with a word, comes back a while later, and so on. */
export function gapsOf(share: number): Gaps {
  const world = new World(SEED + share, CORE, HEALTHY, false);
  const chance = new Chance(SEED + share, 6);
  const gaps: Gaps = { crashMs: [], leaveMs: [], findings: world.judge.findings };
  for (let i = 0; i < ENDS_PER_SHARE; i++) {
    for (const isCrash of [true, false]) {
      world.runUntil(world.now + chance.between(15e6, 20e6));
      const leader = world.leader();
      if (leader === undefined) {
        gaps.findings.push(`liveness: nobody leads at ${world.now / 1e6} s`);
        continue;
      }
      const began = world.now;
      if (isCrash) world.crash(leader, 'intact');
      else world.feed(leader, { type: 'command', op: i + 1, command: { type: 'leave' } });
      const gapMs = (untilNext(world, leader) - began) / 1000;
      (isCrash ? gaps.crashMs : gaps.leaveMs).push(gapMs);
      world.runUntil(world.now + chance.between(0, 5e6));
      world.crash(leader, 'intact');
      world.start(leader);
    }
  }
  return gaps;
}

/** @returns when another leads */
function untilNext(world: World, before: Voter): number {
  const late = world.now + 60e6;
  let next = world.leader();
  while ((next === undefined || next === before) && world.now < late) {
    world.turn();
    next = world.leader();
  }
  return world.now;
}

/** Nothing goes wrong but that messages are lost. */
export function calmOf(share: number): Calm {
  const world = new World(SEED + share, CORE, { ...HEALTHY, loss: 0.05 }, false);
  world.runUntil(SETTLED_US);
  const before = { led: world.ledUs, terms: world.judge.leaders.size };
  const wholeUs = HOURS_PER_SHARE * 3600e6;
  world.runUntil(SETTLED_US + wholeUs);
  return {
    nodeHours: HOURS_PER_SHARE * HEALTHY.voters,
    changes: world.judge.leaders.size - before.terms,
    leaderlessMs: Math.round((wholeUs - (world.ledUs - before.led)) / 1000),
    lost: world.counts.get('lost message') ?? 0,
    findings: world.judge.findings,
  };
}

/** The share of values, sorted upwards, that are no greater. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

const SEED = 1_000_000;
const SETTLED_US = 30e6;
