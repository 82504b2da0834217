// Real nodes over TLS elect a leader among voters that a list names: they find one another, go on
// to the next list, and one that has lost its ballot abstains until a leader names it.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { configuredVoters } from '../../runtime/election/voter-list.ts';
import { lockAuthority } from '../../runtime/identity/authority.ts';
import { identityPaths, readIdentity } from '../../runtime/identity/identity.ts';
import { copyPublicFiles } from '../../runtime/identity/issuance.ts';
import { revokeCertificates } from '../../runtime/identity/revocations.ts';
import { formatEndpoint, reachableAt } from '../../runtime/links/address.ts';
import { ownHello } from '../../runtime/links/greeting.ts';
import { silentLog } from '../../runtime/log.ts';
import { startNode } from '../../runtime/node.ts';
import type { RunningNode } from '../../runtime/node.ts';
import { encodePeer } from '../../src/codec/peer.ts';
import { NEWCOMER_MS } from '../../src/limits.ts';
import { isLeading, UNWRITTEN } from '../../src/state/election.ts';
import { ANY_PORT, eventually, networkOf, newSite, nodeAt } from './node-kit.ts';
import { rawServer } from './raw-peer.ts';
import { electionOf, fastClock, identitiesAt, leaderOf, listOf } from './voters-kit.ts';

test('voters go on to the list with one more, which makes the newcomer one of them', async (t) => {
  const site = await newSite(t);
  const identities = await identitiesAt(site, 4);
  const { ids } = identities;
  const voters = listOf(site, 1, ids.slice(0, 3));
  const nodes = await networkOf(t, site, 4, (index) => {
    return { identity: identities.of(index), voters, clock: fastClock() };
  });
  const [first, , , newcomer] = nodes;
  await leaderOf(t, nodes.slice(0, 3));
  if (newcomer === undefined || first === undefined) return t.fail();
  t.is(electionOf(newcomer).role.type, 'observer');
  const next = listOf(site, 2, ids);
  for (const node of nodes) node.replaceVoters(next);
  const versionOf = (node: RunningNode): number => electionOf(node).ballot.voters.version;
  await eventually(t, 'all go by list 2', () => nodes.every((node) => versionOf(node) === 2), 60e3);
  t.truthy(await leaderOf(t, nodes));
  // Another list of a version that is known, and one that nobody signed, do not count.
  const other = listOf(site, 2, ids.slice(1));
  t.throws(() => first.replaceVoters(other), { message: /is not signed by the authority/ });
  const forged = { ...next, version: 3 };
  t.throws(() => first.replaceVoters(forged), { message: /is not signed by the authority/ });
});

test('lists that a member sends take none from a voter that waits with its own', async (t) => {
  const site = await newSite(t);
  const identities = await identitiesAt(site, 3);
  const { ids } = identities;
  const server = await rawServer(t, identities.of(1));
  const node = await nodeAt(t, site, 'node0', {
    identity: identities.of(0),
    voters: listOf(site, 1, ids),
    clock: fastClock(),
    bootstrap: [formatEndpoint(server.listen)],
  });
  const raw = await server.accepted;
  raw.socket.write(encodePeer(ownHello(reachableAt(server.listen))));
  // It goes on to this one, without a seat for it, when another voter has done so.
  node.replaceVoters(listOf(site, 2, ids.slice(1)));
  // Certified lists in a term that is out of all reason: the core takes none of them.
  for (let version = 3; version < 20; version++) {
    const body = { type: 'heartbeat', term: 2 ** 40, voters: listOf(site, version, ids) } as const;
    raw.socket.write(encodePeer({ type: 'request', call: version, body }));
  }
  const refusal = { type: 'term', term: 0, version: 2, ok: false } as const;
  const answered = new Set<number>();
  const goesOn = (): boolean => {
    for (const message of raw.heard) {
      if (message.type !== 'request' || message.body.type !== 'vote') continue;
      if (answered.has(message.call)) continue;
      answered.add(message.call);
      raw.socket.write(encodePeer({ type: 'reply', call: message.call, body: refusal }));
    }
    return electionOf(node).ballot.voters.version === 2;
  };
  await eventually(t, 'it goes on', goesOn, 60e3);
  await node.close();
  t.regex(await readFile(join(site.dir, 'node0', 'ballot'), 'utf8'), /^voters 2 /m);
});

test('a leader that is revoked leads no more, for nobody hears it', async (t) => {
  const site = await newSite(t);
  const identities = await identitiesAt(site, 3);
  const voters = listOf(site, 1, identities.ids);
  const clock = fastClock();
  const nodes = await networkOf(t, site, 3, (index) => {
    return { identity: identities.of(index), voters, clock };
  });
  const leader = await leaderOf(t, nodes);
  if (leader === undefined) return t.fail();
  await lockAuthority(site.authority.dir, async () => {
    await revokeCertificates(site.authority, leader.id, 'key-compromise');
  });
  const others = nodes.filter((node) => node !== leader);
  for (const node of others) {
    const dataDir = join(site.dir, `node${nodes.indexOf(node)}`);
    await copyPublicFiles(site.authority, dataDir);
    node.replaceIdentity(await readIdentity(identityPaths(dataDir)));
  }
  const { term } = electionOf(leader).ballot;
  const isOver = (): boolean =>
    others.every((node) => electionOf(node).ballot.term > term) &&
    !isLeading(electionOf(leader), clock.moment().now);
  await eventually(t, 'its term is over', isOver, 60_000);
  const next = await leaderOf(t, others);
  t.true(next !== undefined && next !== leader);
});

