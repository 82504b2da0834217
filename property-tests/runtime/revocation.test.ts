/**
 * Revocation while nodes run: whoever is revoked loses its links within five seconds after the list
 * changed on disk, and none of a thousand later tries gets through, in either direction, with a
 * saved session or without.
 *
 * Accepted is who hears one byte of a frame, since a node greets whom it accepts.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { lockAuthority } from '../../runtime/identity/authority.ts';
import { copyPublicFiles } from '../../runtime/identity/issuance.ts';
import { revokeCertificates } from '../../runtime/identity/revocations.ts';
import { reachableAt } from '../../runtime/links/address.ts';
import type { Endpoint } from '../../runtime/links/address.ts';
import { encodePeer } from '../../src/codec/peer.ts';
import { CALL_MS_MAX } from '../../src/limits.ts';
import { contactsOf } from '../../src/table/table.ts';
import { pemOfIdentity } from '../certificates/case-kit.ts';
import { careless } from '../certificates/identity-kit.ts';
import { stackStranger } from '../certificates/strangers.ts';
import type { Served, StackOptions, Visit } from '../certificates/strangers.ts';
import { timeWithoutStandstills } from '../lateness.ts';
import { endAt } from './link-kit.ts';
import type { End } from './link-kit.ts';
import { eventually, finds, identityAt, newKey, newSite, valueOf } from './node-kit.ts';
import type { Site } from './node-kit.ts';
import { watched, watchful } from './watchful-kit.ts';
import type { Member } from './watchful-kit.ts';

test('whoever is revoked loses its links in time, and gets no more', async (t) => {
  const site = await newSite(t);
  const members = [...(await watchful(t, site, 4))];
  const revoked = members.pop() ?? t.fail();
  const guest = await guestOf(t, site, members);
  await eventually(t, 'all are linked', () =>
    members.every(({ node }) => node.status().links >= 4),
  );
  await lockAuthority(site.authority.dir, async () => {
    for (const { nodeIdHex } of [revoked.identity, guest.identity]) {
      await revokeCertificates(site.authority, nodeIdHex, 'key-compromise');
    }
  });
  const tookMs = await timeWithoutStandstills(async () => {
    for (const dataDir of [...members.map((member) => member.dataDir), guest.callerDir]) {
      await copyPublicFiles(site.authority, dataDir);
    }
    await eventually(t, 'the links of both are closed', () => {
      const open = guest.visits.reduce((sum, visit) => sum + visit.open(), guest.served.open());
      return open === 0 && revoked.node.status().links === 0;
    });
  });
  t.true(tookMs < 5000, `${tookMs} ms`);

  const before = members.map(({ node }) => node.status().links);
  const places = members.map(({ node }) => node.listen);
  const { cert, key } = pemOfIdentity(revoked.identity);
  const tries = [
    inTurn(400, (i) => comes(t, careless({ cert, key }), places[i % places.length])),
    inTurn(200, (i) => comesAgain(t, guest, i, true)),
    inTurn(100, (i) => comesAgain(t, guest, i, false)),
    inTurn(150, () => isIntroduced(guest)),
    inTurn(150, (i) => isCalled(t, guest, i)),
  ];
  const accepted = (await Promise.all(tries)).reduce((sum, count) => sum + count);
  t.is(accepted, 0);
  t.is(guest.served.begun(), 1 + 300, 'each dial of ours has reached it');
  t.is(revoked.node.status().links, 0);
  members.forEach(({ node }, i) => t.true(node.status().links <= (before[i] ?? 0)));
  t.log(`links closed after ${Math.round(tookMs)} ms; 1000 tries, ${accepted} accepted`);
});

test('what somebody signed who is revoked since is not read, and who holds it stays', async (t) => {
  const site = await newSite(t);
  const members = [...(await watchful(t, site, 6))];
  const publisher = members.pop() ?? t.fail();
  const others = members.map(({ identity }) => identity.nodeIdHex);
  const stored = await heldByOthers(t, publisher, others);
  const reader = members.find(({ identity }) => !stored.holders.includes(identity.nodeIdHex));
  if (reader === undefined) return t.fail();
  await finds(t, reader.node, stored.key, stored.value);
  await lockAuthority(site.authority.dir, async () => {
    await revokeCertificates(site.authority, publisher.identity.nodeIdHex, 'key-compromise');
  });
  // The holders do not know yet.
  await copyPublicFiles(site.authority, reader.dataDir);
  await eventually(t, 'the reader has the list', () => reader.replaced() > 0);
  const gone = new Set<string>();
  const look = setInterval(() => {
    const known = contactsOf(reader.node.state().table).map((peer) => reader.node.idHexOf(peer));
    for (const holder of stored.holders) if (!known.includes(holder)) gone.add(holder);
  }, 5);
  t.teardown(() => {
    clearInterval(look);
  });
  for (let i = 0; i < 3; i++) t.is((await reader.node.get(stored.key)).value, undefined);
  // As long as the calls of the reads would have been open without an answer.
  await delay(CALL_MS_MAX);
  t.deepEqual([...gone], []);
  const holders = members.filter(({ identity }) => stored.holders.includes(identity.nodeIdHex));
  for (const { node, dataDir, replaced } of holders) {
    // It is on its own disk.
    await finds(t, node, stored.key, stored.value);
    const { records } = node.status();
    await copyPublicFiles(site.authority, dataDir);
    await eventually(t, 'a holder has the list', () => replaced() > 0);
    t.is((await node.get(stored.key)).value, undefined);
    await eventually(t, 'it is let go', () => node.status().records < records);
  }
});

interface Stored {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly holders: readonly string[];
}

/** A value of two replicas, both at some of these and none at its publisher. */
async function heldByOthers(
  t: ExecutionContext,
  { node }: Member,
  others: readonly string[],
): Promise<Stored> {
  for (let tries = 0; tries < 100; tries++) {
    const [key, value] = [newKey(), valueOf(10)];
    const { status, holders } = await node.put(key, value, { replication: 2 });
    t.is(status, 'good');
    const ids = holders.map((peer) => node.idHexOf(peer));
    if (ids.length === 2 && ids.every((id) => others.includes(id))) {
      return { key, value, holders: ids };
    }
  }
  return t.fail('no key was far enough from its publisher');
}

