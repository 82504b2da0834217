// What connections share: bytes of unfinished messages, time of the event loop, places.
import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import fc from 'fast-check';
import { ClientConnection } from '../../runtime/api/api-connection.ts';
import type { ClientStore } from '../../runtime/api/api-connection.ts';
import { ACCEPTED_LINKS_MAX, CLIENTS_MAX, SLICE_MS } from '../../runtime/bounds.ts';
import { CLIENT_REQUESTS_MAX } from '../../runtime/bounds.ts';
import { connectionLimits } from '../../runtime/descriptors.ts';
import type { Identity } from '../../runtime/identity/identity.ts';
import { InputBudget } from '../../runtime/input-budget.ts';
import type { Cut } from '../../runtime/input-budget.ts';
import { placesOf, whoMakesRoom, whoTakesTooLittle } from '../../runtime/links/capacity.ts';
import { ownHello } from '../../runtime/links/greeting.ts';
import { bindServer } from '../../runtime/listening.ts';
import { silentLog } from '../../runtime/log.ts';
import { Slices } from '../../runtime/slices.ts';
import { encodeClient } from '../../src/codec/client.ts';
import { encodePeer } from '../../src/codec/peer.ts';
import { law } from '../harness.ts';
import { endAt } from './link-kit.ts';
import { ANY_PORT, eventually, identityAt, newSite } from './node-kit.ts';
import { rawPeer, rawPeerAs } from './raw-peer.ts';
import type { RawPeer } from './raw-peer.ts';

const notes = fc.array(
  fc.record({ who: fc.nat({ max: 5 }), bytes: fc.nat({ max: 60 }), ends: fc.boolean() }),
  { maxLength: 60 },
);

law('unfinished messages stay within their budget, the oldest are cut', [notes], 300, (all) => {
  const budget = new InputBudget(100);
  const messages = new Map<number, number>();
  /** The one whose message began first comes first. */
  let kept: { who: number; bytes: number }[] = [];
  const without = (who: number): typeof kept => kept.filter((one) => one.who !== who);
  const cuts = Array.from({ length: 6 }, (_, who): Cut => () => {
    assert.equal(kept[0]?.who, who, 'whose message began first goes first');
    kept = without(who);
  });
  for (const { who, bytes, ends } of all) {
    const cut = cuts[who];
    assert.ok(cut !== undefined);
    const ended = (messages.get(who) ?? 0) + (ends ? 1 : 0);
    messages.set(who, ended);
    const before = kept.find((one) => one.who === who);
    if (before !== undefined && bytes > 0 && !ends) before.bytes = bytes;
    else kept = bytes > 0 ? [...without(who), { who, bytes }] : without(who);
    budget.note(cut, bytes, ended);
    const sum = kept.reduce((total, one) => total + one.bytes, 0);
    assert.equal(budget.bytes, sum);
    assert.ok(sum <= 100);
  }
});

test('a link whose next frame has always begun outlives a flood of half frames', async (t) => {
  const site = await newSite(t);
  const bytes = 16_000;
  const a = await endAt(t, site, 'a', { inputBytesMax: 4 * bytes });
  const frameOf = (call: number): Uint8Array => {
    const range = { bits: 0, from: new Uint8Array(20) };
    const body = { type: 'compare', range, nonce: 0, tags: new Uint8Array(bytes) } as const;
    return encodePeer({ type: 'request', call, body });
  };
  const count = 10;
  const begin = async (identity: Identity): Promise<RawPeer> => {
    const peer = await rawPeerAs(t, identity, a.listen);
    peer.socket.write(encodePeer(ownHello([])));
    await eventually(t, 'it is up', () => peer.heard.length > 0);
    peer.socket.write(frameOf(1).subarray(0, bytes / 2));
    return peer;
  };
  // Made ahead, for it takes time, and a frame must be whole in time.
  const names = Array.from({ length: count }, (_, i) => `flood${i}`);
  const others = await Promise.all(names.map((name) => identityAt(site, name)));
  const busy = await begin(await identityAt(site, 'busy'));
  const flood: RawPeer[] = [];
  for (const [i, other] of others.entries()) {
    const call = i + 1;
    const next = frameOf(call + 1).subarray(0, bytes / 2);
    busy.socket.write(Buffer.concat([frameOf(call).subarray(bytes / 2), next]));
    await eventually(t, 'answered', () => busy.ended() || busy.heard.length > call);
    flood.push(await begin(other));
  }
  t.false(busy.ended());
  t.deepEqual([flood[0]?.ended(), flood.at(-1)?.ended()], [true, false]);
});

