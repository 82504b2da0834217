// Links between real TLS ends: one per pair, up only after hello, and a fault ends only its own.
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { reachableAt } from '../../runtime/links/address.ts';
import { ownHello } from '../../runtime/links/greeting.ts';
import { encodePeer } from '../../src/codec/peer.ts';
import { timeWithoutStandstills } from '../lateness.ts';
import { endAt, introduceEach, ping, replies } from './link-kit.ts';
import { eventually, identityAt, newSite } from './node-kit.ts';
import { rawPeer, rawServer } from './raw-peer.ts';

test('calls go both ways over one link', async (t) => {
  const site = await newSite(t);
  const [a, b] = [await endAt(t, site, 'a'), await endAt(t, site, 'b')];
  a.book.hear(a.peerOf(b), reachableAt(b.listen));
  for (let call = 1; call <= 100; call++) ping(a, b, call);
  await eventually(t, 'all calls answered', () => replies(a).length === 100);
  // The hello said where a listens, and the link that is there serves both.
  ping(b, a, 7);
  await eventually(t, 'the call back answered', () => replies(b).length === 1);
  t.is(a.links.counts.linksUp, 1);
  t.is(b.links.counts.linksUp, 1);
  t.is(b.book.addressesOf(b.peerOf(a))[0]?.port, a.listen.port);
});

test('when both dial at once, every call is answered and one link stays', async (t) => {
  const site = await newSite(t);
  let doubles = 0;
  for (let round = 0; round < 12; round++) {
    const a = await endAt(t, site, `a${round}`);
    const b = await endAt(t, site, `b${round}`);
    introduceEach(a, b);
    for (let call = 1; call <= 20; call++) {
      ping(a, b, call);
      ping(b, a, call);
    }
    const answered = (): boolean => replies(a).length === 20 && replies(b).length === 20;
    await eventually(t, 'all calls answered', answered);
    if (a.links.counts.linksUp === 2 || b.links.counts.linksUp === 2) doubles += 1;
    for (let call = 21; call <= 40; call++) {
      ping(a, b, call);
      ping(b, a, call);
    }
    const isOne = (): boolean => a.links.counts.linksUp === 1 && b.links.counts.linksUp === 1;
    await eventually(t, 'one link left', isOne, 8000);
    t.is(replies(a).length, 40);
    t.is(replies(b).length, 40);
    t.deepEqual([a.unreachable, b.unreachable], [[], []]);
    t.is(a.links.counts.repliesUnasked + b.links.counts.repliesUnasked, 0);
    if (doubles >= 2) break;
  }
  t.true(doubles > 0, 'no round had two links, so the tie was never broken');
});

test('a peer that does not listen is unreachable at once, every waiting call once', async (t) => {
  const site = await newSite(t);
  const [a, b] = [await endAt(t, site, 'a'), await endAt(t, site, 'b')];
  const tookMs = await timeWithoutStandstills(async () => {
    ping(a, b, 1);
    t.deepEqual(a.unreachable, []);
    a.book.hear(a.peerOf(b), [{ family: 4, ip: Uint8Array.of(127, 0, 0, 1), port: 1 }]);
    ping(a, b, 2);
    await eventually(t, 'both reported', () => a.unreachable.length === 2);
  });
  t.true(tookMs < 4500, `${tookMs} ms`);
  await delay(50);
  t.deepEqual([...a.unreachable].sort(), [1, 2]);
});

test('another peer at the address is not taken for the one that was meant', async (t) => {
  const site = await newSite(t);
  const a = await endAt(t, site, 'a');
  const [b, c] = [await endAt(t, site, 'b'), await endAt(t, site, 'c')];
  a.book.hear(a.peerOf(b), reachableAt(c.listen));
  ping(a, b, 1);
  await eventually(t, 'reported', () => a.unreachable.length === 1);
  a.book.hear(a.peerOf(b), reachableAt(b.listen));
  ping(a, b, 2);
  await eventually(t, 'answered', () => replies(a).length === 1);
  t.deepEqual([b.frames.length, c.frames.length], [1, 0]);
  t.is(await a.links.introduce([a.listen]), undefined, 'a node does not introduce itself');
  t.is(await a.links.introduce([c.listen]), a.peerOf(c));
});

