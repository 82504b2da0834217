/**
 * States come back from their words: those of generated logs and of simulated networks, with all
 * that they can hold. What came back is the same value, takes the same steps, and tells the same
 * changes from none.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { Fingerprint } from '../host/fingerprint.ts';
import { SERIAL_VERSION, type Slab } from '../host/serial/words.ts';
import { defaultConfig } from '../src/config.ts';
import { allItems } from '../src/paged.ts';
import { create, step } from '../src/step.ts';
import { emptyTable } from '../src/table.ts';
import type { Config, Input, Moment } from '../src/types.ts';
import { plain, word } from './arbitraries.ts';
import { actions, directoryOf, short, smallConfig, smallKey } from './core-arbitraries.ts';
import { smallRecord, smallWorld, type Action } from './core-arbitraries.ts';
import { Log, request } from './core-log.ts';
import { answerAll, meet } from './core-talk.ts';
import { law } from './harness.ts';
import { checkCuts, checkDamage, roundTrip, stateForm, wordsOf } from './serial-kit.ts';
import type { Change } from './serial-kit.ts';
import { sampleState } from './serial-sample.ts';
import { restored, TwinNode } from './serial-twin.ts';
import { smallOptions, WatchedRun } from './sim-kit.ts';

const EVERYTHING = [
  ...['lookup', 'get', 'locate', 'store', 'join', 'refresh', 'leave', 'met', 'signed', 'again'],
  ...['join waits', 'suspects', 'spares', 'replaced', 'waiters', 'leaving'],
  ...['late true', 'late false', 'known true', 'known false', 'call ping', 'call find-node'],
  ...['call find-value', 'call store', 'call leave'],
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
  const config = { ...defaultConfig, k: 2, nearest: 6, replication: 4, alpha: 2 };
  const node = new TwinNode(directoryOf(positions), config, 0);
  node.command(1, { type: 'join', introducers: 1, peers: [] });
  node.step(request(5, 90, { type: 'ping' }));
  const greeted = node.step({ type: 'introduced', introducer: 0, peer: 1 });
  answerAll(node, greeted);
  meet(node, 1, 2, 3, 4, 5, 6);
  node.step(request(3, 90, { type: 'ping' }));
  storeTwice(node);
  node.command(2, { type: 'get', key: smallKey(1) });
  node.command(3, { type: 'lookup', target: smallKey(2).position });
  const put = { type: 'put', key: smallKey(2), size: 9, replication: 4, ttlS: 60 } as const;
  answerAll(node, node.command(4, put));
  for (const { token, body } of node.signs.splice(0)) {
    const record = { ...body, publisher: smallKey(0).raw, lifeMs: 60_000 };
    node.step({ type: 'signed', token, record });
  }
  node.pass(2500);
  meet(node, 1, 6);
  node.command(5, { type: 'leave' });
  t.deepEqual(
    EVERYTHING.filter((name) => !node.met.has(name)),
    [],
  );
});

/** Two peers store one version and one of them a newer one, before the disk answers. */
function storeTwice(node: TwinNode): void {
  for (const [peer, version] of [
    [1, 2],
    [2, 2],
    [1, 4],
  ] as const) {
    node.step(request(peer, 91, { type: 'store', record: smallRecord(1, version, 60_000) }));
  }
  for (const token of node.persists.splice(0)) node.step({ type: 'persisted', token, ok: true });
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
    return { header: { ...rest, key: { raw: key.raw, position } }, storedAtMs: moment.wall - i };
  });
  const state = create(3, defaultConfig, moment, { records, peers: [] });
  t.true(state.store.pages.length > 7);
  t.deepEqual(restored(state), state);
});

test('a long chain of versions under way comes back, and damage to it is found', (t) => {
  const directory = directoryOf([short('0'), short('8')]);
  const moment: Moment = { now: 1, wall: 1_700_000_000_000, entropy: 1 };
  let state = create(0, defaultConfig, moment, { records: [], peers: [] });
  for (let version = 2; version < 8000; version += 2) {
    const body = { type: 'store', record: smallRecord(0, version, 60_000) } as const;
    const input: Input = {
      type: 'message',
      from: 1,
      message: { type: 'request', call: version, body },
    };
    state = step(state, moment, input, directory).state;
  }
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

const PINNED = [1, 252410088, 53340873];
