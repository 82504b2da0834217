/**
 * The loop of one part of a divided simulation, in its thread.
 *
 * Conservative windows (Chandy and Misra, 1979): nothing that another part does from now on can
 * reach this one sooner than the earliest event of all plus the least latency. So each window goes
 * that far, or to the next turn; at its end the parts exchange what crosses.
 */

import { Reader, Writer } from '../../../host/serial/words.ts';
import type { Facts } from '../../observer/facts.ts';
import type { Run } from '../../run/run.ts';
import { readBatch, writeArrival, writeFacts } from '../../traffic-words.ts';
import type { Mailbox } from './mailbox.ts';

export class PartLoop {
  readonly #run: Run;
  readonly #mailbox: Mailbox;
  readonly #part: number;
  /** What goes to each other part at the next exchange, and when the first of it is due. */
  readonly #out: Writer[];
  #outAt = Infinity;
  readonly #reader = new Reader();
  #facts: Facts[] = [];

  constructor(run: Run, mailbox: Mailbox) {
    this.#run = run;
    this.#mailbox = mailbox;
    const { index, count } = run.world.population.part;
    this.#part = index;
    this.#out = Array.from({ length: count }, () => new Writer(1 << 16));
    run.world.abroad = (part, at, to, from, counter, kind, payload) => {
      const out = this.#out[part];
      if (out === undefined) return;
      writeArrival(out, { at, to, from, counter, kind, payload });
      if (at < this.#outAt) this.#outAt = at;
    };
  }

  /** Goes on to the end of the run. */
  toEnd(look: () => void, onSnapshotDue: () => void): void {
    const run = this.#run;
    const leastUs = run.latency.leastUs;
    const lookForSnapshot = (): void => {
      if (!run.snapshotDue) return;
      run.snapshotDue = false;
      onSnapshotDue();
    };
    lookForSnapshot();
    let earliest = this.#exchange();
    while (!run.ended) {
      const turnAt = run.turnAfter(earliest);
      let limit = 0;
      while (limit < turnAt) {
        limit = Math.min(turnAt, earliest + leastUs);
        while (run.advanceBefore(limit)) look();
        if (limit === turnAt) this.#handOut(run.takeFacts());
        earliest = this.#exchange();
      }
      const facts = this.#facts;
      this.#facts = [];
      run.turn(turnAt, facts);
      lookForSnapshot();
      // A turn brings on tasks, the same ones in every part.
      earliest = Math.min(earliest, run.world.nextAt);
    }
  }

  #handOut(facts: Facts): void {
    this.#out.forEach((out, part) => {
      if (part !== this.#part) writeFacts(out, facts);
    });
    this.#facts.push(facts);
  }

  #exchange(): number {
    const { queue } = this.#run.world;
    const batches = this.#out.map((out) => out.view());
    const nextAt = Math.min(queue.peek(), this.#outAt);
    const earliest = this.#mailbox.exchange(batches, nextAt, (_from, words) => {
      this.#reader.open(words);
      readBatch(
        this.#reader,
        ({ at, to, from, counter, kind, payload }) => {
          queue.push(at, to, from, counter, kind, payload);
        },
        (facts) => void this.#facts.push(facts),
      );
    });
    for (const out of this.#out) out.reset();
    this.#outAt = Infinity;
    return earliest;
  }
}
