/**
 * The simulator's event queue (sim/queue.ts) in a steady state: one operation takes the earliest
 * event out and puts another one in, so that the number pending stays as it is.
 *
 * Two mixes: messages alone, 10 to 100 ms ahead; and one message to 15 wake-ups, 3.5 to 10.5 s
 * ahead, which pass through the coarser wheel: a simulation has about one wake-up per node pending
 * and few messages, and yet most of the events that come due are messages. Delays are drawn
 * beforehand; the first events are spread from the start on, as if the queue had long been in use.
 */
import { EventQueue } from '../../sim/queue.ts';
import { index, keysOf, mix, share } from '../../sim/streams.ts';
import { count, measure, type Case, type Pace, type SuiteReport } from './measure.ts';

const PENDING = [1000, 100_000, 1_000_000];
const DRAWS = 65_536;
const ROUNDS = 4096;
const NODES = 1000;
const MESSAGE = 0;
const WAKE = 1;

/** Microseconds, drawn beforehand. */
interface Delays {
  readonly key: number;
  readonly message: Int32Array;
  readonly wake: Int32Array;
}

export function runQueue(pace: Pace): Promise<SuiteReport> {
  const { latency, entropy } = keysOf(pace.seed);
  const delays: Delays = {
    key: latency,
    message: Int32Array.from({ length: DRAWS }, (_, i) => within(latency, i, 10_000, 100_000)),
    wake: Int32Array.from({ length: DRAWS }, (_, i) => within(entropy, i, 3_500_000, 10_500_000)),
  };
  const cases: Case[] = [];
  for (const pending of PENDING) {
    const label = pending.toLocaleString('en');
    cases.push(holdCase(`messages, ${label} pending`, pending, delays, () => MESSAGE));
  }
  for (const pending of PENDING) {
    const label = pending.toLocaleString('en');
    const kindOf = (i: number): number => (i % 16 === 0 ? MESSAGE : WAKE);
    cases.push(holdCase(`mostly wake-ups, ${label} pending`, pending, delays, kindOf));
  }
  return measure('queue', pace, cases);
}

function holdCase(
  name: string,
  pending: number,
  delays: Delays,
  kindOf: (i: number) => number,
): Case {
  const queue = new EventQueue();
  const payloads = Array.from({ length: 1024 }, (_, i) => ({ call: i }));
  let counter = 0;
  const put = (now: number, kind: number, part: number): void => {
    const draws = kind === WAKE ? delays.wake : delays.message;
    const at = now + Math.floor(part * (draws[counter & (DRAWS - 1)] ?? 0));
    const receiver = counter % NODES;
    queue.push(at, receiver, receiver ^ 1, counter, kind, payloads[counter & 1023]);
    counter++;
  };
  for (let i = 0; i < pending; i++) put(0, kindOf(i), share(mix(delays.key, i, 1)));
  return {
    name,
    operations: ROUNDS,
    run: () => {
      for (let i = 0; i < ROUNDS; i++) {
        queue.next();
        count(queue.receiver);
        put(queue.time, queue.kind, 1);
      }
    },
  };
}

function within(key: number, number: number, low: number, high: number): number {
  return low + index(mix(key, number, 0), high - low + 1);
}
