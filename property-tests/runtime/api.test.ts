// The client API, byte for byte, against a real node that is a network of its own: whatever a
// client does to its connection, it harms no other one.
import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { createReader } from '../../runtime/stream.ts';
import type { RunningNode } from '../../runtime/node.ts';
import { decodeClient, encodeClient } from '../../src/codec/client.ts';
import type { ClientMessage } from '../../src/wire-types.ts';
import { requireOrSkip } from '../require.ts';
import { clientOf, eventually, newKey, newSite, nodeAt, valueOf } from './node-kit.ts';

const run = promisify(execFile);

interface Raw {
  readonly socket: Socket;
  readonly bytes: () => Buffer;
  readonly ended: () => boolean;
  readonly closed: () => boolean;
}

async function rawClient(t: ExecutionContext, node: RunningNode): Promise<Raw> {
  if (node.api === undefined) throw new Error('the node serves no clients');
  const socket = connect({ ...node.api, allowHalfOpen: true, noDelay: true });
  const chunks: Buffer[] = [];
  let ended = false;
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('end', () => {
    ended = true;
  });
  socket.on('error', () => undefined);
  t.teardown(() => {
    socket.destroy();
  });
  await new Promise((resolve) => socket.once('connect', resolve));
  const bytes = (): Buffer => Buffer.concat(chunks);
  return { socket, bytes, ended: () => ended, closed: () => socket.closed || ended };
}

function messagesIn(bytes: Uint8Array): ClientMessage[] {
  const reader = createReader(decodeClient);
  reader.push(Uint8Array.from(bytes));
  const found: ClientMessage[] = [];
  for (let next = reader.next(); next?.type === 'message'; next = reader.next()) {
    found.push(next.message);
  }
  return found;
}

function putBytes(key: Uint8Array, value: Uint8Array, checked = true): Uint8Array {
  return encodeClient({ type: 'put', checked, ttlS: 0, replication: 0, key, value });
}

const getBytes = (key: Uint8Array): Uint8Array => encodeClient({ type: 'get', key });

async function lone(t: ExecutionContext): Promise<RunningNode> {
  return await nodeAt(t, await newSite(t), 'node');
}

test('PUT, GET, SUCCESS, FAILURE and PUT RESULT have exactly their bytes', async (t) => {
  const node = await lone(t);
  const client = await rawClient(t, node);
  const key = newKey();
  const hex = Buffer.from(key).toString('hex');
  const send = (text: string): void => {
    client.socket.write(Buffer.from(text, 'hex'));
  };
  send(`0024028b${hex}`);
  await eventually(t, 'FAILURE', () => client.bytes().length === 36);
  t.is(client.bytes().toString('hex'), `0024028d${hex}`);
  // 650 is never answered; the reserved byte is ignored.
  send(`002b028a003c01ff${hex}aabbcc`);
  send(`0024028b${hex}`);
  await eventually(t, 'SUCCESS', () => client.bytes().length === 36 + 39);
  t.is(client.bytes().subarray(36).toString('hex'), `0027028c${hex}aabbcc`);
  send(`002a02b200000100${hex}ddee`);
  await eventually(t, 'PUT RESULT', () => client.bytes().length === 75 + 47);
  const result = client.bytes().subarray(75);
  t.is(result.subarray(0, 39).toString('hex'), `002f02b3${hex}000101`);
  const version = Number(result.readBigUInt64BE(39));
  t.true(Math.abs(version - Date.now()) < 60_000);
});

