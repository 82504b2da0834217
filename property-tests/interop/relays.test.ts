// PUTs of older nodes that are to be passed on, over real links: with a budget of hops that falls
// by one at each, on a fresh connection to an older node, as a relay or a store to ours, and to the
// next nearest where nobody is.
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import type { NodeOptions } from '../../runtime/ground.ts';
import type { RunningNode } from '../../runtime/node.ts';
import { encodeClassic } from '../../src/codec/classic.ts';
import type { ClassicMessage } from '../../src/wire-types.ts';
import { eventually, newKey, untilRight, valueOf } from '../runtime/node-kit.ts';
import { certify, HOST, newShared, olderSocket } from './interop-kit.ts';
import type { Shared } from './interop-kit.ts';
import {
  askedOnce,
  goodAnswers,
  greetsUntil,
  hexOf,
  idAt,
  ourNode,
  played,
  putOf,
} from './older-peer.ts';
import type { Played } from './older-peer.ts';

for (const hops of [2, 3]) {
  test(`with ${hops} hops it reaches older nodes and ours with one less`, async (t) => {
    const { shared, node } = await scene(t);
    const asked: string[] = [];
    const onStep: NodeOptions['onStep'] = (_, input) => {
      if (input.type !== 'message' || input.message.type !== 'request') return;
      const { body } = input.message;
      if (body.type === 'relay') asked.push(`relay ${body.hops}`);
      if (body.type === 'store') asked.push('store');
    };
    const bootstrap = [`${HOST}:${shared.port}`];
    const own = await ourNode(t, shared, 'own', shared.port + 1, { bootstrap, onStep });
    t.is((await own.joined).type, 'joined');
    const olders = await olderOnes(t, shared, [2, 3], () => node.status().contacts === 3);
    const [key, value] = [newKey(), valueOf(30)];
    await visits(t, shared, putOf(key, value, { hops }));
    await eventually(t, 'ours has it', () => own.status().records === 1);
    t.is(asked[0], hops === 2 ? 'store' : `relay ${hops - 1}`);
    for (const older of olders) {
      await eventually(t, 'an older one was told', () => putsAt(older).length > 0);
      const [first] = putsAt(older);
      t.is(first?.message.hops, hops - 1);
      t.deepEqual(Buffer.from(first?.message.value ?? []), Buffer.from(value));
      // One message, and a fresh connection for it.
      t.is(older.heard.filter(({ connection }) => connection === first?.connection).length, 1);
    }
  });
}

test('with one hop it stays here; a budget of none, or beyond the own, is the own', async (t) => {
  const { shared, node } = await scene(t);
  const [older = t.fail()] = await olderOnes(t, shared, [2], () => node.status().contacts === 1);
  await visits(t, shared, putOf(keyFarFrom(shared), valueOf(5)));
  await eventually(t, 'it is stored', () => node.status().records === 1);
  // Nearer to the older one: they are passed on, and not kept here.
  const round = async (): Promise<{ due: string[]; told: string[]; kept: number }> => {
    const before = node.status().records;
    const [goes, unsaid] = [keyFarFrom(shared), keyFarFrom(shared)];
    await visits(t, shared, putOf(goes, valueOf(6), { hops: 200 }));
    await visits(t, shared, putOf(unsaid, valueOf(7), { hops: 0 }));
    const due = [goes, unsaid].map((key) => `2 ${hexOf(key)}`).sort();
    const told = (): string[] => {
      const puts = [goes, unsaid].flatMap((key) => putsAt(older, key));
      return puts.map(({ message: { key, hops } }) => `${hops} ${hexOf(key)}`).sort();
    };
    const kept = (): number => node.status().records - before;
    await eventually(t, 'both were passed on', () => told().length + kept() >= 2);
    await delay(SETTLED_MS);
    return { due, told: told(), kept: kept() };
  };
  // Whoever is told and takes longer than a call may is told again, or counts as gone: then it is
  // kept here as well.
  const isRight = (one: Awaited<ReturnType<typeof round>>): boolean =>
    one.kept === 0 && one.told.length === one.due.length;
  const { due, told, kept } = await untilRight(round, isRight, ROUNDS_MS_MAX);
  t.deepEqual(told, due);
  t.is(kept, 0);
});

