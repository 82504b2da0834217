/**
 * The serialiser's laws for what it is made of and for messages, inputs and kept records:
 * what was written comes back, a value has one form in words, and damage never does more than a
 * `SerialFault`. States have a file of their own.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { Fingerprint } from '../../host/fingerprint.ts';
import {
  oneOf,
  readBytes,
  readOptional,
  readText,
  readVersion,
  writeBytes,
  writeOptional,
  writeText,
  writeVersion,
} from '../../host/serial/forms.ts';
import { readInput, writeInput } from '../../host/serial/input.ts';
import { readKept, writeKept } from '../../host/serial/record.ts';
import { Reader, SERIAL_VERSION, SerialFault, Writer } from '../../host/serial/words.ts';
import type { Input } from '../../src/step-types.ts';
import type { Kept } from '../../src/types.ts';
import { law } from '../harness.ts';
import { input, keptRecord } from './arbitraries-core.ts';
import { ballot, voters } from './arbitraries-election.ts';
import { plain, word } from './arbitraries.ts';
import { smallKey, smallRecord } from './core-arbitraries.ts';
import { checkCuts, checkDamage, roundTrip, valueOf, wordsOf } from './serial-kit.ts';
import type { Change, Form } from './serial-kit.ts';

const numbers: Form<number> = {
  write: (out, x) => out.number(x),
  read: (from) => from.number(),
};
const texts: Form<string> = { write: writeText, read: readText };
const bytes: Form<Uint8Array> = { write: writeBytes, read: readBytes };
const lists: Form<readonly number[]> = {
  write: (out, list) => out.intList(list),
  read: (from) => from.intList(),
};
const arrays: Form<Int32Array> = {
  write: (out, array) => out.int32Array(array),
  read: (from) => from.int32Array(undefined),
};
const inputs: Form<Input> = { write: writeInput, read: readInput };
const kepts: Form<Kept> = { write: writeKept, read: readKept };

const number = (): fc.Arbitrary<number> =>
  fc.oneof(
    fc.double({ noNaN: true }),
    fc.maxSafeInteger(),
    word(),
    fc.constantFrom(0, -0, Infinity, -Infinity, 2 ** 31, -(2 ** 31), 1 - 2 ** 31, 2 - 2 ** 31),
  );

const kept = (): fc.Arbitrary<Kept> =>
  plain<Kept>({
    records: fc.array(keptRecord(), { maxLength: 5 }),
    peers: fc.array(fc.nat(), { maxLength: 5 }),
    ballot: fc.option(ballot(), { nil: undefined }),
    voters: fc.option(voters(), { nil: undefined }),
  });

const change = (): fc.Arbitrary<Change> =>
  fc.oneof(
    plain<Change>({ type: fc.constant('flip'), bit: fc.nat({ max: 31 }) }),
    plain<Change>({
      type: fc.constant('set'),
      word: fc.oneof(word(), fc.integer({ min: -3, max: 12 }), fc.constantFrom(-(2 ** 31))),
    }),
  );

law('every number but NaN comes back, in one word where it can', [number()], 5000, (x) => {
  assert.ok(Object.is(roundTrip(numbers, x), x));
  if ((Number.isInteger(x) && Math.abs(x) < 2 ** 31 - 1 && !Object.is(x, -0)) || x === Infinity) {
    assert.equal(wordsOf(numbers, x).length, 1);
  }
});

law('damaged numbers are other numbers', [number(), fc.nat(), change()], 5000, (x, at, how) => {
  checkDamage(numbers, x, at, how);
});

law('lists and arrays come back', [fc.array(word(), { maxLength: 400 })], 300, (list) => {
  assert.deepEqual(roundTrip(lists, list), list);
  const within = Int32Array.of(7, ...list, 9).subarray(1, 1 + list.length);
  const words = wordsOf(arrays, within);
  assert.equal(words.length, 1 + list.length, 'of a view only what it shows is written');
  assert.deepEqual(valueOf(arrays, words), Int32Array.from(list));
  assert.equal(valueOf(arrays, words).buffer.byteLength, 4 * list.length);
});

law(
  'texts and bytes come back',
  [fc.string({ unit: 'binary' }), fc.uint8Array()],
  500,
  (text, b) => {
    assert.equal(roundTrip(texts, text), text);
    assert.equal(roundTrip(texts, `\ufeff${text}`), `\ufeff${text}`);
    assert.deepEqual(roundTrip(bytes, b), b);
    checkCuts(bytes, b);
    checkCuts(texts, text);
  },
);

law(
  'damaged texts and bytes',
  [fc.string({ unit: 'binary' }), fc.uint8Array(), fc.nat(), change()],
  2000,
  (text, b, at, how) => {
    checkDamage(texts, text, at, how);
    checkDamage(bytes, b, at, how);
  },
);

law('inputs and the messages in them come back', [input()], 1000, (one) => {
  assert.deepEqual(roundTrip(inputs, one), one);
  checkCuts(inputs, one);
});

law('what a host kept comes back', [kept()], 200, (one) => {
  assert.deepEqual(roundTrip(kepts, one), one);
  checkCuts(kepts, one);
});

law('damaged inputs', [input(), fc.nat(), change()], 5000, (one, at, how) => {
  checkDamage(inputs, one, at, how);
});

law('damaged kept records', [kept(), fc.nat(), change()], 2000, (one, at, how) => {
  checkDamage(kepts, one, at, how);
});

law(
  'one writer and one reader serve for many values',
  [fc.array(input(), { minLength: 1, maxLength: 8 }), fc.nat({ max: 3 })],
  300,
  (many, gap) => {
    const out = new Writer();
    const from = new Reader();
    for (let round = 0; round < 2; round++) {
      out.reset();
      for (const one of many) writeInput(out, one);
      const words = new Int32Array(out.length + 2 * gap).fill(-1);
      words.set(out.view(), gap);
      from.open(words, gap, gap + out.length);
      assert.deepEqual(
        many.map(() => readInput(from)),
        many,
      );
      assert.equal(from.left, 0);
    }
  },
);

test('a value may be missing', (t) => {
  const form: Form<number | undefined> = {
    write: (out, x) => writeOptional(out, x, numbers.write),
    read: (from) => readOptional(from, numbers.read),
  };
  t.is(roundTrip(form, undefined), undefined);
  t.is(roundTrip(form, 0), 0);
  t.throws(() => valueOf(form, Int32Array.of(2, 0)), {
    instanceOf: SerialFault,
    message: /word 1/,
  });
});

test('counts are not believed', (t) => {
  for (const count of [-1, 3, 0x7fffffff]) {
    const words = Int32Array.of(count, 0, 0);
    for (const form of [lists, arrays, bytes, texts] as Form<unknown>[]) {
      if (count === 3 && (form === bytes || form === texts)) continue;
      t.throws(() => valueOf(form, words), { instanceOf: SerialFault });
    }
  }
});

test('literals have a code each', (t) => {
  t.throws(() => oneOf({ one: 1, other: 1 }), { message: /code of its own/ });
  t.throws(() => wordsOf(numbers, NaN), { message: /NaN/ });
});

test('words of another version are refused by its number', (t) => {
  const out = new Writer();
  writeVersion(out);
  readVersion(new Reader(out.view()));
  const other = Int32Array.of(SERIAL_VERSION + 1);
  t.throws(() => readVersion(new Reader(other)), {
    instanceOf: SerialFault,
    message: new RegExp(`version ${SERIAL_VERSION + 1} `),
  });
});

// Whoever changes the words of a form raises SERIAL_VERSION and pins the new print here. Forms of
// states are pinned beside their tests.
test('the words of this version are the same on every machine', (t) => {
  const record = { ...smallRecord(1, 5, 60_000), publishedAtMs: 1_700_000_000_000 };
  const print = new Fingerprint();
  const samples: readonly Input[] = [
    {
      type: 'command',
      op: 1,
      command: { type: 'put', key: smallKey(2), size: 9, replication: 0, ttlS: 60 },
    },
    {
      type: 'message',
      from: 3,
      message: { type: 'request', call: 4, body: { type: 'store', record } },
    },
    {
      type: 'message',
      from: 3,
      message: { type: 'reply', call: 2 ** 32 - 1, body: { type: 'refused', reason: 'full' } },
    },
    { type: 'introduced', introducer: 1, peer: undefined },
  ];
  for (const sample of samples) for (const one of wordsOf(inputs, sample)) print.word(one);
  t.deepEqual([SERIAL_VERSION, print.a, print.b], PINNED);
});

const PINNED = [5, -555180550, -829186812];
