// Older nodes that do what no good one does, all at once where that is possible: a node of ours
// goes on to serve its clients and the others, keeps what it holds within bounds, and cuts off
// whoever drips. Every connection is real TLS, and every other side is played by the test.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import type { RunningNode } from '../../runtime/node.ts';
import { encodeClassic } from '../../src/codec/classic.ts';
import type { Ipv4Address } from '../../src/wire-types.ts';
import { timeWithoutStandstills } from '../lateness.ts';
import { clientOf, eventually, finds, newKey, untilRight, valueOf } from '../runtime/node-kit.ts';
import { certify, HOST, newShared, olderSocket } from './interop-kit.ts';
import type { Shared } from './interop-kit.ts';
import { askedOnce, at, goodAnswers, greets, greetsUntil, hexOf, idAt } from './older-peer.ts';
import { ourNode, pingOf, played, putOf } from './older-peer.ts';
import type { Answer } from './older-peer.ts';

test('floods that take no answer keep nobody waiting', async (t) => {
  const { shared, node, friend } = await scene(t);
  const [key, value] = [newKey(), valueOf(964)];
  await told(t, shared, node, putOf(key, value), async () => (await node.get(key)).value);
  const floods = [
    repeated(encodeClassic({ type: 'find-value', key }), 100_000),
    joined(20_000, (index) => pingFrom(nobody(index))),
    joined(3000, (index) => putOf(idAt(index), valueOf(900), { hops: (index % 3) + 1 })),
    joined(20_000, (index) => encodeClassic({ type: 'find-node', from: nobody(index) })),
  ];
  const sockets: TLSSocket[] = [];
  for (const bytes of floods) {
    const socket = await olderSocket(t, shared, 'visitor', node.listen.port);
    socket.pause();
    socket.write(bytes);
    sockets.push(socket);
  }
  await isWell(t, shared, node, friend);
  t.deepEqual(
    sockets.map(({ destroyed }) => destroyed),
    [false, false, false, false],
  );
  t.true(node.status().contacts <= 1, 'who is named by others alone is no contact');
  await eventually(t, 'the friend is a contact', () => node.status().contacts === 1);
  t.true(node.status().operations < 300);
  for (const socket of sockets) socket.destroy();
  await isWell(t, shared, node, friend);
});

test('who drips is cut off, and many connections leave room for others', async (t) => {
  const { shared, node, friend } = await scene(t, { linksMax: 40 });
  const sockets: TLSSocket[] = [];
  const before = performance.now();
  const timers: NodeJS.Timeout[] = [];
  t.teardown(() => {
    for (const timer of timers) clearInterval(timer);
  });
  for (let count = 0; count < 60; count++) {
    const socket = await olderSocket(t, shared, 'visitor', node.listen.port).catch(() => undefined);
    if (socket === undefined) continue;
    sockets.push(socket.resume());
    if (count >= 50) {
      const question = pingOf(1);
      let at = 0;
      timers.push(setInterval(() => socket.write(question.subarray(at, (at += 1))), 400));
    }
  }
  await isWell(t, shared, node, friend);
  const dripping = sockets.slice(-10);
  await eventually(t, 'all are cut', () => dripping.every((one) => one.destroyed), 14_000);
  t.true(performance.now() - before > 5000, 'they were cut for dripping');
  await isWell(t, shared, node, friend);
});

test('older nodes that answer anything but what they were asked', async (t) => {
  const { shared, node, friend } = await scene(t);
  const values = new Map<string, Uint8Array>();
  const own = node.listen.port;
  const crowd = Array.from({ length: 256 }, (_, index) => nobody(index));
  const otherKey = newKey();
  const bad: Record<string, Answer> = {
    crowd: (_, socket) => socket.write(frameNaming(crowd)),
    ourselves: (_, socket) => socket.write(frameNaming(Array<Ipv4Address>(40).fill(at(own)))),
    otherKey: (_, socket) =>
      socket.write(encodeClassic({ type: 'success', key: otherKey, value: Uint8Array.of(9) })),
    silent: () => undefined,
    closing: (message, socket) => {
      const key = 'key' in message ? message.key : otherKey;
      const whole = encodeClassic({ type: 'success', key, value: valueOf(500) });
      socket.end(whole.subarray(0, 100));
    },
    resetting: (_, socket) => socket.destroy(),
    garbage: (_, socket) => socket.write(Buffer.alloc(5000, 0xff)),
    flooding: (_, socket) => socket.write(repeated(Buffer.from('running'), 100_000)),
  };
  let port = shared.port + 2;
  await played(t, shared, 'visitor', port, goodAnswers(port, values));
  const greeting = { from: port, to: own };
  await greetsUntil(t, shared, [greeting], () => node.status().contacts === 2);
  for (const behave of Object.values(bad)) {
    port += 1;
    const good = goodAnswers(port);
    const answer: Answer = (message, socket) => {
      if (message.type === 'ping') good(message, socket);
      else behave(message, socket);
    };
    const one = await played(t, shared, 'visitor', port, answer);
    await greets(t, shared, 'visitor', { from: port, to: own });
    // Whoever answers nothing but PINGs comes and goes.
    await eventually(t, 'it was found', () => one.heard.length > 0);
  }
  const all = 2 + Object.keys(bad).length;
  const [key, value] = [newKey(), valueOf(100)];
  values.set(hexOf(key), value);
  let reads = 0;
  const read = async (): Promise<Uint8Array | undefined> => {
    // Who answered too late, on a busy machine, is forgotten until it greets.
    if (reads > 0) await greets(t, shared, 'visitor', greeting);
    reads += 1;
    return (await node.get(key)).value;
  };
  const found = await untilRight(read, (one) => one !== undefined, 20_000);
  t.deepEqual(found, value, 'what a good one holds is found');
  t.is((await node.get(newKey())).value, undefined);
  t.is((await node.get(otherKey)).value, undefined, 'nobody was asked for that one');
  await isWell(t, shared, node, friend);
  t.true(node.status().contacts <= all, 'nobody who was only named is a contact');
});

