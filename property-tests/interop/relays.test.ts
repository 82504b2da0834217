// PUTs of older nodes that are to be passed on, over real links: with a budget of hops that falls
// by one at each, on a fresh connection to an older node, as a relay or a store to ours, and to the
// next nearest where nobody is.
import { createHash } from 'node:crypto';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import type { NodeOptions } from '../../runtime/ground.ts';
import type { RunningNode } from '../../runtime/node.ts';
import { encodeClassic } from '../../src/codec/classic.ts';
import type { ClassicMessage } from '../../src/wire-types.ts';
import { eventually, newKey, valueOf } from '../runtime/node-kit.ts';
import { certify, HOST, newShared, olderSocket } from './interop-kit.ts';
import type { Shared } from './interop-kit.ts';
import {
  askedOnce,
  goodAnswers,
  greets,
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
    const olders = await olderOnes(t, shared, [2, 3]);
    await eventually(t, 'all are contacts', () => node.status().contacts === 3);
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
  const [older] = await olderOnes(t, shared, [2]);
  await eventually(t, 'a contact', () => node.status().contacts === 1);
  const [stays, goes, unsaid] = [keyFarFrom(shared), keyFarFrom(shared), keyFarFrom(shared)];
  await visits(t, shared, putOf(stays, valueOf(5)));
  await eventually(t, 'it is stored', () => node.status().records === 1);
  // Nearer to the older one: it is passed on, and not kept here.
  await visits(t, shared, putOf(goes, valueOf(6), { hops: 200 }));
  await visits(t, shared, putOf(unsaid, valueOf(7), { hops: 0 }));
  const puts = (): readonly string[] =>
    (older === undefined ? [] : putsAt(older)).map(
      ({ message: { key, hops } }) => `${hops} ${hexOf(key)}`,
    );
  await eventually(t, 'both were passed on', () => puts().length === 2);
  t.deepEqual([...puts()].sort(), [`2 ${hexOf(goes)}`, `2 ${hexOf(unsaid)}`].sort());
  t.is(node.status().records, 1);
});

test('one that is gone is replaced by the next nearest', async (t) => {
  const { shared, node } = await scene(t);
  const olders = await olderOnes(t, shared, [2, 3, 4, 5, 6]);
  await eventually(t, 'all are contacts', () => node.status().contacts === 5);
  const [key, value] = [newKey(), valueOf(30)];
  const near = olders.toSorted((a, b) => (distance(key, a.port) < distance(key, b.port) ? -1 : 1));
  const [gone, second, third, fourth, fifth] = near;
  await gone?.close();
  await visits(t, shared, putOf(key, value, { hops: 2 }));
  for (const older of [second, third, fourth]) {
    await eventually(t, 'it was told', () => older !== undefined && putsAt(older).length === 1);
  }
  t.is(fifth?.heard.filter(({ message }) => message.type === 'put').length, 0, 'and nobody more');
});

test('who asks for a value that is not here is told the nearest, the nearest first', async (t) => {
  const { shared, node } = await scene(t);
  const olders = await olderOnes(t, shared, [2, 3, 4, 5, 6]);
  await eventually(t, 'all are contacts', () => node.status().contacts === 5);
  for (let count = 0; count < 6; count++) {
    const key = newKey();
    const near = olders.toSorted((a, b) =>
      distance(key, a.port) < distance(key, b.port) ? -1 : 1,
    );
    const question = encodeClassic({ type: 'find-value', key });
    const answer = await askedOnce(t, shared, 'visitor', shared.port, question);
    const named = answer?.type === 'node-reply' ? answer.addresses.map(({ port }) => port) : [];
    t.deepEqual(
      named,
      near.slice(0, 3).map(({ port }) => port),
    );
  }
});

async function scene(
  t: ExecutionContext,
): Promise<{ readonly shared: Shared; readonly node: RunningNode }> {
  t.timeout(60_000);
  const shared = await newShared(t, 8);
  for (const name of ['node', 'own', 'visitor']) await certify(shared, name, 'ed25519');
  return { shared, node: await ourNode(t, shared, 'node', shared.port) };
}

/** Older nodes at these places in the row of ports, known to ours. */
async function olderOnes(
  t: ExecutionContext,
  shared: Shared,
  places: readonly number[],
): Promise<readonly Played[]> {
  const all: Played[] = [];
  for (const place of places) {
    const port = shared.port + place;
    all.push(await played(t, shared, 'visitor', port, goodAnswers(port)));
    await greets(t, shared, 'visitor', { from: port, to: shared.port });
  }
  return all;
}

/** Says something as an older node does that wants no answer: and closes behind it. */
async function visits(t: ExecutionContext, shared: Shared, bytes: Uint8Array): Promise<void> {
  const socket = await olderSocket(t, shared, 'visitor', shared.port);
  socket.resume();
  socket.end(bytes);
}

type Put = Extract<ClassicMessage, { readonly type: 'put' }>;

function putsAt({
  heard,
}: Played): readonly { readonly message: Put; readonly connection: number }[] {
  return heard.flatMap(({ message, connection }) =>
    message.type === 'put' ? [{ message, connection }] : [],
  );
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
