// Links of which TCP does not tell that nobody is there: the peer's machine vanished, or the flow
// was dropped on the way. A forwarder between real TLS ends plays that: it stops, and closes
// nothing.
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { LINK_SILENT_MS_MAX, LINK_STALL_MS_MAX, SWEEP_MS } from '../../runtime/bounds.ts';
import type { Identity } from '../../runtime/identity/identity.ts';
import { reachableAt } from '../../runtime/links/address.ts';
import type { Endpoint } from '../../runtime/links/address.ts';
import { ownHello } from '../../runtime/links/greeting.ts';
import { bindServer } from '../../runtime/listening.ts';
import { encodePeer } from '../../src/codec/peer.ts';
import { CALL_MS_MAX } from '../../src/limits.ts';
import { endAt, ping, replies } from './link-kit.ts';
import type { End } from './link-kit.ts';
import { ANY_PORT, eventually, identityAt, newSite } from './node-kit.ts';
import type { Site } from './node-kit.ts';
import { rawServer } from './raw-peer.ts';
import type { RawPeer } from './raw-peer.ts';

/** Far longer than any of it takes, for a machine that is slow. */
const LONG_MS = 60_000;

interface Forwarder {
  readonly at: Endpoint;
  /** Nothing passes any more, and nobody is told. */
  readonly freeze: () => void;
}

async function forwarderTo(t: ExecutionContext, to: Endpoint): Promise<Forwarder> {
  const sockets: Socket[] = [];
  const server = createServer((near) => {
    const far = connect(to);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => undefined);
      one.on('data', (chunk: Buffer) => other.write(chunk));
      sockets.push(one);
    }
  });
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const at = await bindServer(server, ANY_PORT, 'the forwarder');
  const freeze = (): void => {
    for (const socket of sockets) socket.removeAllListeners('data').pause();
  };
  return { at, freeze };
}

/** Two identities, that of the smaller id first. */
async function inOrder(site: Site): Promise<readonly [Identity, Identity]> {
  const [one, other] = [await identityAt(site, 'one'), await identityAt(site, 'other')];
  return Buffer.compare(one.nodeId, other.nodeId) < 0 ? [one, other] : [other, one];
}

/** Asks something of a peer that never answers. */
async function askedRaw(t: ExecutionContext): Promise<{ readonly a: End; readonly raw: RawPeer }> {
  const site = await newSite(t);
  const a = await endAt(t, site, 'a');
  const identity = await identityAt(site, 'raw');
  const server = await rawServer(t, identity);
  const peer = a.peerOf({ identity });
  a.book.hear(peer, reachableAt(server.listen));
  a.links.request(peer, 1, encodePeer({ type: 'request', call: 1, body: { type: 'ping' } }));
  const raw = await server.accepted;
  raw.socket.write(encodePeer(ownHello(reachableAt(server.listen))));
  await eventually(t, 'asked', () => raw.heard.length === 2, LONG_MS);
  return { a, raw };
}

test('a link that answers nothing is cut, and the peer is found where it is now', async (t) => {
  t.timeout(3 * LONG_MS);
  const site = await newSite(t);
  const [smaller, greater] = await inOrder(site);
  const a = await endAt(t, site, 'a', { identity: smaller });
  const before = await endAt(t, site, 'b', { identity: greater });
  const forwarder = await forwarderTo(t, before.listen);
  a.book.hear(a.peerOf(before), reachableAt(forwarder.at));
  ping(a, before, 1);
  await eventually(t, 'answered', () => replies(a).length === 1, LONG_MS);
  forwarder.freeze();
  const after = await endAt(t, site, 'b', { identity: greater });
  after.book.hear(after.peerOf(a), reachableAt(a.listen));
  ping(after, a, 1);
  await eventually(t, 'it is back', () => replies(after).length === 1, LONG_MS);
  // The link that we dialled counts, since our id is the smaller one.
  ping(a, after, 2);
  await eventually(t, 'given up', () => a.unreachable.length > 0, LONG_MS);
  t.deepEqual(a.unreachable, [2]);
  ping(a, after, 3);
  await eventually(t, 'answered where it is', () => replies(a).includes(3), LONG_MS);
});

