/**
 * Damage that knows the format: a valid frame becomes what a faulty or hostile sender might send.
 * Half of the time the length in front is made to fit again, so that the damage gets past it and
 * is for the body to find.
 */
import type { Protocol } from '../core/codec-laws.ts';
import type { Chance } from './chance.ts';
import { lengthField, numbersIn, readNumber, writeNumber } from './fuzz-fields.ts';

/** Inputs grow by repetition; no longer than this, in bytes. */
const INPUT_BYTES_MAX = 2 * 73_728;

const MUTATIONS = [
  'bits',
  'bytes',
  'cut',
  'number',
  'splice',
  'repeat',
  'random',
  'insert',
  'code',
  'mapped',
] as const;
type Mutation = (typeof MUTATIONS)[number];

/** @param others valid frames to splice with, of the same protocol */
export function mutated(
  name: Protocol['name'],
  frame: Uint8Array,
  others: readonly Uint8Array[],
  chance: Chance,
): Uint8Array {
  let result = frame;
  for (let times = chance.between(1, 3); times > 0; times--) {
    const kind = chance.pick(MUTATIONS) ?? 'bits';
    result = mutatedOnce(kind, name, result, chance.pick(others) ?? frame, chance);
  }
  return chance.percent(50) ? withItsLength(name, result) : result;
}

/** One kind of damage to a copy. */
function mutatedOnce(
  kind: Mutation,
  name: Protocol['name'],
  frame: Uint8Array,
  other: Uint8Array,
  chance: Chance,
): Uint8Array {
  const at = chance.between(0, frame.length);
  switch (kind) {
    case 'bits':
      return flipped(frame, chance);
    case 'bytes':
      return overwritten(frame, at, chance);
    case 'cut':
      return chance.percent(70) ? frame.subarray(0, at) : frame.subarray(at);
    case 'number':
      return renumbered(name, frame, chance);
    case 'splice':
      return joined(frame.subarray(0, at), other.subarray(chance.between(0, other.length)));
    case 'repeat':
      return repeated(frame, at, chance);
    case 'random':
      return joined(frame.subarray(0, Math.min(at, 10)), noise(chance.between(0, 300), chance));
    case 'insert': {
      const more = noise(chance.between(1, 40), chance);
      return joined(joined(frame.subarray(0, at), more), frame.subarray(at));
    }
    case 'code': {
      const copy = frame.slice();
      const field = name === 'peer' ? PEER_CODE : SIZED_CODE;
      writeNumber(copy, field, chance.percent(80) ? chance.between(648, 692) : anyU16(chance));
      return copy;
    }
    case 'mapped':
      return disguised(name, frame, chance);
  }
}

/** An IPv6 address becomes an IPv4 one in its clothes. */
function disguised(name: Protocol['name'], frame: Uint8Array, chance: Chance): Uint8Array {
  const families = numbersIn(name, frame).filter(({ at, bytes }) => bytes === 1 && frame[at] === 6);
  const copy = frame.slice();
  const { at = 0 } = chance.pick(families) ?? {};
  if (at > 0 && at + 1 + MAPPED.length <= copy.length) copy.set(MAPPED, at + 1);
  return copy;
}

function flipped(frame: Uint8Array, chance: Chance): Uint8Array {
  const copy = frame.slice();
  for (let bits = chance.between(1, 4); bits > 0 && copy.length > 0; bits--) {
    const at = placeIn(copy, chance);
    copy[at] = (copy[at] ?? 0) ^ (1 << chance.between(0, 7));
  }
  return copy;
}

function overwritten(frame: Uint8Array, at: number, chance: Chance): Uint8Array {
  const copy = frame.slice();
  copy.set(noise(Math.min(chance.between(1, 40), copy.length - at), chance), at);
  return copy;
}

/** Sets one number to an extreme, or a little more or less than it was. */
function renumbered(name: Protocol['name'], frame: Uint8Array, chance: Chance): Uint8Array {
  const copy = frame.slice();
  const field = chance.pick(numbersIn(name, frame));
  if (field === undefined) return copy;
  const max = field.bytes === 8 ? DOUBLE_BELOW_2_64 : 256 ** field.bytes - 1;
  const was = readNumber(frame, field);
  const extreme = chance.pick([0, 1, max, max - 1, (max - 1) / 2, (max + 1) / 2, ...BOUNDS]) ?? 0;
  const near = was + chance.between(-2, 2);
  writeNumber(copy, field, Math.min(max, Math.max(0, chance.percent(60) ? extreme : near)));
  return copy;
}

function repeated(frame: Uint8Array, at: number, chance: Chance): Uint8Array {
  const part = frame.subarray(at, at + chance.between(1, 64));
  const times = Math.min(chance.between(1, 64), Math.floor(INPUT_BYTES_MAX / (part.length + 1)));
  const result = new Uint8Array(frame.length + times * part.length);
  result.set(frame.subarray(0, at));
  for (let copy = 0; copy < times; copy++) result.set(part, at + copy * part.length);
  result.set(frame.subarray(at), at + times * part.length);
  return result.subarray(0, INPUT_BYTES_MAX);
}

function withItsLength(name: Protocol['name'], frame: Uint8Array): Uint8Array {
  const copy = frame.slice();
  const field = lengthField(name);
  writeNumber(copy, field, Math.max(0, copy.length - field.less));
  return copy;
}

/** Half of the time among the first bytes: codes, lengths and counts stand there. */
function placeIn(frame: Uint8Array, chance: Chance): number {
  const last = frame.length - 1;
  return chance.between(0, chance.percent(50) ? Math.min(15, last) : last);
}

function noise(length: number, chance: Chance): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 4) {
    const word = chance.between(0, 0x7fff_ffff);
    for (let byte = 0; byte < 4 && at + byte < length; byte++)
      bytes[at + byte] = word >>> (8 * byte);
  }
  return bytes;
}

function anyU16(chance: Chance): number {
  return chance.between(0, 0xffff);
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(Math.min(INPUT_BYTES_MAX, a.length + b.length));
  both.set(a.subarray(0, both.length));
  if (a.length < both.length) both.set(b.subarray(0, both.length - a.length), a.length);
  return both;
}

/** `::ffff:0:0/96`. */
const MAPPED = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);
const SIZED_CODE = { at: 2, bytes: 2 } as const;
const PEER_CODE = { at: 4, bytes: 2 } as const;
const DOUBLE_BELOW_2_64 = 2 ** 64 - 2 ** 11;
/** Bounds of the format and their neighbours: counts, lengths of fields and of frames. */
const BOUNDS = [
  ...[4, 5, 20, 21, 64, 65, 160, 161, 4095, 4096, 4097, 16_384, 16_385, 16_392, 41, 65_495],
  ...[
    65_496,
    65_531,
    65_532,
    69_748,
    69_754,
    69_755,
    73_724,
    73_725,
    2 ** 31,
    2 ** 53 - 1,
    2 ** 53,
  ],
];
