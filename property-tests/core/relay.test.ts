/**
 * Relay: who stores a record that is to be passed on, to whom it goes next and with how many hops
 * left, who takes the place of one that does not take it, and what goes no further.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { defaultConfig } from '../../src/config.ts';
import { HOPS_MAX, OPERATIONS_MAX, RELAYS_MAX } from '../../src/limits.ts';
import { allItems } from '../../src/paged.ts';
import { positionOf } from '../../src/position.ts';
import type { Command, Effect, Input } from '../../src/step-types.ts';
import { step } from '../../src/step.ts';
import type { Bits256, Config, Peer, Position } from '../../src/types.ts';
import { law } from '../harness.ts';
import { plain } from './arbitraries.ts';
import { bigDistance, bigOf, directoryOf, short, smallKey } from './core-arbitraries.ts';
import { smallConfig, smallRecord, smallWorld } from './core-arbitraries.ts';
import { StrictNode } from './core-driver.ts';
import { reply, request } from './core-log.ts';
import { contacts, meet, questions, repliesTo, type Question } from './core-talk.ts';

const LIFE_MS = 50_000;
const CALL = 1_000_000;
const ROOM = { keys: 1000, bytes: 1e9 };
const ample = { quota: ROOM, publisherQuota: ROOM, peerQuota: ROOM, operationMs: 10_000 };

interface Scene {
  readonly positions: readonly Position[];
  readonly config: Config;
  readonly key: number;
  readonly hops: number;
  /** Who asks. */
  readonly from: Peer;
  /** How many contacts are suspected. */
  readonly suspected: number;
}

const scene = (): fc.Arbitrary<Scene> =>
  plain({
    positions: smallWorld(12).filter(areDistinct),
    config: smallConfig().map((config) => ({ ...config, ...ample })),
    key: fc.nat({ max: 3 }),
    hops: fc.integer({ min: 2, max: HOPS_MAX }),
    from: fc.nat(),
    suspected: fc.constantFrom(0, 0, 1, 3),
  }).map((drawn) => ({ ...drawn, from: 1 + (drawn.from % (drawn.positions.length - 1)) }));

function areDistinct(positions: readonly Position[]): boolean {
  return new Set(positions.map(bigOf)).size === positions.length;
}

/** A node that has met all others, and does not trust some of them just now. */
function nodeOf({ positions, config, key, suspected }: Scene): StrictNode {
  const node = new StrictNode(directoryOf(positions), config);
  meet(node, ...[...positions.keys()].slice(1));
  if (suspected > 0) {
    const asked = questions(node.command(1, { type: 'lookup', target: smallKey(key).position }));
    for (const { to, call } of asked.slice(0, suspected)) {
      node.step({ type: 'unreachable', peer: to, call });
    }
  }
  return node;
}

/** By the rule in its plainest words: all that may be asked, the nearest first. */
function candidatesOf(node: StrictNode, { key, from }: Scene): readonly Peer[] {
  const { suspects } = node.state;
  const others = contacts(node).filter((peer) => peer !== from && !suspects.includes(peer));
  return others.sort((a, b) => (distance(node, key, a) < distance(node, key, b) ? -1 : 1));
}

function distance(node: StrictNode, key: number, peer: Peer): bigint {
  return bigDistance(positionOf(node.directory, peer), smallKey(key).position);
}

function isOurs(node: StrictNode, scene: Scene): boolean {
  const nearest = candidatesOf(node, scene).slice(0, scene.config.alpha);
  const own = distance(node, scene.key, 0);
  return nearest.length === 0 || nearest.some((peer) => own < distance(node, scene.key, peer));
}

function relayed(node: StrictNode, { key, hops, from }: Scene, version = 4): readonly Effect[] {
  const record = smallRecord(key, version, LIFE_MS);
  return node.step(request(from, CALL + version, { type: 'relay', record, hops }));
}

function rawOf(b7: number): Bits256 {
  return { ...smallKey(0).raw, b6: 1, b7 };
}

/** What is sent on. */
function passedOn(effects: readonly Effect[]): readonly Question[] {
  return questions(effects).filter(({ body }) => body.type === 'store' || body.type === 'relay');
}

function isWritten(effects: readonly Effect[]): boolean {
  return effects.some(({ type }) => type === 'persist');
}

