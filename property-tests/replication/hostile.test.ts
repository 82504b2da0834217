/**
 * What hostile fellows, a busy node and bad luck may not do: keep a node from its records, be fed
 * for ever, pass over an honest node for good, make a reader go back, or fill the disks of others.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EMPTY_ROUNDS_MAX, SHUN_MS, TAGS_MAX } from '../../src/limits.ts';
import type { Message, Peer } from '../../src/types.ts';
import { law } from '../harness.ts';
import { THREE_ROUNDS_MS } from './converged.ts';
import { filled, KEYS } from './filled.ts';
import { Fleet } from './fleet.ts';

const seed = (): fc.Arbitrary<number> => fc.integer();
/** Longer than any of these runs. */
const LONG = { ttlS: 86_400 };

/** The keys that a node should hold. */
function dutiesOf(fleet: Fleet, peer: Peer, replication: number): number[] {
  const isIts = (at: number): boolean =>
    fleet.watch.ranking(fleet.key(at)).slice(0, replication).includes(peer);
  return Array.from({ length: KEYS }, (_, at) => at).filter(isIts);
}

law('clients in plenty do not keep a node from its records', [seed()], 1, (number) => {
  const fleet = filled(number, 3, 8, LONG);
  fleet.run(60_000);
  fleet.faults = { ...fleet.faults, delayMs: [20, 60] };
  let asked = 0;
  const ask = (): void => {
    for (const { peer } of fleet.up) fleet.get(peer, 1000 + (asked++ % 50));
    fleet.after(50, ask);
  };
  ask();
  const [loser = 0] = fleet.watch.ranking(fleet.key(0));
  const lost = fleet.members[loser]?.disk.size ?? 0;
  fleet.watch.liars.add(loser);
  fleet.members[loser]?.forgetAll();
  fleet.run(THREE_ROUNDS_MS);
  assert.ok(lost > 0);
  assert.equal(fleet.members[loser]?.disk.size, lost);
});

law('who had no room for a while gets its records when its time is over', [seed()], 1, (number) => {
  const fleet = filled(number, 3, 8, LONG);
  fleet.run(60_000);
  let late = fleet.newcomer();
  while (dutiesOf(fleet, late, 3).length === 0) late = fleet.newcomer();
  // To its fellows a node that has no room is as one that keeps nothing.
  let isFull = true;
  fleet.twist = (from, to, message): Message | undefined => {
    const isStore = message.type === 'request' && message.body.type === 'store';
    if (!isFull || to !== late || from === late || !isStore) return message;
    const body = { type: 'refused', reason: 'full' } as const;
    fleet.deliver(late, from, { type: 'reply', call: message.call, body });
    return undefined;
  };
  fleet.start(late);
  fleet.run(10 * 60_000);
  assert.ok((fleet.watch.notes.get('fellow-shunned') ?? 0) > 0);
  isFull = false;
  fleet.run(SHUN_MS + 10 * 60_000);
  assert.equal(fleet.members[late]?.disk.size, dutiesOf(fleet, late, 3).length);
});

law('who keeps nothing of thousands of records is found out', [seed()], 1, (number) => {
  const many = TAGS_MAX + 400;
  const fleet = Fleet.joined({ size: 3, seed: number });
  fleet.watch.checkEvery = 1e9;
  fleet.crash(0);
  for (let at = 0; at < many; at++) fleet.plant(0, at, 3);
  const liar = 1;
  fleet.watch.liars.add(liar);
  let fed = 0;
  // It acknowledges every store, and keeps none.
  fleet.twist = (from, to, message): Message | undefined => {
    const isStore = message.type === 'request' && message.body.type === 'store';
    if (to !== liar || !isStore) return message;
    fed++;
    fleet.deliver(liar, from, { type: 'reply', call: message.call, body: { type: 'ok' } });
    return undefined;
  };
  fleet.start(0);
  fleet.run((EMPTY_ROUNDS_MAX + 2) * 60_000);
  assert.ok(fed > 0);
  fed = 0;
  fleet.run(120_000);
  assert.equal(fed, 0);
});

law('a reader fails rather than go back', [seed()], 6, (number) => {
  const fleet = Fleet.joined({ size: 14, seed: number, config: { replication: 3 } });
  const order = fleet.watch.ranking(fleet.key(0));
  const [first = 0, second = 0, third = 0] = order;
  const [writer = 0, reader = 0] = order.slice(-2);
  fleet.settled(fleet.put(writer, 0));
  const misses = (to: Peer, { type, body }: Message): boolean =>
    to === third && type === 'request' && body.type === 'store';
  fleet.twist = (_from, to, message) => (misses(to, message) ? undefined : message);
  const newer = fleet.settled(fleet.put(writer, 0));
  const before = fleet.settled(fleet.get(reader, 0));
  fc.pre(newer?.type === 'stored' && before?.type === 'found');
  fc.pre(before.record.version === newer.record.version);
  for (const peer of newer.holders) if (peer !== first && peer !== second) fleet.crash(peer);
  // Of the two that are left one is too slow, and the other's question is lost.
  const slow = fleet.members[first];
  if (slow !== undefined) slow.slowMs = 2500;
  fleet.twist = (from, to, message) => {
    const isFetch = message.type === 'request' && message.body.type === 'find-value';
    return misses(to, message) || (isFetch && from === reader && to === second)
      ? undefined
      : message;
  };
  const after = fleet.settled(fleet.get(reader, 0));
  const isOlder = after?.type === 'found' && after.record.version < newer.record.version;
  assert.ok(!isOlder && after?.type !== 'absent');
});

law('nobody stores on a node that is far from the key', [seed()], 3, (number) => {
  const fleet = filled(number, 2, 60, LONG);
  fleet.run(60_000);
  const order = fleet.watch.ranking(fleet.key(0));
  const [near = 0] = order;
  const far = order.at(-1) ?? 0;
  const held = fleet.members[near]?.disk.get(fleet.key(0).raw.b7);
  assert.ok(held !== undefined);
  const record = held.header;
  let answer: unknown;
  fleet.twist = (from, to, message) => {
    if (from === far && to === near && message.type === 'reply') answer = message.body;
    return message;
  };
  const message = { type: 'request', call: 999_999, body: { type: 'store', record } } as const;
  fleet.deliver(near, far, message);
  fleet.run(2000);
  assert.deepEqual(answer, { type: 'refused', reason: 'far' });
  assert.equal(fleet.members[far]?.disk.has(fleet.key(0).raw.b7), false);
});
