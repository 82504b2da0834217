/**
 * Recordings: whatever happens to a node, what its recorder wrote makes the core do it all again,
 * from its beginning or from any later segment; a cut costs no more than what was cut off, and
 * damage is told.
 */
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import { PeerDirectory } from '../../host/directory.ts';
import { Recorder } from '../../host/recording/recorder.ts';
import { Replay } from '../../host/recording/replay.ts';
import { SerialFault } from '../../host/serial/words.ts';
import { defaultConfig } from '../../src/config.ts';
import type { Effect, Input } from '../../src/step-types.ts';
import { create, step } from '../../src/step.ts';
import type { NodeState } from '../../src/step.ts';
import type { Config, Moment, Position } from '../../src/types.ts';
import { law } from '../harness.ts';
import { actions, short, smallConfig, smallWorld } from './core-arbitraries.ts';
import type { Action } from './core-arbitraries.ts';
import { StrictNode } from './core-driver.ts';
import { Log } from './core-log.ts';

const WALL_MS = 1_700_000_000_000;

interface Told {
  readonly moment: Moment;
  readonly input: Input;
  /** Whether another peer, or another place of one, was learnt of before this step. */
  readonly learns: boolean;
}

/** The story of a node, and its directory as a host would have filled it. */
class Tale {
  readonly directory = new PeerDirectory();
  readonly told: Told[] = [];
  readonly peers: number;

  constructor(positions: readonly Position[], config: Config, log: readonly Action[]) {
    for (const position of positions) this.directory.add(idOf(position, this.directory.count));
    this.peers = positions.length;
    const node = new Listener(this.directory, config);
    node.told = this.told;
    const player = new Log(node, positions.length);
    for (const action of log) player.play(action);
  }
}

class Listener extends StrictNode {
  told: Told[] = [];

  override step(input: Input, entropy = 0): readonly Effect[] {
    const moment = { now: this.now, wall: this.wall, entropy };
    this.told.push({ moment, input, learns: (entropy & 7) === 0 });
    return super.step(input, entropy);
  }
}

function idOf({ w0, w1, w2, w3, w4 }: Position, peer: number): number[] {
  return [peer, 0, 0, w0, w1, w2, w3, w4];
}

/** Steps a node through a tale and records it; a new segment after each so many steps. */
function recorded(tale: Tale, config: Config, every: number): [Int32Array[], NodeState[]] {
  const { directory, told } = tale;
  const begin = { now: 0, wall: WALL_MS, entropy: 0 };
  let state = create(0, config, begin, { records: [], peers: [] });
  const segments: Int32Array[] = [];
  const states = [state];
  let last: Moment = begin;
  let recorder: Recorder | undefined;
  let parts: Int32Array[] = [];
  directory.onPlace = (peer, place) => recorder?.place(peer, place);
  for (const [index, { moment, input, learns }] of told.entries()) {
    if (index % every === 0) {
      if (recorder !== undefined) segments.push(joined([...parts, recorder.take()]));
      const segment = segments.length + 1;
      const head = { version: '0', startedAt: WALL_MS, id: '00', segment, config };
      const { now, wall } = last;
      recorder = new Recorder({ ...head, stepsBefore: index, now, wall }, state, directory);
      parts = [];
    }
    if (learns) {
      directory.add([index, 1, 2, 3, 4, 5, 6, 7]);
      directory.setPlace(index % tale.peers, index);
    }
    const next = step(state, moment, input, directory);
    recorder?.step(moment, input, next.effects);
    if (index % 3 === 0 && recorder !== undefined) parts.push(recorder.take());
    state = next.state;
    states.push(state);
    last = moment;
  }
  if (recorder !== undefined) segments.push(joined([...parts, recorder.take()]));
  return [segments, states];
}

function joined(parts: readonly Int32Array[]): Int32Array {
  return Int32Array.from(parts.flatMap((part) => [...part]));
}

law(
  'a recording makes the core do it all again, segment by segment',
  [smallWorld(8), smallConfig(), actions(40), fc.integer({ min: 1, max: 30 })],
  100,
  (positions, config, log, every) => {
    const tale = new Tale(positions, config, log);
    const [segments, states] = recorded(tale, config, every);
    let at = 0;
    for (const words of segments) {
      const replay = new Replay(words);
      assert.equal(replay.head.stepsBefore, at);
      assert.ok(isDeepStrictEqual(replay.state, states[at]), 'a segment begins where one ended');
      for (let next = replay.next(); next !== undefined; next = replay.next()) {
        at += 1;
        assert.ok(next.isSame);
        assert.equal(next.number, at);
        assert.ok(isDeepStrictEqual(next.input, tale.told[at - 1]?.input));
        assert.ok(isDeepStrictEqual(next.moment, tale.told[at - 1]?.moment));
        assert.ok(isDeepStrictEqual(replay.state, states[at]));
      }
      assert.ok(!replay.isCut);
    }
    assert.equal(at, tale.told.length);
  },
);