test('calls open on a link that ends are unreachable, each once', async (t) => {
  const site = await newSite(t);
  const a = await endAt(t, site, 'a');
  const mute = await rawPeer(t, site, a.listen);
  const peer = a.peerOf(mute);
  mute.socket.write(encodePeer(ownHello([])));
  await eventually(t, 'up', () => a.links.counts.linksUp === 1);
  a.book.find(peer, a.listen);
  for (const call of [5, 6]) {
    a.links.request(peer, call, encodePeer({ type: 'request', call, body: { type: 'ping' } }));
  }
  await eventually(t, 'heard', () => mute.heard.length === 3);
  t.deepEqual(
    mute.heard.map(({ type }) => type),
    ['hello', 'request', 'request'],
  );
  // Nobody asked 9; 5 is answered and then no call any more.
  for (const call of [9, 5, 5]) {
    mute.socket.write(encodePeer({ type: 'reply', call, body: { type: 'ok' } }));
  }
  await eventually(t, 'answered', () => a.links.counts.repliesUnasked === 2);
  t.deepEqual(replies(a), [5]);
  mute.socket.end(encodePeer({ type: 'goodbye', reason: 'stopping' }));
  await eventually(t, 'reported', () => a.unreachable.length === 1);
  t.deepEqual(a.unreachable, [6]);
  t.is(a.links.counts.linksUp, 0);
});

test('two links of a pair: a call number belongs to one of them, both ways', async (t) => {
  const site = await newSite(t);
  const a = await endAt(t, site, 'a');
  const identity = await identityAt(site, 'other');
  const peer = a.peerOf({ identity });
  const server = await rawServer(t, identity);
  const hello = encodePeer(ownHello(reachableAt(server.listen)));
  a.book.hear(peer, reachableAt(server.listen));
  a.links.request(peer, 1, encodePeer({ type: 'request', call: 1, body: { type: 'ping' } }));
  const dialled = await server.accepted;
  dialled.socket.write(hello);
  await eventually(t, 'asked on the first link', () => dialled.heard.length === 2);
  const second = await rawPeer(t, site, a.listen, undefined, identity);
  second.socket.write(hello);
  await eventually(t, 'two links', () => a.links.counts.linksUp === 2);

  const ok = encodePeer({ type: 'reply', call: 1, body: { type: 'ok' } });
  second.socket.write(ok);
  await eventually(t, 'not taken there', () => a.links.counts.repliesUnasked === 1);
  t.deepEqual(replies(a), []);
  dialled.socket.write(ok);
  await eventually(t, 'taken here', () => replies(a).length === 1);

  a.holds = true;
  const asked = encodePeer({ type: 'request', call: 7, body: { type: 'ping' } });
  for (const raw of [dialled, second]) {
    const before = a.frames.length;
    raw.socket.write(asked);
    await eventually(t, 'asked', () => a.frames.length > before);
  }
  second.socket.write(asked);
  await eventually(t, 'asked again', () => a.links.counts.requestsDropped === 1);
  const [first, later] = a.frames.slice(-2).map(({ call }) => call);
  t.true(first === 7 && later !== undefined && later !== 7);
  for (const [call, body] of [
    [later ?? 0, { type: 'refused', reason: 'full' }],
    [7, { type: 'ok' }],
  ] as const) {
    a.links.reply(peer, call, encodePeer({ type: 'reply', call, body }));
  }
  await eventually(t, 'both answered', () => dialled.heard.length + second.heard.length === 5);
  t.deepEqual(dialled.heard.at(-1), { type: 'reply', call: 7, body: { type: 'ok' } });
  const refused = { type: 'refused', reason: 'full' } as const;
  t.deepEqual(second.heard.at(-1), { type: 'reply', call: 7, body: refused });
});