test('any split and any coalescing gives the same replies', async (t) => {
  const node = await lone(t);
  const key = newKey();
  const value = valueOf(300);
  const stream = Buffer.concat([putBytes(key, value), getBytes(key), getBytes(newKey())]);
  for (const size of [1, 3, 36, 250, stream.length]) {
    const client = await rawClient(t, node);
    for (let at = 0; at < stream.length; at += size) {
      client.socket.write(stream.subarray(at, at + size));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await eventually(t, `pieces of ${size}`, () => messagesIn(client.bytes()).length === 3);
    const types = messagesIn(client.bytes()).map(({ type }) => type);
    t.deepEqual([...types].sort(), ['failure', 'put-result', 'success']);
    t.true(types.indexOf('put-result') < types.indexOf('success'));
  }
});

test('32 requests in flight on one connection, replies about a key in order', async (t) => {
  const node = await lone(t);
  const client = await rawClient(t, node);
  const keys = Array.from({ length: 4 }, newKey);
  const requests: Uint8Array[] = [];
  for (let round = 1; round <= 4; round++) {
    for (const key of keys) requests.push(putBytes(key, new Uint8Array(round)), getBytes(key));
  }
  t.is(requests.length, 32);
  client.socket.write(Buffer.concat(requests));
  await eventually(t, 'all answered', () => messagesIn(client.bytes()).length === 32);
  for (const key of keys) {
    const about = messagesIn(client.bytes()).filter(
      (reply) => Buffer.compare(reply.key, key) === 0,
    );
    const seen = about.map((reply) => (reply.type === 'success' ? reply.value.length : reply.type));
    t.deepEqual(seen, ['put-result', 1, 'put-result', 2, 'put-result', 3, 'put-result', 4]);
  }
});

test('more requests than may be in flight are all answered, two GETs of a key twice', async (t) => {
  const node = await lone(t);
  const client = await clientOf(t, node);
  const key = newKey();
  await client.put(key, valueOf(60_000));
  const values = await Promise.all(Array.from({ length: 700 }, () => client.get(key)));
  t.true(values.every((value) => value?.length === 60_000));
  const absent = await Promise.all(Array.from({ length: 700 }, () => client.get(newKey())));
  t.true(absent.every((value) => value === undefined));
});

test('after a half-close what is pending is answered, then the node ends', async (t) => {
  const node = await lone(t);
  const client = await rawClient(t, node);
  const key = newKey();
  client.socket.end(Buffer.concat([putBytes(key, Uint8Array.of(1)), getBytes(key)]));
  await eventually(t, 'ended', client.ended);
  t.deepEqual(
    messagesIn(client.bytes()).map(({ type }) => type),
    ['put-result', 'success'],
  );
});

test('a client may close right after a PUT', async (t) => {
  const node = await lone(t);
  const key = newKey();
  const client = await rawClient(t, node);
  client.socket.write(putBytes(key, Uint8Array.of(7), false), () => client.socket.destroy());
  const other = await clientOf(t, node);
  let found: Uint8Array | undefined;
  const until = performance.now() + 30_000;
  while (found === undefined && performance.now() < until) {
    await delay(10);
    found = await other.get(key);
  }
  t.deepEqual(found, Uint8Array.of(7));
});

test('a malformed message closes its connection and no other', async (t) => {
  const node = await lone(t);
  const witness = await clientOf(t, node);
  const key = newKey();
  await witness.put(key, Uint8Array.of(1));
  const hex = Buffer.from(key).toString('hex');
  const wrong = [
    '0003028b',
    `0025028b${hex}00`,
    '00240000',
    `0028028a00000000${hex}`,
    `0024028d${hex}`,
    `0027028c${hex}aabbcc`,
    `002f02b3${hex}0001010000000000000001`,
    '002a028e',
    'ffffffff',
    '47455420',
  ];
  for (const text of wrong) {
    const client = await rawClient(t, node);
    client.socket.write(Buffer.from(text, 'hex'));
    await eventually(t, `closed after ${text.slice(0, 8)}`, client.closed);
    t.is(client.bytes().length, 0, text);
  }
  t.deepEqual(await witness.get(key), Uint8Array.of(1));
  t.is(node.status().clients, 1);
});

test('a client that takes nothing is not read any further, and others are served', async (t) => {
  const node = await lone(t);
  const witness = await clientOf(t, node);
  const key = newKey();
  await witness.put(key, valueOf(60_000));
  const greedy = await rawClient(t, node);
  greedy.socket.pause();
  const burst = Buffer.concat(Array.from({ length: 500_000 }, () => getBytes(key)));
  greedy.socket.write(burst);
  for (let before = -1; before !== greedy.socket.writableLength;) {
    before = greedy.socket.writableLength;
    await delay(1000);
  }
  t.true(greedy.socket.writableLength > 0, 'the node has stopped reading');
  t.is((await witness.get(key))?.length, 60_000);
});

test('the longest value passes, and the shortest', async (t) => {
  const client = await clientOf(t, await lone(t));
  for (const size of [1, 65_495]) {
    const [key, value] = [newKey(), valueOf(size)];
    const receipt = await client.put(key, value);
    t.is(receipt.status, 'good');
    t.deepEqual(await client.get(key), value);
  }
});

test('TTL and replication reach the record, 0 means the default', async (t) => {
  const node = await nodeAt(t, await newSite(t), 'node', { config: { ttlS: 77 } });
  for (const [asked, granted] of [
    [0, 77],
    [65_535, 65_535],
    [1, 1],
  ] as const) {
    const { outcome } = await node.put(newKey(), Uint8Array.of(1), { ttlS: asked });
    t.is(outcome.type === 'stored' ? outcome.record.ttlS : undefined, granted);
  }
});

test('TCP asks both ends whether the other is still there', async (t) => {
  if (!requireOrSkip(t, (await timersAt(1)) !== undefined, 'ss of iproute2')) return;
  const node = await lone(t);
  const client = await clientOf(t, node);
  t.is(await client.get(newKey()), undefined);
  const port = node.api?.port ?? t.fail();
  // What the system does by itself begins after hours; a moment ago something else may be timed.
  let asking = 0;
  for (let tries = 0; tries < 30 && asking < 2; tries++) {
    const timers = (await timersAt(port)) ?? [];
    asking = timers.filter((each) => /keepalive,[\d.]+sec/.test(each)).length;
    if (asking < 2) await delay(500);
  }
  t.is(asking, 2);
});

/** What is timed at each end of each connection to a port of this machine. */
async function timersAt(port: number): Promise<readonly string[] | undefined> {
  const filter = `( sport = :${port} or dport = :${port} )`;
  try {
    const { stdout } = await run('ss', ['-Htno', 'state', 'established', filter]);
    return stdout.trim().split('\n');
  } catch {
    return undefined;
  }
}
