// What a claim of an address is worth: whoever says that it listens somewhere gets answers, and
// nothing that is meant for whoever is there.
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { ownHello } from '../../runtime/links/greeting.ts';
import { encodePeer } from '../../src/codec/peer.ts';
import { certify, HOST, newShared } from '../interop/interop-kit.ts';
import type { Shared } from '../interop/interop-kit.ts';
import { askedOnce, at, idAt, identityOf, ourNode } from '../interop/older-peer.ts';
import { pingOf, played } from '../interop/older-peer.ts';
import { timeWithoutStandstills } from '../lateness.ts';
import { eventually, finds, newKey, putsOn } from './node-kit.ts';
import { rawPeerAs, rawServer } from './raw-peer.ts';
import type { RawPeer } from './raw-peer.ts';

test('a hello that names another address than the one that was dialled is refused', async (t) => {
  const shared = await withMembers(t);
  const port = shared.port + 1;
  const identity = await identityOf(shared, 'other', port);
  const server = await rawServer(t, identity, { host: HOST, port });
  const bootstrap = [`${HOST}:${port}`];
  const node = await ourNode(t, shared, 'node', shared.port, { bootstrap });
  const found = await server.accepted;
  found.socket.write(encodePeer(ownHello([at(port + 1)], 'address')));
  await eventually(t, 'the goodbye', () => found.ended());
  t.deepEqual(
    found.heard.map((message) => (message.type === 'goodbye' ? message.reason : message.type)),
    ['hello', 'identity'],
  );
  t.is(node.status().contacts, 0);
});

test('a hello that names no address, none of IPv4, or another mode makes no link', async (t) => {
  const shared = await withMembers(t);
  const node = await ourNode(t, shared, 'node', shared.port);
  const identity = await identityOf(shared, 'other', shared.port + 1);
  const six = { family: 6, ip: new Uint8Array(16).fill(1), port: 1 } as const;
  for (const hello of [
    ownHello([], 'address'),
    ownHello([six, at(shared.port + 1)], 'address'),
    ownHello([at(shared.port + 1)], 'certificate'),
  ]) {
    const peer = await rawPeerAs(t, identity, node.listen);
    peer.socket.write(encodePeer(hello));
    await eventually(t, 'the end', () => peer.ended());
    t.false(peer.heard.some(({ type }) => type === 'request' || type === 'reply'));
    t.true(peer.heard.some((one) => one.type === 'goodbye' && one.reason === 'identity'));
  }
  t.is(node.status().links, 0);
});

test('a claim of an address gets answers, and no request, whoever is there', async (t) => {
  const shared = await withMembers(t);
  const node = await ourNode(t, shared, 'node', shared.port);
  const port = shared.port + 1;
  const claimer = await rawPeerAs(t, await identityOf(shared, 'other', port), node.listen);
  claimer.socket.write(encodePeer(ownHello([at(port)], 'address')));
  await answered(t, claimer, 1);
  await node.put(newKey(), Uint8Array.of(1));
  t.deepEqual(requestsTo(claimer), []);
  t.is(node.status().contacts, 0);
  // Whoever is really there is found, and what is meant for it goes there.
  const real = await ourNode(t, shared, 'real', port, { bootstrap: [`${HOST}:${shared.port}`] });
  t.is((await real.joined).type, 'joined');
  await eventually(t, 'it is a contact', () => node.status().contacts === 1);
  const key = newKey();
  const put = await putsOn(t, node, 2, key, Uint8Array.of(2));
  const there = node.directory.find(idAt(port));
  t.true(there !== undefined && put.holders.includes(there));
  await finds(t, real, key, Uint8Array.of(2));
  await answered(t, claimer, 2);
  t.deepEqual(requestsTo(claimer), []);
});

test('a claim of the address of a peer that is known ends no link of its', async (t) => {
  const shared = await withMembers(t);
  const node = await ourNode(t, shared, 'node', shared.port);
  const port = shared.port + 1;
  const bootstrap = [`${HOST}:${shared.port}`];
  const real = await ourNode(t, shared, 'real', port, { bootstrap });
  await real.joined;
  await eventually(t, 'links of both', () => node.status().links === 2);
  const identity = await identityOf(shared, 'other', port);
  for (const call of [1, 2, 3]) {
    const claimer = await rawPeerAs(t, identity, node.listen);
    claimer.socket.write(encodePeer(ownHello([at(port)], 'address')));
    await answered(t, claimer, call);
    // As an older node it may say so as well.
    t.is((await askedOnce(t, shared, 'other', shared.port, pingOf(port)))?.type, 'pong');
    const key = newKey();
    await putsOn(t, node, 2, key, Uint8Array.of(call));
    await finds(t, real, key, Uint8Array.of(call));
    t.deepEqual(requestsTo(claimer), []);
  }
  // Of the claimer's one link is left, the newest.
  t.is(node.status().links, 3);
});

test('a stop waits neither for a hello that does not come nor for an answer', async (t) => {
  const shared = await withMembers(t);
  const node = await ourNode(t, shared, 'node', shared.port);
  const port = shared.port + 1;
  // First of all: what the node thinks of its certificate is long known then.
  const identity = await identityOf(shared, 'other', port + 1);
  const wordless = await rawPeerAs(t, identity, node.listen);
  const mute = await played(t, shared, 'other', port, () => undefined);
  t.is((await askedOnce(t, shared, 'other', shared.port, pingOf(port)))?.type, 'pong');
  await eventually(t, 'it is being asked', () => mute.heard.length > 0);
  const tookMs = await timeWithoutStandstills(() => node.close());
  t.true(tookMs < 4500, `${tookMs} ms`);
  await eventually(t, 'it is cut', () => wordless.ended());
});

/** An authority, and files of `node`, `real` and `other`. */
async function withMembers(t: ExecutionContext): Promise<Shared> {
  t.timeout(180_000);
  const shared = await newShared(t, 3);
  for (const name of ['node', 'real', 'other']) await certify(shared, name, 'ed25519');
  return shared;
}

async function answered(t: ExecutionContext, { socket, heard }: RawPeer, call: number) {
  const before = heard.length;
  socket.write(encodePeer({ type: 'request', call, body: { type: 'ping' } }));
  await eventually(t, 'an answer', () =>
    heard.slice(before).some((one) => one.type === 'reply' && one.call === call),
  );
}

function requestsTo({ heard }: RawPeer): readonly string[] {
  return heard.flatMap((message) => (message.type === 'request' ? [message.body.type] : []));
}
