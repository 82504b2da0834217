// A voter that leaves and is not done yet, for it has records to hand over: it votes and obeys its
// leader to the end, and it is not elected, whoever asks it to stand.
import test, { type ExecutionContext } from 'ava';
import { HANDOVER_MS_MAX } from '../../src/limits.ts';
import { allItems } from '../../src/paged.ts';
import { smallRecord } from '../core/core-arbitraries.ts';
import { HEALTHY } from './setting.ts';
import { CORE, type Voter } from './voter.ts';
import { World } from './world.ts';

const SEEDS = 10;
/** By then somebody leads. */
const SETTLED_US = 15e6;
/** So long a voter leaves: the write of what it is to hand over never ends. */
const LEAVING_US = HANDOVER_MS_MAX * 1000 - 0.2e6;

function settled(seed: number, voters: 3 | 5): { readonly world: World; readonly leader: Voter } {
  const world = new World(seed, CORE, { ...HEALTHY, voters }, false);
  world.runUntil(SETTLED_US);
  const leader = world.leader();
  if (leader === undefined) throw new Error('nobody leads');
  return { world, leader };
}

function beginToLeave(world: World, voter: Voter): void {
  const from = (voter.peer + 1) % 3;
  const record = { ...smallRecord(1, 2, 60_000), replication: 5 };
  const body = { type: 'store', record } as const;
  const message = { type: 'request', call: 1_000_000, body } as const;
  world.feed(voter, { type: 'message', from, message });
  world.feed(voter, { type: 'command', op: 1, command: { type: 'leave' } });
}

function isHandingOver({ state }: Voter): boolean {
  const operations = state === undefined ? [] : allItems(state.operations);
  return operations.some(({ type }) => type === 'handover');
}

/** Runs until the voter is nearly gone, and looks at its role all the time. */
function watch(t: ExecutionContext, world: World, voter: Voter): void {
  const until = world.now + LEAVING_US;
  while (world.now < until) {
    world.runUntil(world.now + 1e4);
    const role = voter.state?.election.role.type ?? 'gone';
    if (role === 'candidate' || role === 'leader' || role === 'gone') t.fail(role);
  }
  t.true(isHandingOver(voter));
}

test('it does not lead when the leader leaves after it, even if that names it', (t) => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { world, leader } = settled(seed, 5);
    const voter = world.voterAt(leader.peer === 0 ? 1 : 0);
    beginToLeave(world, voter);
    world.feed(leader, { type: 'command', op: 1, command: { type: 'leave' } });
    watch(t, world, voter);
    t.not(world.leader(), undefined, `seed ${seed}: another leads`);
    t.deepEqual(world.judge.findings, []);
  }
});

test('it does not lead when it stood before it left', (t) => {
  let stood = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { world, leader } = settled(seed, 5);
    const voter = world.voterAt(leader.peer === 0 ? 1 : 0);
    world.crash(leader, 'intact');
    const until = world.now + LEAVING_US;
    const isStanding = () => voter.state?.election.role.type === 'candidate';
    while (world.now < until && !isStanding()) world.turn();
    if (!isStanding()) continue;
    stood++;
    beginToLeave(world, voter);
    watch(t, world, voter);
    t.not(world.leader(), undefined, `seed ${seed}: another leads`);
    t.deepEqual(world.judge.findings, []);
  }
  t.true(stood > SEEDS / 2, `${stood}`);
});

test('its leader has its word to the end', (t) => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { world, leader } = settled(seed, 3);
    const others = world.voters.filter(({ peer }) => peer < 3 && peer !== leader.peer);
    const [voter, other] = others;
    if (voter === undefined || other === undefined) return t.fail();
    world.crash(other, 'intact');
    const left = world.ledUs;
    beginToLeave(world, voter);
    watch(t, world, voter);
    t.is(world.leader(), leader);
    t.is(Math.round(world.ledUs - left), LEAVING_US, `seed ${seed}: it led all the time`);
    t.deepEqual(world.judge.findings, []);
  }
});
