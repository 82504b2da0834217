// Connections of older nodes by themselves, over real TLS and without a core behind them: answers
// that nobody takes stop the reading, what came before an end is taken, numbers keep clear of those
// of links, and the end of all of them leaves nothing behind.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { createServer } from 'node:tls';
import type { Server } from 'node:tls';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { PeerDirectory } from '../../host/directory.ts';
import { CLASSIC_ASKED_MAX, CLASSIC_IDLE_MS_MAX } from '../../runtime/bounds.ts';
import { UnsignedRecords } from '../../runtime/classic/unsigned.ts';
import { ClassicVisits } from '../../runtime/classic/visits.ts';
import { monotonicMs } from '../../runtime/clock.ts';
import { sha256 } from '../../runtime/edge.ts';
import { LiveIdentity } from '../../runtime/identity/live-identity.ts';
import { InputBudget } from '../../runtime/input-budget.ts';
import { AddressBook } from '../../runtime/links/address-book.ts';
import type { CallFrame } from '../../runtime/links/link.ts';
import { silentLog } from '../../runtime/log.ts';
import { Slices } from '../../runtime/slices.ts';
import { encodeClassic } from '../../src/codec/classic.ts';
import { encodePeer } from '../../src/codec/peer.ts';
import type { Peer } from '../../src/types.ts';
import type { WireReply } from '../../src/wire-types.ts';
import { eventually } from '../runtime/node-kit.ts';
import { certify, HOST, newShared, olderSocket } from './interop-kit.ts';
import type { Shared } from './interop-kit.ts';
import { at, idAt, identityOf, pingOf, putOf } from './older-peer.ts';

const KEY = createHash('sha256').update('a key').digest();
const VALUE = Buffer.alloc(964, 1);
const SERIAL = '1';

test('answers that are not taken stop the reading, and it goes on when they are', async (t) => {
  const door = await newDoor(t);
  t.timeout(180_000);
  const count = 60_000;
  const socket = await olderSocket(t, door.shared, 'visitor', door.shared.port);
  socket.pause();
  const question = encodeClassic({ type: 'find-value', key: KEY });
  socket.write(Buffer.alloc(count * question.length, question));
  for (let [still, before] = [0, 0]; still < 5;) {
    await delay(400);
    still = before > 0 && door.asked.length === before ? still + 1 : 0;
    before = door.asked.length;
  }
  // Some megabytes fit into what lies between.
  const some = door.asked.length;
  t.true(some > 1000 && some < count / 2, `${some} were read`);
  let bytes = 0;
  socket.on('data', (chunk: Buffer) => (bytes += chunk.length));
  socket.resume();
  await eventually(t, 'all answered', () => bytes === count * (VALUE.length + 36), 120_000);
});

test('what came before the end of a connection is taken, however busy this node is', async (t) => {
  const door = await newDoor(t);
  const socket = await olderSocket(t, door.shared, 'visitor', door.shared.port);
  await eventually(t, 'it is there', () => door.visits.count === 1);
  let isBusy = true;
  const work = (): void => {
    const until = performance.now() + 10;
    while (performance.now() < until);
    if (isBusy) door.slices.run(work);
  };
  work();
  const ended = once(socket, 'close');
  socket.resume();
  socket.end(Buffer.concat(Array.from({ length: 200 }, () => putOf(KEY, VALUE))));
  await ended;
  await eventually(t, 'all were taken', () => door.asked.length === 200);
  await eventually(t, 'and it is gone', () => door.visits.count === 0);
  t.is(door.asked.length, 200);
  isBusy = false;
});

test('no number of a question is one that a link may have, and none is used twice', async (t) => {
  const door = await newDoor(t, () => undefined);
  const socket = await olderSocket(t, door.shared, 'visitor', door.shared.port);
  socket.write(Buffer.concat(Array.from({ length: 20 }, () => pingOf(door.shared.port + 1))));
  await eventually(t, 'all were taken', () => door.asked.length === 20);
  const calls = door.asked.map(({ call }) => call);
  t.is(new Set(calls).size, 20);
  // A node counts its calls from 1 up.
  t.true(calls.every((call) => call > 2 ** 31));
});

test('a node’s connection stays however long it says nothing, another one a minute', async (t) => {
  const door = await newDoor(t);
  const { shared, visits } = door;
  const node = await olderSocket(t, shared, 'visitor', shared.port);
  const other = await olderSocket(t, shared, 'visitor', shared.port);
  for (const socket of [node, other]) socket.resume();
  node.write(pingOf(shared.port + 1));
  other.write(encodeClassic({ type: 'find-value', key: KEY }));
  await eventually(t, 'both have asked', () => door.asked.length === 2);
  const ended = once(other, 'close');
  visits.sweep(monotonicMs() + CLASSIC_IDLE_MS_MAX - 5000);
  t.is(visits.count, 2);
  visits.sweep(monotonicMs() + CLASSIC_IDLE_MS_MAX + 1);
  t.is(visits.count, 1);
  await ended;
  node.write(pingOf(shared.port + 1));
  await eventually(t, 'it is heard on it still', () => door.asked.length === 3);
});

