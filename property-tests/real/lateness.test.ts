// By how much a machine was late: what waits while a node is held up counts, not only its ticks.
import test from 'ava';
import { Lateness } from '../../real/lateness.ts';

test('a machine that is in time has nothing to tell', (t) => {
  t.deepEqual(new Lateness().report(1, 500), {
    lateMs: { mean: 0, p50: 0, p99: 0 },
    tooLate: false,
  });
  const lateness = new Lateness();
  lateness.take(Array.from({ length: 1000 }, () => 0.2));
  const { lateMs, tooLate } = lateness.report(1, 500);
  t.deepEqual(lateMs, { mean: 0.2, p50: 0.2, p99: 0.2 });
  t.false(tooLate);
});

test('a node that is held up for a second in twenty makes the machine late', (t) => {
  const lateness = new Lateness();
  // 380 ticks in time are 19 s; the next one comes a second late, and stands for twenty.
  lateness.take([...Array.from({ length: 380 }, () => 0.1), 1000]);
  const { lateMs, tooLate } = lateness.report(1, 500);
  // 1000 + 950 + ... + 50 over 400 ticks.
  t.true(Math.abs(lateMs.mean - 10_500 / 400) < 0.2, String(lateMs.mean));
  t.true(tooLate);
});

test('in time of the scenario a stretched machine is less late', (t) => {
  const lateness = new Lateness();
  lateness.take(Array.from({ length: 100 }, () => 4));
  t.true(lateness.report(1, 500).tooLate);
  t.false(lateness.report(4, 2000).tooLate);
  t.is(lateness.report(4, 2000).lateMs.mean, 1);
});
