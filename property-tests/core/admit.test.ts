/**
 * Laws of the pass between the wire and the core: what is presented is admitted as it was, by
 * bytes as without; no record passes whose signed fields were touched; remaining life is the least
 * of what anyone may claim; names in a reply are bounded. SHA-256 and Ed25519 are real.
 */
import { createHash } from 'node:crypto';
import { testProp } from '@fast-check/ava';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { admit, keyOf, type WireCall } from '../../host/admit.ts';
import { present } from '../../host/present.ts';
import { bits256Of, hexOf } from '../../host/words.ts';
import { packPeers, peersIn } from '../../src/codec/address.ts';
import { decodePeer, encodePeer } from '../../src/codec/peer.ts';
import { headerFor } from '../../src/codec/record.ts';
import { HOPS_MAX, PEERS_PER_REPLY_MAX, TTL_S_MAX } from '../../src/limits.ts';
import type { Message } from '../../src/types.ts';
import type { WireRecord } from '../../src/wire-types.ts';
import { runs } from '../parameters.ts';
import { desk, type Desk, freshRecord, record, sha256, TEN_MINUTES_MS } from './admit-desk.ts';
import { WALL_MS } from './admit-desk.ts';
import { wireElectionRequest } from './arbitraries-election.ts';
import { wireReply, wireRequest } from './arbitraries-wire.ts';
import { plain, u32, wireAddress, wirePeer } from './arbitraries.ts';

/** In which message a record comes, or its header alone. */
type Way = 'store' | 'relay' | 'value' | 'version';
/** What comes of a reply whose record is not taken. */
const VOID = {
  type: 'void',
  message: { type: 'reply', call: 9, body: { type: 'refused', reason: 'not-stored' } },
} as const;

const way = (): fc.Arbitrary<Way> => fc.constantFrom('store', 'relay', 'value', 'version');

function withRecord(one: WireRecord, by: Way): WireCall {
  if (by === 'store') return { type: 'request', call: 9, body: { type: by, record: one } };
  if (by === 'relay') {
    return { type: 'request', call: 9, body: { type: by, hops: HOPS_MAX, record: one } };
  }
  if (by === 'value') return { type: 'reply', call: 9, body: { type: by, record: one } };
  const header = headerFor(one, sha256(one.value));
  return { type: 'reply', call: 9, body: { type: by, header, peers: packPeers([]) } };
}

/** Any call but those with a record. */
const plainCall = (): fc.Arbitrary<WireCall> => {
  const request = wireRequest().filter((body) => !('record' in body));
  const reply = wireReply().filter(({ type }) => type !== 'value' && type !== 'version');
  return fc.oneof(
    plain({ type: fc.constant('request' as const), call: u32(), body: request }),
    plain({ type: fc.constant('reply' as const), call: u32(), body: reply }),
  );
};

function checkRoundTrip(t: ExecutionContext, edge: Desk, wire: WireCall): void {
  const message = messageOf(admit(edge, wire, WALL_MS));
  const back = present(edge, message);
  if (back === undefined) return t.fail('its bytes were kept');
  if (wire.body.type === 'refused' && wire.body.reason === 'invalid') {
    t.deepEqual(back.body, { type: 'refused', reason: 'not-stored' });
  } else if (wire.body.type === 'introduction' && message.type === 'reply') {
    // A list that nobody has certified is left out; whom the sender knows is heard.
    const introducers = 'introducers' in message.body ? message.body.introducers : undefined;
    const list = introducers && wire.body.introducers;
    t.deepEqual(back.body, { ...wire.body, introducers: list });
  } else t.deepEqual(back, wire);
  const frame = encodePeer(back);
  const decoded = decodePeer(frame, 0, frame.length);
  if (decoded.type !== 'message' || !('call' in decoded.message)) return t.fail(decoded.type);
  t.deepEqual(messageOf(admit(edge, decoded.message, WALL_MS)), message);
}

testProp(
  'what is admitted is presented as it came, and admitted again by way of its bytes',
  [plainCall()],
  (t, wire) => {
    const edge = desk();
    if (wire.body.type === 'resign') edge.directory.intern(wire.body.successor);
    // Lists of voters and of introducers that nobody has certified are refused.
    if (admit(edge, wire, WALL_MS).type === 'refused') t.true(isOfElection(wire));
    else checkRoundTrip(t, edge, wire);
  },
  runs(300),
);

