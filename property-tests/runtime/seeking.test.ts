// A voter finds the others by their ids, in a network where nobody has room to know them all.
import { join } from 'node:path';
import test from 'ava';
import { configuredVoters } from '../../runtime/election/voter-list.ts';
import { formatEndpoint } from '../../runtime/links/address.ts';
import { startNode } from '../../runtime/node.ts';
import type { RunningNode } from '../../runtime/node.ts';
import { defaultConfig } from '../../src/config.ts';
import { ANY_PORT, eventually, networkOf, newSite } from './node-kit.ts';
import { identitiesAt } from './voters-kit.ts';

test('a voter finds voters of whom it has never heard', async (t) => {
  const site = await newSite(t);
  const identities = await identitiesAt(site, NODES + 1);
  const config = { ...defaultConfig, k: 2, beta: 2, nearest: 2, replication: 1 };
  const nodes = await networkOf(t, site, NODES, (index) => ({
    identity: identities.of(index),
    config,
  }));
  const identity = identities.of(NODES);
  const options = { listen: ANY_PORT, dataDir: join(site.dir, 'seeker'), identity, config };
  const bootstrap = nodes.slice(0, 1).map(({ listen }) => formatEndpoint(listen));
  const before = await startNode({ ...options, bootstrap });
  await before.joined;
  const strangers = nodes.filter((node) => !knows(before, node));
  await before.close();
  t.true(strangers.length >= 6, 'too few nodes for anybody to be a stranger');

  const others = strangers.slice(0, 6);
  const voters = configuredVoters([identity.nodeIdHex, ...others.map(({ id }) => id)]);
  const seeker = await startNode({ ...options, bootstrap, voters });
  t.teardown(() => seeker.close());
  await seeker.joined;
  const missing = (): number => others.filter((node) => !knows(seeker, node)).length;
  t.log(`${missing()} of 6 voters are not known when it has joined`);
  await eventually(t, 'it has found all', () => missing() === 0, 60_000);
});

/** Whether it knows where the other is. */
function knows(node: RunningNode, other: RunningNode): boolean {
  const bytes = Uint8Array.from(Buffer.from(other.id, 'hex'));
  const peer = node.directory.find(bytes);
  return peer !== undefined && node.addressOf(peer) !== undefined;
}

const NODES = 40;
