// Work that grows with the number of records is given out by the share: to no peer more than its
// bucket, to all together no more than a few of them, and a flood leaves clients alone.
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { Allowance } from '../../runtime/allowance.ts';
import { ROUNDS_AT_ONCE_MAX, ROUNDS_OF_ALL_FACTOR } from '../../runtime/bounds.ts';
import { ROUNDS_PER_SECOND_MAX } from '../../runtime/bounds.ts';
import { encodePeer } from '../../src/codec/peer.ts';
import { law } from '../harness.ts';
import { eventually, newKey, newSite, nodeAt, valueOf } from './node-kit.ts';
import { rawPeer } from './raw-peer.ts';

const asks = fc.array(fc.tuple(fc.nat({ max: 11 }), fc.nat({ max: 200 }), fc.nat({ max: 90 })), {
  maxLength: 60,
});

law('over any stretch of time nobody gets more than bucket and rate', [asks], 200, (all) => {
  const allowance = new Allowance<number>();
  const taken: { who: number; at: number }[] = [];
  let now = 0;
  for (const [who, pauseMs, times] of all) {
    now += 50 * pauseMs;
    for (let i = 0; i < times; i++) if (allowance.take(who, now)) taken.push({ who, at: now });
  }
  const fits = (times: readonly number[], factor: number): void => {
    times.forEach((from, i) => {
      times.slice(i).forEach((to, more) => {
        const most = factor * (ROUNDS_AT_ONCE_MAX + ((to - from) / 1000) * ROUNDS_PER_SECOND_MAX);
        assert.ok(more + 1 <= most + 1e-6);
      });
    });
  };
  for (const peer of new Set(taken.map(({ who }) => who))) {
    fits(
      taken.filter(({ who }) => who === peer).map(({ at }) => at),
      1,
    );
  }
  fits(
    taken.map(({ at }) => at).filter((_, i) => i % 7 === 0),
    ROUNDS_OF_ALL_FACTOR,
  );
  // After a long rest there is all of it again.
  for (let i = 0; i < ROUNDS_AT_ONCE_MAX; i++) assert.ok(allowance.take(3, now + 1e9));
  assert.ok(!allowance.take(3, now + 1e9));
});

const many = fc.array(fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 200 }), fc.nat({ max: 256 })), {
  maxLength: 60,
});

law('a bucket is remembered no longer than it takes to fill', [many], 200, (all) => {
  const allowance = new Allowance<number>();
  const answeredAt = new Map<number, number>();
  let now = 0;
  for (const [who, pauseMs, times] of all) {
    now += 50 * pauseMs;
    for (let i = 0; i < times; i++) if (allowance.take(who, now)) answeredAt.set(who, now);
    // Refused or not, a question has looked at the others. Fractions are rounded: by 1 ms at most.
    const filledAt = (at: number): number =>
      at + (1000 * ROUNDS_AT_ONCE_MAX) / ROUNDS_PER_SECOND_MAX;
    const lately = [...answeredAt.values()].filter((at) => now <= filledAt(at) + 1);
    if (times > 0) assert.ok(allowance.size <= lately.length, `${allowance.size} remembered`);
  }
});

test('a flood of questions about records is refused, and clients are served', async (t) => {
  const site = await newSite(t);
  const node = await nodeAt(t, site, 'asked');
  let [answered, refused] = [0, 0];
  const raw = await rawPeer(t, site, node.listen, (message) => {
    if (message.type !== 'reply') return;
    if (message.body.type === 'refused') refused++;
    else if (message.body.type === 'sum') answered++;
  });
  const hello = { versionMin: 1, versionMax: 1, features: 0, identity: 'certificate' } as const;
  raw.socket.write(encodePeer({ type: 'hello', ...hello, addresses: [] }));
  const range = { bits: 0, from: new Uint8Array(20) };
  const sum = { count: 0, high: 0, low: 0 };
  const questions = 1000;
  for (let call = 1; call <= questions; call++) {
    const body = { type: 'check', range, nonce: call, sum } as const;
    raw.socket.write(encodePeer({ type: 'request', call, body }));
  }
  const key = newKey();
  t.is((await node.put(key, valueOf(9))).status, 'good');
  t.is((await node.get(key)).value?.length, 9);
  await eventually(t, 'all are answered', () => answered + refused === questions);
  t.true(answered >= ROUNDS_AT_ONCE_MAX && answered < ROUNDS_AT_ONCE_MAX + 100, `${answered}`);
});