law(
  'a node stores it when nobody else is known, or one of the alpha nearest is farther; not else',
  [scene()],
  300,
  (drawn) => {
    const node = nodeOf(drawn);
    const expected = isOurs(node, drawn);
    const effects = relayed(node, drawn);
    assert.equal(isWritten(effects), expected);
    const answers = repliesTo(effects, drawn.from);
    assert.deepEqual(answers, expected ? [] : [{ type: 'ok' }], 'told once the disk has it');
    if (!expected) return;
    const token = node.persists.at(-1) ?? assert.fail();
    const written = node.step({ type: 'persisted', token, ok: true });
    assert.deepEqual(repliesTo(written, drawn.from), [{ type: 'ok' }]);
  },
);

law(
  'it goes to the alpha nearest with one hop less, as a store when one is left',
  [scene()],
  300,
  (drawn) => {
    const node = nodeOf(drawn);
    const expected = candidatesOf(node, drawn).slice(0, drawn.config.alpha);
    const sent = passedOn(relayed(node, drawn));
    assert.deepEqual(
      sent.map(({ to }) => to),
      expected,
    );
    const { lifeMs, ...record } = smallRecord(drawn.key, 4, LIFE_MS);
    const rest = drawn.hops > 2 ? { type: 'relay', hops: drawn.hops - 1 } : { type: 'store' };
    for (const { body } of sent) {
      if (body.type !== 'store' && body.type !== 'relay') return assert.fail(body.type);
      const { lifeMs: left, ...same } = body.record;
      assert.deepEqual({ ...body, record: same }, { ...rest, record });
      assert.ok(left <= lifeMs);
    }
  },
);

type Fate = 'ok' | 'full' | 'stale' | 'unreachable' | 'unsent' | 'silent' | 'late';
const fates = (): fc.Arbitrary<readonly Fate[]> =>
  fc.array(
    fc.constantFrom<Fate>('ok', 'ok', 'full', 'stale', 'unreachable', 'unsent', 'silent', 'late'),
    { minLength: 13, maxLength: 13 },
  );

law(
  'who does not take it gives its place to the next nearest, until alpha have taken it',
  [scene(), fates()],
  200,
  (drawn, each) => {
    const node = nodeOf(drawn);
    const most = Math.max(drawn.config.alpha, drawn.config.nearest);
    const candidates = candidatesOf(node, drawn).slice(0, most);
    const sent = [...passedOn(relayed(node, drawn))];
    const asked = new Map<Peer, number>();
    while (isUnderWay(node)) {
      const next = sent.shift();
      if (next === undefined) node.now = Math.max(node.now + 1, node.state.wakeAt);
      if (next === undefined) {
        sent.push(...passedOn(node.step({ type: 'wake' })));
        continue;
      }
      assert.equal(next.body.type, drawn.hops > 2 ? 'relay' : 'store');
      const times = 1 + (asked.get(next.to) ?? 0);
      asked.set(next.to, times);
      sent.push(...passedOn(node.step(meeting(each[next.to] ?? 'ok', times, next))));
    }
    const isOver = node.now >= drawn.config.operationMs;
    const takers = candidates.filter((peer) => each[peer] === 'ok' || each[peer] === 'late');
    const last = takers[drawn.config.alpha - 1];
    const all = last === undefined ? candidates : candidates.slice(0, candidates.indexOf(last) + 1);
    const names = [...asked.keys()];
    assert.deepEqual(names, all.slice(0, isOver ? names.length : all.length));
    assert.ok([...asked.values()].every((times) => times <= 2));
  },
);

function isUnderWay({ state }: StrictNode): boolean {
  return relaysOf(state.operations) > 0;
}

function relaysOf(operations: StrictNode['state']['operations']): number {
  return allItems(operations).filter((one) => one.type === 'store' && one.purpose === 'relay')
    .length;
}

/** What comes of a call; a late one is answered when it is made again. */
function meeting(fate: Fate, times: number, { to, call }: Question): Input {
  switch (fate) {
    case 'ok':
      return reply(to, call, { type: 'ok' });
    case 'full':
    case 'stale':
      return reply(to, call, { type: 'refused', reason: fate });
    case 'unreachable':
    case 'unsent':
      return { type: fate, peer: to, call };
    case 'late':
      return times > 1 ? reply(to, call, { type: 'ok' }) : { type: 'wake' };
    case 'silent':
      return { type: 'wake' };
  }
}

/** The key is that of `smallKey(3)`, c000…; three nearest: 2, 1, 4, of which none is the node. */
const far = {
  positions: ['0', 'c8', 'c4', '8', 'd'].map(short),
  config: defaultConfig,
  ...{ key: 3, hops: 3, from: 3, suspected: 0 },
};
/** The same for a key beside the node itself. */
const near = { ...far, key: 0 };

