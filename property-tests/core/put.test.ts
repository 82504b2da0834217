/**
 * PUT: where the replicas go, who counts as a holder, when it is good, and that versions of
 * one node only rise.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { defaultConfig } from '../../src/config.ts';
import { VERSION_AHEAD_MS_MAX } from '../../src/limits.ts';
import { idOf } from '../../src/position.ts';
import type { Key, Peer, RecordHeader } from '../../src/types.ts';
import { law } from '../harness.ts';
import { plain } from './arbitraries.ts';
import { directoryOf, short, smallKey } from './core-arbitraries.ts';
import { StrictNode } from './core-driver.ts';
import { reply } from './core-log.ts';
import { answerAll, meet, questions, type Question } from './core-talk.ts';

const PEERS = ['8', 'c', '4', '6', '2', '3', '1', '18', '08', '0c'];
const put = { type: 'put', key: smallKey(3), size: 9, ttlS: 60 } as const;

interface Fate {
  readonly type: 'ok' | 'refused' | 'silent' | 'unreachable' | 'unsent' | 'late';
}

/** The host signs the only record that waits for it. */
function sign(node: StrictNode): { readonly record: RecordHeader; readonly stores: Question[] } {
  const { token, body } = node.signs.shift() ?? assert.fail('a record waits to be signed');
  const publisher = idOf(node.directory, 0);
  const record = { ...body, publisher, lifeMs: body.ttlS * 1000 };
  return { record, stores: questions(node.step({ type: 'signed', token, record }), 'store') };
}

/** Each peer meets its fate at every store; what the node asks for in turn is dealt with too. */
function meetFates(
  node: StrictNode,
  first: readonly Question[],
  fateOf: (peer: Peer) => Fate['type'],
): Set<Peer> {
  const acknowledged = new Set<Peer>();
  const open = [...first];
  const asked = new Map<Peer, number>();
  while (node.unsettled > 0) {
    const question = open.shift();
    if (question === undefined) {
      const [token] = node.persists.splice(0, 1);
      const input =
        token === undefined ? undefined : { type: 'persisted' as const, token, ok: true };
      if (input === undefined) node.now = node.state.wakeAt;
      else acknowledged.add(0);
      open.push(...questions(node.step(input ?? { type: 'wake' }), 'store'));
      continue;
    }
    const { to, call } = question;
    const times = (asked.get(to) ?? 0) + 1;
    asked.set(to, times);
    assert.ok(times <= 2, 'a store is sent twice at most');
    const fate = fateOf(to);
    if (fate === 'silent' || (fate === 'late' && times === 1)) continue;
    if (fate === 'unreachable' || fate === 'unsent') {
      open.push(...questions(node.step({ type: fate, peer: to, call }), 'store'));
      continue;
    }
    if (fate !== 'refused') acknowledged.add(to);
    const body =
      fate === 'refused'
        ? ({ type: 'refused', reason: 'full' } as const)
        : ({ type: 'ok' } as const);
    open.push(...questions(node.step(reply(to, call, body)), 'store'));
  }
  return acknowledged;
}

const MISSES = ['refused', 'silent', 'unreachable', 'unsent', 'late'] as const;

const fates = fc.array(plain<Fate>({ type: fc.constantFrom('ok', 'ok', ...MISSES) }), {
  minLength: 11,
  maxLength: 11,
});

law(
  'a PUT is good with a majority of the wanted and the floor, and names its true holders',
  [fates, fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 4 })],
  300,
  (each, replication, floor) => {
    const config = { ...defaultConfig, floor, nearest: 10 };
    const node = new StrictNode(directoryOf([short('0'), ...PEERS.map(short)]), config);
    meet(node, ...PEERS.map((_, i) => i + 1));
    answerAll(node, node.command(1, { ...put, replication }));
    const { record, stores } = sign(node);
    const acknowledged = meetFates(node, stores, (peer) => each[peer]?.type ?? 'ok');
    const outcome = node.outcomes.get(1);
    assert.ok(outcome?.type === 'stored' || outcome?.type === 'failed');
    const { holders, wanted } = outcome;
    assert.equal(wanted, Math.min(Math.max(replication, floor), 20, 11));
    assert.equal(new Set(holders).size, holders.length);
    assert.ok(holders.length <= wanted);
    assert.ok(holders.every((peer) => acknowledged.has(peer)));
    assert.equal(holders.length, Math.min(wanted, acknowledged.size));
    const isGood = holders.length >= Math.max(Math.floor(wanted / 2) + 1, floor);
    assert.equal(outcome.type, isGood ? 'stored' : 'failed');
    if (outcome.type === 'stored') assert.deepEqual(outcome.record, record);
  },
);

