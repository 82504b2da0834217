// Delayed acts happen in the order of their instants, those of one instant in the order in which
// they were asked for, and none before its time.
import { setTimeout as delay } from 'node:timers/promises';
import { testProp } from '@fast-check/ava';
import test from 'ava';
import fc from 'fast-check';
import { Delays } from '../../real/delays.ts';
import { runs } from '../parameters.ts';

testProp(
  'acts happen in order and not early',
  [fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 40 })],
  async (t, waits) => {
    const delays = new Delays();
    const from = performance.now();
    const happened: { readonly wait: number; readonly number: number }[] = [];
    let early = 0;
    await new Promise<void>((resolve) => {
      for (const [number, wait] of waits.entries()) {
        delays.at(from + wait, () => {
          happened.push({ wait, number });
          early = Math.max(early, from + wait - performance.now());
          if (happened.length === waits.length) resolve();
        });
      }
    });
    const wanted = [...waits.entries()].map(([number, wait]) => ({ wait, number }));
    wanted.sort((a, b) => a.wait - b.wait || a.number - b.number);
    t.deepEqual(happened, wanted);
    t.true(early <= 0.5, `${early} ms early`);
  },
  runs(30),
);

test('an act may ask for another, and the end forgets all', async (t) => {
  const delays = new Delays();
  const happened: string[] = [];
  const now = performance.now();
  delays.at(now + 5, () => {
    happened.push('first');
    delays.at(performance.now() + 5, () => happened.push('second'));
    delays.at(performance.now() + 10_000, () => happened.push('never'));
  });
  while (happened.length < 2) await delay(2);
  delays.at(performance.now() + 5, () => happened.push('forgotten'));
  delays.end();
  await delay(30);
  t.deepEqual(happened, ['first', 'second']);
});