test('what is held, or about to be, in this version or a newer one goes no further', (t) => {
  const node = nodeOf(near);
  t.is(passedOn(relayed(node, near, 4)).length, 3);
  const again = relayed(node, { ...near, from: 4 }, 4);
  t.deepEqual([passedOn(again), repliesTo(again, 4)], [[], []]);
  const written = node.step({ type: 'persisted', token: node.persists[0] ?? 0, ok: true });
  t.deepEqual([repliesTo(written, 3), repliesTo(written, 4)], [[{ type: 'ok' }], [{ type: 'ok' }]]);
  const held = relayed(node, { ...near, from: 1 }, 4);
  t.deepEqual([passedOn(held), repliesTo(held, 1)], [[], [{ type: 'ok' }]]);
  const older = relayed(node, { ...near, from: 1 }, 2);
  t.deepEqual(repliesTo(older, 1), [{ type: 'refused', reason: 'stale' }]);
  t.deepEqual(passedOn(older), []);
  t.is(passedOn(relayed(node, near, 6)).length, 3);
});

test('a relay is stored where a store would be refused as far', (t) => {
  const config = { ...defaultConfig, nearest: 1, replication: 1, alpha: 4 };
  const scene = { ...far, positions: ['e', 'c8', 'c4', '8', 'd'].map(short), config };
  const record = { ...smallRecord(3, 4, LIFE_MS), replication: 1 };
  const stored = nodeOf(scene).step(request(1, CALL, { type: 'store', record }));
  t.deepEqual(repliesTo(stored, 1), [{ type: 'refused', reason: 'far' }]);
  for (const hops of [1, 2]) {
    const effects = nodeOf(scene).step(request(1, CALL, { type: 'relay', record, hops }));
    t.deepEqual([isWritten(effects), passedOn(effects).length > 0], [true, hops > 1]);
  }
});

test('what there is no room for, what is expired and what meets a leaver goes no further', (t) => {
  const refusal = (scene: Scene, lifeMs: number, before?: Command): unknown => {
    const record = smallRecord(scene.key, 4, lifeMs);
    const node = nodeOf(scene);
    if (before !== undefined) {
      node.step(request(1, CALL, { type: 'store', record: smallRecord(0, 2, LIFE_MS) }));
      node.step({ type: 'persisted', token: node.persists[0] ?? 0, ok: true });
      node.command(2, before);
      t.false(node.state.leaving, 'it has something to hand over first');
    }
    const effects = node.step(request(3, CALL, { type: 'relay', record, hops: 3 }));
    t.deepEqual(passedOn(effects), []);
    return repliesTo(effects, 3);
  };
  const small = { ...defaultConfig, peerQuota: { keys: 1, bytes: 8 } };
  t.deepEqual(refusal({ ...near, config: small }, LIFE_MS), [{ type: 'refused', reason: 'full' }]);
  for (const scene of [near, far]) {
    t.deepEqual(refusal(scene, 0), [{ type: 'refused', reason: 'expired' }]);
    const leaving = refusal(scene, LIFE_MS, { type: 'leave' });
    t.deepEqual(leaving, [{ type: 'refused', reason: 'leaving' }]);
  }
});

test('when too many are under way, the node does alone what it can', (t) => {
  const node = nodeOf(far);
  const ask = (key: number): readonly Effect[] => {
    const record = { ...smallRecord(3, 4, LIFE_MS), key: { ...smallKey(3), raw: rawOf(key) } };
    return node.step(request(3, CALL + key, { type: 'relay', record, hops: 3 }));
  };
  for (let key = 0; key < RELAYS_MAX; key++) {
    const effects = ask(key);
    t.deepEqual([passedOn(effects).length, isWritten(effects)], [3, false]);
  }
  t.is(relaysOf(node.state.operations), RELAYS_MAX);
  const full = ask(RELAYS_MAX);
  t.deepEqual([passedOn(full), isWritten(full)], [[], true]);
  node.pass(defaultConfig.operationMs + 1);
  t.is(relaysOf(node.state.operations), 0);
});

test('so it does when its own clients have taken all places', (t) => {
  const node = nodeOf(far);
  const { now, wall, directory } = node;
  const target = smallKey(1).position;
  for (let op = 1; op <= OPERATIONS_MAX; op++) {
    const command = { type: 'command', op, command: { type: 'lookup', target } } as const;
    node.state = step(node.state, { now, wall, entropy: op }, command, directory).state;
  }
  const body = { type: 'relay', record: smallRecord(3, 4, LIFE_MS), hops: 3 } as const;
  const moment = { now, wall, entropy: 0 };
  const { effects } = step(node.state, moment, request(3, CALL, body), directory);
  t.deepEqual([passedOn(effects), isWritten(effects)], [[], true]);
});
