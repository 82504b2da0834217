/**
 * States come back from their words: those of generated logs and of simulated networks, with all
 * that they can hold. What came back is the same value, takes the same steps, and tells the same
 * changes from none.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { Fingerprint } from '../../host/fingerprint.ts';
import { isSameState } from '../../host/serial/state.ts';
import { SERIAL_VERSION, type Slab } from '../../host/serial/words.ts';
import { defaultConfig } from '../../src/config.ts';
import { HANDOVER_MS_MAX } from '../../src/limits.ts';
import { allItems, withItem } from '../../src/paged.ts';
import { openCall } from '../../src/state/calls.ts';
import { writingOrder } from '../../src/state/node.ts';
import { noUsage, withUse } from '../../src/state/quota.ts';
import { emptyStore, heldOrder, newHeld, type Held } from '../../src/state/store.ts';
import { EVERYTHING as ALL_KEYS } from '../../src/state/tags.ts';
import { create } from '../../src/step.ts';
import { emptyTable } from '../../src/table/table.ts';
import type { Config, Moment, RecordHeader } from '../../src/types.ts';
import { law } from '../harness.ts';
import { smallOptions, WatchedRun } from '../sim/sim-kit.ts';
import { plain, word } from './arbitraries.ts';
import { actions, directoryOf, short, smallConfig, smallKey } from './core-arbitraries.ts';
import { smallRecord, smallWorld, type Action } from './core-arbitraries.ts';
import { Log, reply, request } from './core-log.ts';
import { sumReplyOf, tagsReplyOf } from './core-rounds.ts';
import { answerAll, contacts, converse, meet, others, questions } from './core-talk.ts';
import { checkCuts, checkDamage, roundTrip, stateForm, wordsOf } from './serial-kit.ts';
import type { Change } from './serial-kit.ts';
import { sampleState } from './serial-sample.ts';
import { restored, TwinNode } from './serial-twin.ts';

const EVERYTHING = [
  ...['lookup', 'get', 'fetch', 'locate', 'store', 'push', 'join', 'refresh', 'handover', 'leave'],
  ...['met', 'source', 'signed', 'again', 'to put', 'to read', 'to republish', 'join waits'],
  ...['suspects', 'spares', 'replaced', 'waiters', 'leaving', 'regroup', 'published', 'round'],
  ...['own record', 'from a peer', 'group', 'known', 'fellow', 'missed', 'emptySince', 'shunned'],
  ...['late true', 'late false', 'known true', 'known false', 'call ping', 'call find-node'],
  ...['call find-version', 'call find-value', 'call store', 'call leave', 'call check'],
  ...['call compare', 'call relay', 'to relay'],
];

function play(
  positions: Parameters<typeof directoryOf>[0],
  config: Config,
  log: readonly Action[],
  fromStep: number,
): TwinNode {
  const node = new TwinNode(directoryOf(positions), config, fromStep);
  const player = new Log(node, positions.length);
  for (const action of log) player.play(action);
  return node;
}

const logged = [smallWorld(12), smallConfig(), actions(80), fc.nat({ max: 40 })] as const;

law('a state that came back takes the same steps', [...logged], 100, play);

test('a node with everything in it, step by step', (t) => {
  const positions = ['0', '8', '9', 'a', '4', '2', '1'].map(short);
  const config = { ...defaultConfig, k: 2, nearest: 6, replication: 4, alpha: 2, repairMs: 5000 };
  const node = new TwinNode(directoryOf(positions), config, 0);
  node.command(1, { type: 'join', introducers: 1, peers: [] });
  node.step(request(5, 90, { type: 'ping' }));
  storeBy(node, 5, recordOf(0, 2));
  const greeted = node.step({ type: 'introduced', introducer: 0, peer: 1 });
  answerAll(node, greeted);
  meet(node, 1, 2, 3, 4, 5, 6);
  node.step(request(3, 90, { type: 'ping' }));
  // Two peers store one version and one of them a newer one, before the disk answers.
  storeBy(node, 1, recordOf(1, 2));
  storeBy(node, 2, recordOf(1, 2));
  storeBy(node, 1, recordOf(1, 4));
  const relayed = { type: 'relay', record: recordOf(2, 2), hops: 3 } as const;
  node.step(request(1, 92, relayed));
  persistAll(node);
  readAndWrite(node);
  // One for which there is no room among the contacts, and that is a fellow all the same.
  const sum = { count: 1, high: 2, low: 3 };
  node.step(request(3, 92, { type: 'check', range: ALL_KEYS, nonce: 4, sum }));
  // A replica that is on its way is not sent again, whoever asks for it meanwhile.
  const nothing = { type: 'compare', range: ALL_KEYS, nonce: 5, tags: [] } as const;
  const pushes = node.step(request(4, 93, nothing));
  t.true(questions(pushes, 'store').length > 0);
  t.deepEqual(questions(node.step(request(4, 94, nothing)), 'store'), []);
  converse(node, pushes, () => ({ type: 'ok' }));
  for (const type of ['honest', 'patchy', 'forgetful'] as const) goRound(node, type);
  meet(node, 5, 6);
  node.command(9, { type: 'leave' });
  node.pass(HANDOVER_MS_MAX);
  t.deepEqual(
    EVERYTHING.filter((name) => !node.met.has(name)),
    [],
  );
});

function recordOf(key: number, version: number): RecordHeader {
  return { ...smallRecord(key, version, 500_000), replication: 4 };
}

function storeBy(node: TwinNode, peer: number, record: RecordHeader): void {
  node.step(request(peer, 91, { type: 'store', record }));
}

function persistAll(node: TwinNode): void {
  for (const token of node.persists.splice(0)) node.step({ type: 'persisted', token, ok: true });
}

/** GETs of what others hold, a lookup that nobody answers, a PUT that is sent twice. */
function readAndWrite(node: TwinNode): void {
  const record = recordOf(3, 4);
  converse(node, node.command(2, { type: 'get', key: record.key }), ({ to, body }) => {
    if (body.type === 'find-value') return { type: 'value', record };
    if (body.type === 'store') return { type: 'ok' };
    const peers = others(node, to);
    return to === 1 ? { type: 'version', record, peers } : { type: 'peers', peers };
  });
  node.command(3, { type: 'lookup', target: smallKey(2).position });
  const put = { type: 'put', key: smallKey(2), size: 9, replication: 4, ttlS: 500 } as const;
  answerAll(node, node.command(4, put));
  for (const { token, body } of node.signs.splice(0)) {
    const signed = { ...body, publisher: smallKey(0).raw, lifeMs: 500_000 };
    node.step({ type: 'signed', token, record: signed });
  }
  persistAll(node);
  while (!node.met.has('again')) {
    node.now = node.state.wakeAt;
    node.step({ type: 'wake' }, node.now);
  }
  for (const { peer, call, kind } of allItems(node.state.calls)) {
    if (kind === 'store') node.step(reply(peer, call, { type: 'ok' }));
  }
  meet(node, 1, 6);
}

