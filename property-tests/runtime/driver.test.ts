// The driver: inputs in order, never a step inside a step, one timer, and an end at the first bug.
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { monotonicMs, systemClock } from '../../runtime/clock.ts';
import { Driver } from '../../runtime/driver.ts';
import type { Handlers } from '../../runtime/driver.ts';
import type { Effect, Input } from '../../src/step-types.ts';
import type { Moment } from '../../src/types.ts';

interface Toy {
  readonly wakeAt: number;
  readonly seen: readonly string[];
}

const peers = { words: new Int32Array(8), places: new Int32Array(1) };
const ignore = (): void => undefined;
const deaf: Handlers = {
  send: ignore,
  settle: ignore,
  persist: ignore,
  sign: ignore,
  introduce: ignore,
  note: ignore,
};
const persisted = (token: number): Input => ({ type: 'persisted', token, ok: true });
const introduce = (introducer: number): Effect => ({ type: 'introduce', introducer });

test('an input that comes up while effects are carried out waits for its turn', (t) => {
  const order: string[] = [];
  const driver = new Driver<Toy>({
    core: {
      initial: { wakeAt: Infinity, seen: [] },
      step: (state, _moment, input) => {
        const token = input.type === 'persisted' ? input.token : 0;
        order.push(`step ${token}`);
        const effects = token < 10 ? [introduce(token * 10 + 1), introduce(token * 10 + 2)] : [];
        return { state: { ...state, seen: [...state.seen, String(token)] }, effects };
      },
    },
    peers,
    clock: systemClock(),
    handlers: {
      ...deaf,
      introduce: ({ introducer }) => {
        order.push(`do ${introducer}`);
        driver.feed(persisted(introducer));
        t.is(driver.state.seen.at(-1), String(Math.floor(introducer / 10)));
      },
    },
    onFault: (error) => {
      t.fail(String(error));
    },
  });
  driver.feed(persisted(1));
  driver.feed(persisted(2));
  t.deepEqual(order, [
    'step 1',
    'do 11',
    'do 12',
    'step 11',
    'step 12',
    'step 2',
    'do 21',
    'do 22',
    'step 21',
    'step 22',
  ]);
  driver.stop();
});

test('the core is woken when it asked to be, also when it asks for earlier', async (t) => {
  const wakes: number[] = [];
  const start = monotonicMs();
  const driver = new Driver<Toy>({
    core: {
      initial: { wakeAt: start + 60_000, seen: [] },
      step: (state, moment, input) => {
        if (input.type !== 'wake') return { state: { ...state, wakeAt: start + 60 }, effects: [] };
        if (moment.now < state.wakeAt) return { state, effects: [] };
        wakes.push(moment.now - start);
        const wakeAt = wakes.length === 1 ? moment.now + 40 : Infinity;
        return { state: { ...state, wakeAt }, effects: [] };
      },
    },
    peers,
    clock: systemClock(),
    handlers: deaf,
    onFault: (error) => {
      t.fail(String(error));
    },
  });
  await delay(20);
  driver.feed(persisted(0));
  const until = performance.now() + 5000;
  while (wakes.length < 2 && performance.now() < until) await delay(5);
  await delay(60);
  t.is(wakes.length, 2);
  t.true((wakes[0] ?? 0) >= 60);
  t.true((wakes[1] ?? 0) >= 100);
  driver.stop();
});

test('an exception in a step or a handler stops the driver for good', (t) => {
  for (const where of ['step', 'handler']) {
    const faults: unknown[] = [];
    let steps = 0;
    const driver = new Driver<Toy>({
      core: {
        initial: { wakeAt: Infinity, seen: [] },
        step: (state) => {
          steps += 1;
          if (where === 'step') throw new Error('planted');
          return { state, effects: [introduce(0), introduce(1)] };
        },
      },
      peers,
      clock: systemClock(),
      handlers: {
        ...deaf,
        introduce: () => {
          throw new Error('planted');
        },
      },
      onFault: (error) => faults.push(error),
    });
    driver.feed(persisted(1));
    driver.feed(persisted(2));
    t.is(steps, 1, where);
    t.is(faults.length, 1, where);
  }
});

test('moments do not run backwards and their words differ', (t) => {
  const clock = systemClock();
  const moments: Moment[] = Array.from({ length: 3000 }, clock.moment);
  moments.reduce((before, after) => {
    t.true(after.now >= before.now && Number.isSafeInteger(after.now));
    return after;
  });
  t.true(new Set(moments.map(({ entropy }) => entropy)).size > 2990);
  t.true(moments.every(({ entropy }) => entropy === (entropy | 0)));
});
