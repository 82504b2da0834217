/**
 * What goes wrong in a trial, and when: crashes with every fate of the disk, pauses, clocks set
 * wrong, cuts between nodes in one direction or both, nodes that leave in order, and lists of
 * voters that change.
 */
import type { Chance } from './chance.ts';
import type { Setting } from './setting.ts';
import type { DiskFate, Voter } from './voter.ts';

/** What troubles do it to. */
export interface Target {
  readonly setting: Setting;
  readonly voters: readonly Voter[];
  readonly now: number;
  isUsed(peer: number): boolean;
  after(us: number, happen: () => void): void;
  start(voter: Voter): void;
  crash(voter: Voter, fate: DiskFate): void;
  resume(voter: Voter): void;
  cut(from: number, to: number, isCut: boolean): void;
  change(): void;
  feed(voter: Voter, input: { type: 'command'; op: number; command: { type: 'leave' } }): void;
}

type Trouble = (trial: Target, chance: Chance) => void;

const FATES: readonly DiskFate[] = ['intact', 'lost', 'torn'];
const DAYS_MS = 3 * 86_400_000;
const MINUTES_MS = 600_000;

/** Schedules trouble until a time, in true µs. */
export function troubles(trial: Target, chance: Chance, until: number): void {
  const next = (): void => {
    const waitUs = chance.between(0.2, 2) * trial.setting.faultEveryMs * 1000;
    trial.after(waitUs, () => {
      if (trial.now >= until) return;
      chance.one(trial.setting.changes ? [...TROUBLES, change] : TROUBLES)(trial, chance);
      next();
    });
  };
  next();
}

const crash: Trouble = (trial, chance) => {
  const voter = someone(trial, chance);
  trial.crash(voter, chance.one(FATES));
  trial.after(chance.one([5e3, 1e6, 20e6]) * chance.between(0.2, 1), () => {
    trial.start(voter);
  });
};

const pause: Trouble = (trial, chance) => {
  const voter = someone(trial, chance);
  const us = chance.one([1e5, 3e6, 4e6, 15e6, 120e6]) * chance.between(0.5, 1);
  const { life } = voter;
  voter.isPaused = true;
  trial.after(us, () => {
    if (voter.life === life) trial.resume(voter);
  });
};

/** Its wall clock, which no lease may look at. */
const setClock: Trouble = (trial, chance) => {
  const ms = chance.between(-1, 1) * chance.one([MINUTES_MS, DAYS_MS]);
  someone(trial, chance).wallMs += Math.round(ms);
};

const cutOneWay: Trouble = (trial, chance) => {
  cutFor(trial, chance, [[someone(trial, chance).peer, someone(trial, chance).peer]]);
};

/** It hears nobody, or nobody hears it, or both. */
const isolate: Trouble = (trial, chance) => {
  const { peer } = someone(trial, chance);
  const others = trial.voters.map((voter) => voter.peer).filter((other) => other !== peer);
  const out = others.map((other) => [peer, other] as const);
  const back = others.map((other) => [other, peer] as const);
  cutFor(trial, chance, chance.one([out, back, [...out, ...back]]));
};

const divide: Trouble = (trial, chance) => {
  const sides = trial.voters.map(() => chance.is(0.5));
  const pairs = sides.flatMap((side, from) =>
    sides.flatMap((other, to) => (side === other ? [] : [[from, to] as const])),
  );
  cutFor(trial, chance, pairs);
};

const leave: Trouble = (trial, chance) => {
  const voter = someone(trial, chance);
  trial.feed(voter, { type: 'command', op: 1 + trial.now, command: { type: 'leave' } });
  trial.after(chance.between(0.1e6, 9e6), () => {
    trial.crash(voter, 'intact');
    trial.after(chance.between(0, 2e6), () => {
      trial.start(voter);
    });
  });
};

const change: Trouble = (trial) => {
  trial.change();
};

const TROUBLES: readonly Trouble[] = [
  crash,
  crash,
  pause,
  pause,
  setClock,
  cutOneWay,
  isolate,
  divide,
  leave,
];

function someone(trial: Target, chance: Chance): Voter {
  return chance.one(trial.voters.filter(({ peer }) => trial.isUsed(peer)));
}

function cutFor(
  trial: Target,
  chance: Chance,
  pairs: readonly (readonly [number, number])[],
): void {
  for (const [from, to] of pairs) trial.cut(from, to, true);
  trial.after(chance.one([1e6, 5e6, 30e6]) * chance.between(0.3, 1), () => {
    for (const [from, to] of pairs) trial.cut(from, to, false);
  });
}
