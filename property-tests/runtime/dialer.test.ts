// Dialling: which address comes first, an address that swallows packets, and one that leads to
// somebody else; limits on dials of peers that were only heard of.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import fc from 'fast-check';
import { BLIND_DIALS_AMONG_MAX, BLIND_DIALS_MAX, BLIND_DIALS_MS } from '../../runtime/bounds.ts';
import { BLIND_SUBNETS_MAX, NOT_FOUND_MIN, REDIAL_MS_MAX } from '../../runtime/bounds.ts';
import { DIAL_NEXT_MS, DIALS_BESIDE_MAX, DIALS_MAX } from '../../runtime/bounds.ts';
import { HANDSHAKE_MS_MAX } from '../../runtime/bounds.ts';
import { monotonicMs } from '../../runtime/clock.ts';
import { LiveIdentity } from '../../runtime/identity/live-identity.ts';
import { AddressBook } from '../../runtime/links/address-book.ts';
import { reachableAt } from '../../runtime/links/address.ts';
import type { Endpoint } from '../../runtime/links/address.ts';
import { BlindDials } from '../../runtime/links/blind-dials.ts';
import { Refusals } from '../../runtime/links/counts.ts';
import { Dialer, familiesInTurn } from '../../runtime/links/dialer.ts';
import { bindServer } from '../../runtime/listening.ts';
import { encodePeer } from '../../src/codec/peer.ts';
import { CALL_MS_MAX } from '../../src/limits.ts';
import { CLIENT_ONLY, NOWHERE } from '../../src/table/places.ts';
import type { Peer } from '../../src/types.ts';
import type { WireAddress } from '../../src/wire-types.ts';
import { law } from '../harness.ts';
import { timeWithoutStandstills } from '../lateness.ts';
import { endAt, ping, replies } from './link-kit.ts';
import { ANY_PORT, eventually, identityAt, newSite } from './node-kit.ts';

const host = fc.constantFrom('192.0.2.1', '192.0.2.2', '2001:db8::1', '2001:db8::2');
const endpoints = fc.array(fc.record({ host, port: fc.integer({ min: 1, max: 9 }) }));

law('families take turns, none is lost, and the first stays first', [endpoints], 200, (given) => {
  const turns = familiesInTurn(given);
  assert.deepEqual(turns[0], given[0]);
  assert.deepEqual([...turns].sort(order), [...given].sort(order));
  const isSix = turns.map((one) => one.host.includes(':'));
  const rarer = Math.min(isSix.filter(Boolean).length, isSix.filter((six) => !six).length);
  for (let i = 1; i < 2 * rarer; i++) assert.notEqual(isSix[i], isSix[i - 1]);
});

test('an address that says nothing costs a quarter of a second, not the deadline', async (t) => {
  const site = await newSite(t);
  const [a, b] = [await endAt(t, site, 'a'), await endAt(t, site, 'b')];
  const at = await muteServer(t, () => undefined);
  a.book.hear(a.peerOf(b), [...reachableAt(at), ...reachableAt(b.listen)]);
  const tookMs = await timeWithoutStandstills(async () => {
    ping(a, b, 1);
    await eventually(t, 'answered', () => replies(a).length === 1);
  });
  t.true(tookMs < 4500, `${tookMs} ms`);
  const [first] = a.book.addressesOf(a.peerOf(b));
  t.deepEqual(first, reachableAt(b.listen)[0], 'the one that led there comes first from now on');
});

test('many peers of which each address is silent do not take all descriptors', async (t) => {
  const site = await newSite(t);
  let [open, most] = [0, 0];
  const at = await muteServer(t, (socket) => {
    open += 1;
    most = Math.max(most, open);
    socket.once('close', () => (open -= 1));
  });
  const dialer = new Dialer(new LiveIdentity(await identityAt(site, 'dialler')));
  t.teardown(() => {
    dialer.stop();
  });
  const dials = Array.from({ length: DIALS_MAX / 2 }, () =>
    dialer.dial([at, at, at, at], () => undefined),
  );
  await eventually(t, 'all but the last are beside', () => most > DIALS_MAX / 2);
  await delay(6 * DIAL_NEXT_MS);
  t.true(most <= (DIALS_MAX + DIALS_BESIDE_MAX) / 2, `${most} at once`);
  dialer.stop();
  await Promise.all(dials);
});

test('who only called us is dialled before it is asked anything', async (t) => {
  const site = await newSite(t);
  const [a, b] = [await endAt(t, site, 'a'), await endAt(t, site, 'b')];
  a.book.hear(a.peerOf(b), reachableAt(b.listen));
  ping(a, b, 1);
  await eventually(t, 'answered', () => replies(a).length === 1);
  t.false(b.book.isFound(b.peerOf(a)));
  ping(b, a, 2);
  await eventually(t, 'answered', () => replies(b).length === 1);
  t.true(b.book.isFound(b.peerOf(a)));
  t.deepEqual([a.links.counts.linksUp, b.links.counts.linksUp], [1, 1], 'one link is enough');
});

