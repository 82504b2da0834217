// A node that reaches nobody: how often it dials and what it says, what it does when its network
// changes, and names that lead elsewhere now. Real nodes; where they are, the test says to Node.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import dns from 'node:dns';
import { mkdir, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import fc from 'fast-check';
import { textOfPeers } from '../../runtime/links/peers-file.ts';
import { silentLog } from '../../runtime/log.ts';
import type { Log } from '../../runtime/log.ts';
import { placesIn } from '../../runtime/network-watch.ts';
import { law } from '../harness.ts';
import { eventually, newSite, nodeAt } from './node-kit.ts';

const SAVED = 40;

/** Takes connections and ends them, and counts. */
async function deadEnd(t: ExecutionContext): Promise<{ at: string; port: number; count: number }> {
  const end = { at: '', port: 0, count: 0 };
  const server = createServer((socket) => {
    end.count++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  end.port = (server.address() as AddressInfo).port;
  end.at = `127.0.0.1:${end.port}`;
  return end;
}

test('who reaches nobody dials little and says little, until its network changes', async (t) => {
  t.timeout(60_000);
  const [site, end] = [await newSite(t), await deadEnd(t)];
  const saved = Array.from({ length: SAVED }, () => ({
    id: randomBytes(32).toString('hex'),
    seen: new Date().toISOString().slice(0, 10),
    at: [{ host: '127.0.0.1', port: end.port }],
  }));
  await mkdir(join(site.dir, 'node'));
  await writeFile(join(site.dir, 'node', 'peers'), textOfPeers(saved));
  const lines: string[] = [];
  const note = (_: unknown, message: string): void => void lines.push(message);
  const log: Log = { ...silentLog, info: note, warn: note };
  await nodeAt(t, site, 'node', { bootstrap: [end.at, `localhost:${end.port}`], log });
  await eventually(t, 'all saved peers are dialled at once', () => end.count >= SAVED);
  await delay(10_000);
  // Two introducers and a few saved peers, ever less often; not forty of them each time.
  t.true(end.count <= SAVED + 30, `${end.count - SAVED} dials after the first`);
  const failed = lines.filter((line) => line === 'bootstrap node failed');
  t.true(failed.length >= 1 && failed.length <= 4, `${failed.length} lines`);
  const before = end.count;
  changeNetwork(t);
  await eventually(t, 'all are dialled', () => end.count >= before + SAVED, 15_000);
});

/** What Node says of this machine's addresses is another thing from now on. */
function changeNetwork(t: ExecutionContext): void {
  const { networkInterfaces } = os;
  os.networkInterfaces = () => ({
    eth9: [
      {
        address: '192.0.2.9',
        netmask: '255.255.255.0',
        family: 'IPv4',
        mac: '02:00:00:00:00:09',
        internal: false,
        cidr: '192.0.2.9/24',
      },
    ],
  });
  syncBuiltinESMExports();
  t.teardown(() => {
    os.networkInterfaces = networkInterfaces;
    syncBuiltinESMExports();
  });
}

test.serial('a name is resolved at each try: it may lead elsewhere by then', async (t) => {
  t.timeout(60_000);
  const site = await newSite(t);
  const first = await nodeAt(t, site, 'first');
  let asked = 0;
  let isMoved = false;
  const { lookup } = dns;
  // Node's own resolver, for this one name.
  const resolved = (name: string, options: dns.LookupAllOptions, told: Told): void => {
    if (name !== 'seed.invalid') return lookup(name, options, told);
    asked++;
    const address = isMoved ? '127.0.0.1' : '127.0.0.77';
    told(null, [{ address, family: 4 }]);
  };
  Object.assign(dns, { lookup: resolved });
  t.teardown(() => Object.assign(dns, { lookup }));
  const bootstrap = [`seed.invalid:${first.listen.port}`];
  const node = await nodeAt(t, site, 'node', { bootstrap });
  await eventually(t, 'it was asked for twice', () => asked >= 2);
  t.is(node.status().contacts, 0);
  isMoved = true;
  await eventually(
    t,
    'it joins where the name leads now',
    () => node.status().contacts === 1,
    30_000,
  );
});

type Told = (error: Error | null, addresses: dns.LookupAddress[]) => void;

const address = fc.record({ cidr: fc.ipV4(), internal: fc.boolean() });

law(
  'a network is known by the addresses outside of the machine, in any order',
  [fc.uniqueArray(address, { selector: ({ cidr }) => cidr, maxLength: 5 }), fc.nat()],
  200,
  (places, turn) => {
    const info = places.map(({ cidr, internal }) => ({
      address: cidr,
      netmask: '255.255.255.0',
      family: 'IPv4' as const,
      mac: '00:00:00:00:00:00',
      internal,
      cidr,
    }));
    const turned = [...info.slice(turn % 5), ...info.slice(0, turn % 5)];
    assert.equal(placesIn({ a: info }), placesIn({ b: turned.slice(0, 2), c: turned.slice(2) }));
    const outside = info.filter(({ internal }) => !internal);
    assert.equal(placesIn({ a: outside }), placesIn({ a: info }));
    if (outside.length > 0)
      assert.notEqual(placesIn({ a: outside.slice(1) }), placesIn({ a: info }));
  },
);