test('who is found elsewhere is not asked over a link that answers nothing', async (t) => {
  t.timeout(3 * LONG_MS);
  const site = await newSite(t);
  const [smaller, greater] = await inOrder(site);
  const a = await endAt(t, site, 'a', { identity: greater });
  const before = await endAt(t, site, 'b', { identity: smaller });
  const forwarder = await forwarderTo(t, a.listen);
  before.book.hear(before.peerOf(a), reachableAt(forwarder.at));
  ping(before, a, 1);
  await eventually(t, 'answered', () => replies(before).length === 1, LONG_MS);
  ping(a, before, 1);
  await eventually(t, 'answered over the same link', () => replies(a).length === 1, LONG_MS);
  t.is(a.links.counts.linksUp, 1);
  forwarder.freeze();
  ping(a, before, 2);
  await delay(CALL_MS_MAX + 500);
  const after = await endAt(t, site, 'b', { identity: smaller });
  t.is(await a.links.introduce([after.listen]), a.peerOf(after));
  t.deepEqual(a.unreachable, [2]);
  ping(a, after, 3);
  await eventually(t, 'answered where it is', () => replies(a).includes(3), LONG_MS);
});

test('a peer that answers nothing, but says anything, keeps its link', async (t) => {
  t.timeout(3 * LONG_MS);
  const { a, raw } = await askedRaw(t);
  const until = performance.now() + LINK_SILENT_MS_MAX + 4 * SWEEP_MS;
  for (let call = 1; performance.now() < until; call++) {
    raw.socket.write(encodePeer({ type: 'request', call, body: { type: 'ping' } }));
    await delay(SWEEP_MS);
  }
  t.deepEqual([a.unreachable, a.links.counts.linksUp], [[], 1]);
});

test.serial('a pause of our own is not taken for silence of the others', async (t) => {
  t.timeout(3 * LONG_MS);
  const site = await newSite(t);
  const [a, b] = [await endAt(t, site, 'a'), await endAt(t, site, 'b')];
  a.book.hear(a.peerOf(b), reachableAt(b.listen));
  ping(a, b, 1);
  await eventually(t, 'answered', () => replies(a).length === 1, LONG_MS);
  await delay(LINK_SILENT_MS_MAX + 2 * SWEEP_MS);
  ping(a, b, 2);
  // Both ends live in this process: whatever was said, nobody has read it when the clocks go on.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LINK_SILENT_MS_MAX + SWEEP_MS);
  await eventually(t, 'answered after it', () => replies(a).length === 2, LONG_MS);
  t.deepEqual(a.unreachable, []);
});

test('a peer that takes nothing is not read, and has longer', async (t) => {
  t.timeout(4 * LONG_MS);
  const { a, raw } = await askedRaw(t);
  raw.socket.pause();
  const peer = a.peerOf(raw);
  const key = new Uint8Array(32);
  const record = {
    ...{ key, version: 1, publishedAtMs: 1, ttlS: 60, replication: 1, publisher: key },
    ...{ certificate: new Uint8Array(0), signature: new Uint8Array(64), lifeMs: 60_000 },
    value: new Uint8Array(60_000),
  };
  for (let call = 2; a.unreachable.length === 0; call++) {
    a.links.request(
      peer,
      call,
      encodePeer({ type: 'request', call, body: { type: 'store', record } }),
    );
    await new Promise((resolve) => setImmediate(resolve));
  }
  raw.socket.write(encodePeer({ type: 'request', call: 1, body: { type: 'ping' } }));
  const begun = performance.now();
  await eventually(t, 'cut', () => a.links.counts.linksUp === 0, 2 * LONG_MS);
  t.true(performance.now() - begun > LINK_STALL_MS_MAX - 2 * SWEEP_MS);
});
