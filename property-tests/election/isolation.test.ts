// E9: a voter that was cut off and comes back, with whatever term, does not remove a leader that
// is well; nor does one that is heard and hears nobody, or hears and is not heard.
import test from 'ava';
import { NO_WAY_AHEAD, withMistake } from './planted.ts';
import { HEALTHY } from './setting.ts';
import { CORE, type Core, type Voter } from './voter.ts';
import { World } from './world.ts';

const SEEDS = 25;
/** By then somebody leads. */
const SETTLED_US = 15e6;
const AWAY_US = 60e6;
const SEEN_US = 30e6;

type Ways = 'both' | 'in' | 'out';

/** What became of a leader while another voter was away, and afterwards. */
interface Course {
  readonly before: string;
  readonly after: string;
  readonly leaders: ReadonlySet<number>;
  readonly leaderlessMs: number;
  readonly findings: readonly string[];
  /** Whom each voter follows, and in which term. */
  readonly views: ReadonlySet<string>;
}

/** @param raise the terms by which the voter that comes back is ahead, as its disk says */
function isolate(core: Core, seed: number, ways: Ways, raise: number): Course {
  const world = new World(seed, core, HEALTHY, false);
  world.runUntil(SETTLED_US);
  const leader = world.leader();
  if (leader === undefined) throw new Error('nobody leads');
  const before = viewOf(leader);
  const away = world.voterAt((leader.peer + 1 + (seed % 4)) % HEALTHY.voters);
  cut(world, away, ways, true);
  if (raise > 0) restartAhead(world, away, raise);
  const ledUs = world.ledUs;
  const cutAt = world.now;
  const leaders = new Set<number>();
  const look = (): void => {
    const now = world.leader();
    if (now !== undefined) leaders.add(now.peer);
    world.after(1e4, look);
  };
  look();
  world.runUntil(SETTLED_US + AWAY_US);
  cut(world, away, ways, false);
  world.runUntil(SETTLED_US + AWAY_US + SEEN_US);
  return {
    before,
    after: viewOf(leader),
    leaders,
    leaderlessMs: (world.now - cutAt - (world.ledUs - ledUs)) / 1000,
    findings: world.judge.findings,
    views: new Set(world.voters.slice(0, HEALTHY.voters).map(viewOf)),
  };
}

function cut(world: World, away: Voter, ways: Ways, isCut: boolean): void {
  for (const { peer } of world.voters) {
    if (peer === away.peer) continue;
    if (ways !== 'out') world.cut(peer, away.peer, isCut);
    if (ways !== 'in') world.cut(away.peer, peer, isCut);
  }
}

/** It has voted for itself in later terms than all others: before it was cut off, or nearly. */
function restartAhead(world: World, voter: Voter, raise: number): void {
  world.crash(voter, 'intact');
  const { ballot } = voter.disk;
  if (ballot === undefined) throw new Error('a voter without a ballot');
  voter.disk.ballot = { ...ballot, term: ballot.term + raise, vote: voter.peer };
  world.start(voter);
}

function viewOf({ state }: Voter): string {
  return `${state?.election.leader ?? 'nobody'} in ${state?.election.ballot.term ?? 0}`;
}

for (const ways of ['both', 'in', 'out'] as const) {
  test(`a voter that was cut off (${ways}) changes nothing when it comes back`, (t) => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const course = isolate(CORE, seed, ways, 0);
      t.deepEqual(course.findings, []);
      t.is(course.after, course.before, `seed ${seed}`);
      t.is(course.leaderlessMs, 0, `seed ${seed}`);
      t.deepEqual([...course.views], [course.before], `seed ${seed}: all follow it`);
    }
  });
}

test('one that comes back with a higher term follows the same leader, in a term above it', (t) => {
  let longestMs = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const course = isolate(CORE, seed, 'both', 1 + (seed % 7));
    t.deepEqual(course.findings, []);
    t.true(isKept(course), `seed ${seed}: ${[...course.leaders].join(', ')} led`);
    t.is(course.views.size, 1, `seed ${seed}: ${[...course.views].join('; ')}`);
    longestMs = Math.max(longestMs, course.leaderlessMs);
  }
  t.log(`nobody led for ${longestMs} ms at most`);
});

test(`a core that ${NO_WAY_AHEAD.name} is found out`, async (t) => {
  const seeds = Array.from({ length: SEEDS }, (_, i) => i + 1);
  const isFound = await withMistake(NO_WAY_AHEAD, (core) =>
    seeds.some((seed) => !isKept(isolate(core, seed, 'both', 1))),
  );
  t.true(isFound);
});

/** Whether the same one led all the time, but for a moment. */
function isKept({ leaders, leaderlessMs }: Course): boolean {
  return leaders.size === 1 && leaderlessMs < 1000;
}
