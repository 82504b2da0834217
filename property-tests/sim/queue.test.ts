/**
 * The event queue against a sorted list: the order is by (time, receiver, sender, counter) whatever
 * the order of pushes, for times from the same microsecond to days ahead, and with pushes between.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { EventQueue } from '../../sim/queue.ts';
import { mix } from '../../sim/streams.ts';
import { plain, word } from '../core/arbitraries.ts';
import { law } from '../harness.ts';

interface Event {
  readonly time: number;
  readonly receiver: number;
  readonly sender: number;
  readonly counter: number;
}

interface Turn {
  /** Pushed that far ahead of the last event taken, in microseconds. */
  readonly pushes: readonly {
    readonly ahead: number;
    readonly receiver: number;
    readonly sender: number;
  }[];
  readonly takes: number;
  readonly peeks: boolean;
}

const second = 1_000_000;
/** At and round the borders of the wheels: a slot, 4.2 s, 4.8 h. */
const ahead = fc.oneof(
  fc.nat({ max: 3 }),
  fc.nat({ max: 3000 }),
  fc.nat({ max: 6 * second }),
  fc.nat({ max: 3600 * second }),
  fc.nat({ max: 5 * 86_400 * second }),
  fc
    .tuple(fc.constantFrom(1024, 1024 * 4096, 1024 * 4096 * 4096), fc.integer({ min: -2, max: 2 }))
    .map(([border, off]) => border + off),
);

const turn = plain<Turn>({
  pushes: fc.array(
    plain<Turn['pushes'][number]>({
      ahead,
      receiver: fc.integer({ min: -1, max: 3 }),
      sender: fc.integer({ min: -1, max: 3 }),
    }),
    { maxLength: 20 },
  ),
  takes: fc.nat({ max: 12 }),
  peeks: fc.boolean(),
});

function inOrder(a: Event, b: Event): number {
  return a.time - b.time || a.receiver - b.receiver || a.sender - b.sender || a.counter - b.counter;
}

function take(queue: EventQueue, model: Event[]): void {
  const expected = model.sort(inOrder).shift();
  assert.equal(queue.next(), expected !== undefined);
  if (expected === undefined) return;
  const { time, receiver, sender, kind, payload } = queue;
  const { counter } = expected;
  assert.deepEqual({ time, receiver, sender, counter }, expected);
  assert.equal(payload, expected, 'with its payload');
  assert.equal(kind, counter & 7, 'and its kind');
}

law('events come out in the order of their names', [fc.array(turn)], 1000, (turns) => {
  const queue = new EventQueue();
  const model: Event[] = [];
  let counter = 0;
  let now = 0;
  for (const { pushes, takes, peeks } of turns) {
    for (const { ahead: more, receiver, sender } of pushes) {
      const event = { time: now + more, receiver, sender, counter: counter++ };
      queue.push(event.time, receiver, sender, event.counter, event.counter & 7, event);
      model.push(event);
    }
    if (peeks) assert.equal(queue.peek(), model.sort(inOrder)[0]?.time ?? Infinity);
    for (let i = 0; i < takes; i++) {
      take(queue, model);
      if (model.length > 0 || queue.time > now) now = queue.time;
    }
    assert.equal(queue.size, model.length);
  }
  while (model.length > 0) take(queue, model);
  assert.ok(!queue.next());
  assert.equal(queue.peek(), Infinity);
});

law(
  'the order of pushes does not matter',
  [fc.array(fc.nat({ max: 40 })), word()],
  200,
  (times, key) => {
    const names = times.map((time, i) => ({
      time: time * 300,
      receiver: i % 3,
      sender: i,
      counter: i,
    }));
    const shuffled = names.toSorted((a, b) => mix(key, a.counter, 0) - mix(key, b.counter, 0));
    const outOf = (events: readonly Event[]): unknown[] => {
      const queue = new EventQueue();
      for (const event of events) {
        queue.push(event.time, event.receiver, event.sender, event.counter, 0, event);
      }
      return events.map(() => (queue.next() ? queue.payload : undefined));
    };
    assert.deepEqual(outOf(shuffled), outOf(names));
  },
);

test('a hundred thousand events over three days stay in order', (t) => {
  const queue = new EventQueue();
  let pushed = 0;
  let last = 0;
  let ordered = true;
  const push = (): void => {
    const word32 = mix(1, pushed, 0) >>> 0;
    const reach = [50_000, 7 * second, 3 * 86_400 * second][pushed % 3] ?? 0;
    queue.push(last + (word32 % reach), pushed & 15, 0, pushed++, 0, undefined);
  };
  for (let i = 0; i < 1000; i++) push();
  for (let taken = 0; taken < 100_000; taken++) {
    if (!queue.next()) break;
    ordered &&= queue.time >= last;
    last = queue.time;
    push();
  }
  t.true(ordered);
  t.is(queue.size, 1000);
});
