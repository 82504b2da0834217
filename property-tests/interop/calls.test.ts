// Calls to an older node by themselves, over real TLS and without a core behind them: one at a
// time, so that what waits grows older meanwhile, and is not said when it has waited too long.
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { PeerDirectory } from '../../host/directory.ts';
import { CLASSIC_CALLS_MAX, CLASSIC_TRIES } from '../../runtime/bounds.ts';
import { ClassicCalls } from '../../runtime/classic/calls.ts';
import { UnsignedRecords } from '../../runtime/classic/unsigned.ts';
import { sha256 } from '../../runtime/edge.ts';
import { LiveIdentity } from '../../runtime/identity/live-identity.ts';
import { AddressBook } from '../../runtime/links/address-book.ts';
import { Dialer } from '../../runtime/links/dialer.ts';
import { encodePeer } from '../../src/codec/peer.ts';
import type { Peer } from '../../src/types.ts';
import type { WireRecord, WireRequest } from '../../src/wire-types.ts';
import { eventually, newKey, untilRight, valueOf } from '../runtime/node-kit.ts';
import { certify, HOST, newShared } from './interop-kit.ts';
import { at, goodAnswers, idAt, identityOf, played } from './older-peer.ts';
import type { Played } from './older-peer.ts';

const SLOW_KEY = newKey();
const LIFE_MS = 10_000;

test('what waits for its turn is stored with what is left of its life then', async (t) => {
  let asked = 0;
  const { ask, replies, unsent, lost, older } = await line(t, () => (asked += 1) === CLASSIC_TRIES);
  const lives = (): readonly number[] =>
    older.heard.flatMap(({ message }) => (message.type === 'put' ? message.ttlS : []));
  let call = 0;
  // On a busy machine the answer is too late, or the store has waited for too long.
  const both = async (): Promise<{ said: string; lives: readonly number[] }> => {
    const before = lives().length;
    asked = 0;
    const [slow, store] = [call + 1, call + 2];
    call = store;
    ask(slow, { type: 'find-value', key: SLOW_KEY });
    ask(store, { type: 'store', record: newRecord() });
    const saidTo = (one: number): string | undefined =>
      replies.find((reply) => reply.startsWith(`${one} `))?.replace(/^\d+ /, '');
    const isOver = (): boolean => unsent.includes(store) || saidTo(store) !== undefined;
    await eventually(t, 'both are answered', isOver);
    return { said: `${saidTo(slow)}, ${saidTo(store)}`, lives: lives().slice(before) };
  };
  const last = await untilRight(both, ({ said }) => said === 'peers, ok');
  t.is(last.said, 'peers, ok');
  t.deepEqual(lost, []);
  // It waited for more than a second, until the first was asked once more.
  t.is(last.lives.length, 1);
  const [life = LIFE_MS] = last.lives;
  t.true(life <= LIFE_MS / 1000 - 2, `a life of ${life} s`);
});

test('what has waited too long is not said, and that is no fault of the node', async (t) => {
  const { ask, replies, unsent, lost, older } = await line(t, () => false);
  ask(1, { type: 'find-value', key: SLOW_KEY });
  ask(2, { type: 'find-value', key: SLOW_KEY });
  ask(3, { type: 'store', record: newRecord() });
  await eventually(t, 'the third is given up', () => unsent.includes(3));
  t.deepEqual(replies, []);
  t.false(unsent.includes(1), 'it had its turn');
  t.false(older.heard.some(({ message }) => message.type === 'put'));
  ask(4, { type: 'store', record: newRecord() });
  await eventually(t, 'the next is said', () => replies.length === 1);
  t.deepEqual(replies, ['4 ok']);
  t.deepEqual(lost, []);
});

test('no more than so many wait for one node', async (t) => {
  const { ask, unsent } = await line(t, () => false);
  // The first of them has its turn, the others wait.
  for (let call = 0; call < CLASSIC_CALLS_MAX + 2; call++) {
    ask(call, { type: 'find-value', key: SLOW_KEY });
    if (call === 0) await Promise.resolve();
  }
  t.deepEqual(unsent, [CLASSIC_CALLS_MAX + 1]);
});

function newRecord(): WireRecord {
  const records = new UnsignedRecords(sha256, Date.now);
  const ttlS = LIFE_MS / 1000;
  return records.received(newKey(), valueOf(30), { publisher: newKey(), ttlS, replication: 2 });
}

interface Asking {
  readonly ask: (call: number, body: WireRequest) => void;
  /** Call and type of each reply. */
  readonly replies: readonly string[];
  readonly unsent: readonly number[];
  /** The node was not there, or found to be a newer one. */
  readonly lost: readonly number[];
  readonly older: Played;
}

/** Calls of ours to an older node that answers about one key only when it is told to. */
async function line(t: ExecutionContext, answers: () => boolean): Promise<Asking> {
  t.timeout(60_000);
  const shared = await newShared(t, 2);
  for (const name of ['node', 'visitor']) await certify(shared, name, 'ed25519');
  const port = shared.port + 1;
  const good = goodAnswers(port);
  const older = await played(t, shared, 'visitor', port, (message, socket) => {
    const isSlow = message.type === 'find-value' && Buffer.compare(message.key, SLOW_KEY) === 0;
    if (!isSlow || answers()) good(message, socket);
  });
  const directory = new PeerDirectory();
  const peer = directory.intern(idAt(port)) ?? t.fail();
  const book = new AddressBook();
  book.hear(peer, [at(port)]);
  const dialer = new Dialer(new LiveIdentity(await identityOf(shared, 'node', shared.port)));
  const [replies, unsent, lost]: [string[], number[], number[]] = [[], [], []];
  const records = new UnsignedRecords(sha256, Date.now);
  const wishes = { alpha: 3, hopsMax: 3, ttlS: 600, replication: 3 };
  const calls = new ClassicCalls({
    ...{ dialer, book },
    terms: { id: idAt(shared.port), address: at(shared.port), records, ...wishes },
    onFrame: (_, frame) => {
      if (frame.type === 'reply') replies.push(`${frame.call} ${frame.body.type}`);
    },
    onUnsent: (_, call) => unsent.push(call),
    onUnreachable: (_, call) => lost.push(call),
    onNewer: (_, call) => lost.push(call),
  });
  t.teardown(() => {
    calls.close();
    dialer.stop();
  });
  const greet = (): Promise<string | undefined> => greeted(dialer, calls, peer, port);
  t.is(await untilRight(greet, (fault) => fault === undefined), undefined);
  const ask = (call: number, body: WireRequest): void => {
    t.true(calls.request(peer, call, encodePeer({ type: 'request', call, body })));
  };
  return { ask, replies, unsent, lost, older };
}

async function greeted(
  dialer: Dialer,
  calls: ClassicCalls,
  peer: Peer,
  port: number,
): Promise<string | undefined> {
  let answer: Promise<string | undefined> = Promise.resolve('not dialled');
  const fault = await dialer.dial([{ host: HOST, port }], (socket) => {
    answer = calls.greet(socket, peer);
    return undefined;
  });
  return fault ?? (await answer);
}
