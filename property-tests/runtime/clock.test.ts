// The monotonic clock: it counts the time that the machine slept, and nothing else makes it jump.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { countingSleep } from '../../runtime/clock.ts';
import { law } from '../harness.ts';

interface Stretch {
  /** The machine runs for so long, then sleeps for so long, in ms. */
  readonly awakeMs: number;
  readonly asleepMs: number;
  /** By how much the uptime is read too low: it is coarse, or was reset. */
  readonly lowMs: number;
  /** How long the process stands still between two readings. */
  readonly pauseMs: number;
}

const stretch: fc.Arbitrary<Stretch> = fc.record({
  awakeMs: fc.oneof(fc.nat({ max: 3000 }), fc.nat({ max: 10_000_000 })),
  asleepMs: fc.oneof(fc.constant(0), fc.nat({ max: 999 }), fc.nat({ max: 100_000_000 })),
  lowMs: fc.oneof(fc.nat({ max: 10 }), fc.nat({ max: 1e9 })),
  pauseMs: fc.oneof(fc.constant(0), fc.nat({ max: 5000 })),
});

law(
  'the clock never runs backwards, and sleep counts within a second',
  [fc.array(stretch, { minLength: 1 }), fc.double({ min: 0, max: 1e9, noNaN: true })],
  1000,
  (stretches, bootedMs) => {
    let awake = 0.25;
    let asleep = 0;
    let low = 0;
    let pause = 0;
    const clock = countingSleep(
      () => awake,
      () => {
        const up = bootedMs + awake + asleep - low;
        awake += pause;
        return up;
      },
    );
    let last = clock();
    for (const { awakeMs, asleepMs, lowMs, pauseMs } of stretches) {
      asleep += asleepMs;
      awake += awakeMs;
      [low, pause] = [lowMs, pauseMs];
      const jumpy = clock();
      assert.ok(jumpy >= last && Number.isSafeInteger(jumpy));
      assert.ok(jumpy <= awake + asleep, 'never ahead of the time that has passed');
      // Once the uptime can be trusted again, the next look finds the sleep.
      [low, pause] = [0, 0];
      awake += 1000;
      last = clock();
      assert.ok(last >= jumpy && last <= awake + asleep);
      assert.ok(awake + asleep - last <= 1001, `${awake + asleep - last} ms are missing`);
    }
  },
);
