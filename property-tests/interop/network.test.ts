// One network of three older nodes and three of ours: each finds what was put through any other,
// and no byte of ours is a fault to their strict reader. The older ones are a test double, written
// in another language from the description of the dialect alone.
import { createHash, randomBytes } from 'node:crypto';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { get, hasPython, newShared, older, ours, put } from './interop-kit.ts';
import type { Member, Older, Shared } from './interop-kit.ts';

test('three older nodes and three of ours are one network', async (t) => {
  if (!hasPython(t)) return;
  t.timeout(100_000);
  const { members, doubles } = await mixed(t);
  await eachFindsAll(t, members);
  for (const { port, events } of doubles) {
    const faults = events.filter(({ event }) => event === 'fault');
    t.deepEqual(faults, [], `older node ${port}`);
  }
  // What ours say to them: questions, answers and values.
  const heard = doubles.flatMap(({ events }) => events.filter(({ event }) => event === 'in'));
  const ofClients = 651;
  const codes = new Set(heard.map(({ code }) => code).filter((code) => code !== ofClients));
  t.deepEqual([...codes].sort(), [650, 652, 654, 655, 656, 657, 658]);
});

test('older nodes with all their habits are borne', async (t) => {
  if (!hasPython(t)) return;
  t.timeout(100_000);
  const { members } = await mixed(t, 'all');
  await eachFindsAll(t, members);
});

test('a node of ours takes the place of an older one, and is met as what it is', async (t) => {
  if (!hasPython(t)) return;
  t.timeout(100_000);
  const shared = await newShared(t, 3);
  const stays = await ours(t, shared, 0);
  const goes = await older(t, shared, 1, { through: stays.port });
  const key = randomBytes(32);
  await put(stays, key, Buffer.from('moved over'));
  t.deepEqual(await found(goes, key), 'moved over');
  await goes.stop();
  const comes = await ours(t, shared, 1, { through: stays.port });
  t.deepEqual(await found(comes, key), 'moved over');
  const other = randomBytes(32);
  await put(comes, other, Buffer.from('after'));
  t.deepEqual(await found(stays, other), 'after');
});

/** Through one another: an older one begins, ours joins it, and so on in turn. */
async function mixed(
  t: ExecutionContext,
  habits?: string,
): Promise<{ readonly members: readonly Member[]; readonly doubles: readonly Older[] }> {
  const shared: Shared = await newShared(t, 6);
  const wishes = habits === undefined ? {} : { habits };
  const a = await older(t, shared, 0, wishes);
  const b = await ours(t, shared, 1, { through: a.port });
  const c = await older(t, shared, 2, { ...wishes, through: b.port });
  const d = await ours(t, shared, 3, { through: b.port });
  const e = await older(t, shared, 4, { ...wishes, through: d.port });
  const f = await ours(t, shared, 5, { through: e.port });
  return { members: [a, b, c, d, e, f], doubles: [a, c, e] };
}

/** Each puts something, small and large, and all find it. */
async function eachFindsAll(t: ExecutionContext, members: readonly Member[]): Promise<void> {
  const written = new Map<Buffer, Buffer>();
  for (const [index, member] of members.entries()) {
    const value = randomBytes(index % 2 === 0 ? 964 : 12);
    const key = createHash('sha256').update(`${index}`).digest();
    written.set(key, value);
    await put(member, key, value);
  }
  for (const [key, value] of written) {
    for (const member of members) {
      t.is(await found(member, key, 'hex'), value.toString('hex'), `at ${member.port}`);
    }
  }
}

/** A PUT of this client says nothing: it may still be under way. */
async function found(
  member: Member,
  key: Uint8Array,
  as: BufferEncoding = 'utf8',
): Promise<string | undefined> {
  for (let tries = 0; tries < 10; tries++) {
    const value = await get(member, key);
    if (value !== undefined) return Buffer.from(value).toString(as);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  return undefined;
}
