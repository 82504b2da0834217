/**
 * The core has no memory but the state: a step works on frozen arguments, on copies of them, and
 * in between steps of other nodes, always with the same result. (Each step of the other tests is
 * also made twice, with its arguments fingerprinted before and after: see `core/core-driver.ts`.)
 */
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import type { Effect, Input } from '../src/step-types.ts';
import { step, type NodeState } from '../src/step.ts';
import type { Directory, Moment } from '../src/types.ts';
import { actions, directoryOf, smallConfig, smallWorld } from './core/core-arbitraries.ts';
import { fingerprint, StrictNode } from './core/core-driver.ts';
import { Log } from './core/core-log.ts';
import { law } from './harness.ts';

/** A step that was made: what went in and what came out. */
interface Made {
  readonly state: NodeState;
  readonly moment: Moment;
  readonly input: Input;
  readonly result: { readonly state: NodeState; readonly effects: readonly Effect[] };
}

/** Keeps every step that a log leads to. */
class Recorder extends StrictNode {
  readonly made: Made[] = [];

  override step(input: Input, entropy = 0): readonly Effect[] {
    const { state, now, wall } = this;
    const effects = super.step(input, entropy);
    const moment = { now, wall, entropy };
    this.made.push({ state, moment, input, result: { state: this.state, effects } });
    return effects;
  }
}

function record(directory: Directory, ...[positions, config, log]: Story): readonly Made[] {
  const node = new Recorder(directory, config);
  const player = new Log(node, positions.length);
  for (const action of log) player.play(action);
  return node.made;
}

type Story = Parameters<Parameters<typeof law<StoryValues>>[3]>;
type StoryValues = [
  positions: Parameters<typeof directoryOf>[0],
  config: ConstructorParameters<typeof StrictNode>[1],
  log: readonly Parameters<Log['play']>[0][],
];
const story = fc.tuple(smallWorld(8), smallConfig(), actions(40));

law('frozen and copied arguments give the same result', [story], 100, (told) => {
  const directory = directoryOf(told[0]);
  for (const { state, moment, input, result } of record(directory, ...told)) {
    const copy = structuredClone({ state, moment, input, directory });
    deepFreeze(copy);
    const again = step(copy.state, copy.moment, copy.input, copy.directory);
    assert.ok(isDeepStrictEqual(again, result));
    if (result.state === state) assert.equal(again.state, copy.state);
  }
});

law('nodes that take turns do not touch one another', [story, story], 60, (one, other) => {
  const directories = [directoryOf(one[0]), directoryOf(other[0])] as const;
  const alone = [record(directories[0], ...one), record(directories[1], ...other)] as const;
  for (let i = 0; i < Math.max(alone[0].length, alone[1].length); i++) {
    for (const side of [1, 0] as const) {
      const made = alone[side][i];
      if (made === undefined) continue;
      const again = step(made.state, made.moment, made.input, directories[side]);
      assert.ok(isDeepStrictEqual(again, made.result));
    }
  }
});

law('a directory that grows is the same directory', [story], 60, (told) => {
  const directory = directoryOf(told[0]);
  const grown = new Int32Array(directory.words.length + 80).fill(-1);
  grown.set(directory.words);
  const places = new Int32Array(directory.places.length + 10);
  for (const { state, moment, input, result } of record(directory, ...told)) {
    assert.ok(isDeepStrictEqual(step(state, moment, input, { words: grown, places }), result));
  }
});

test('a fingerprint sees every word, name and order', (t) => {
  const value = { a: [1, { b: new Int32Array([7, 8]) }], c: undefined, d: 'x', e: 0.5, f: true };
  const others: unknown[] = [
    { ...value, a: [1, { b: new Int32Array([7, 9]) }] },
    { ...value, a: [{ b: new Int32Array([7, 8]) }, 1] },
    { ...value, c: null },
    { ...value, d: 'y' },
    { ...value, e: 0.25 },
    { ...value, f: false },
    { ...value, g: 1 },
    { ...value, e: Infinity },
  ];
  t.is(fingerprint(structuredClone(value)), fingerprint(value));
  t.is(new Set([value, ...others].map(fingerprint)).size, others.length + 1);
});

function deepFreeze(value: unknown): void {
  // Typed arrays cannot be frozen; fingerprints watch over them.
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  Object.freeze(value);
  for (const field of Object.values(value)) deepFreeze(field);
}