/** A recording of some steps, in one segment. */
function sample(): { readonly words: Int32Array; readonly steps: number } {
  const positions = ['0', '8', '9', 'c'].map(short);
  const tale = new Tale(positions, defaultConfig, []);
  for (let at = 1; at <= 60; at++) {
    const moment = { now: at * 400, wall: WALL_MS + at * 400, entropy: at * 7919 };
    const ping = { type: 'request', call: at, body: { type: 'ping' } } as const;
    const input: Input =
      at % 2 === 0 ? { type: 'wake' } : { type: 'message', from: 1 + (at % 3), message: ping };
    tale.told.push({ moment, input, learns: at % 10 === 0 });
  }
  const [segments] = recorded(tale, defaultConfig, 1000);
  const [words] = segments;
  assert.ok(words !== undefined);
  return { words, steps: tale.told.length };
}

function stepsOf(replay: Replay): number {
  let steps = 0;
  while (replay.next()?.isSame === true) steps += 1;
  return steps;
}

test('a recording that was cut off anywhere replays as far as it goes', (t) => {
  const { words, steps } = sample();
  const begun = words.length - 400;
  let before = 0;
  for (let end = begun; end <= words.length; end++) {
    const replay = new Replay(words.slice(0, end));
    const made = stepsOf(replay);
    t.true(made >= before && made <= steps);
    before = made;
  }
  t.is(before, steps);
  for (const end of [0, 1, 3, 5, 40]) {
    t.throws(() => new Replay(words.slice(0, end)), { instanceOf: SerialFault }, `cut at ${end}`);
  }
});

test('a changed word is found: another step, damage, or a difference', (t) => {
  const { words, steps } = sample();
  let found = 0;
  const from = words.length - 300;
  for (let at = from; at < words.length; at++) {
    const other = words.slice();
    other[at] = (other[at] ?? 0) ^ 0x55;
    try {
      if (stepsOf(new Replay(other)) < steps) found += 1;
    } catch (error) {
      t.true(error instanceof SerialFault);
      found += 1;
    }
  }
  // A word of an entropy that its step does not use, or of a place, changes nothing.
  t.true(found > 100, `${found} of 300`);
});

/** A node that has done nothing yet, and its recorder. */
function fresh() {
  const directory = new PeerDirectory();
  directory.add([1, 2, 3, 4, 5, 6, 7, 8]);
  const begin = { now: 0, wall: WALL_MS, entropy: 0 };
  const state = create(0, defaultConfig, begin, { records: [], peers: [] });
  const names = { version: '0', startedAt: WALL_MS, id: '00' };
  const head = { ...names, segment: 1, stepsBefore: 0, config: defaultConfig };
  const recorder = new Recorder({ ...head, now: 0, wall: WALL_MS }, state, directory);
  return { begin, directory, recorder, state };
}

test('what a record stands for is beside its step, and beside no other', (t) => {
  const { begin, directory, recorder, state } = fresh();
  const wake: Input = { type: 'wake' };
  const values = [0, 1, 3, 4, 5, 1000].map((size) => new Uint8Array(size).fill(size));
  for (const bytes of values) {
    recorder.value({ form: 'bytes', bytes });
    recorder.step(begin, wake, step(state, begin, wake, directory).effects);
    recorder.step(begin, wake, step(state, begin, wake, directory).effects);
  }
  const replay = new Replay(recorder.take());
  for (const bytes of values) {
    t.deepEqual(replay.next()?.value, { form: 'bytes', bytes });
    t.is(replay.next()?.value, undefined);
  }
  t.is(replay.next(), undefined);
});

test('a step that failed is the last of its recording, and fails again', (t) => {
  const { begin, recorder } = fresh();
  // The numbers of a host's operations are positive.
  const wrong: Input = { type: 'command', op: -3, command: { type: 'leave' } };
  recorder.failed(begin, wrong);
  const replay = new Replay(recorder.take());
  const step = replay.next();
  t.true(step?.isSame);
  t.regex(String(step?.fault), /positive/);
  t.is(replay.next(), undefined);
});

test('what is none, or of another version, is told', (t) => {
  const { words } = sample();
  t.throws(() => new Replay(Int32Array.of(1, 2, 3, 4)), { message: /no recording/ });
  const newer = words.slice();
  newer[1] = 99;
  t.throws(() => new Replay(newer), { message: /form 99\.\d+, this program reads/ });
});