/** A certified peer that is no node: linked with all members, and with a dialler of ours. */
interface Guest {
  readonly identity: Awaited<ReturnType<typeof identityAt>>;
  /** Its links with the members, with the sessions that it was given there. */
  readonly visits: readonly (Visit & { readonly session: Buffer; readonly to: Endpoint })[];
  /** Where our dialler calls it: a server that gives tickets and would resume. */
  readonly served: Served;
  readonly caller: End;
  readonly callerDir: string;
}

async function guestOf(
  t: ExecutionContext,
  site: Site,
  members: readonly Member[],
): Promise<Guest> {
  const identity = await identityAt(site, 'guest');
  const options = careless(pemOfIdentity(identity));
  const visits = members.map(async ({ node }) => {
    const sessions: Buffer[] = [];
    const stranger = stackStranger(
      () => options,
      (session) => sessions.push(session),
    );
    const visit = stranger.dial(t, node.listen);
    await eventually(t, 'it is greeted', () => visit.heard() > 0 && sessions.length > 0);
    return { ...visit, to: node.listen, session: sessions.at(-1) ?? t.fail() };
  });
  const callerDir = join(site.dir, 'caller');
  const caller = await endAt(t, site, 'caller');
  watched(t, callerDir, caller.identity, (next) => {
    caller.live.replace(next);
  });
  const served = await stackStranger(() => options).serve(t, '127.0.0.1');
  t.is(await caller.links.introduce([served.listen]), caller.peerOf({ identity }));
  caller.book.doubt(caller.peerOf({ identity }), 0);
  caller.book.hear(caller.peerOf({ identity }), reachableAt(served.listen));
  return { identity, visits: await Promise.all(visits), served, caller, callerDir };
}

/** So many tries, one after another; @returns how many were accepted */
async function inTurn(
  count: number,
  attempt: (index: number) => Promise<boolean>,
): Promise<number> {
  let accepted = 0;
  for (let i = 0; i < count; i++) if (await attempt(i)) accepted += 1;
  return accepted;
}

async function comes(
  t: ExecutionContext,
  options: StackOptions,
  to: Endpoint | undefined,
): Promise<boolean> {
  const visit = stackStranger(() => options).dial(t, to ?? t.fail());
  await eventually(t, 'it is turned away', () => visit.open() === 0 || visit.heard() > 0);
  return visit.heard() > 0;
}

async function comesAgain(
  t: ExecutionContext,
  { identity, visits }: Guest,
  index: number,
  withCertificate: boolean,
): Promise<boolean> {
  const { session, to } = visits[index % visits.length] ?? t.fail();
  const material = withCertificate ? pemOfIdentity(identity) : {};
  return await comes(t, { ...careless(material), session }, to);
}

async function isIntroduced({ caller, served }: Guest): Promise<boolean> {
  const heard = served.heard();
  return (await caller.links.introduce([served.listen])) !== undefined || served.heard() > heard;
}

async function isCalled(t: ExecutionContext, guest: Guest, call: number): Promise<boolean> {
  const { caller, served, identity } = guest;
  const heard = served.heard();
  const frame = encodePeer({ type: 'request', call, body: { type: 'ping' } });
  // As if it had just been found there: after a failed dial the next one would wait.
  caller.book.find(caller.peerOf({ identity }), served.listen);
  caller.book.meet(caller.peerOf({ identity }));
  caller.links.request(caller.peerOf({ identity }), call, frame);
  await eventually(t, 'it is not reached', () => caller.unreachable.includes(call));
  return served.heard() > heard || caller.links.counts.linksUp > 0;
}