test('a leader that is asked to stop hands over to another', async (t) => {
  const site = await newSite(t);
  const identities = await identitiesAt(site, 3);
  const voters = listOf(site, 1, identities.ids);
  const said: string[][] = [[], [], []];
  const logs = said.map((lines) => ({
    ...silentLog,
    info: (_: unknown, line: string) => void lines.push(line),
  }));
  const nodes = await networkOf(t, site, 3, (index) => {
    return { identity: identities.of(index), voters, log: logs[index] ?? silentLog };
  });
  const leader = await leaderOf(t, nodes);
  const others = nodes.filter((node) => node !== leader);
  const [first] = others;
  if (leader === undefined || first === undefined) return t.fail();
  const { term } = electionOf(first).ballot;
  const begunAt = performance.now();
  const closed = leader.close();
  const isNext = (): boolean => others.some((node) => electionOf(node).role.type === 'leader');
  await eventually(t, 'another leads', isNext, 30_000);
  t.log(`another leads after ${Math.round(performance.now() - begunAt)} ms`);
  await leaderOf(t, others);
  // One more, unless the machine stood still for as long as a lease.
  t.true(electionOf(first).ballot.term > term);
  await closed;
  const leads = (index: number): boolean => said[index]?.includes('this node leads') === true;
  t.true([0, 1, 2].filter(leads).length >= 2, 'two of them have led, and said so');
});

test('no vote counts that is not on disk, not even one for the own node', async (t) => {
  const site = await newSite(t);
  const identities = await identitiesAt(site, 3);
  const voters = listOf(site, 1, identities.ids);
  const nodes = await networkOf(t, site, 3, (index) => {
    return { identity: identities.of(index), voters, clock: fastClock() };
  });
  const ballotOf = (node: RunningNode): string =>
    join(site.dir, `node${nodes.indexOf(node)}`, 'ballot');
  // Another may be elected meanwhile, on a machine that is slow.
  let leader: RunningNode | undefined;
  while (leader === undefined || electionOf(leader).role.type !== 'leader') {
    for (const node of nodes) await rm(ballotOf(node), { force: true, recursive: true });
    leader = await leaderOf(t, nodes);
    for (const node of nodes) if (node !== leader) await bar(ballotOf(node));
  }
  const others = nodes.filter((node) => node !== leader);
  const led = new Set<RunningNode>();
  const look = setInterval(() => {
    for (const node of others) if (electionOf(node).role.type === 'leader') led.add(node);
  }, 2);
  t.teardown(() => {
    clearInterval(look);
  });
  const { term } = electionOf(leader).ballot;
  await leader.abort();
  const hasTried = (node: RunningNode): boolean => {
    const { writing, ballot } = electionOf(node);
    return writing === UNWRITTEN && ballot.term >= term + 3;
  };
  // Who cannot write its ballot answers nobody: when both have stood, neither stands again.
  const haveStood = (): boolean => others.every((node) => electionOf(node).ballot.term > term);
  const isShown = (): boolean => others.some(hasTried) || haveStood();
  await eventually(t, 'one has stood three times, or both have stood', isShown, 60_000);
  await delay(2000);
  t.is(led.size, 0);
  for (const node of others) await rm(ballotOf(node), { recursive: true });
  t.truthy(await leaderOf(t, others));
});

/** Puts a folder in the way of a file, which may be written again meanwhile. */
async function bar(path: string): Promise<void> {
  for (;;) {
    await rm(path, { force: true, recursive: true });
    const isBarred = await mkdir(join(path, 'in-the-way'), { recursive: true }).then(
      () => true,
      () => false,
    );
    if (isBarred) return;
  }
}

test('a voter whose ballot is lost abstains, and comes back when a leader names it', async (t) => {
  const site = await newSite(t);
  const identities = await identitiesAt(site, 3);
  const voters = configuredVoters(identities.ids);
  const clock = fastClock();
  const nodes = await networkOf(t, site, 2, (index) => {
    return { identity: identities.of(index), voters, clock };
  });
  const bootstrap = nodes.slice(0, 1).map(({ listen }) => formatEndpoint(listen));
  const identity = identities.of(2);
  const dataDir = join(site.dir, 'lost');
  const options = { listen: ANY_PORT, dataDir, identity, bootstrap, voters, clock };
  const start = (): Promise<RunningNode> => startNode(options);
  const before = await start();
  await leaderOf(t, [...nodes, before]);
  await before.close();
  const path = join(dataDir, 'ballot');
  const text = await readFile(path, 'utf8');
  // Another vote, as a fault of the disk might make it.
  const other = text.replace(
    /^term (\d)/m,
    (_, digit: string) => `term ${(Number(digit) + 1) % 10}`,
  );
  await writeFile(path, other);

  const startedAt = clock.moment().now;
  const damaged = await start();
  t.is(electionOf(damaged).role.type, 'observer');
  t.is(electionOf(damaged).ballot.voters.version, 0);
  t.true((await readdir(dataDir)).includes('ballot.damaged'));
  await leaderOf(t, nodes);
  const role = electionOf(damaged).role.type;
  if (clock.moment().now < startedAt + NEWCOMER_MS) t.is(role, 'observer', 'no word so soon');
  await eventually(t, 'it is named', () => electionOf(damaged).role.type === 'follower', 60e3);
  t.true(electionOf(damaged).ballot.term >= 1);
  await damaged.close();

  await rm(path);
  const gone = await start();
  t.teardown(() => gone.close());
  t.is(electionOf(gone).role.type, 'observer');
  t.is(electionOf(gone).ballot.voters.version, 0);
});
