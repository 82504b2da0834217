/**
 * What goes wrong in a trial, and when: crashes with every fate of the disk, pauses, clocks set
 * wrong, cuts between nodes in one direction or both, nodes that leave in order, and lists of
 * voters that change.
 */
import type { Chance } from './chance.ts';
import type { Setting } from './setting.ts';
import type { DiskFate, Voter } from './voter.ts';

/** What is counted, to show that it did happen. */
export const HAPPENINGS = [
  'write intact by a crash',
  'write lost by a crash',
  'write torn by a crash',
  'crash of a leader',
  'pause',
  'pause of a leader beyond its lease',
  'wall clock set',
  'clock of another rate',
  'one-way cut',
  'write failed',
  'lost message',
  'late message',
  'change of the list',
] as const;
export type Happening = (typeof HAPPENINGS)[number];

/** What troubles do it to. */
export interface Target {
  readonly setting: Setting;
  readonly voters: readonly Voter[];
  readonly now: number;
  /** Whether nothing may go wrong any more. */
  readonly isCalm: boolean;
  isUsed(peer: number): boolean;
  after(us: number, happen: () => void): void;
  start(voter: Voter): void;
  crash(voter: Voter, fate: DiskFate): void;
  pause(voter: Voter, us: number): void;
  setClock(voter: Voter, ms: number): void;
  leader(): Voter | undefined;
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

/** Most often a ballot is being written, if at all, while a leader is missing. */
const crashWriting: Trouble = (trial, chance) => {
  const leader = trial.leader();
  if (leader !== undefined) trial.crash(leader, chance.one(FATES));
  const until = trial.now + 8e6;
  const look = (): void => {
    if (trial.isCalm) return;
    const writer = trial.voters.find(({ disk }) => disk.isBusy);
    if (writer !== undefined && chance.is(0.2)) trial.crash(writer, chance.one(FATES));
    else if (trial.now < until) return trial.after(chance.between(0.5e3, 20e3), look);
    trial.after(chance.one([5e3, 1e6, 20e6]) * chance.between(0.2, 1), () => {
      for (const voter of [leader, writer]) if (voter !== undefined) trial.start(voter);
    });
  };
  look();
};

const pause: Trouble = (trial, chance) => {
  const us = chance.one([1e5, 3e6, 4e6, 15e6, 120e6]) * chance.between(0.5, 1);
  trial.pause(someone(trial, chance), us);
};

/** Its wall clock, which no lease may look at. */
const setClock: Trouble = (trial, chance) => {
  const ms = chance.between(-1, 1) * chance.one([MINUTES_MS, DAYS_MS]);
  trial.setClock(someone(trial, chance), ms);
};

/** A broken time service sets the clocks of some nodes over and over, forward or back. */
const setClocks: Trouble = (trial, chance) => {
  const struck = trial.voters.filter(() => chance.is(0.6));
  const ms = chance.one([-1, 1]) * chance.between(1000, 20_000);
  const until = trial.now + chance.between(5e6, 20e6);
  const again = (): void => {
    for (const voter of struck) trial.setClock(voter, ms);
    if (trial.now < until) trial.after(chance.between(0.02e6, 0.3e6), again);
  };
  again();
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
  crashWriting,
  pause,
  pause,
  setClock,
  setClocks,
  cutOneWay,
  cutOneWay,
  isolate,
  divide,
  leave,
];

/** The leader more often than others: what goes wrong with it matters most. */
function someone(trial: Target, chance: Chance): Voter {
  const leader = trial.leader();
  if (leader !== undefined && chance.is(0.25)) return leader;
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