test('a malformed frame, or none of hello first, ends that link alone', async (t) => {
  const site = await newSite(t);
  const [a, b] = [await endAt(t, site, 'a'), await endAt(t, site, 'b')];
  a.book.hear(a.peerOf(b), reachableAt(b.listen));
  ping(a, b, 1);
  await eventually(t, 'answered', () => replies(a).length === 1);
  const hello = encodePeer(ownHello([]));
  const old = encodePeer({ ...ownHello([]), versionMin: 2, versionMax: 9 });
  const classic = encodePeer({ ...ownHello([]), identity: 'address' });
  const request = encodePeer({ type: 'request', call: 1, body: { type: 'ping' } });
  const cases: [string, Uint8Array, string][] = [
    ['no frame', Uint8Array.of(0xff, 0xff, 0xff, 0xff), 'malformed'],
    ['no frame after hello', Buffer.concat([hello, Uint8Array.of(0, 0, 0, 1)]), 'malformed'],
    ['a request first', request, 'malformed'],
    ['two hellos', Buffer.concat([hello, hello]), 'malformed'],
    ['another version', old, 'version'],
    ['another identity mode', classic, 'identity'],
  ];
  for (const [what, bytes, reason] of cases) {
    const raw = await rawPeer(t, site, a.listen);
    raw.socket.write(bytes);
    await eventually(t, `closed: ${what}`, raw.ended);
    t.deepEqual(raw.heard.at(-1), { type: 'goodbye', reason }, what);
  }
  ping(a, b, 2);
  await eventually(t, 'answered', () => replies(a).length === 2);
  t.deepEqual([a.links.counts.linksUp, b.links.counts.linksUp], [1, 1]);
});

test('a peer that never says hello is cut, and so is half a frame', async (t) => {
  const site = await newSite(t);
  const a = await endAt(t, site, 'a');
  const silent = await rawPeer(t, site, a.listen);
  const slow = await rawPeer(t, site, a.listen);
  slow.socket.write(encodePeer(ownHello([])));
  slow.socket.write(Uint8Array.of(0, 0, 0, 99, 1));
  await eventually(t, 'the silent one cut', silent.ended, 30_000);
  t.false(slow.ended());
  await eventually(t, 'the slow one cut', slow.ended, 30_000);
});

test('a frame that comes byte by byte is taken, an unknown request refused', async (t) => {
  const site = await newSite(t);
  const a = await endAt(t, site, 'a');
  const raw = await rawPeer(t, site, a.listen);
  const request = encodePeer({ type: 'request', call: 3, body: { type: 'ping' } });
  for (const byte of [...encodePeer(ownHello([])), ...request]) {
    raw.socket.write(Uint8Array.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await eventually(t, 'answered', () => raw.heard.length === 2);
  t.deepEqual(raw.heard[1], { type: 'reply', call: 3, body: { type: 'ok' } });
});

test('handshakes that fail leave their places to others', async (t) => {
  const site = await newSite(t);
  const [a, b] = [await endAt(t, site, 'a'), await endAt(t, site, 'b')];
  const closed: Promise<unknown>[] = [];
  for (let index = 0; index < 200; index++) {
    const socket = connect(b.listen);
    socket.on('error', () => undefined);
    closed.push(new Promise((resolve) => socket.once('close', resolve)));
    if (index % 2 === 0) socket.end(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    else socket.once('connect', () => socket.destroy());
  }
  await Promise.all(closed);
  a.book.hear(a.peerOf(b), reachableAt(b.listen));
  const tookMs = await timeWithoutStandstills(async () => {
    ping(a, b, 1);
    await eventually(t, 'answered', () => replies(a).length === 1);
  });
  t.true(tookMs < 4500, `${tookMs} ms`);
  t.deepEqual(a.unreachable, []);
});
