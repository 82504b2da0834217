/**
 * The violence: several hands, each with at most one node at a time. A node is killed with -9 and
 * started again on its disk, now and then killed once more while it starts; or stopped and
 * continued.
 *
 * Invariant: when a hand is done, its node is up again.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Chance } from './chance.ts';
import type { Fleet } from './fleet.ts';
import type { FaultRecord, HistoryRecord } from './history.ts';

export interface FaultsPlan {
  readonly seed: string;
  readonly faultsAtOnce: number;
  readonly stopMsMax: number;
}

export class Faults {
  readonly #fleet: Fleet;
  readonly #plan: FaultsPlan;
  readonly #history: HistoryRecord[];
  readonly #end = new AbortController();

  constructor(fleet: Fleet, plan: FaultsPlan, history: HistoryRecord[]) {
    this.#fleet = fleet;
    this.#plan = plan;
    this.#history = history;
  }

  /** Resolves some time after `end`, when all nodes are up. */
  async strikeUntilEnd(signal: AbortSignal): Promise<void> {
    const hands = Array.from({ length: this.#plan.faultsAtOnce }, (_, hand) =>
      this.#strike(new Chance(this.#plan.seed, hand), signal),
    );
    await Promise.all(hands);
  }

  end(): void {
    this.#end.abort();
  }

  async #strike(chance: Chance, signal: AbortSignal): Promise<void> {
    while (await this.#peace(chance, signal)) {
      const node = chance.pick(this.#fleet.those('up'));
      if (node === undefined) continue;
      if (chance.percent(50)) await this.#killAndStart(node, chance, signal);
      else await this.#stopAndContinue(node, chance, signal);
    }
  }

  /** Resolves with whether there is to be another blow. */
  async #peace(chance: Chance, signal: AbortSignal): Promise<boolean> {
    await this.#pause(chance.between(100, PEACE_MS_MAX), signal);
    return !this.#end.signal.aborted;
  }

  async #killAndStart(node: number, chance: Chance, signal: AbortSignal): Promise<void> {
    await this.#kill(node);
    await this.#pause(chance.between(0, DOWN_MS_MAX), signal);
    if (chance.percent(10)) {
      this.#note('start', node);
      const starting = this.#fleet.start(node);
      await this.#pause(chance.between(0, 400), signal);
      await this.#kill(node);
      await starting;
    }
    this.#note('start', node);
    await this.#fleet.start(node);
    this.#note('joined', node);
  }

  async #stopAndContinue(node: number, chance: Chance, signal: AbortSignal): Promise<void> {
    this.#note('stop', node);
    this.#fleet.stop(node);
    await this.#pause(chance.between(STOP_MS_MIN, this.#plan.stopMsMax), signal);
    this.#fleet.resume(node);
    this.#note('continue', node);
  }

  async #kill(node: number): Promise<void> {
    this.#note('kill', node);
    await this.#fleet.kill(node);
  }

  #note(type: FaultRecord['type'], node: number): void {
    this.#history.push({ type, node, atMs: performance.now() });
  }

  /** Cut short when the violence is to end. @throws when the run is to end */
  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([this.#end.signal, signal]);
    await delay(ms, undefined, { signal: either }).catch(() => undefined);
    signal.throwIfAborted();
  }
}

/** Between two blows of one hand. */
const PEACE_MS_MAX = 2000;
const DOWN_MS_MAX = 2000;
const STOP_MS_MIN = 500;