test('a peer that could not be dialled is left alone longer each time, and not for ever', (t) => {
  const book = new AddressBook();
  const address: WireAddress = { family: 4, ip: Uint8Array.of(192, 0, 2, 1), port: 1 };
  book.hear(1, [address]);
  t.true(book.mayDial(1, 0));
  for (let failures = 0; failures < 40; failures++) book.doubt(1, 0);
  t.true(book.mayDial(1, REDIAL_MS_MAX));
  const waits = Array.from({ length: 50 }, (_, peer) => {
    for (let failures = 0; failures < 9; failures++) book.doubt(10 + peer, 0);
    return [1000, 30_000].map((at) => book.mayDial(10 + peer, at));
  });
  t.true(waits.filter(([early]) => early === true).length < 10, 'few come back at once');
  t.true(waits.some(([, late]) => late === true) && waits.some(([, late]) => late !== true));
  book.hear(1, [{ ...address, port: 2 }], 0);
  t.true(book.mayDial(1, 0), 'another address may be tried at once');
  book.doubt(1, 0);
  for (let port = 3; port < 9; port++) book.hear(1, [{ ...address, port }], 1000);
  const waits2 = Array.from({ length: 20 }, (_, i) => book.mayDial(1, 100 * i));
  t.true(waits2.includes(false), 'but not one after another');
  t.deepEqual(book.addressesOf(1).at(-1), address, 'the first that was heard of stays');
});

test('where a peer was found it may be sought again, however often it was not there since', (t) => {
  const book = new AddressBook();
  const address: WireAddress = { family: 4, ip: Uint8Array.of(192, 0, 2, 1), port: 1 };
  book.hear(1, [address]);
  t.false(book.wasFoundAt(1, '192.0.2.1'), 'hearsay is not enough');
  book.find(1, { host: '::ffff:192.0.2.1', port: 1 });
  book.prove(1, [address]);
  for (let failures = 0; failures < 9; failures++) book.doubt(1, 0);
  t.false(book.isFound(1));
  t.deepEqual([book.wasFoundAt(1, '192.0.2.1'), book.wasFoundAt(1, '192.0.2.2')], [true, false]);
});

test('into a subnet only so many connections go in vain, more where somebody is known', (t) => {
  const refusals = new Refusals();
  const blind = new BlindDials(false, refusals);
  const [victim, near, far] = ['192.0.2.9', '::ffff:192.0.2.77', '198.51.100.1'];
  for (let i = 0; i < BLIND_DIALS_MAX; i++) t.true(blind.begin(i % 2 === 0 ? victim : near, i));
  t.false(blind.begin(near, 9));
  t.true(blind.begin(far, 9));
  t.true(blind.begin(near, BLIND_DIALS_MS), 'the first is forgotten by then');
  t.false(blind.begin(near, BLIND_DIALS_MS));
  blind.found('192.0.2.1', BLIND_DIALS_MS);
  for (let i = 0; i < BLIND_DIALS_AMONG_MAX; i++) t.true(blind.begin(near, BLIND_DIALS_MS));
  t.false(blind.begin(near, BLIND_DIALS_MS));
  for (let i = 0; i < 99; i++) t.true(blind.begin('127.0.0.1', 0));
  t.deepEqual(
    [...refusals.dials],
    [
      ['unknown-subnet', 2],
      ['known-subnet', 1],
    ],
  );
});

test('subnets that are remembered are bounded', (t) => {
  const blind = new BlindDials();
  const at = (i: number): string => `10.${(i >> 8) & 255}.${i & 255}.1`;
  for (let i = 0; i <= BLIND_SUBNETS_MAX; i++) {
    for (let j = 0; j < BLIND_DIALS_MAX; j++) blind.begin(at(i), 0);
  }
  t.deepEqual([blind.begin(at(0), 0), blind.begin(at(BLIND_SUBNETS_MAX), 0)], [true, false]);
});

test('liars that name an address many times over make few connections there', async (t) => {
  const site = await newSite(t);
  const a = await endAt(t, site, 'a', { strict: true });
  let connections = 0;
  const victim = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  t.teardown(() => victim.close());
  const at = await bindServer(victim, { host: '127.7.7.7', port: 0 }, 'the victim');
  const frame = encodePeer({ type: 'request', call: 1, body: { type: 'ping' } });
  for (let liar = 0; liar < 40; liar++) {
    const nobody = a.directory.intern(Uint8Array.from(randomBytes(32))) ?? t.fail();
    a.book.hear(nobody, reachableAt(at));
    a.links.request(nobody, 1 + liar, frame);
  }
  await eventually(t, 'all are given up', () => a.unreachable.length === 40);
  t.is(connections, BLIND_DIALS_MAX);
});