test('versions of one node rise, even within a millisecond and with the clock set back', (t) => {
  const node = new StrictNode(directoryOf([short('30'), short('c8')]), {
    ...defaultConfig,
    nearest: 1,
    replication: 1,
  });
  meet(node, 1);
  const versions: number[] = [];
  for (let op = 1; op <= 5; op++) {
    answerAll(node, node.command(op, { ...put, replication: 1 }));
    const { record, stores } = sign(node);
    versions.push(record.version);
    meetFates(node, stores, () => 'ok');
    const outcome = node.outcomes.get(op);
    t.deepEqual(outcome?.type === 'stored' ? outcome.holders : [], [1], 'not the own node');
    if (op === 3) node.wallShiftMs = -60_000;
  }
  t.is(node.now, 0);
  t.deepEqual(
    versions,
    versions.map((_, i) => (versions[0] ?? 0) + i),
  );
});

test('a clock that was far ahead holds no other key up once it is right', (t) => {
  const node = new StrictNode(directoryOf([short('0')]), defaultConfig);
  let op = 0;
  const issue = (key: Key): number => {
    node.command(++op, { ...put, key, replication: 1 });
    return node.signs.at(-1)?.body.version ?? 0;
  };
  const store = (key: Key): number => {
    const version = issue(key);
    meetFates(node, sign(node).stores, () => 'ok');
    return version;
  };
  const [ahead, other] = [smallKey(3), smallKey(4)];

  node.wallShiftMs = VERSION_AHEAD_MS_MAX - 1;
  const near = store(ahead);
  node.wallShiftMs = 0;
  t.is(store(other), near + 1, 'others take a version that is so little ahead');

  node.wallShiftMs = 2 * 3_600_000;
  const far = store(ahead);
  node.wallShiftMs = 60_000;
  const now = node.wall;
  t.deepEqual([far > now, store(smallKey(5)), store(smallKey(5))], [true, now, now + 1]);
  t.deepEqual([issue(ahead), issue(ahead)], [far + 1, far + 2], 'that key goes on above it');
  t.is(issue(smallKey(6)), now);
});

test('a store that is sent again carries the life that is left, not the whole', (t) => {
  const node = new StrictNode(directoryOf([short('30'), short('c8')]), {
    ...defaultConfig,
    nearest: 1,
    replication: 1,
  });
  meet(node, 1);
  answerAll(node, node.command(1, { ...put, replication: 1 }));
  const { record, stores } = sign(node);
  const signedAt = node.now;
  t.is(stores.length, 1);
  let again: readonly Question[] = [];
  while (again.length === 0 && node.unsettled > 0) {
    node.now = node.state.wakeAt;
    again = questions(node.step({ type: 'wake' }), 'store');
  }
  const body = again[0]?.body;
  t.true(node.now > signedAt);
  t.is(
    body?.type === 'store' ? body.record.lifeMs : undefined,
    record.lifeMs - (node.now - signedAt),
  );
});

test('what is too long, or nothing, is not PUT', (t) => {
  const node = new StrictNode(directoryOf([short('0'), short('8')]), defaultConfig);
  meet(node, 1);
  node.command(1, { ...put, size: 0, replication: 1 });
  node.command(2, { ...put, size: 65_496, replication: 1 });
  for (const op of [1, 2]) {
    const outcome = node.outcomes.get(op);
    t.is(outcome?.type === 'failed' ? outcome.failure : undefined, 'invalid');
  }
});

test('where nobody answers and the floor wants others, no record is made', (t) => {
  const config = { ...defaultConfig, floor: 2 };
  const node = new StrictNode(directoryOf([short('0'), short('8')]), config);
  node.command(1, { ...put, replication: 2 });
  t.like(node.outcomes.get(1), { type: 'failed', failure: 'no-peers', holders: [], wanted: 0 });
  t.deepEqual([node.signs.length, node.state.store.size], [0, 0]);
});

test('alone, a node keeps what is PUT through it', (t) => {
  const node = new StrictNode(directoryOf([short('0'), short('8')]), defaultConfig);
  node.command(1, { ...put, replication: 8 });
  const { stores } = sign(node);
  t.deepEqual(stores, []);
  meetFates(node, stores, () => 'ok');
  const outcome = node.outcomes.get(1);
  t.deepEqual(outcome?.type === 'stored' ? [outcome.holders, outcome.wanted] : [], [[0], 1]);
  node.command(2, { type: 'get', key: put.key });
  t.is(node.outcomes.get(2)?.type, 'found');
});
