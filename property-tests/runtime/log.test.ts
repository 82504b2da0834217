// The log: bounded in lines, and free of what others wrote but for a little plain text.
import { testProp } from '@fast-check/ava';
import test from 'ava';
import fc from 'fast-check';
import { WARNINGS_KEPT } from '../../runtime/bounds.ts';
import { foreignText, limitedLog, reasonOf, rememberingLog } from '../../runtime/log.ts';
import { shortHex, silentLog } from '../../runtime/log.ts';
import type { Log, LogFields } from '../../runtime/log.ts';
import { runs } from '../parameters.ts';

test('a kind of line is written ten times a second, then what was left out is said', (t) => {
  const lines: [LogFields, string][] = [];
  const note = (fields: LogFields, message: string): void => {
    lines.push([fields, message]);
  };
  const all: Log = { debug: note, info: note, warn: note, error: note };
  let now = 5000;
  const log = limitedLog(all, () => now);
  for (let index = 0; index < 100; index++) log.warn({ index }, 'flood');
  log.error({}, 'other');
  t.is(lines.length, 11);
  now += 1000;
  log.warn({ index: 100 }, 'flood');
  log.warn({ index: 101 }, 'flood');
  t.deepEqual(lines.slice(11), [
    [{ index: 100, leftOut: 90 }, 'flood'],
    [{ index: 101 }, 'flood'],
  ]);
});

test('lines for debugging leave room for a warning that says the same', (t) => {
  const warned: LogFields[] = [];
  const warn = (fields: LogFields): void => {
    warned.push(fields);
  };
  const log = limitedLog({ ...silentLog, warn }, () => 5000);
  for (let index = 0; index < 100; index++) log.debug({ index }, 'dial failed');
  log.warn({ reason: 'revoked' }, 'dial failed');
  t.deepEqual(warned, [{ reason: 'revoked' }]);
});

test('of all warnings the last ones are kept, in order, and of other lines none', (t) => {
  const written: string[] = [];
  const note = (_: LogFields, message: string): void => {
    written.push(message);
  };
  const { log, warnings } = rememberingLog({ ...silentLog, warn: note }, WARNINGS_KEPT);
  const many = WARNINGS_KEPT + 20;
  for (let index = 0; index < many; index++) {
    log.info({ index }, 'calm');
    log.warn({ index }, 'odd');
    if (index === many - 3) log.error({ index }, 'broken');
  }
  t.is(warnings.length, WARNINGS_KEPT);
  const lines = warnings.map((line) => line.replace(/^\S+Z /, ''));
  t.deepEqual(lines.slice(-4), [
    `warn odd  index=${many - 3}`,
    `error broken  index=${many - 3}`,
    `warn odd  index=${many - 2}`,
    `warn odd  index=${many - 1}`,
  ]);
  // One of the places is that error's.
  t.is(lines[0], `warn odd  index=${many - WARNINGS_KEPT + 1}`);
  t.is(written.length, many, 'all are written');
});

testProp(
  'foreign text is short, printable and on one line',
  [fc.string({ unit: 'binary' })],
  (t, text) => {
    t.regex(foreignText(text), /^[\x20-\x7e]{0,64}$/);
    t.regex(reasonOf(new Error(text)), /^[\x20-\x7e]{0,64}$/);
    t.regex(reasonOf(text), /^[\x20-\x7e]{0,64}$/);
  },
  runs(100),
);

test('an id shows eight digits', (t) => {
  t.is(shortHex(new Uint8Array(32).fill(0xab)), 'abababab');
  t.is(shortHex(Uint8Array.of(1, 2, 3, 4, 5).subarray(1)), '02030405');
});
