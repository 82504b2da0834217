/** One of several parts that hand each other batches; says how many it got, all of them right. */
import { parentPort, workerData } from 'node:worker_threads';
import { Mailbox, type Shared } from '../../sim/edge/divided/mailbox.ts';
import { mix } from '../../sim/streams.ts';

export interface BoxTask {
  readonly shared: Shared;
  readonly part: number;
  readonly parts: number;
  readonly rounds: number;
  /** Words of the longest batch: more than a box holds. */
  readonly longest: number;
}

const { shared, part, parts, rounds, longest } = workerData as BoxTask;
const mailbox = new Mailbox(shared, part, parts, false);

/** What goes from one part to another in a round: of any length, now and then of none. */
function batch(from: number, to: number, round: number): Int32Array {
  const draw = mix(mix(7, from, to), round, 0) >>> 0;
  const length = round % 4 === 0 ? draw % longest : draw % 50;
  return Int32Array.from({ length }, (_, i) => mix(draw, i, 1));
}

let right = 0;
for (let round = 0; round < rounds; round++) {
  const out = Array.from({ length: parts }, (_, to) => batch(part, to, round));
  const came = new Set<number>();
  const earliest = mailbox.exchange(out, 1000 * round + part, (from, words) => {
    came.add(from);
    const expected = batch(from, part, round);
    if (words.length === expected.length && words.every((word, i) => word === expected[i])) right++;
  });
  if (earliest !== 1000 * round) throw new Error(`round ${round}: ${earliest} is not the least`);
  for (let from = 0; from < parts; from++) {
    if (from !== part && !came.has(from) && batch(from, part, round).length === 0) right++;
  }
}
parentPort?.postMessage(right);