test('what a client keeps counts only while it is read', async (t) => {
  const inputs = new InputBudget(1e9);
  const waiting: (() => void)[] = [];
  const store: ClientStore = {
    hasRoom: () => true,
    isFull: () => false,
    get: async () => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return { value: undefined };
    },
    put: () => Promise.resolve({ status: 'busy', holders: [], wanted: 0, version: 0 }),
  };
  const shares = { store, slices: new Slices(), inputs, log: silentLog };
  const server = createServer((socket) => new ClientConnection(socket, shares));
  t.teardown(() => server.close());
  const { host, port } = await bindServer(server, ANY_PORT, 'the server');
  const socket = connect({ host, port, noDelay: true });
  t.teardown(() => {
    socket.destroy();
  });
  const get = (byte: number): Uint8Array =>
    encodeClient({ type: 'get', key: new Uint8Array(32).fill(byte) });
  socket.write(get(0).subarray(0, 20));
  await eventually(t, 'the half is kept', () => inputs.bytes > 0);
  const others = Array.from({ length: CLIENT_REQUESTS_MAX }, (_, i) => get(i + 1));
  socket.write(Buffer.concat([get(0).subarray(20), ...others, get(99).subarray(0, 20)]));
  await eventually(t, 'it is not read', () => waiting.length === CLIENT_REQUESTS_MAX);
  t.is(inputs.bytes, 0);
  for (const answer of waiting.splice(0)) answer();
  await eventually(t, 'it is read', () => inputs.bytes > 0);
});

test('of PUTs that wait for another of their key few are read', async (t) => {
  const waiting: (() => void)[] = [];
  let stored = 0;
  const store: ClientStore = {
    hasRoom: () => true,
    isFull: () => false,
    get: () => Promise.resolve({ value: undefined }),
    put: async () => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      stored += 1;
      return { status: 'busy', holders: [], wanted: 0, version: 0 };
    },
  };
  const inputs = new InputBudget(1e9);
  const shares = { store, slices: new Slices(), inputs, log: silentLog };
  let read = (): number => 0;
  const server = createServer((socket) => {
    read = () => socket.bytesRead;
    return new ClientConnection(socket, shares);
  });
  t.teardown(() => server.close());
  const { host, port } = await bindServer(server, ANY_PORT, 'the server');
  const socket = connect({ host, port, noDelay: true });
  t.teardown(() => {
    socket.destroy();
  });
  const value = new Uint8Array(60_000);
  const key = new Uint8Array(32);
  const rest = { ttlS: 60, replication: 1, checked: false } as const;
  const put = encodeClient({ type: 'put', key, value, ...rest });
  socket.write(Buffer.concat(Array.from({ length: CLIENT_REQUESTS_MAX }, () => put)));
  await eventually(t, 'one is under way', () => waiting.length === 1);
  await delay(300);
  t.true(read() < 10 * put.length, `${read()} bytes`);
  const goOn = (): boolean => {
    for (const resolve of waiting.splice(0)) resolve();
    return stored === CLIENT_REQUESTS_MAX;
  };
  await eventually(t, 'all have had their turn', goOn, 15_000);
});

