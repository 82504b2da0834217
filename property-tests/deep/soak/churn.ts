/**
 * Nodes that come and go: each lives for a time with the mean of the plan, ends by SIGTERM or
 * kill -9, and is started again after some seconds, one time in three without its disk.
 *
 * Invariant: when all is over, all of them are up.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Chance } from '../chance.ts';
import { whyOf } from '../ending.ts';
import type { Fleet } from '../fleet.ts';
import type { SoakPlan } from './plan.ts';

interface ChurnCounts {
  kills: number;
  terminations: number;
  /** Of both. */
  wiped: number;
}

export class Churn {
  readonly counts: ChurnCounts = { kills: 0, terminations: 0, wiped: 0 };
  /** Nodes that did not stop or start as they should: they are killed, and all goes on. */
  readonly faults: string[] = [];
  readonly #fleet: Fleet;
  readonly #plan: SoakPlan;
  readonly #end = new AbortController();

  constructor(fleet: Fleet, plan: SoakPlan) {
    this.#fleet = fleet;
    this.#plan = plan;
  }

  /** Resolves some time after `end`. */
  async run(signal: AbortSignal): Promise<void> {
    const { lasting, nodes, seed } = this.#plan;
    const either = AbortSignal.any([signal, this.#end.signal]);
    const lives = Array.from({ length: nodes - lasting }, (_, index) =>
      this.#live(lasting + index, new Chance(seed, CHURN_STREAMS + index), either),
    );
    await Promise.all(lives);
  }

  end(): void {
    this.#end.abort();
  }

  async #live(node: number, chance: Chance, signal: AbortSignal): Promise<void> {
    for (;;) {
      const draw = chance.between(1, 1_000_000) / 1_000_000;
      const upMs = UP_MS_MIN - Math.log(draw) * (this.#plan.upMs - UP_MS_MIN);
      await delay(upMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await this.#endAndStart(node, chance, signal);
      } catch (error) {
        if (this.#fleet.isClosed) return;
        this.faults.push(whyOf(error));
        await this.#fleet.kill(node);
      }
      if (this.#fleet.status(node) !== 'up') await this.#fleet.start(node);
    }
  }

  async #endAndStart(node: number, chance: Chance, signal: AbortSignal): Promise<void> {
    if (chance.percent(50)) {
      this.counts.kills += 1;
      await this.#fleet.kill(node);
    } else {
      this.counts.terminations += 1;
      await this.#fleet.endCleanly(node);
    }
    if (chance.percent(33)) {
      this.counts.wiped += 1;
      await this.#fleet.wipe(node);
    }
    const downMs = chance.between(0, DOWN_MS_MAX);
    await delay(downMs, undefined, { signal }).catch(() => undefined);
    await this.#fleet.start(node);
  }
}

const CHURN_STREAMS = 4000;
const UP_MS_MIN = 5000;
const DOWN_MS_MAX = 20_000;