test('one that is gone is replaced by the next nearest', async (t) => {
  const { shared, node } = await scene(t);
  const isComplete = (): boolean => node.status().contacts === 5;
  const round = async (): Promise<string> => {
    const olders = await olderOnes(t, shared, [2, 3, 4, 5, 6], isComplete);
    const key = newKey();
    const [gone, ...others] = nearest(olders, key);
    await gone?.close();
    await visits(t, shared, putOf(key, valueOf(30), { hops: 2 }));
    for (const older of others.slice(0, 3)) {
      await eventually(t, 'it was told', () => putsAt(older, key).length > 0);
    }
    await delay(SETTLED_MS);
    const counts = others.map((older) => putsAt(older, key).length);
    for (const older of olders) await older.close();
    return counts.join(' ');
  };
  // Whoever takes longer than a call may is told again or replaced, but not in every round.
  const isOnce = (told: string): boolean => told === ONCE_EACH;
  t.is(await untilRight(round, isOnce, ROUNDS_MS_MAX), ONCE_EACH, 'and nobody more');
});

test('who asks for a value that is not here is told the nearest, the nearest first', async (t) => {
  const { shared, node } = await scene(t);
  const isComplete = (): boolean => node.status().contacts === 5;
  const olders = await olderOnes(t, shared, [2, 3, 4, 5, 6], isComplete);
  for (let count = 0; count < 6; count++) {
    const key = newKey();
    const question = encodeClassic({ type: 'find-value', key });
    const answer = await askedOnce(t, shared, 'visitor', shared.port, question);
    const named = answer?.type === 'node-reply' ? answer.addresses.map(({ port }) => port) : [];
    t.deepEqual(
      named,
      nearest(olders, key)
        .slice(0, 3)
        .map(({ port }) => port),
    );
  }
});

async function scene(
  t: ExecutionContext,
): Promise<{ readonly shared: Shared; readonly node: RunningNode }> {
  t.timeout(120_000);
  const shared = await newShared(t, 8);
  for (const name of ['node', 'own', 'visitor']) await certify(shared, name, 'ed25519');
  return { shared, node: await ourNode(t, shared, 'node', shared.port) };
}

/** Older nodes at these places in the row of ports, known to ours when it is complete. */
async function olderOnes(
  t: ExecutionContext,
  shared: Shared,
  places: readonly number[],
  isComplete: () => boolean,
): Promise<readonly Played[]> {
  const all: Played[] = [];
  for (const place of places) {
    const port = shared.port + place;
    all.push(await played(t, shared, 'visitor', port, goodAnswers(port)));
  }
  const greetings = all.map(({ port }) => ({ from: port, to: shared.port }));
  await greetsUntil(t, shared, greetings, isComplete);
  return all;
}

/** Says something as an older node does that wants no answer: and closes behind it. */
async function visits(t: ExecutionContext, shared: Shared, bytes: Uint8Array): Promise<void> {
  const socket = await olderSocket(t, shared, 'visitor', shared.port);
  socket.resume();
  socket.end(bytes);
}

type Put = Extract<ClassicMessage, { readonly type: 'put' }>;

/** What a played node was told about a key, or about all. */
function putsAt(
  { heard }: Played,
  key?: Uint8Array,
): readonly { readonly message: Put; readonly connection: number }[] {
  return heard.flatMap(({ message, connection }) => {
    if (message.type !== 'put') return [];
    if (key !== undefined && Buffer.compare(message.key, key) !== 0) return [];
    return [{ message, connection }];
  });
}

/** The nearest to a key first. */
function nearest(olders: readonly Played[], key: Uint8Array): readonly Played[] {
  return olders.toSorted((a, b) => (distance(key, a.port) < distance(key, b.port) ? -1 : 1));
}

/** A key that is nearer to the older node at the third place than to ours at the first. */
function keyFarFrom({ port }: Shared): Uint8Array {
  for (;;) {
    const key = newKey();
    if (distance(key, port + 2) < distance(key, port)) return key;
  }
}

function distance(key: Uint8Array, port: number): bigint {
  return position(createHash('sha256').update(key).digest()) ^ position(idAt(port));
}

/** The last 160 bits. */
function position(bytes: Uint8Array): bigint {
  return BigInt(`0x${hexOf(bytes.subarray(12))}`);
}

/** For some rounds. */
const ROUNDS_MS_MAX = 10_000;
/** Longer than a call may take: so late it is known whether whoever was told counts as gone. */
const SETTLED_MS = 1200;
/** Three are told, and of four the nearest. */
const ONCE_EACH = '1 1 1 0';