test('who always has more to do takes turns with the others, and the loop goes on', async (t) => {
  const slices = new Slices();
  const done = [0, 0, 0];
  let turns = 0;
  const isOver = (): boolean => done.reduce((sum, one) => sum + one, 0) >= 90;
  const busy = (who: number): void => {
    const begun = performance.now();
    while (performance.now() - begun < 1);
    done[who] = (done[who] ?? 0) + 1;
    if (isOver()) return;
    slices.run(() => {
      busy(who);
    });
  };
  for (const who of [0, 1, 2]) {
    slices.run(() => {
      busy(who);
    });
  }
  while (!isOver()) {
    await new Promise((resolve) => setImmediate(resolve));
    turns += 1;
  }
  // However slow the machine is, a turn has no more than a slice of works of a millisecond.
  t.true(turns >= 90 / (SLICE_MS + 2), `${turns} turns`);
  t.true(Math.max(...done) - Math.min(...done) <= 3 * (SLICE_MS + 2), done.join());
});

test('work that fits is done at once', (t) => {
  const slices = new Slices();
  let done = 0;
  slices.run(() => (done += 1));
  t.is(done, 1);
});

test('connections leave descriptors for the disk, whatever the system allows', (t) => {
  t.like(connectionLimits(Infinity), { linksMax: ACCEPTED_LINKS_MAX, clientsMax: CLIENTS_MAX });
  for (const descriptors of [64, 256, 1024, 20_000]) {
    const { linksMax, clientsMax, dialledMax } = connectionLimits(descriptors);
    t.true(linksMax > 0 && clientsMax > 0 && dialledMax > 0);
    if (descriptors >= 256) t.true(linksMax + clientsMax + dialledMax < descriptors - 64);
  }
  const here = connectionLimits();
  t.true(here.linksMax > 0 && here.linksMax <= ACCEPTED_LINKS_MAX);
});

test('for a known peer the newest stranger goes, for a stranger nobody', (t) => {
  const links = [0, 5, 9, 7].map((waitingBytes) => ({ waitingBytes }));
  const occupants = links.map((one, peer) => ({ peer, link: one }));
  const known = new Set([0, 3, 7]);
  const ask = (places: number, who: number): unknown =>
    whoMakesRoom(occupants, places, who, (peer) => known.has(peer));
  t.is(ask(5, 9), undefined);
  t.is(ask(4, 9), 'none');
  t.is(ask(4, 7), links[2]);
  known.add(1).add(2);
  t.is(ask(4, 7), 'none');
  t.is(placesOf(16), 14);
  t.deepEqual(whoTakesTooLittle(links, 21), []);
  t.deepEqual(whoTakesTooLittle(links, 20), [links[2]]);
  t.deepEqual(whoTakesTooLittle(links, 5), [links[2], links[3]]);
});

test('strangers that hold all links do not keep a known peer out', async (t) => {
  const site = await newSite(t);
  const a = await endAt(t, site, 'a', { placesMax: 3 });
  const hello = encodePeer(ownHello([]));
  const strangers: RawPeer[] = [];
  for (let i = 0; i < 5; i++) {
    const stranger = await rawPeer(t, site, a.listen);
    stranger.socket.write(hello);
    strangers.push(stranger);
    await eventually(t, 'up or refused', () => stranger.ended() || stranger.heard.length > 0);
  }
  t.deepEqual(
    strangers.map((one) => one.ended()),
    [false, false, false, true, true],
  );
  const known = await identityAt(site, 'known');
  a.book.find(a.peerOf({ identity: known }), a.listen);
  for (let i = 0; i < 3; i++) {
    const peer = await rawPeer(t, site, a.listen, undefined, known);
    peer.socket.write(hello);
    await eventually(t, 'in', () => peer.heard.length > 0);
    t.false(peer.ended());
    peer.socket.destroy();
  }
  await eventually(t, 'the newest has gone', () => strangers[2]?.ended() === true);
  t.deepEqual(
    strangers.slice(0, 2).map((one) => one.ended()),
    [false, false],
  );
});
