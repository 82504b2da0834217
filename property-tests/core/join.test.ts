/**
 * How a node gets into its network, as its core decides it: which introducers are asked when, and
 * that none of them decides alone whom the newcomer knows.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { defaultConfig } from '../../src/config.ts';
import { INTRODUCE_MS_FLOOR, INTRODUCE_MS_MAX, INTRODUCE_MS_MIN } from '../../src/limits.ts';
import { INTRODUCERS_AT_ONCE } from '../../src/limits.ts';
import type { Effect } from '../../src/step-types.ts';
import type { Config, Peer } from '../../src/types.ts';
import { law } from '../harness.ts';
import { directoryOf, short } from './core-arbitraries.ts';
import { StrictNode } from './core-driver.ts';
import { reply } from './core-log.ts';
import { answerAll, contacts, converse, meet, questions } from './core-talk.ts';

const config: Config = { ...defaultConfig, k: 3, beta: 3, nearest: 3, replication: 2 };

function nodeAmong(...digits: readonly string[]): StrictNode {
  return new StrictNode(directoryOf([short(''), ...digits.map(short)]), config);
}

function introducersIn(effects: readonly Effect[]): number[] {
  return effects.flatMap((effect) => (effect.type === 'introduce' ? [effect.introducer] : []));
}

law(
  'rounds of introductions: several at a time, all in turn, any wait up to a bound that doubles',
  [fc.integer({ min: 1, max: 9 }), fc.array(fc.nat(0xffffffff), { minLength: 9, maxLength: 9 })],
  200,
  (introducers, draws) => {
    const node = nodeAmong('8');
    const join = { type: 'join', introducers, peers: [] } as const;
    let asked = introducersIn(node.command(1, join, (draws[0] ?? 0) | 0));
    const seen = new Set<number>();
    draws.slice(1).forEach((draw, round) => {
      assert.equal(asked.length, Math.min(introducers, INTRODUCERS_AT_ONCE));
      for (const introducer of asked) seen.add(introducer);
      const wait = node.state.upkeep.introduceAt - node.now;
      const most = Math.min(INTRODUCE_MS_MAX, INTRODUCE_MS_MIN * 2 ** round);
      assert.ok(wait >= INTRODUCE_MS_FLOOR && wait <= most, `${wait} ms in round ${round}`);
      const until = node.state.upkeep.introduceAt;
      while (node.now < until) {
        node.now = node.state.wakeAt;
        asked = introducersIn(node.step({ type: 'wake' }, draw | 0));
      }
    });
    assert.equal(seen.size, introducers, 'each was asked');
  },
);

test('waits are spread over all up to the bound: nodes that fell together come back apart', (t) => {
  const waits = Array.from({ length: 400 }, (_, i) => {
    const node = nodeAmong('8');
    node.command(1, { type: 'join', introducers: 1, peers: [] }, Math.imul(i, 0x9e3779b9));
    return node.state.upkeep.introduceAt - node.now;
  });
  const below = (ms: number): number => waits.filter((wait) => wait < ms).length / waits.length;
  t.true(Math.abs(below(500) - 0.5) < 0.1, String(below(500)));
  t.true(Math.abs(below(800) - 0.8) < 0.1, String(below(800)));
});

law(
  'each introducer is asked for the neighbourhood, whatever another has named',
  [fc.shuffledSubarray([1, 2, 3], { minLength: 3 }), fc.boolean()],
  20,
  (order, isSlow) => {
    // Of three introducers 3 is hostile: it names its own kind only, all around the node.
    const node = nodeAmong('8', '9', 'a', '0008', '000a', '000c', '0004', '0006', '0005');
    const honest: readonly Peer[] = [4, 5, 6];
    const hostile: readonly Peer[] = [7, 8, 9];
    const names = (peer: Peer): readonly Peer[] =>
      peer === 3 || hostile.includes(peer) ? hostile : honest;
    const asked = new Set<Peer>();
    const talk = (effects: readonly Effect[]): void => {
      converse(node, effects, ({ to, body }) => {
        if (body.type !== 'find-node') return { type: 'ok' };
        if (body.target.w0 === 0) asked.add(to);
        return { type: 'peers', peers: names(to) };
      });
    };
    node.command(1, { type: 'join', introducers: 3, peers: [] });
    for (const [introducer, peer] of order.entries()) {
      talk(node.step({ type: 'introduced', introducer, peer }));
      if (isSlow) node.pass(2000);
    }
    for (const peer of [1, 2, 3]) assert.ok(asked.has(peer), `${peer} was asked`);
    for (const peer of honest) assert.ok(contacts(node).includes(peer), `${peer} is known`);
  },
);

test('a saved peer that is found late is called, and no more, while others are known', (t) => {
  const node = nodeAmong('8', '4', '2', '1', '08', '04');
  node.command(1, { type: 'join', introducers: 1, peers: [] });
  answerAll(node, node.step({ type: 'introduced', introducer: 1, peer: 1 }));
  t.like(node.outcomes.get(1), { type: 'joined' });
  const late = questions(node.step({ type: 'introduced', introducer: 1, peer: 2 }));
  t.deepEqual(
    late.map(({ to, body }) => [to, body.type]),
    [[2, 'ping']],
  );
});

test('a join that nobody introduces goes on when others have come upon the node', (t) => {
  const node = nodeAmong('8', '4');
  node.command(1, { type: 'join', introducers: 1, peers: [] });
  node.step({ type: 'introduced', introducer: 0, peer: undefined });
  meet(node, 1);
  t.deepEqual(contacts(node), [1]);
  while (!node.outcomes.has(1)) {
    node.now = node.state.wakeAt;
    for (const { to, call } of questions(node.step({ type: 'wake' }, node.now))) {
      answerAll(node, node.step(reply(to, call, { type: 'peers', peers: [2] })));
    }
    assert.ok(node.now < 30_000, 'joined within half a minute');
  }
  t.deepEqual(node.outcomes.get(1), { type: 'joined', contacts: 2 });
});

test('after a join the neighbourhood is looked at once more, soon', (t) => {
  const node = nodeAmong('8', '4', '0008');
  node.command(1, { type: 'join', introducers: 1, peers: [] });
  converse(node, node.step({ type: 'introduced', introducer: 0, peer: 1 }), ({ body }) =>
    body.type === 'find-node' ? { type: 'peers', peers: [2] } : { type: 'ok' },
  );
  t.deepEqual(contacts(node), [1, 2]);
  const until = node.now + 31_000;
  while (node.state.wakeAt <= until) {
    node.now = node.state.wakeAt;
    converse(node, node.step({ type: 'wake' }, node.now), ({ body }) =>
      body.type === 'find-node' ? { type: 'peers', peers: [3] } : { type: 'ok' },
    );
  }
  t.deepEqual(contacts(node), [1, 2, 3]);
});

test('who is introduced asks others as well, unless it is leaving', (t) => {
  for (const leaves of [false, true]) {
    const node = nodeAmong('8', '4', '2');
    node.command(1, { type: 'join', introducers: 1, peers: [] });
    const asked = questions(node.step({ type: 'introduced', introducer: 0, peer: 1 }));
    const call = asked.find(({ body }) => body.type === 'introduce')?.call ?? -1;
    if (leaves) node.command(2, { type: 'leave' });
    const body = { type: 'introduction', introducers: undefined, peers: [2, 3] } as const;
    const next = questions(node.step(reply(1, call, body)));
    const finds = next.filter((question) => question.body.type === 'find-node');
    t.deepEqual(
      finds.map(({ to }) => to),
      leaves ? [] : [2, 3],
    );
  }
});