testProp(
  'so are records, and the headers of records that are held',
  [freshRecord(), way(), fc.array(wirePeer(), { maxLength: 5 })],
  (t, one, by, pool) => {
    const edge = desk();
    if (by === 'version') admit(edge, withRecord(one, 'store'), WALL_MS);
    const wire = withRecord(one, by);
    if (wire.body.type !== 'version') return checkRoundTrip(t, edge, wire);
    const named = new Map(pool.map((peer) => [hexOf(peer.id), peer]));
    const peers = packPeers([...named.values()]);
    checkRoundTrip(t, edge, { type: 'reply', call: 9, body: { ...wire.body, peers } });
  },
  runs(200),
);

testProp(
  'a record is taken with the least life that anyone may claim for it, or refused with a reason',
  [record(), way()],
  (t, one, by) => {
    const edge = desk();
    const admitted = admit(edge, withRecord(one, by), WALL_MS);
    const aheadMs = Math.max(one.version, one.publishedAtMs) - WALL_MS;
    const invalid = one.ttlS < 1 || one.ttlS > TTL_S_MAX || aheadMs > TEN_MINUTES_MS;
    const byClockMs = one.publishedAtMs + one.ttlS * 1000 - WALL_MS + TEN_MINUTES_MS;
    const lifeMs = Math.min(one.lifeMs, one.ttlS * 1000, byClockMs);
    if (!invalid && lifeMs >= 1) {
      const { body } = messageOf(admitted);
      if (!('record' in body)) return t.fail(body.type);
      t.is(body.record.lifeMs, lifeMs);
      t.deepEqual(body.record.key, keyOf(edge, one.key));
      t.deepEqual(body.record.publisher, bits256Of(one.publisher));
      t.is(body.record.size, one.value.length);
      t.is(body.record.replication, one.replication);
      t.deepEqual(edge.envelopeOf(body.record)?.value, by === 'version' ? undefined : one.value);
      return;
    }
    const reason = invalid ? 'invalid' : 'expired';
    const isForged = one.ttlS < 1 || one.ttlS > TTL_S_MAX;
    if (isAsked(by)) t.deepEqual(admitted, { type: 'refused', call: 9, reason });
    else if (isForged) t.deepEqual(admitted, { type: 'dropped', reason: 'record invalid' });
    else t.deepEqual(admitted, { ...VOID, reason: `record ${reason}` });
    t.is(edge.kept.size, 0);
    return;
  },
  runs(1000),
);

testProp(
  'no record passes of which one signed byte was changed',
  [
    freshRecord(),
    fc.constantFrom(...(['key', 'publisher', 'certificate', 'signature', 'value'] as const)),
    fc.nat(),
    fc.integer({ min: 1, max: 255 }),
    way(),
  ],
  (t, one, field, where, change, by) => {
    const edge = desk();
    const at = where % one[field].length;
    const touched = one[field].map((byte, index) => (index === at ? byte ^ change : byte));
    const admitted = admit(edge, withRecord({ ...one, [field]: touched }, by), WALL_MS);
    if (isAsked(by)) t.deepEqual(admitted, { type: 'refused', call: 9, reason: 'invalid' });
    else t.deepEqual(admitted, { type: 'dropped', reason: 'record invalid' });
    t.is(edge.kept.size, 0);
    for (const other of ['version', 'publishedAtMs', 'ttlS', 'replication'] as const) {
      const moved = { ...one, [other]: one[other] - 1 };
      t.not(admit(edge, withRecord(moved, by), WALL_MS).type, 'message');
    }
    const header = headerFor(one, sha256(one.value));
    const resized = { ...header, size: header.size + 1 };
    const body = { type: 'version', header: resized, peers: packPeers([]) } as const;
    t.is(admit(edge, { type: 'reply', call: 9, body }, WALL_MS).type, 'dropped');
    t.is(edge.kept.size, 0);
  },
  runs(300),
);

testProp(
  'a reply names each peer once, and none for whom there is no room',
  [
    fc.array(wirePeer(), { minLength: 1, maxLength: 8 }),
    fc.array(fc.nat(), { maxLength: PEERS_PER_REPLY_MAX }),
    fc.nat(8),
  ],
  (t, pool, order, peersMax) => {
    const edge = desk(peersMax);
    const peers = order.map((which) => pool[which % pool.length] ?? impossible());
    const sent = { type: 'peers', peers: packPeers(peers) } as const;
    const { body } = messageOf(admit(edge, { type: 'reply', call: 1, body: sent }, 0));
    if (body.type !== 'peers') return t.fail(body.type);
    const room = peersMax - Math.floor(peersMax / 4);
    const distinct = [...new Set(peers.map(({ id }) => hexOf(id)))];
    t.deepEqual(
      body.peers.map((peer) => edge.directory.idHexOf(peer)),
      distinct.slice(0, room),
    );
    for (const peer of body.peers) {
      const first = peers.find(({ id }) => hexOf(id) === edge.directory.idHexOf(peer));
      t.deepEqual(edge.addresses.get(peer), first?.addresses);
    }
    return;
  },
  runs(300),
);

