// Records without a signature: which record a bare value is taken for, what may not outlive or
// replace what, how much is remembered, and that neither kind of network takes the other's records.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import fc from 'fast-check';
import { UNSIGNED_MAX } from '../../runtime/bounds.ts';
import { UnsignedRecords } from '../../runtime/classic/unsigned.ts';
import { createSigner, sha256 } from '../../runtime/edge.ts';
import { readAddressIdentity } from '../../runtime/identity/address-identity.ts';
import { identityPaths } from '../../runtime/identity/identity.ts';
import type { Identity } from '../../runtime/identity/identity.ts';
import { LiveIdentity } from '../../runtime/identity/live-identity.ts';
import { reachableAt } from '../../runtime/links/address.ts';
import { ownHello } from '../../runtime/links/greeting.ts';
import { encodePeer } from '../../src/codec/peer.ts';
import { headerFor } from '../../src/codec/record.ts';
import { VERSION_AHEAD_MS_MAX } from '../../src/limits.ts';
import type { WireMessage, WireRecord } from '../../src/wire-types.ts';
import { law } from '../harness.ts';
import { freePorts } from '../ports.ts';
import { eventually, identityAt, newKey, newSite, nodeAt, valueOf } from './node-kit.ts';
import { rawPeerAs } from './raw-peer.ts';

const PUBLISHER = new Uint8Array(32).fill(7);
const WHOLE = { publisher: PUBLISHER, ttlS: 600, replication: 3 };

test('a value that is known is its record, with what is left of its life', async (t) => {
  const records = new UnsignedRecords(sha256, Date.now);
  const [key, value] = [newKey(), valueOf(10)];
  const record = records.received(key, value, WHOLE);
  t.true(records.verify(headerFor(record, sha256(value))));
  await delay(30);
  const known = records.identify(key, value);
  t.like(known, { version: record.version, publisher: PUBLISHER, ttlS: 600, replication: 3 });
  t.is(known?.publishedAtMs, record.publishedAtMs);
  t.true((known?.lifeMs ?? 0) <= 600_000 - 30 && (known?.lifeMs ?? 0) > 590_000);
  // What is read back is no younger for it.
  if (known !== undefined) records.verify(records.headerOf(known));
  await delay(30);
  t.true((records.identify(key, value)?.lifeMs ?? Infinity) <= 600_000 - 60);
});

test('a PUT that is passed on is the record it was, and another life or value is not', (t) => {
  const records = new UnsignedRecords(sha256, Date.now);
  const [key, value] = [newKey(), valueOf(10)];
  const record = records.received(key, value, WHOLE);
  t.true(records.verify(headerFor(record, sha256(value))));
  const other = { ...WHOLE, publisher: new Uint8Array(32).fill(8) };
  const echo = records.received(key, value, { ...other, ttlS: 599 });
  t.like(echo, { version: record.version, publisher: PUBLISHER, ttlS: 600 });
  for (const [bytes, ttlS] of [
    [value, 60],
    [valueOf(10), 600],
  ] as const) {
    const next = records.received(key, bytes, { ...other, ttlS });
    t.true(next.version > record.version);
    t.deepEqual(next.publisher, other.publisher);
  }
});

test('a value that is not known is the oldest there is, and lives for a moment', async (t) => {
  const records = new UnsignedRecords(sha256, Date.now);
  const [key, value] = [newKey(), valueOf(10)];
  const stranger = records.identify(key, value);
  t.like(stranger, { version: 1, ttlS: 60, lifeMs: 60_000, replication: 1 });
  if (stranger !== undefined) t.true(records.verify(records.headerOf(stranger)));
  await delay(30);
  // To have read it once is no reason to take it for dead later.
  t.is(records.identify(key, value)?.lifeMs, 60_000);
  // Beside a known one it is still the oldest, and the known one stays what it is.
  const record = records.received(key, valueOf(11), WHOLE);
  records.verify(headerFor(record, sha256(record.value)));
  const again = records.identify(key, value);
  t.is(again?.version, 1);
  if (again !== undefined) records.verify(records.headerOf(again));
  t.is(records.identify(key, record.value)?.version, record.version);
});

test('a known value whose life is over is none', async (t) => {
  const records = new UnsignedRecords(sha256, Date.now);
  const [key, value] = [newKey(), valueOf(10)];
  const record = { ...records.received(key, value, { ...WHOLE, ttlS: 1 }), lifeMs: 500 };
  records.verify(headerFor(record, sha256(value)));
  t.true((records.identify(key, value)?.lifeMs ?? 0) > 0);
  await delay(600);
  t.is(records.identify(key, value), undefined);
});

law(
  'versions of what is received rise, whatever the clock does, above all that was met of the key',
  [fc.array(fc.record({ wall: fc.nat(50), key: fc.nat(2), metAhead: fc.nat(90) }))],
  200,
  (events) => {
    const clock = { wall: 0 };
    const records = new UnsignedRecords(sha256, () => 1000 + clock.wall);
    const last = new Map<number, number>();
    for (const [index, { wall, key: number, metAhead }] of events.entries()) {
      clock.wall = wall;
      const key = new Uint8Array(32).fill(number);
      const record = records.received(key, Uint8Array.of(index, wall), WHOLE);
      if (!(record.version > (last.get(number) ?? 0))) throw new Error('it does not rise');
      if (record.version < 1000 + wall) throw new Error('it is behind the clock');
      records.verify(headerFor(record, sha256(record.value)));
      const met = { ...record, version: record.version + metAhead };
      records.verify(headerFor(met, sha256(met.value)));
      last.set(number, met.version);
    }
  },
);