test('a peer with a link is sought where it is seen, whatever liars say of it', async (t) => {
  const site = await newSite(t);
  const a = await endAt(t, site, 'a', { strict: true });
  const b = await endAt(t, site, 'b', { strict: true });
  for (let liar = 0; liar < 10; liar++) {
    const nobody = a.directory.intern(Uint8Array.from(randomBytes(32))) ?? t.fail();
    a.book.hear(nobody, [{ family: 4, ip: Uint8Array.of(127, 0, 0, 9), port: 1 + liar }]);
    ping(a, { ...b, identity: { ...b.identity, nodeId: a.directory.idOf(nobody) } }, 100 + liar);
  }
  await eventually(t, 'all are given up', () => a.unreachable.length === 10);
  b.book.hear(b.peerOf(a), reachableAt(a.listen));
  ping(b, a, 1);
  await eventually(t, 'it has a link', () => replies(b).length === 1);
  ping(a, b, 2);
  await eventually(t, 'answered', () => replies(a).length === 1);
  t.not(a.directory.places[a.peerOf(b)], CLIENT_ONLY);
});

test('a peer that is not found counts as a client after some tries, until it is', async (t) => {
  const site = await newSite(t);
  const [a, b] = [await endAt(t, site, 'a'), await endAt(t, site, 'b')];
  b.book.hear(b.peerOf(a), reachableAt(a.listen));
  ping(b, a, 1);
  await eventually(t, 'it has a link', () => replies(b).length === 1);
  const peer = a.peerOf(b);
  const place = (): number | undefined => a.directory.places[peer];
  const lost = { family: 4, ip: Uint8Array.of(127, 0, 0, 1), port: 1 } as const;
  a.book.prove(peer, [lost]);
  for (let tries = 1; tries <= NOT_FOUND_MIN; tries++) {
    t.not(place(), CLIENT_ONLY);
    await eventually(t, 'it may be dialled', () => a.book.mayDial(peer, monotonicMs()));
    ping(a, b, tries);
    await eventually(t, 'given up', () => a.unreachable.length === tries);
  }
  t.is(place(), CLIENT_ONLY);
  a.book.prove(peer, reachableAt(b.listen));
  ping(a, b, 99);
  await eventually(t, 'answered', () => replies(a).length === 1);
  t.is(place(), NOWHERE);
});

test('a turn at a dial is for who still waits, every other one for the newest', async (t) => {
  const site = await newSite(t);
  const dialer = new Dialer(new LiveIdentity(await identityAt(site, 'a')));
  t.teardown(() => {
    dialer.stop();
  });
  const places: Socket[] = [];
  const mute = await muteServer(t, (socket) => places.push(socket));
  const dial = (to: Endpoint, isAwaited?: () => boolean): void => {
    void dialer.dial(
      [to],
      () => undefined,
      () => true,
      isAwaited,
    );
  };
  for (let i = 0; i < DIALS_MAX / 2; i++) dial(mute);
  await eventually(t, 'all places are taken', () => places.length === DIALS_MAX / 2);
  const dialled: number[] = [];
  for (let i = 0; i < 9; i++) {
    const at = await muteServer(t, () => dialled.push(i));
    dial(at, () => i % 4 !== 1);
  }
  for (let freed = 1; freed <= 7; freed++) {
    places[freed]?.destroy();
    await eventually(t, 'another one is dialled', () => dialled.length >= freed);
  }
  t.deepEqual(dialled, [8, 0, 7, 2, 6, 3, 4]);
});

test('dials that came too late for their calls keep no stranger waiting', async (t) => {
  const site = await newSite(t);
  const [a, b] = [await endAt(t, site, 'a'), await endAt(t, site, 'b')];
  const mute = await muteServer(t, () => undefined);
  const liars = DIALS_MAX;
  const frame = encodePeer({ type: 'request', call: 1, body: { type: 'ping' } });
  const named: Peer[] = [];
  for (let liar = 0; liar < liars; liar++) {
    const nobody = a.directory.intern(Uint8Array.from(randomBytes(32))) ?? t.fail();
    named.push(nobody);
    a.book.hear(nobody, reachableAt(mute));
    a.links.request(nobody, 100 + liar, frame);
  }
  await delay(HANDSHAKE_MS_MAX - CALL_MS_MAX / 4);
  a.book.hear(a.peerOf(b), reachableAt(b.listen));
  ping(a, b, 1);
  const askedAt = performance.now();
  await eventually(t, 'the stranger answers', () => replies(a).includes(1), 3 * HANDSHAKE_MS_MAX);
  t.true(performance.now() - askedAt < HANDSHAKE_MS_MAX);
  await eventually(t, 'all others are given up', () => a.unreachable.length === liars);
  const failures = named.map((nobody) => a.book.failuresOf(nobody));
  t.is(
    failures.filter((count) => count > 0).length,
    DIALS_MAX / 2,
    'those not dialled are not blamed',
  );
});

/** Takes connections and never says a word. */
async function muteServer(
  t: ExecutionContext,
  onConnection: (socket: Socket) => void,
): Promise<Endpoint> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  t.teardown(() => server.close());
  return await bindServer(server, ANY_PORT, 'the mute server');
}

function order(a: { host: string; port: number }, b: { host: string; port: number }): number {
  return a.host.localeCompare(b.host) || a.port - b.port;
}