/** Two minutes among fellows that hold all, of which some say nothing, or one loses all. */
function goRound(node: TwinNode, type: 'honest' | 'patchy' | 'forgetful'): void {
  const until = node.now + 120_000;
  while (node.now < until) {
    node.now = node.state.wakeAt;
    converse(node, node.step({ type: 'wake' }, node.now), ({ to, call, body }) => {
      if (type === 'patchy' && !contacts(node).includes(to)) return undefined;
      const round = { key: 0, bits: 0, holds: type === 'forgetful' && to === 4 ? 0 : -1 };
      const open = openCall(node.state.calls, call, to);
      if (body.type === 'check') return sumReplyOf(node, open, round, 0);
      if (body.type === 'compare') return tagsReplyOf(node, open, round);
      if (body.type === 'store' || body.type === 'ping') return { type: 'ok' };
      return { type: 'peers', peers: others(node, to) };
    });
    persistAll(node);
  }
}

law('a state that is cut off is known to be', [...logged], 25, (...drawn) => {
  const { state } = play(...drawn);
  checkCuts(stateForm(state.config), state);
});

law(
  'a damaged state is a fault or another state',
  [fc.tuple(...logged), fc.array(fc.tuple(fc.nat(), change()), { minLength: 30, maxLength: 60 })],
  60,
  (drawn, damages) => {
    const { state } = play(...drawn);
    for (const [at, how] of damages) checkDamage(stateForm(state.config), state, at, how);
  },
);

test('a network that was written and read in between ends as one that was not', (t) => {
  const options = {
    ...smallOptions,
    tables: 'joined',
    durationMs: 120_000,
    churn: { type: 'exponential', meanOnMs: 60_000, meanOffMs: 30_000 },
    loss: 0.02,
    lookups: 40,
    puts: 40,
    gets: 40,
  } as const;
  const untouched = new WatchedRun(options);
  untouched.toEnd(10_000);
  const run = new WatchedRun(options);
  const slab = new CountingSlab();
  let words = 0;
  for (let event = 1; run.advance(); event++) {
    if (event % 1000 !== 0) continue;
    const { states } = run.world.population;
    states.forEach((state, peer) => {
      if (state === undefined) return;
      const form = stateForm(state.config, slab);
      const back = roundTrip(form, state);
      assert.deepEqual(back, state);
      words += state.table.packed.length;
      states[peer] = back;
    });
  }
  t.true(words > 10_000);
  t.is(slab.taken, words, 'tables are put into the slab, and nothing else');
  t.deepEqual(run.world.population.folds(), untouched.world.population.folds());
  t.is(run.world.now, untouched.world.now);
});

