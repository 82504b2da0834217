/**
 * Begins the items of the workload when they are due. Every part goes through all of them and
 * makes the same choices; only the part whose node is to ask gives the command.
 */

import type { Command } from '../../src/step-types.ts';
import type { Position } from '../../src/types.ts';
import type { Arena } from '../arena.ts';
import { LEAVE_OP } from '../events.ts';
import { mix } from '../streams.ts';
import type { Task } from '../task.ts';
import type { Ledger } from './ledger.ts';
import type { Work, Workload } from './workload.ts';

/** How long an item waits when nobody can ask, or nothing can be read yet, in microseconds. */
const ITEM_RETRY_US = 100_000;
/** The numbers of a fork's operations begin somewhere below this one. */
const FORK_OPS = 0x1fffffff;
/** How often an item waits before it is given up. */
const ITEM_RETRIES_MAX = 600;

export class Items {
  /** All items of the workload, and those that have not begun. */
  readonly all: number;
  left: number;
  /** Operation number of the first item. */
  firstOp = LEAVE_OP + 1;
  readonly #world: Arena;
  readonly #workload: Workload;
  readonly #ledger: Ledger;

  constructor(world: Arena, workload: Workload, ledger: Ledger) {
    this.#world = world;
    this.#workload = workload;
    this.#ledger = ledger;
    this.all = workload.works.reduce((sum, { count }) => sum + count, 0);
    this.left = this.all;
  }

  /** When the last item is due, in ms after the measuring starts. */
  get spanMs(): number {
    return Math.max(0, ...this.#workload.works.map(({ fromMs, overMs }) => fromMs + overMs));
  }

  /** Lets the first item of each workload come; each brings on the next. */
  schedule(): void {
    for (let work = 0; work < this.#workload.works.length; work++) this.#schedule(work, 0);
  }

  /** All items are to come, under numbers that no operation still under way has. */
  beginAnew(nowMs: number): void {
    this.left = this.all;
    this.firstOp = LEAVE_OP + 1 + (mix(nowMs, 0, 0) & FORK_OPS);
  }

  onItem(work: number, item: number): void {
    this.#schedule(work, item + 1);
    this.#begin(work, item, 0, Infinity);
  }

  onRetry({ work, item, retries }: Extract<Task, { type: 'retry' }>, until: number): void {
    this.#begin(work, item, retries, until);
  }

  #schedule(number: number, item: number): void {
    const work = this.#workload.works[number];
    if (work === undefined || item >= work.count) return;
    const at = this.#world.measuredFrom + this.#workload.beginsUs(work, item);
    this.#world.schedule(at, { type: 'item', work: number, item });
  }

  #begin(number: number, item: number, retries: number, until: number): void {
    const { now, measures, values, population } = this.#world;
    const workload = this.#workload;
    const work = workload.works[number];
    if (work === undefined) return;
    const asker = workload.asker(work, item, now);
    const put = work.kind === 'get' ? workload.keyToRead(work, item, now) : work.firstPut + item;
    const seeksNode = work.kind === 'lookup' && work.targets === 'nodes';
    const targetPeer =
      seeksNode && asker !== undefined ? workload.targetNode(work, item, asker, now) : -1;
    if (asker === undefined || put === undefined || targetPeer === undefined) {
      if (retries < ITEM_RETRIES_MAX && now < until) {
        const task = { type: 'retry', work: number, item, retries: retries + 1 } as const;
        return this.#world.schedule(now + ITEM_RETRY_US, task);
      }
      this.left--;
      if (population.part.index === 0) measures.counts.skipped++;
      return;
    }
    this.left--;
    if (!population.isMine(asker)) return;
    const op = this.firstOp + work.first + item;
    const isLookup = work.kind === 'lookup';
    const target = isLookup ? workload.target(work, item, targetPeer) : values.key(put).position;
    const running = { kind: work.kind, item: work.first + item, asker, startedAt: now };
    this.#ledger.onBegun(op, { ...running, target, targetPeer, put });
    this.#world.command(asker, op, this.#commandOf(work, put, target));
  }

  #commandOf({ kind, ttlS }: Work, put: number, target: Position): Command {
    if (kind === 'lookup') return { type: 'lookup', target };
    const key = this.#world.values.key(put);
    if (kind === 'get') return { type: 'get', key };
    const { valueBytes: size, replication } = this.#world.options;
    return { type: 'put', key, size, replication, ttlS };
  }
}
