// A leader that has many other calls open to the voters sends its heartbeats all the same, and
// leads on: only heartbeats that are not answered keep it from sending more.
import test from 'ava';
import { BEAT_CALLS_MAX } from '../../src/limits.ts';
import { allItems } from '../../src/paged.ts';
import { smallKey } from '../core/core-arbitraries.ts';
import { HEALTHY } from './setting.ts';
import { CORE, type Voter } from './voter.ts';
import { World } from './world.ts';

const SEEDS = 3;
/** By then somebody leads. */
const SETTLED_US = 15e6;
const BUSY_US = 10e6;
/** A question takes some 100 ms to be answered, so that some ten are open to each voter. */
const EVERY_US = 10e3;

/** Other calls than heartbeats that are open to the voter that has the fewest. */
function fewestOpen({ peer, state }: Voter): number {
  const calls = state === undefined ? [] : allItems(state.calls);
  const others = Array.from({ length: HEALTHY.voters }, (_, voter) => voter).filter(
    (voter) => voter !== peer,
  );
  const open = others.map(
    (voter) => calls.filter((call) => call.peer === voter && call.kind !== 'heartbeat').length,
  );
  return Math.min(...open);
}

test('a leader that asks the voters for much else keeps its lease', (t) => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const world = new World(seed, CORE, HEALTHY, false);
    world.runUntil(SETTLED_US);
    const leader = world.leader();
    if (leader === undefined) return t.fail(`seed ${seed}: nobody leads`);
    const term = leader.state?.election.ballot.term;
    const ledUs = world.ledUs;
    let asked = 0;
    let busy = 0;
    const ask = (): void => {
      const command = { type: 'get', key: smallKey(asked) } as const;
      world.feed(leader, { type: 'command', op: ++asked, command });
      if (fewestOpen(leader) >= BEAT_CALLS_MAX) busy++;
      world.after(EVERY_US, ask);
    };
    ask();
    world.runUntil(SETTLED_US + BUSY_US);
    t.true(busy > 0.9 * asked, `seed ${seed}: busy ${busy} times of ${asked}`);
    t.is(world.ledUs - ledUs, BUSY_US, `seed ${seed}: it led all the time`);
    t.is(world.leader(), leader);
    t.is(leader.state?.election.ballot.term, term);
    t.deepEqual(world.judge.findings, []);
  }
});