test('who is ahead of time moves the versions of that key alone', (t) => {
  const records = new UnsignedRecords(sha256, () => 1000);
  const [key, other] = [newKey(), newKey()];
  const ahead = { ...records.received(key, valueOf(9), WHOLE), version: 9000 };
  records.verify(headerFor(ahead, sha256(ahead.value)));
  t.is(records.received(key, valueOf(9), WHOLE).version, 9001);
  t.true(records.received(other, valueOf(9), WHOLE).version < 1010);
});

test('a clock that was ahead leaves no version that nobody takes', (t) => {
  const clock = { wall: 10_000_000 };
  const records = new UnsignedRecords(sha256, () => clock.wall);
  const key = newKey();
  const ahead = records.received(key, valueOf(9), WHOLE);
  records.verify(headerFor(ahead, sha256(ahead.value)));
  // A little ahead of the clock is taken, and versions rise by it.
  clock.wall -= VERSION_AHEAD_MS_MAX - 10;
  t.is(records.received(newKey(), valueOf(9), WHOLE).version, 10_000_001);
  clock.wall -= 3_600_000;
  for (const one of [key, newKey()]) {
    t.is(records.received(one, valueOf(9), WHOLE).version, clock.wall);
    clock.wall += 1;
  }
});

test('so many are remembered, the last used first', (t) => {
  const records = new UnsignedRecords(sha256, Date.now);
  const value = valueOf(10);
  const keys = Array.from({ length: UNSIGNED_MAX + 100 }, newKey);
  const [used] = keys;
  for (const [index, key] of keys.entries()) {
    records.verify(headerFor(records.received(key, value, WHOLE), sha256(value)));
    if (used !== undefined && index % 1000 === 0) records.identify(used, value);
  }
  const isKnown = (key: Uint8Array): boolean => (records.identify(key, value)?.version ?? 0) > 1;
  t.is(keys.filter(isKnown).length, UNSIGNED_MAX);
  t.true(used !== undefined && isKnown(used), 'the one that was asked for');
});

test('a network of certificates takes no record without a signature, nor a relay', async (t) => {
  const site = await newSite(t);
  const node = await nodeAt(t, site, 'node');
  const identity = await identityAt(site, 'raw');
  const peer = await rawPeerAs(t, identity, node.listen);
  const [key, value] = [newKey(), valueOf(10)];
  const rest = { ...WHOLE, publisher: identity.nodeId };
  const bare = new UnsignedRecords(sha256, Date.now).received(key, value, rest);
  const whole = signed(identity, value, key);
  peer.socket.write(encodePeer(ownHello([])));
  const { certificate } = whole;
  const body = { type: 'store', record: bare } as const;
  peer.socket.write(encodePeer({ type: 'request', call: 1, body }));
  const named = { type: 'store', record: { ...bare, certificate } } as const;
  peer.socket.write(encodePeer({ type: 'request', call: 2, body: named }));
  for (const [call, record] of [
    [3, bare],
    [4, whole],
  ] as const) {
    const relay = { type: 'relay', hops: 2, record } as const;
    peer.socket.write(encodePeer({ type: 'request', call, body: relay }));
  }
  const good = { type: 'store', record: whole } as const;
  peer.socket.write(encodePeer({ type: 'request', call: 5, body: good }));
  await eventually(t, 'all answered', () => peer.heard.length === 6);
  t.deepEqual(answersIn(peer.heard), [...[1, 2, 3, 4].map((call) => [call, 'invalid']), [5, 'ok']]);
});

test('a network of addresses takes no record with a signature', async (t) => {
  const site = await newSite(t);
  const port = await freePorts(2);
  const listen = { host: '127.0.0.1', port };
  const other = { ...listen, port: port + 1 };
  const certified = await identityAt(site, 'node');
  await identityAt(site, 'raw');
  const [own, raw] = [
    await readAddressIdentity(identityPaths(join(site.dir, 'node')), listen),
    await readAddressIdentity(identityPaths(join(site.dir, 'raw')), other),
  ];
  const node = await nodeAt(t, site, 'node', { identity: own, listen });
  const peer = await rawPeerAs(t, raw, node.listen);
  peer.socket.write(encodePeer(ownHello(reachableAt(other), 'address')));
  const [key, value] = [newKey(), valueOf(10)];
  const bare = new UnsignedRecords(sha256, Date.now).received(key, value, WHOLE);
  const records = [
    signed(certified, value, key),
    { ...bare, signature: new Uint8Array(64).fill(1) },
    { ...bare, certificate: certified.certificateDer },
    bare,
  ];
  for (const [index, record] of records.entries()) {
    const body = { type: 'store', record } as const;
    peer.socket.write(encodePeer({ type: 'request', call: index + 1, body }));
  }
  await eventually(t, 'all answered', () => answersIn(peer.heard).length === 4);
  t.deepEqual(answersIn(peer.heard), [...[1, 2, 3].map((call) => [call, 'invalid']), [4, 'ok']]);
  t.deepEqual((await node.get(key)).value, value);
});

function signed(identity: Identity, value: Uint8Array, key: Uint8Array): WireRecord {
  const { publisher, certificate, sign } = createSigner(new LiveIdentity(identity));
  const times = { version: Date.now(), publishedAtMs: Date.now(), ttlS: 60 };
  const claims = { key, ...times, replication: 3, publisher, certificate };
  return { ...claims, value, signature: sign(claims, value), lifeMs: 60_000 };
}

/** Call and outcome of each reply, by call. */
function answersIn(heard: readonly WireMessage[]) {
  return heard
    .flatMap((message) => (message.type === 'reply' ? [message] : []))
    .map(({ call, body }) => [call, body.type === 'refused' ? body.reason : body.type] as const)
    .sort(([a], [b]) => a - b);
}