testProp(
  'only peers with an address are named, with at most four, and at most 64 of them',
  [fc.array(fc.array(wireAddress(), { maxLength: 6 }), { maxLength: 100 })],
  (t, addressLists) => {
    const edge = desk();
    const peers = addressLists.map((addresses, index) => {
      const peer = edge.directory.add([index, 0, 0, 0, 0, 0, 0, 0]);
      edge.learn(peer, addresses);
      return peer;
    });
    const wire = present(edge, { type: 'reply', call: 1, body: { type: 'peers', peers } });
    if (wire?.body.type !== 'peers') return t.fail('a reply is presented as one');
    const told = [...peersIn(wire.body.peers)];
    const found = told.map(({ id }) => edge.directory.find(id));
    const named = peers.filter((peer) => edge.addressesOf(peer).length > 0);
    t.deepEqual(found, named.slice(0, PEERS_PER_REPLY_MAX));
    t.true(told.every(({ addresses }) => addresses.length <= 4));
    t.notThrows(() => encodePeer(wire));
    return;
  },
  runs(200),
);

testProp(
  'a relay goes through as many nodes as the edge allows',
  [freshRecord(), fc.nat(255), fc.nat(HOPS_MAX)],
  (t, one, hops, hopsMax) => {
    const edge = desk(100, hopsMax);
    const wire = { type: 'request', call: 9, body: { type: 'relay', hops, record: one } } as const;
    const admitted = admit(edge, wire, WALL_MS);
    if (hopsMax === 0) {
      t.deepEqual(admitted, { type: 'refused', call: 9, reason: 'invalid' });
      t.is(edge.kept.size, 0);
      return;
    }
    const { body } = messageOf(admitted);
    const { body: stored } = messageOf(admit(edge, withRecord(one, 'store'), WALL_MS));
    if (stored.type !== 'store') return t.fail(stored.type);
    const left = Math.max(1, Math.min(hops, hopsMax));
    const { record } = stored;
    t.deepEqual(body, { type: 'relay', record, hops: left });
  },
  runs(300),
);

test('a record whose bytes are gone cannot be presented', (t) => {
  const [edge, [one]] = [desk(), fc.sample(freshRecord(), 1)];
  for (const by of ['store', 'relay', 'value', 'version'] as const) {
    const message = messageOf(admit(edge, withRecord(one ?? impossible(), by), WALL_MS));
    edge.kept.clear();
    t.is(present(edge, message), undefined, by);
  }
});

test('lists of introducers that do not count take no room in the directory', (t) => {
  const edge = desk();
  const bodies = fc.sample(wireElectionRequest(), 200);
  const lists = bodies.flatMap((body) => (body.type === 'announce' ? body.introducers : []));
  t.true(lists.length > 10);
  for (const { voters, ...list } of lists) {
    const unsigned = { ...voters, signature: new Uint8Array() };
    const recent = { ...list, term: 1, serial: 1, madeAtMs: WALL_MS, voters: unsigned };
    const body = { type: 'announce', introducers: recent } as const;
    t.is(admit(edge, { type: 'request', call: 1, body }, WALL_MS).type, 'refused');
  }
  t.is(edge.directory.count, 0);
});

test('a leader that resigns for a stranger is refused, and takes no room in the directory', (t) => {
  const edge = desk();
  const body = { type: 'resign', term: 1, successor: new Uint8Array(32).fill(5) } as const;
  const wire = { type: 'request', call: 1, body } as const;
  t.is(admit(edge, wire, WALL_MS).type, 'refused');
  t.is(edge.directory.count, 0);
  edge.directory.intern(body.successor);
  t.is(admit(edge, wire, WALL_MS).type, 'message');
});

test('a key is placed by the last 160 bits of its SHA-256', (t) => {
  const raw = new Uint8Array(createHash('sha256').update('hello').digest());
  const [{ position }, hash] = [keyOf(desk(), raw), createHash('sha256').update(raw).digest()];
  t.deepEqual(
    [position.w0, position.w1, position.w2, position.w3, position.w4],
    [12, 16, 20, 24, 28].map((at) => hash.readInt32BE(at)),
  );
});

function isAsked(by: Way): boolean {
  return by === 'store' || by === 'relay';
}

function isOfElection({ body }: WireCall): boolean {
  return body.type === 'heartbeat' || body.type === 'announce';
}

function messageOf(admitted: ReturnType<typeof admit>): Message {
  if (admitted.type === 'message') return admitted.message;
  throw new Error(`not admitted: ${JSON.stringify(admitted)}`);
}

function impossible(): never {
  throw new Error('an index within the pool');
}
