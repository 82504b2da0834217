// Voters find one another by their ids, in a network where nobody has room to know all others.
import test from 'ava';
import { configuredVoters } from '../../runtime/election/voter-list.ts';
import { defaultConfig } from '../../src/config.ts';
import { contactAt, contactCount } from '../../src/table/table.ts';
import type { RunningNode } from '../../runtime/node.ts';
import { networkOf, newSite } from './node-kit.ts';
import { fastClock, identitiesAt, leaderOf } from './voters-kit.ts';

test('voters that are no contacts of one another elect a leader all the same', async (t) => {
  const site = await newSite(t);
  const identities = await identitiesAt(site, NODES);
  // Those who come last: others have the places then.
  const voters = configuredVoters(identities.ids.slice(-3));
  const config = { ...defaultConfig, k: 2, beta: 2, nearest: 2, replication: 1 };
  const nodes = await networkOf(t, site, NODES, (index) => {
    return { identity: identities.of(index), voters, config, clock: fastClock() };
  });
  const voting = nodes.slice(-3);
  const strangers = voting.flatMap((node) =>
    voting.filter((other) => other !== node && !knows(node, other)),
  );
  t.log(`${strangers.length} of 6 times a voter has no place for another`);
  t.truthy(await leaderOf(t, voting));
});

function knows(node: RunningNode, other: RunningNode): boolean {
  const { table } = node.state();
  const slots = Array.from({ length: contactCount(table) }, (_, slot) => contactAt(table, slot));
  return slots.some((peer) => node.idHexOf(peer) === other.id);
}

const NODES = 16;
