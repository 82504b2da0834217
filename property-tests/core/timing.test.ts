/**
 * Calls in flight and how long they are waited for: bounds of the deadlines, RFC 6298's smoothing
 * against plain arithmetic, and calls found only by number and peer together.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { CALL_MS_MAX, CALL_MS_MIN, LATE_FACTOR } from '../../src/limits.ts';
import {
  countPings,
  isCalling,
  noCalls,
  openCall,
  withCall,
  withoutCall,
} from '../../src/state/calls.ts';
import type { Call } from '../../src/state/calls.ts';
import { hardLimitMs, measured, patienceMs, unmeasured } from '../../src/timing.ts';
import { law } from '../harness.ts';
import { plain } from './arbitraries.ts';

const samples = fc.array(fc.tuple(fc.boolean(), fc.nat({ max: 20_000 })), { maxLength: 60 });

law(
  'patience is whole, bounded, and kept apart for contacts and strangers',
  [samples],
  500,
  (all) => {
    let timing = unmeasured;
    for (const [known, ms] of all) {
      const other = patienceMs(timing, !known);
      timing = measured(timing, known, ms);
      assert.equal(patienceMs(timing, !known), other);
      for (const wait of [patienceMs(timing, known), other]) {
        assert.ok(Number.isInteger(wait) && wait >= CALL_MS_MIN && wait <= CALL_MS_MAX);
        assert.ok(hardLimitMs(wait) >= wait && hardLimitMs(wait) <= CALL_MS_MAX);
      }
    }
  },
);

const roundTrips = fc.array(fc.nat({ max: 600 }), { minLength: 1, maxLength: 200, size: 'max' });

law(
  'patience is the mean and four deviations, smoothed as in RFC 6298',
  [roundTrips],
  300,
  (all) => {
    let timing = unmeasured;
    let mean = NaN;
    let deviation = NaN;
    for (const ms of all) {
      timing = measured(timing, true, ms);
      deviation = Number.isNaN(mean) ? ms / 2 : 0.75 * deviation + 0.25 * Math.abs(mean - ms);
      mean = Number.isNaN(mean) ? ms : 0.875 * mean + 0.125 * ms;
      const wait = Math.min(CALL_MS_MAX, Math.max(CALL_MS_MIN, mean + 4 * deviation));
      // Whole numbers lose up to 1 ms of each error and 4 ms of four deviations.
      assert.ok(Math.abs(patienceMs(timing, true) - wait) <= 9);
    }
  },
);

test('the first call waits longest, and a steady network soon shortens it', (t) => {
  t.is(patienceMs(unmeasured, true), CALL_MS_MAX);
  let timing = unmeasured;
  for (let i = 0; i < 50; i++) timing = measured(timing, true, 100);
  t.is(patienceMs(timing, true), CALL_MS_MIN);
  t.is(patienceMs(timing, false), CALL_MS_MAX);
  t.is(hardLimitMs(CALL_MS_MIN), LATE_FACTOR * CALL_MS_MIN);
});

const callOf = plain<Call>({
  call: fc.integer({ min: 1, max: 40 }),
  peer: fc.nat({ max: 5 }),
  kind: fc.constantFrom('ping', 'find-node', 'store', 'check', 'compare'),
  op: fc.nat({ max: 2 }),
  sentAt: fc.constant(0),
  lateAt: fc.integer({ min: 1, max: 50 }),
  deadlineAt: fc.integer({ min: 50, max: 99 }),
  late: fc.boolean(),
  known: fc.boolean(),
  round: fc.constant(undefined),
});

law(
  'calls are found by number and peer, and fall due when late, then when over',
  [fc.array(fc.tuple(callOf, fc.boolean()))],
  300,
  (changes) => {
    let calls = noCalls;
    const model = new Map<number, Call>();
    for (const [call, ends] of changes) {
      calls = ends ? withoutCall(calls, call.call) : withCall(calls, call);
      if (ends) model.delete(call.call);
      else model.set(call.call, call);
      const all = [...model.values()];
      for (let peer = 0; peer < 6; peer++) {
        const open = model.get(call.call);
        assert.equal(openCall(calls, call.call, peer), open?.peer === peer ? open : undefined);
        assert.equal(
          isCalling(calls, peer),
          all.some((each) => each.peer === peer),
        );
      }
      assert.equal(countPings(calls), all.filter(({ kind }) => kind === 'ping').length);
      const due = all.map((each) => (each.late ? each.deadlineAt : each.lateAt));
      assert.equal(calls.dueAt, Math.min(Infinity, ...due));
    }
  },
);
