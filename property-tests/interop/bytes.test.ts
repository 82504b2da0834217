// Bytes of older nodes as they may come: cut at every position, many in one write, wrong. A node of
// ours answers each message once, byte for byte, and closes no connection but the one at fault.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { TLSSocket } from 'node:tls';
import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { decodeClassic, encodeClassic } from '../../src/codec/classic.ts';
import type { ClassicMessage, Ipv4Address } from '../../src/wire-types.ts';
import { certify, get, newShared, olderSocket, ours } from './interop-kit.ts';
import type { Ours, Shared } from './interop-kit.ts';

/** Where the one that asks says it listens: nobody does. */
const FROM: Ipv4Address = { family: 4, ip: Uint8Array.of(127, 0, 0, 1), port: 1 };
const ID = createHash('sha256').update('127.0.0.1:1').digest();
const KEY = createHash('sha256').update('a key').digest();
const VALUE = Buffer.from('a value');
const PING = encodeClassic({ type: 'ping', id: ID, from: FROM });
const FIND_NODE = encodeClassic({ type: 'find-node', from: FROM });
const FIND_VALUE = encodeClassic({ type: 'find-value', key: KEY });
const PUT = encodeClassic({
  ...{ type: 'put', ttlS: 600, replication: 2, hops: 1 },
  ...{ key: KEY, value: VALUE },
});

test('messages cut at every position are read', async (t) => {
  const { shared, node } = await alone(t);
  const socket = await olderSocket(t, shared, 'visitor', node.port);
  const answers = answersOf(socket);
  await cutUp(socket, PUT, async () => undefined);
  const success = encodeClassic({ type: 'success', key: KEY, value: VALUE });
  await answers.until(FIND_VALUE, success);
  const pong = Buffer.concat([hex('002a028f'), ID, hex('7f000001'), portBytes(node.port)]);
  const noNodes = hex('000602910000');
  for (const [question, answer] of [
    [PING, pong],
    [FIND_NODE, noNodes],
    [FIND_VALUE, success],
  ] as const) {
    await cutUp(socket, question, async () => {
      t.deepEqual(await answers.next(answer.length), Buffer.from(answer));
    });
  }
  t.deepEqual(Buffer.from((await get(node, KEY)) ?? []), VALUE);
});

test('messages in one write are each answered, and echoes and words are passed over', async (t) => {
  const { shared, node } = await alone(t);
  const socket = await olderSocket(t, shared, 'visitor', node.port);
  const answers = answersOf(socket);
  const echo = encodeClassic({ type: 'success', key: KEY, value: VALUE });
  const word = Buffer.from('running');
  socket.write(Buffer.concat([PING, word, FIND_NODE, echo, PING, Buffer.from('put works'), PING]));
  const pong = 42;
  const types = await answers.types(3 * pong + 6);
  t.deepEqual(types, ['pong', 'node-reply', 'pong', 'pong']);
});

test('a message that cannot be closes its connection, and harms no other', async (t) => {
  const { shared, node } = await alone(t);
  const good = await olderSocket(t, shared, 'visitor', node.port);
  const answers = answersOf(good);
  for (const bad of [hex('ffff028e'), hex('0004028b'), hex('00240001'), Buffer.from('GET /')]) {
    const socket = await olderSocket(t, shared, 'visitor', node.port);
    socket.resume();
    socket.write(bad);
    await once(socket, 'close');
    good.write(PING);
    t.deepEqual(await answers.types(42), ['pong'], bad.toString());
  }
  // A value above what older nodes can read is refused rather than cut.
  const key = createHash('sha256').update('large').digest();
  const put = { type: 'put', ttlS: 600, replication: 1, hops: 1, key } as const;
  good.write(encodeClassic({ ...put, value: new Uint8Array(965) }));
  await answers.until(
    encodeClassic({ type: 'find-value', key }),
    encodeClassic({ type: 'failure', key }),
  );
});

/** One node of ours, and a certificate for whoever visits it. */
async function alone(
  t: ExecutionContext,
): Promise<{ readonly shared: Shared; readonly node: Ours }> {
  t.timeout(60_000);
  const shared = await newShared(t, 1);
  const node = await ours(t, shared, 0);
  await certify(shared, 'visitor');
  return { shared, node };
}

/** Sends a message as two pieces, for each place where it can be cut. */
async function cutUp(
  socket: TLSSocket,
  message: Uint8Array,
  answered: () => Promise<void>,
): Promise<void> {
  for (let at = 1; at < message.length; at++) {
    await written(socket, message.subarray(0, at));
    await written(socket, message.subarray(at));
    await answered();
  }
}

async function written(socket: TLSSocket, bytes: Uint8Array): Promise<void> {
  await new Promise((resolve) => socket.write(bytes, resolve));
  await turn();
}

function answersOf(socket: TLSSocket) {
  let bytes = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => (bytes = Buffer.concat([bytes, chunk])));
  const next = async (count: number): Promise<Buffer> => {
    while (bytes.length < count)
      await once(socket, 'data', { signal: AbortSignal.timeout(10_000) });
    const taken = bytes.subarray(0, count);
    bytes = bytes.subarray(count);
    return taken;
  };
  const types = async (count: number): Promise<readonly string[]> => {
    const taken = await next(count);
    const read: string[] = [];
    for (let at = 0; at < count;) {
      const decoded = decodeClassic(taken, at, count);
      if (decoded.type !== 'message') return [...read, decoded.type];
      read.push(decoded.message.type satisfies ClassicMessage['type']);
      at += decoded.bytes;
    }
    return read;
  };
  /** Asks until that is the answer: a store has none, and may be under way. */
  const until = async (question: Uint8Array, wanted: Uint8Array): Promise<void> => {
    for (let tries = 0; tries < 50; tries++) {
      socket.write(question);
      const head = await next(4);
      const rest = await next(head.readUInt16BE(0) - 4);
      if (Buffer.concat([head, rest]).equals(wanted)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('the answer never came');
  };
  return { next, types, until };
}

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex');
}

function portBytes(port: number): Buffer {
  return Buffer.of(port >> 8, port & 0xff);
}
