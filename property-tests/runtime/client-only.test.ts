// Nodes that can dial and cannot be dialled: they put and get like others, and nobody counts on
// them. On real nodes, one that says so and one whose address leads nowhere.
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { PeerDirectory } from '../../host/directory.ts';
import { formatEndpoint } from '../../runtime/links/address.ts';
import { Placing } from '../../runtime/links/placing.ts';
import type { RunningNode } from '../../runtime/node.ts';
import { CLIENT_ONLY, NOWHERE } from '../../src/table/places.ts';
import type { WireAddress } from '../../src/wire-types.ts';
import { eventually, networkOf, newKey, newSite, nodeAt, valueOf } from './node-kit.ts';

/** Nobody listens on port 1. */
const NOBODY: WireAddress = { family: 4, ip: Uint8Array.of(127, 0, 0, 1), port: 1 };

for (const [name, advertise] of [
  ['says so', []],
  ['is not found where it says', [NOBODY]],
] as const) {
  test(`a node that ${name} works as a client, and holds nothing`, async (t) => {
    const site = await newSite(t);
    const nodes = await networkOf(t, site, 4);
    const [first] = nodes;
    if (first === undefined) return t.fail();
    await eventually(t, 'all know all', () => nodes.every((node) => node.status().contacts === 3));
    const bootstrap = [formatEndpoint(first.listen)];
    const client = await nodeAt(t, site, 'client', { bootstrap, advertise });
    t.is((await client.joined).type, 'joined');
    const keys = Array.from({ length: 10 }, newKey);
    const values = keys.map((_, index) => valueOf(1 + index * 100));
    const holders = new Set<string>();
    for (const [index, key] of keys.entries()) {
      const result = await client.put(key, values[index] ?? t.fail(), { replication: 4 });
      t.is(result.status, 'good');
      for (const holder of result.holders) holders.add(client.idHexOf(holder));
    }
    // Who does not know that nobody can dial it keeps what it publishes, as one more holder.
    t.is(holders.has(client.id), advertise.length > 0);
    t.is(client.status().records > 0, advertise.length > 0);
    for (const [index, key] of keys.entries()) {
      t.deepEqual((await nodes[index % 4]?.get(key))?.value, values[index]);
      t.deepEqual((await client.get(key)).value, values[index]);
    }
    await delay(500);
    t.true(
      nodes.every((node) => node.status().contacts === 3),
      'no table has it',
    );
    t.is(client.status().contacts, 4);
    const placeOf = (node: RunningNode): number | undefined => {
      const handle = node.directory.find(Buffer.from(client.id, 'hex'));
      return handle === undefined ? undefined : node.directory.places[handle];
    };
    // Some dials go in vain first.
    for (let i = 0; i < 40 && !nodes.some((node) => placeOf(node) === CLIENT_ONLY); i++) {
      await Promise.all(keys.map((key) => client.get(key)));
      await delay(250);
    }
    t.true(nodes.some((node) => placeOf(node) === CLIENT_ONLY));
    t.true(
      nodes.every((node) => node.status().contacts === 3),
      'nor later',
    );
  });
}

test('a place is a subnet, keyed; loopback is none unless it is held to the limits', (t) => {
  const [one, other] = [new Placing(new PeerDirectory()), new Placing(new PeerDirectory())];
  t.is(one.wordOf('192.0.2.1'), one.wordOf('::ffff:192.0.2.77'));
  t.not(one.wordOf('192.0.2.1'), one.wordOf('192.0.3.1'));
  t.not(one.wordOf('192.0.2.1'), other.wordOf('192.0.2.1'));
  t.is(one.wordOf('127.0.0.1'), NOWHERE);
  const strict = new Placing(new PeerDirectory(), true);
  t.not(strict.wordOf('127.0.0.1'), NOWHERE);
  t.not(strict.wordOf('127.0.0.1'), strict.wordOf('127.0.1.1'));
});
