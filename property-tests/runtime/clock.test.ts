// The monotonic clock: it counts the time that the machine slept, and nothing else makes it jump.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { countingSleep } from '../../runtime/clock.ts';
import type { Sources } from '../../runtime/clock.ts';
import { law } from '../harness.ts';

/** The three clocks of a machine whose sleeps and wall clock the test decides. */
class Machine implements Sources {
  readonly bootedMs: number;
  awake = 0.25;
  asleep = 0;
  /** By how much the wall clock is ahead of both. */
  wallAhead = 1.7e12;
  /** By how much the uptime is read too low: it is coarse, or was reset. */
  low = 0;
  /** How long the process stands still when it has read the uptime. */
  pause = 0;
  /** How often the uptime was read. */
  looks = 0;
  /** The next sleep: after so many readings of a source, whether the wall clock shows it. */
  #sleep: { after: number; ms: number; shows: boolean } | undefined;

  constructor(bootedMs: number) {
    this.bootedMs = bootedMs;
  }

  sleep(ms: number, after: number, shows: boolean): void {
    this.#sleep = { after, ms, shows };
    if (after === 0) this.#fallAsleep();
  }

  /** The sleep, if there were too few readings for it. */
  wakeUp(): void {
    while (this.#sleep !== undefined) this.#fallAsleep();
  }

  readonly awakeMs = (): number => {
    const { awake } = this;
    this.#fallAsleep();
    return awake;
  };

  readonly uptimeMs = (): number => {
    this.looks += 1;
    const up = this.bootedMs + this.awake + this.asleep - this.low;
    this.awake += this.pause;
    this.#fallAsleep();
    return up;
  };

  readonly wallMs = (): number => {
    const wall = Math.floor(this.wallAhead + this.awake + this.asleep);
    this.#fallAsleep();
    return wall;
  };

  #fallAsleep(): void {
    if (this.#sleep === undefined || --this.#sleep.after > 0) return;
    const { ms, shows } = this.#sleep;
    this.asleep += ms;
    if (!shows) this.wallAhead -= ms;
    this.#sleep = undefined;
  }
}

interface Stretch {
  /** The machine runs for so long, then sleeps for so long, in ms. */
  readonly awakeMs: number;
  readonly asleepMs: number;
  readonly showsSleep: boolean;
  /** 0: before the clock is read; else while it is. */
  readonly after: number;
  readonly lowMs: number;
  readonly pauseMs: number;
  /** By how much the wall clock is set ahead, or back. */
  readonly setMs: number;
}

const setMs = fc.oneof(
  fc.constant(0),
  fc.integer({ min: -2000, max: 2000 }),
  fc.integer({ min: -1e12, max: 1e12 }),
);
const bootedMs = fc.double({ min: 0, max: 1e9, noNaN: true });

const stretch: fc.Arbitrary<Stretch> = fc.record({
  awakeMs: fc.oneof(fc.nat({ max: 3000 }), fc.nat({ max: 10_000_000 })),
  asleepMs: fc.oneof(fc.constant(0), fc.nat({ max: 1500 }), fc.nat({ max: 100_000_000 })),
  showsSleep: fc.boolean(),
  after: fc.nat({ max: 5 }),
  lowMs: fc.oneof(fc.constant(0), fc.nat({ max: 10 }), fc.nat({ max: 1e9 })),
  pauseMs: fc.oneof(fc.constant(0), fc.nat({ max: 5000 })),
  setMs,
});

law(
  'the first reading after a sleep counts it when the wall clock shows it, and none runs ahead',
  [fc.array(stretch, { minLength: 1 }), bootedMs],
  1000,
  (stretches, booted) => {
    const machine = new Machine(booted);
    const clock = countingSleep(machine);
    let last = clock();
    const read = (): number => {
      const now = clock();
      assert.ok(now >= last && Number.isSafeInteger(now), 'never backwards');
      assert.ok(now <= machine.awake + machine.asleep, 'never ahead of the time that has passed');
      last = now;
      return machine.awake + machine.asleep - now;
    };
    for (const each of stretches) {
      const { asleepMs, showsSleep, after, lowMs, pauseMs } = each;
      machine.awake += each.awakeMs;
      machine.wallAhead += each.setMs;
      read();
      [machine.low, machine.pause] = [lowMs, pauseMs];
      machine.sleep(asleepMs, after, showsSleep);
      let missing = read();
      machine.wakeUp();
      if (after > 0) missing = read();
      if (lowMs === 0 && pauseMs === 0 && showsSleep && asleepMs >= 1000) {
        assert.ok(missing <= 1001, `${missing} ms are missing at once`);
      }
      // Once the uptime can be trusted again, the look of each second finds the sleep anyhow.
      [machine.low, machine.pause] = [0, 0];
      machine.awake += 1000;
      missing = read();
      assert.ok(missing <= 1001, `${missing} ms are missing after a second`);
    }
  },
);

law(
  'a wall clock that is set moves nothing, and costs one look',
  [
    fc.array(fc.record({ awakeMs: fc.nat({ max: 3000 }), setMs, lowMs: fc.nat({ max: 10 }) })),
    bootedMs,
  ],
  500,
  (stretches, booted) => {
    const machine = new Machine(booted);
    const clock = countingSleep(machine);
    for (const each of stretches) {
      machine.awake += each.awakeMs;
      machine.wallAhead += each.setMs;
      machine.low = each.lowMs;
      assert.equal(clock(), Math.floor(machine.awake));
      const { looks } = machine;
      assert.equal(clock(), Math.floor(machine.awake));
      assert.equal(machine.looks, looks);
    }
  },
);
