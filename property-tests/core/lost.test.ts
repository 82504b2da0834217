/**
 * Contacts that were lost: one node, played against peers that fall silent and come back. It calls
 * them again, at little cost, and finds out whether there are others behind them.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { defaultConfig } from '../../src/config.ts';
import { LOST_MAX, RECALL_ALONE_MS, RECALL_MS } from '../../src/limits.ts';
import type { Config, Peer } from '../../src/types.ts';
import { law } from '../harness.ts';
import { directoryOf, short } from './core-arbitraries.ts';
import { StrictNode } from './core-driver.ts';
import { reply, request } from './core-log.ts';
import { contacts, meet, questions, type Question } from './core-talk.ts';

const config: Config = { ...defaultConfig, k: 3, beta: 3, nearest: 3, replication: 2 };

function nodeAmong(...digits: readonly string[]): StrictNode {
  return new StrictNode(directoryOf([short(''), ...digits.map(short)]), config);
}

/** Lets time pass; who is there answers pings, and questions with nobody. */
function pass(node: StrictNode, ms: number, isThere: (peer: Peer) => boolean): Question[] {
  const asked: Question[] = [];
  const until = node.now + ms;
  while (node.state.wakeAt <= until) {
    node.now = Math.max(node.now, node.state.wakeAt);
    const open = questions(node.step({ type: 'wake' }, node.now));
    for (const question of open) {
      asked.push(question);
      const { to, call, body } = question;
      if (!isThere(to)) continue;
      const isFind = body.type === 'find-node';
      const answer = isFind ? ({ type: 'peers', peers: [] } as const) : ({ type: 'ok' } as const);
      open.push(...questions(node.step(reply(to, call, answer), node.now)));
    }
  }
  node.now = until;
  return asked;
}

const MINUTE = 60_000;

test('a contact that falls silent is lost, and found again when it answers', (t) => {
  const node = nodeAmong('8', '4');
  meet(node, 1, 2);
  pass(node, 5 * MINUTE, (peer) => peer === 2);
  t.deepEqual([contacts(node), node.state.lost], [[2], [1]]);
  pass(node, 1.5 * RECALL_MS + 1, () => true);
  t.deepEqual([contacts(node), node.state.lost], [[1, 2], []]);
  t.is(node.state.upkeep.recallAt, Infinity);
});

test('who says farewell is not lost, nor is who never was a contact', (t) => {
  const node = nodeAmong('8', '4');
  meet(node, 1);
  node.step(request(1, 9, { type: 'leave' }));
  node.step(request(2, 9, { type: 'ping' }));
  pass(node, 5 * MINUTE, () => false);
  t.deepEqual([contacts(node), node.state.lost], [[], []]);
});

test('those that are lost are called twice a minute, however many they are', (t) => {
  const digits = Array.from({ length: 9 }, (_, i) => `${'0'.repeat(i >> 1)}${i % 2 ? '8' : 'c'}`);
  const node = nodeAmong('1', ...digits);
  meet(node, 1, ...digits.map((_, i) => i + 2));
  pass(node, 30 * MINUTE, (peer) => peer === 1);
  t.deepEqual(contacts(node), [1]);
  const all = node.state.lost.length;
  t.true(all >= 6);
  const calls = pass(node, 60 * MINUTE, (peer) => peer === 1).filter(({ to }) => to !== 1);
  t.true(calls.length > 80 && calls.length <= 180, `${calls.length} calls in an hour`);
  t.true(new Set(calls.map(({ to }) => to)).size >= node.state.lost.length, 'each of them');
});

test('a node that knows nobody calls those that it has lost more often, and forgets none', (t) => {
  const node = nodeAmong('8');
  meet(node, 1);
  pass(node, 5 * MINUTE, () => false);
  t.deepEqual([contacts(node), node.state.lost], [[], [1]]);
  const calls = pass(node, 4 * 60 * MINUTE, () => false);
  t.true(calls.length > (4 * 60 * MINUTE) / (2 * RECALL_ALONE_MS));
  t.deepEqual(node.state.lost, [1]);
});

test('under churn the lost are forgotten in the end', (t) => {
  const node = nodeAmong('8', '4');
  meet(node, 1, 2);
  pass(node, 5 * MINUTE, (peer) => peer === 2);
  t.deepEqual(node.state.lost, [1]);
  pass(node, 3 * 24 * 60 * MINUTE, (peer) => peer === 2);
  t.deepEqual([contacts(node), node.state.lost], [[2], []]);
});

test('behind one that is back others are looked for, by asking strangers only', (t) => {
  // Peers 4 and 5 were never met: they are of the part that was cut off, as peer 1 is.
  const node = nodeAmong('8', '4', '6', '0008', '000c');
  meet(node, 1, 2, 3);
  pass(node, 5 * MINUTE, (peer) => peer !== 1);
  t.deepEqual([contacts(node), node.state.lost], [[2, 3], [1]]);
  const named: Readonly<Record<Peer, readonly Peer[]>> = { 1: [2, 3, 4], 4: [1, 5], 5: [4] };
  let walk: Question[] = [];
  while (!contacts(node).includes(5)) {
    node.now = node.state.wakeAt;
    walk = [];
    const open = questions(node.step({ type: 'wake' }, node.now));
    for (const question of open) {
      const { to, call, body } = question;
      if (body.type === 'find-node') walk.push(question);
      const find = { type: 'peers', peers: named[to] ?? [] } as const;
      const answer = body.type === 'find-node' ? find : ({ type: 'ok' } as const);
      open.push(...questions(node.step(reply(to, call, answer), node.now)));
    }
    assert.ok(node.now < 60 * MINUTE, 'found within the hour');
  }
  t.deepEqual(contacts(node), [1, 2, 3, 4, 5]);
  // The walk asks no contacts, which 1 names too; what it has found then names the others.
  t.deepEqual(
    walk.slice(0, 3).map(({ to }) => to),
    [1, 4, 5],
  );
  for (const { body } of walk) t.deepEqual(body, { type: 'find-node', target: short('') });
});

law(
  'however many are lost, so many are remembered at most, each once',
  [fc.nat(), fc.integer({ min: 1, max: 60 })],
  20,
  (seed, count) => {
    const digits = Array.from({ length: count }, (_, i) => (0x8000 >> (i % 13)).toString(16));
    const places = digits.map((digit, i) => `${digit.padStart(4, '0')}${i.toString(16)}`);
    const node = new StrictNode(directoryOf([short(''), ...places.map(short)]), config);
    meet(node, ...places.map((_, i) => i + 1));
    const met = contacts(node);
    node.now = seed % 1000;
    pass(node, 60 * MINUTE, () => false);
    assert.deepEqual(contacts(node), []);
    assert.ok(node.state.lost.length <= LOST_MAX);
    assert.equal(node.state.lost.length, Math.min(met.length, LOST_MAX));
    // All that is lost was a contact; who was tried as a spare in its place may have become one.
    for (const peer of node.state.lost) assert.ok(peer >= 1 && peer <= count);
  },
);
