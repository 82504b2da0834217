// Records from others: a node takes and hands out only what a certified publisher signed, and
// under the very key that was asked for.
import { randomUUID } from 'node:crypto';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { createSigner, sha256 } from '../../runtime/edge.ts';
import type { Identity } from '../../runtime/identity/identity.ts';
import { LiveIdentity } from '../../runtime/identity/live-identity.ts';
import { reachableAt } from '../../runtime/links/address.ts';
import { ownHello } from '../../runtime/links/greeting.ts';
import type { RunningNode } from '../../runtime/node.ts';
import { packPeers } from '../../src/codec/address.ts';
import { encodePeer } from '../../src/codec/peer.ts';
import { headerFor } from '../../src/codec/record.ts';
import type { WireMessage, WireRecord, WireReply, WireRequest } from '../../src/wire-types.ts';
import {
  eventually,
  identityAt,
  newKey,
  newSite,
  nodeAt,
  untilRight,
  valueOf,
} from './node-kit.ts';
import type { Site } from './node-kit.ts';
import { rawPeer, rawServer } from './raw-peer.ts';
import type { RawPeer } from './raw-peer.ts';

function signed(
  identity: Identity,
  key: Uint8Array,
  value: Uint8Array,
  at = Date.now(),
): WireRecord {
  const { publisher, certificate, sign } = createSigner(new LiveIdentity(identity));
  const times = { version: at, publishedAtMs: at, ttlS: 60 };
  const claims = { key, ...times, replication: 8, publisher, certificate };
  return { ...claims, value, signature: sign(claims, value), lifeMs: 60_000 };
}

const flip = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === 0 ? ~byte : byte));

/** What somebody might make of a good record. */
function forgeries(good: WireRecord, other: Identity): [string, WireRecord][] {
  return [
    ['another value', { ...good, value: flip(good.value) }],
    ['another version', { ...good, version: good.version + 1 }],
    ['a longer life', { ...good, ttlS: good.ttlS + 1 }],
    ['more replicas', { ...good, replication: good.replication + 1 }],
    ['another publication', { ...good, publishedAtMs: good.publishedAtMs - 1 }],
    ['another signature', { ...good, signature: flip(good.signature) }],
    ['another publisher', { ...good, publisher: other.nodeId }],
    ['a certificate of another', { ...good, certificate: other.certificateDer }],
    ['no certificate', { ...good, certificate: flip(good.certificate) }],
  ];
}

/** A peer that the node has in its table, and that answers as it is told. */
async function contactOf(
  t: ExecutionContext,
  site: Site,
  node: RunningNode,
  answer: (request: WireRequest) => WireReply,
): Promise<RawPeer> {
  const identity = await identityAt(site, `contact${randomUUID()}`);
  const server = await rawServer(t, identity);
  const onMessage = (message: WireMessage): void => {
    if (message.type !== 'request') return;
    const { call, body } = message;
    peer.socket.write(encodePeer({ type: 'reply', call, body: answer(body) }));
  };
  const peer: RawPeer = await rawPeer(t, site, node.listen, onMessage, identity);
  peer.socket.write(encodePeer(ownHello(reachableAt(server.listen))));
  // Who asks is asked back, and not taken when it answers too late, until it asks again.
  const ping = (): void => {
    peer.socket.write(encodePeer({ type: 'request', call: 1, body: { type: 'ping' } }));
  };
  ping();
  const again = setInterval(ping, 500);
  try {
    await eventually(t, 'a contact', () => node.status().contacts === 1);
  } finally {
    clearInterval(again);
  }
  return peer;
}

test('a store of anything but a signed record is refused', async (t) => {
  const site = await newSite(t);
  const node = await nodeAt(t, site, 'node');
  const peer = await contactOf(t, site, node, () => ({ type: 'ok' }));
  const other = await rawPeer(t, site, node.listen);
  const good = signed(peer.identity, newKey(), valueOf(50));
  const cases: [string, WireRecord][] = [
    ...forgeries(good, other.identity),
    ['another key', { ...good, key: newKey() }],
    ['the future', signed(peer.identity, newKey(), valueOf(5), Date.now() + 3_600_000)],
  ];
  let call = 10;
  const store = (record: WireRecord): Promise<unknown> => ask({ type: 'store', record });
  const ask = async (body: WireRequest): Promise<unknown> => {
    call += 1;
    const asked = call;
    const heardBy = (): WireMessage | undefined =>
      peer.heard.find((one) => one.type === 'reply' && one.call === asked);
    peer.socket.write(encodePeer({ type: 'request', call, body }));
    await eventually(t, 'an answer', () => heardBy() !== undefined);
    const reply = heardBy();
    return reply?.type === 'reply' ? reply.body : undefined;
  };
  for (const [what, record] of cases) {
    t.deepEqual(await store(record), { type: 'refused', reason: 'invalid' }, what);
  }
  t.is(node.status().records, 0);
  const passOn = { type: 'relay', hops: 3, record: good } as const;
  t.deepEqual(await ask(passOn), { type: 'refused', reason: 'invalid' }, 'relays are not for it');
  t.is(node.status().records, 0);
  t.deepEqual(await store(good), { type: 'ok' });
  t.is(node.status().records, 1);
  t.deepEqual((await node.get(good.key)).value, Uint8Array.from(good.value));
});

test('a GET takes nothing forged, and nothing that belongs to another key', async (t) => {
  const site = await newSite(t);
  const config = { operationMs: 1000, timeoutMs: 250 };
  const key = newKey();
  const value = valueOf(50);
  const at = Date.now();
  const other = await identityAt(site, 'other');
  type Serve = (good: WireRecord) => WireRecord;
  const cases: [string, Serve][] = [
    ['the good one', (good) => good],
    ['another key', (good) => ({ ...good, key: newKey() })],
    ['a good record of another key', () => signed(other, newKey(), value)],
    ...[0, 1, 2, 3, 4, 5, 6, 7, 8].map((index): [string, Serve] => [
      `forgery ${index}`,
      (good) => forgeries(good, other)[index]?.[1] ?? t.fail(),
    ]),
  ];
  for (const [index, [what, serve]] of cases.entries()) {
    for (const spoilt of ['find-version', 'find-value'] as const) {
      const node = await nodeAt(t, site, `node${index}-${spoilt}`, { config });
      let asked = 0;
      const peer = await contactOf(t, site, node, (request) => {
        if (request.type === 'ping') return { type: 'ok' };
        if (request.type !== 'find-version' && request.type !== 'find-value') {
          return { type: 'peers', peers: packPeers([]) };
        }
        const good = signed(peer.identity, key, value, at);
        const record = request.type === spoilt ? serve(good) : good;
        asked += Number(request.type === spoilt);
        if (request.type === 'find-value') return { type: 'value', record };
        const header = headerFor(record, sha256(record.value));
        return { type: 'version', header, peers: packPeers([]) };
      });
      const read = async (): Promise<Uint8Array | undefined> => (await node.get(key)).value;
      const isOver = (one?: Uint8Array): boolean => asked > 0 && (index > 0 || one !== undefined);
      const found = await untilRight(read, isOver);
      t.true(asked > 0, what);
      t.deepEqual(found, index === 0 ? value : undefined, `${what} in ${spoilt}`);
    }
  }
});
