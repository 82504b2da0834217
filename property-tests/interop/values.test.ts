// Values where older nodes and ours hold them: what nobody of ours has met is read and not spread,
// what is put through ours wins everywhere, and nothing is served by ours after its time, whatever
// an older node still holds.
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import type { RunningNode } from '../../runtime/node.ts';
import type { PutResult } from '../../runtime/operations.ts';
import { encodeClassic } from '../../src/codec/classic.ts';
import { finds, newKey, putsOn, untilRight, valueOf } from '../runtime/node-kit.ts';
import { certify, HOST, newShared } from './interop-kit.ts';
import type { Shared } from './interop-kit.ts';
import { askedOnce, goodAnswers, greetsUntil, hexOf, idAt, ourNode, played } from './older-peer.ts';
import type { Played } from './older-peer.ts';

test('a value of an older node is read through ours, and is not spread by it', async (t) => {
  const { ours, olders } = await scene(t);
  const [older] = olders;
  const [key, value] = [newKey(), valueOf(300)];
  older.values.set(hexOf(key), value);
  for (let round = 0; round < 3; round++) {
    for (const node of ours) await finds(t, node, key, value);
  }
  await delay(500);
  t.deepEqual(
    ours.map((node) => node.status().records),
    [0, 0],
  );
  t.deepEqual(
    olders.map(({ there }) => putsAt(there)),
    [0, 0],
  );
});

test('what is put through ours later wins on all', async (t) => {
  const { ours, olders } = await scene(t);
  const [first, second] = ours;
  const [key, old, value] = [newKey(), valueOf(300), valueOf(400)];
  for (const { values } of olders) values.set(hexOf(key), old);
  await finds(t, first, key, old);
  await putsOnAll(t, second, key, value);
  for (const node of ours) await finds(t, node, key, value);
  for (const { values } of olders) t.deepEqual(values.get(hexOf(key)), value);
  // An older one that comes back with what it had is not believed.
  for (const { values } of olders) values.set(hexOf(key), old);
  for (const node of ours) await finds(t, node, key, value);
  // And the next one wins again.
  const last = valueOf(20);
  await putsOnAll(t, first, key, last);
  for (const node of ours) await finds(t, node, key, last);
  for (const { values } of olders) t.deepEqual(values.get(hexOf(key)), last);
});

test('nothing is served after its time, though an older node holds it still', async (t) => {
  const { shared, ours, olders } = await scene(t);
  const [first, second] = ours;
  const [key, value] = [newKey(), valueOf(30)];
  await putsOnAll(t, first, key, value, { ttlS: 10 });
  await finds(t, second, key, value);
  await delay(12_000);
  for (const { values } of olders) t.deepEqual(values.get(hexOf(key)), value);
  for (const node of ours) t.is((await node.get(key)).value, undefined);
  const question = encodeClassic({ type: 'find-value', key });
  const answer = await askedOnce(t, shared, 'visitor', shared.port, question);
  t.is(answer?.type, 'node-reply');
});

test('an older node that does not keep what it is given is no holder', async (t) => {
  const { ours, olders } = await scene(t);
  const [first] = ours;
  for (const { values } of olders) values.set = () => values;
  const older = olders.map(({ there }) => first.directory.find(idAt(there.port)) ?? t.fail());
  const put = async (): Promise<PutResult> => {
    const result = await first.put(newKey(), valueOf(30), { replication: 4 });
    t.false(result.holders.some((holder) => older.includes(holder)));
    return result;
  };
  const { holders } = await untilRight(put, (one) => one.holders.length === 2);
  t.is(holders.length, 2);
});

/** Puts until both of ours and both older ones hold it. */
async function putsOnAll(
  t: ExecutionContext,
  node: RunningNode,
  key: Uint8Array,
  value: Uint8Array,
  options: { readonly ttlS?: number } = {},
): Promise<void> {
  await putsOn(t, node, 4, key, value, { ...options, replication: 4 });
}

interface Older {
  readonly there: Played;
  readonly values: Map<string, Uint8Array>;
}

interface Scene {
  readonly shared: Shared;
  readonly ours: readonly [RunningNode, RunningNode];
  readonly olders: readonly [Older, Older];
}

/** Two of ours and two older ones: each of ours knows the three others. */
async function scene(t: ExecutionContext): Promise<Scene> {
  t.timeout(120_000);
  const shared = await newShared(t, 4);
  for (const name of ['node', 'own', 'visitor']) await certify(shared, name, 'ed25519');
  const bootstrap = [`${HOST}:${shared.port}`];
  const first = await ourNode(t, shared, 'node', shared.port);
  const second = await ourNode(t, shared, 'own', shared.port + 1, { bootstrap });
  t.is((await second.joined).type, 'joined');
  const older = async (port: number): Promise<Older> => {
    const values = new Map<string, Uint8Array>();
    const there = await played(t, shared, 'visitor', port, goodAnswers(port, values));
    return { there, values };
  };
  const olders = [await older(shared.port + 2), await older(shared.port + 3)] as const;
  const isComplete = (): boolean => [first, second].every((one) => one.status().contacts === 3);
  const greetings = olders.flatMap(({ there: { port: from } }) =>
    [shared.port, shared.port + 1].map((to) => ({ from, to })),
  );
  await greetsUntil(t, shared, greetings, isComplete);
  return { shared, ours: [first, second], olders };
}

function putsAt({ heard }: Played): number {
  return heard.filter(({ message }) => message.type === 'put').length;
}