test('who says where it listens, but takes no answers, is not kept for it', async (t) => {
  const door = await newDoor(t, () => undefined);
  const { shared, visits } = door;
  const socket = await olderSocket(t, shared, 'visitor', shared.port);
  const count = CLASSIC_ASKED_MAX + 5;
  socket.write(Buffer.concat(Array.from({ length: count }, () => pingOf(shared.port + 1))));
  await eventually(t, 'nothing more is read', () => door.asked.length === CLASSIC_ASKED_MAX);
  const ended = once(socket.resume(), 'close');
  visits.sweep(monotonicMs() + CLASSIC_IDLE_MS_MAX + 1);
  t.is(visits.count, 0);
  await ended;
});

test('who is revoked is cut off, and nobody else', async (t) => {
  const door = await newDoor(t);
  const { shared, live } = door;
  const socket = await olderSocket(t, shared, 'visitor', shared.port);
  socket.resume();
  await eventually(t, 'it is there', () => door.visits.count === 1);
  const list = (serial: string) => ({ ...live.now, revoked: new Set([serial]) });
  live.replace(list('2'));
  t.is(door.visits.count, 1);
  const ended = once(socket, 'close');
  live.replace(list(SERIAL));
  t.is(door.visits.count, 0);
  await ended;
  // Its handshake may have begun under the list of before.
  const late = await olderSocket(t, shared, 'visitor', shared.port);
  late.resume().write(pingOf(shared.port + 1));
  await once(late, 'close');
  t.deepEqual([door.visits.count, door.asked.length], [0, 0]);
});

test('an end for all leaves no connection and no answer', async (t) => {
  const door = await newDoor(t, () => undefined);
  const sockets = [];
  for (let index = 0; index < 5; index++) {
    const socket = await olderSocket(t, door.shared, 'visitor', door.shared.port);
    socket.resume();
    socket.write(pingOf(door.shared.port + 1));
    sockets.push(socket);
  }
  await eventually(t, 'all were taken', () => door.asked.length === 5);
  const ends = sockets.map((socket) => once(socket, 'close'));
  door.visits.close();
  t.is(door.visits.count, 0);
  await Promise.all(ends);
  for (const { from, call } of door.asked) {
    t.false(
      door.visits.reply(from, call, encodePeer({ type: 'reply', call, body: { type: 'ok' } })),
    );
  }
});

interface Asked {
  readonly from: Peer;
  readonly call: number;
}

interface Door {
  readonly shared: Shared;
  readonly visits: ClassicVisits;
  readonly live: LiveIdentity;
  readonly asked: readonly Asked[];
  /** The time that visits share with whatever else there is. */
  readonly slices: Slices;
}

/** Where older nodes come in, and what is said to them: a value, and yes to all else. */
async function newDoor(
  t: ExecutionContext,
  answer: (frame: CallFrame) => WireReply | undefined = answerTo,
): Promise<Door> {
  t.timeout(60_000);
  const shared = await newShared(t, 2);
  for (const name of ['node', 'visitor']) await certify(shared, name, 'ed25519');
  const identity = await identityOf(shared, 'node', shared.port);
  const live = new LiveIdentity(identity);
  const directory = new PeerDirectory();
  const self = directory.intern(identity.nodeId) ?? t.fail();
  const slices = new Slices();
  const asked: Asked[] = [];
  const records = new UnsignedRecords(sha256, Date.now);
  const wishes = { alpha: 3, hopsMax: 3, ttlS: 600, replication: 3 };
  const visits = new ClassicVisits({
    ...{ self, directory, book: new AddressBook(), log: silentLog, visitsMax: 100 },
    identity: live,
    terms: { id: idAt(shared.port), address: at(shared.port), records, ...wishes },
    shares: { slices, inputs: new InputBudget(1e9) },
    onFrame: (from, frame) => {
      const { call } = frame;
      asked.push({ from, call });
      const body = answer(frame);
      if (body !== undefined) visits.reply(from, call, encodePeer({ type: 'reply', call, body }));
    },
  });
  const server: Server = createServer(live.tls, (socket) => {
    socket.on('error', () => undefined);
    visits.accept(socket, SERIAL);
  });
  server.listen(shared.port, HOST);
  await once(server, 'listening');
  t.teardown(() => {
    visits.close();
    server.close();
  });
  return { shared, visits, live, asked, slices };
}

function answerTo(frame: CallFrame): WireReply {
  if (frame.type !== 'request' || frame.body.type !== 'find-value') return { type: 'ok' };
  const rest = { publisher: new Uint8Array(32), ttlS: 600, replication: 1 };
  const records = new UnsignedRecords(sha256, Date.now);
  return { type: 'value', record: records.received(KEY, VALUE, rest) };
}