test('a PONG to another PING is none, nor is a name that is ours', async (t) => {
  const { shared, node, friend } = await scene(t);
  const port = shared.port + 2;
  const there = await played(t, shared, 'visitor', port, (message, socket) => {
    if (message.type !== 'ping') return;
    socket.write(encodeClassic({ type: 'pong', id: idAt(port), from: at(port) }));
  });
  await greets(t, shared, 'visitor', { from: port, to: node.listen.port });
  await eventually(t, 'it was asked', () => there.heard.length > 0);
  for (const question of [
    pingOf(node.listen.port),
    encodeClassic({ type: 'find-node', from: at(node.listen.port) }),
  ]) {
    const socket = await olderSocket(t, shared, 'visitor', node.listen.port);
    socket.resume();
    socket.write(question);
    await once(socket, 'close', { signal: AbortSignal.timeout(8000) });
  }
  await isWell(t, shared, node, friend);
  t.is(node.status().contacts, 1);
});

interface Scene {
  readonly shared: Shared;
  readonly node: RunningNode;
  /** Another of ours, which knows it. */
  readonly friend: RunningNode;
}

async function scene(
  t: ExecutionContext,
  limits: { readonly linksMax?: number } = {},
): Promise<Scene> {
  t.timeout(120_000);
  const shared = await newShared(t, 14);
  for (const name of ['node', 'friend', 'visitor']) await certify(shared, name, 'ed25519');
  const node = await ourNode(t, shared, 'node', shared.port, { limits });
  const bootstrap = [`${HOST}:${shared.port}`];
  const friend = await ourNode(t, shared, 'friend', shared.port + 1, { bootstrap });
  t.is((await friend.joined).type, 'joined');
  await eventually(t, 'they know each other', () => node.status().contacts === 1);
  return { shared, node, friend };
}

/** Its clients, an older node and one of ours are all served, in a time that clients bear. */
async function isWell(
  t: ExecutionContext,
  shared: Shared,
  node: RunningNode,
  friend: RunningNode,
): Promise<void> {
  const tookMs = await timeWithoutStandstills(async () => {
    // What is judged is the time without standstills: the client itself waits for longer.
    const client = await clientOf(t, node, { timeoutMs: 60_000 });
    const [key, value] = [newKey(), valueOf(20)];
    await client.put(key, value);
    t.deepEqual(await client.get(key), value);
    await client.close();
    await finds(t, friend, key, value);
    const question = encodeClassic({ type: 'find-value', key });
    const answer = await askedOnce(t, shared, 'visitor', node.listen.port, question);
    t.is(answer?.type, 'success');
  });
  t.true(tookMs < 10_000, `${tookMs} ms`);
}

/** Writes until something is as it should be: what is told may be under way. */
async function told(
  t: ExecutionContext,
  shared: Shared,
  node: RunningNode,
  bytes: Uint8Array,
  seen: () => Promise<Uint8Array | undefined>,
): Promise<void> {
  const socket = await olderSocket(t, shared, 'visitor', node.listen.port);
  socket.end(bytes);
  for (let tries = 0; tries < 200; tries++) {
    if ((await seen()) !== undefined) return;
    await delay(50);
  }
  t.fail('what was told was never seen');
}

/** An address of this machine at which nobody listens. */
function nobody(index: number): Ipv4Address {
  return { family: 4, ip: Uint8Array.of(127, 77, (index >> 8) & 0xff, index & 0xff), port: 9 };
}

function pingFrom(from: Ipv4Address): Uint8Array {
  const id = createHash('sha256')
    .update(`${from.ip.join('.')}:${from.port}`)
    .digest();
  return encodeClassic({ type: 'ping', id, from });
}

/** A NODE REPLY as long as one may be. */
function frameNaming(addresses: readonly Ipv4Address[]): Uint8Array {
  const frame = Buffer.alloc(6 + 6 * addresses.length);
  frame.writeUInt16BE(frame.length, 0);
  frame.writeUInt16BE(657, 2);
  frame.writeUInt16BE(addresses.length, 4);
  for (const [index, { ip, port }] of addresses.entries()) {
    frame.set(ip, 6 + 6 * index);
    frame.writeUInt16BE(port, 10 + 6 * index);
  }
  return frame;
}

function repeated(bytes: Uint8Array, times: number): Uint8Array {
  return Buffer.alloc(bytes.length * times, bytes);
}

function joined(count: number, make: (index: number) => Uint8Array): Uint8Array {
  return Buffer.concat(Array.from({ length: count }, (_, index) => make(index)));
}