test('pages come back as they were divided', (t) => {
  const moment = { now: 5, wall: 1_700_000_000_000, entropy: 1 };
  const records = Array.from({ length: 1000 }, (_, i) => {
    const { key, ...rest } = smallRecord(i, 4, 60_000);
    const position = { ...key.position, w4: Math.imul(i, 0x9e3779b1) };
    const header = { ...rest, key: { raw: key.raw, position } };
    return { header, storedAtMs: moment.wall - i, from: i % 3 === 0 ? key.raw : undefined };
  });
  const state = create(3, defaultConfig, moment, { records, peers: [] });
  t.true(state.store.pages.length > 7);
  t.deepEqual(restored(state), state);
});

test('two states are the same whatever pages their usage has grown into', (t) => {
  const moment = { now: 5, wall: 1_700_000_000_000, entropy: 1 };
  const records = Array.from({ length: 110 }, (_, i) => {
    const publisher = { ...smallKey(0).raw, b7: i };
    const header = { ...smallRecord(i, 4, 60_000), publisher };
    return { header, storedAtMs: moment.wall - i, from: publisher };
  });
  const state = create(3, defaultConfig, moment, { records, peers: [] });
  const grown = allItems(state.store).reduce((sum, held) => withUse(sum, held, 1), noUsage);
  t.not(grown.publishers.pages.length, state.usage.publishers.pages.length);
  t.true(isSameState({ ...state, usage: grown }, state));
  t.false(isSameState({ ...state, counter: state.counter + 1 }, state));
  t.false(isSameState({ ...state, suspects: [...state.suspects, 4] }, state));
});

test('a long chain of versions under way comes back, and damage to it is found', (t) => {
  const moment: Moment = { now: 1, wall: 1_700_000_000_000, entropy: 1 };
  const fresh = create(0, defaultConfig, moment, { records: [], peers: [] });
  // Far longer than any that a step makes today.
  let newest: Held | undefined;
  let { writings } = fresh;
  for (let token = 1; token < 4000; token++) {
    const record = smallRecord(0, 2 * token, 60_000);
    newest = newHeld(record, moment.now + record.lifeMs, token, undefined, newest);
    writings = withItem(writings, writingOrder, { token, key: record.key, waiters: [] });
  }
  const store = withItem(emptyStore, heldOrder, newest ?? t.fail());
  const state = { ...fresh, store, writings, usage: withUse(noUsage, newest, 1) };
  t.is(state.writings.size, 3999);
  const form = stateForm(defaultConfig);
  const back = roundTrip(form, state);
  let length = 0;
  for (let held = allItems(back.store)[0]; held !== undefined; held = held.replaced) length++;
  t.is(length, 3999);
  t.deepEqual(wordsOf(form, back), wordsOf(form, state));
  t.deepEqual(back.writings, state.writings);
});

test('a new state comes back with the parts that all new states share', (t) => {
  const moment = { now: 5, wall: 1_700_000_000_000, entropy: 1 };
  const state = create(3, defaultConfig, moment, { records: [], peers: [] });
  t.is(restored(state).table, emptyTable);
});

// Whoever changes the words of a state raises SERIAL_VERSION and pins the new print here.
test('the words of a state are the same on every machine', (t) => {
  const print = new Fingerprint();
  assert.deepEqual(restored(sampleState()), sampleState());
  for (const one of wordsOf(stateForm(defaultConfig), sampleState())) print.word(one);
  t.deepEqual([SERIAL_VERSION, print.a, print.b], PINNED);
});

class CountingSlab implements Slab {
  taken = 0;

  take(count: number): Int32Array {
    this.taken += count;
    return new Int32Array(count + 2).subarray(1, 1 + count);
  }
}

function change(): fc.Arbitrary<Change> {
  return fc.oneof(
    plain<Change>({ type: fc.constant('flip'), bit: fc.nat({ max: 31 }) }),
    plain<Change>({
      type: fc.constant('set'),
      word: fc.oneof(word(), fc.integer({ min: -3, max: 12 })),
    }),
  );
}

const PINNED = [5, 1972611525, 1202865330];
