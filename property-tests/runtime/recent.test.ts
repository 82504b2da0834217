// What the dashboard counts of the last minute, against a list of everything that happened.
import { strict as assert } from 'node:assert';
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { Recent } from '../../runtime/admin/recent.ts';
import { RECENT_MAX } from '../../runtime/bounds.ts';
import { runs } from '../parameters.ts';

const operations = fc.array(
  fc.record({
    afterMs: fc.oneof(fc.nat(40), fc.nat(3000), fc.nat(90_000)),
    tookMs: fc.double({ min: 0, max: 5000, noNaN: true }),
    isFailure: fc.boolean(),
  }),
  { maxLength: 200 },
);

testProp(
  'counts and percentiles are those of the last minute',
  [operations, fc.nat(70_000)],
  (t, all, waitMs) => {
    const recent = new Recent();
    const begun = 123_456;
    let now = begun;
    const done: { readonly at: number; readonly tookMs: number; readonly isFailure: boolean }[] =
      [];
    for (const { afterMs, tookMs, isFailure } of all) {
      now += afterMs;
      recent.note(tookMs, isFailure, now);
      done.push({ at: now, tookMs, isFailure });
    }
    now += waitMs;
    const seen = recent.seen(now);
    const second = Math.floor(now / 1000);
    const inSecond = (at: number, index: number): boolean =>
      Math.floor(at / 1000) === second - 60 + index;
    assert.equal(seen.bySecond.length, 60);
    seen.bySecond.forEach((count, index) => {
      assert.equal(count, done.filter(({ at }) => inSecond(at, index)).length);
    });
    const counted = done.filter(({ at }) => seen.bySecond.some((_, index) => inSecond(at, index)));
    assert.equal(seen.failed, counted.filter(({ isFailure }) => isFailure).length);
    const took = done.filter(({ at }) => now - at < 60_000).map(({ tookMs }) => tookMs);
    for (const [share, value] of [
      [0.5, seen.p50],
      [0.95, seen.p95],
      [0.99, seen.p99],
    ] as const) {
      if (value === undefined) assert.equal(took.length, 0);
      else {
        // So many are at most that, and fewer are less (to the hundredth).
        assert.ok(took.filter((ms) => ms <= value + 0.01).length >= share * took.length);
        assert.ok(took.filter((ms) => ms < value - 0.01).length < share * took.length);
      }
    }
    t.pass();
  },
  runs(100),
);

test('of many operations all are counted, and the last ones are measured', (t) => {
  const recent = new Recent();
  for (let i = 0; i < 3 * RECENT_MAX; i++) recent.note(i < 2 * RECENT_MAX ? 1000 : 1, false, 5500);
  const { bySecond, p50, p99 } = recent.seen(6500);
  t.is(bySecond.at(-1), 3 * RECENT_MAX);
  t.deepEqual([p50, p99], [1, 1]);
});
