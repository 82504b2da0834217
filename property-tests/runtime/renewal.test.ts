// The identity of nodes that run: whoever is revoked loses its links within five seconds and gets
// no more, and all nodes change their certificates, some their keys, while clients go on.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { lockAuthority } from '../../runtime/identity/authority.ts';
import { watchIdentity } from '../../runtime/identity/identity-watch.ts';
import { identityPaths } from '../../runtime/identity/identity.ts';
import type { Identity } from '../../runtime/identity/identity.ts';
import { copyPublicFiles, issueInto, renewInto } from '../../runtime/identity/issuance.ts';
import { revokeCertificates } from '../../runtime/identity/revocations.ts';
import { silentLog } from '../../runtime/log.ts';
import type { RunningNode } from '../../runtime/node.ts';
import {
  clientOf,
  eventually,
  identityAt,
  networkOf,
  newKey,
  newSite,
  valueOf,
} from './node-kit.ts';
import type { Site } from './node-kit.ts';
import { rawPeer } from './raw-peer.ts';

interface Member {
  readonly node: RunningNode;
  readonly dataDir: string;
  readonly identity: Identity;
}

/** Nodes that watch their files, as `orrery node` does. */
async function watchful(t: ExecutionContext, site: Site, count: number): Promise<Member[]> {
  const identities: Identity[] = [];
  for (let i = 0; i < count; i++) identities.push(await identityAt(site, `node${i}`));
  const nodes = await networkOf(t, site, count, (i) => {
    const identity = identities[i];
    return identity === undefined ? {} : { identity };
  });
  return nodes.map((node, i) => {
    const dataDir = join(site.dir, `node${i}`);
    const identity = identities[i] ?? t.fail();
    const watch = watchIdentity(identityPaths(dataDir), identity, node.replaceIdentity, silentLog);
    t.teardown(() => {
      watch.end();
    });
    return { node, dataDir, identity };
  });
}

test('whoever is revoked loses its links in time, and gets no more', async (t) => {
  const site = await newSite(t);
  const members = await watchful(t, site, 4);
  const revoked = members.pop() ?? t.fail();
  await eventually(t, 'all are linked', () =>
    members.every(({ node }) => node.status().links >= 3),
  );
  await lockAuthority(site.authority.dir, async () => {
    await revokeCertificates(site.authority, revoked.identity.nodeIdHex, 'key-compromise');
    for (const { dataDir } of members) await copyPublicFiles(site.authority, dataDir);
  });
  const began = performance.now();
  await eventually(t, 'its links are closed', () => revoked.node.status().links === 0);
  t.true(performance.now() - began < 5000);
  const before = members.map(({ node }) => node.status().links);
  for (let i = 0; i < TRIES; i++) {
    const { node } = members[i % members.length] ?? t.fail();
    const raw = await rawPeer(t, site, node.listen, undefined, revoked.identity);
    await eventually(t, 'it is turned away', raw.ended);
    t.deepEqual(raw.heard, []);
  }
  t.deepEqual(
    members.map(({ node }) => node.status().links),
    before,
  );
  // What it signs is no longer taken either.
  t.true((await revoked.node.put(newKey(), valueOf(10))).holders.length <= 1);
});

test('all nodes get new certificates under load, and no operation fails', async (t) => {
  const site = await newSite(t);
  const members = await watchful(t, site, 5);
  let [done, failed, stopped] = [0, 0, false];
  const load = members.map(async ({ node }) => {
    const client = await clientOf(t, node);
    while (!stopped || done < OPERATIONS) {
      const [key, value] = [newKey(), valueOf(100)];
      const receipt = await client.put(key, value);
      const found = await client.get(key);
      if (receipt.status !== 'good') failed++;
      if (found === undefined || Buffer.compare(found, value) !== 0) failed++;
      done += 2;
    }
  });
  for (const [i, { dataDir, identity }] of members.entries()) {
    await lockAuthority(site.authority.dir, async () => {
      const { nodeIdHex } = identity;
      if (i % 2 === 0) await renewInto(site.authority, nodeIdHex, dataDir, { days: 30 });
      else await issueInto(site.authority, dataDir, { nodeIdHex, days: 30, replace: true });
    });
    await delay(300);
  }
  // Longer than from one look at the files to the next.
  await delay(2500);
  stopped = true;
  await Promise.all(load);
  t.is(failed, 0);
  t.log(`${done} operations, ${failed} failed`);
  t.true(done >= OPERATIONS);
});

const TRIES = 100;
const OPERATIONS = 1000;
