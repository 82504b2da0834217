/**
 * So many operations a second whatever the answers are, in rounds that have keys of their own.
 * While a round is under way the keys of the one before are read a last time; then that one is
 * judged and forgotten, so the memory of hours is that of two rounds.
 */
import { createHistogram } from 'node:perf_hooks';
import type { RecordableHistogram } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { Chance } from './chance.ts';
import { check, emptyVerdict, sumOf } from './checker.ts';
import type { Verdict } from './checker.ts';
import type { Fleet } from './fleet.ts';
import type { GetRecord, HistoryRecord, PutRecord } from './history.ts';
import { Operations } from './operations.ts';
import type { Way } from './operations.ts';

export interface LoadPlan {
  readonly seed: string;
  readonly lengthS: number;
  /** Operations per second of all nodes together. */
  readonly rate: number;
  /** A round of the load has keys of its own, so that it is judged and forgotten after the next. */
  readonly roundS: number;
  /** Of one round. */
  readonly keys: number;
  /** Every fifth key has values that live for a second to this. */
  readonly shortTtlS: number;
}

export class Load {
  /** Of all rounds that are over. */
  verdict: Verdict = emptyVerdict;
  done = 0;
  inFlight = 0;
  /** In microseconds, of those whose outcome is known. */
  readonly times: Readonly<Record<'get' | 'put', RecordableHistogram>> = {
    get: createHistogram(),
    put: createHistogram(),
  };
  readonly #fleet: Fleet;
  readonly #plan: LoadPlan;
  readonly #onJudged: (round: number, verdict: Verdict) => void;
  readonly #chance: Chance;
  readonly #operations: Operations;
  readonly #pending = new Set<Promise<void>>();
  #begun = 0;
  #round: Round;
  #last: Round | undefined;

  constructor(
    fleet: Fleet,
    plan: LoadPlan,
    onJudged: (round: number, verdict: Verdict) => void = () => undefined,
  ) {
    this.#fleet = fleet;
    this.#plan = plan;
    this.#onJudged = onJudged;
    this.#chance = new Chance(plan.seed, LOAD_STREAM);
    this.#operations = new Operations(fleet, plan.seed);
    this.#round = newRound(0, plan.keys);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { rate, roundS, lengthS } = this.#plan;
    const perRound = rate * roundS;
    const readBackAfter = Math.min(READ_BACK_AFTER_S, roundS / 4) * rate;
    await this.#paced(rate * lengthS, signal, (number) => {
      const round = Math.floor(number / perRound);
      if (round > this.#round.number) this.#nextRound(round);
      const isTurn = number % 2 === 0 && number % perRound >= readBackAfter;
      return (isTurn && this.#readBack(this.#last)) || this.#operate(this.#round);
    });
    await Promise.all(this.#pending);
  }

  /** The last reads of the last round. */
  async finish(signal: AbortSignal): Promise<void> {
    await this.#paced(this.#plan.keys, signal, () => this.#readBack(this.#round));
    await Promise.all(this.#pending);
    for (const round of [this.#last, this.#round]) if (round !== undefined) this.#judge(round);
    this.#operations.close();
  }

  /** Beside the rest: a key of the round that is under way, read through this node. */
  async read(node: number, key: number): Promise<GetRecord> {
    const round = this.#round;
    const record = await this.#operations.get({ node, lane: 0 }, nameOf(round, key), false);
    this.#take(round, record);
    return record;
  }

  /** Beside the rest: new values under all its short-lived keys, through nodes that are up. */
  async overwriteShortLived(): Promise<void> {
    const keys = Array.from({ length: this.#plan.keys }, (_, key) => key).filter(isShortLived);
    await Promise.all(keys.map((key) => this.#put(this.#round, this.#way(), key, SMALL)));
  }

  async #paced(
    count: number,
    signal: AbortSignal,
    act: (number: number) => Promise<void> | undefined,
  ): Promise<void> {
    const startMs = performance.now();
    for (let number = 0; number < count; number++) {
      const waitMs = startMs + (number * 1000) / this.#plan.rate - performance.now();
      if (waitMs > 0) await delay(waitMs, undefined, { signal });
      signal.throwIfAborted();
      const pending = act(number);
      if (pending === undefined) continue;
      this.inFlight += 1;
      this.#pending.add(pending);
      void pending.finally(() => {
        this.inFlight -= 1;
        this.done += 1;
        this.#pending.delete(pending);
      });
    }
  }

  #nextRound(number: number): void {
    if (this.#last !== undefined) this.#judge(this.#last);
    this.#last = this.#round;
    this.#round = newRound(number, this.#plan.keys);
  }

  /** One key of the round, or nothing when all were read. */
  #readBack(round: Round | undefined): Promise<void> | undefined {
    const key = round?.unread.pop();
    if (round === undefined || key === undefined) return undefined;
    return this.#get(round, this.#way(), key, true);
  }

  #operate(round: Round): Promise<void> {
    const chance = this.#chance;
    const [way, key] = [this.#way(), chance.between(0, this.#plan.keys - 1)];
    return chance.percent(isShortLived(key) ? 15 : 35)
      ? this.#put(round, way, key, chance.between(200, chance.percent(10) ? 8000 : 2000))
      : this.#get(round, way, key, false);
  }

  async #get(round: Round, way: Way, key: number, final: boolean): Promise<void> {
    this.#take(round, await this.#operations.get(way, nameOf(round, key), final));
  }

  async #put(round: Round, way: Way, key: number, size: number): Promise<void> {
    const { roundS, shortTtlS } = this.#plan;
    const ttlS = isShortLived(key) ? 1 + ((key / 5) % shortTtlS) : Math.ceil(2 * roundS) + 60;
    const put = { number: this.#begun++, size, ttlS };
    this.#take(round, await this.#operations.put(way, nameOf(round, key), put));
  }

  #take(round: Round, one: GetRecord | PutRecord): void {
    round.history.push(one);
    if (one.outcome === 'unknown' || one.outcome === 'failed') return;
    const tookUs = Math.round((one.returnedMs - one.invokedMs) * 1000);
    this.times[one.type].record(Math.max(1, tookUs));
  }

  #judge(round: Round): void {
    const verdict = check(round.history);
    this.verdict = sumOf(this.verdict, verdict);
    this.#onJudged(round.number, verdict);
  }

  /** Through a node that is up; now and then through any, as of who does not know better. */
  #way(): Way {
    const chance = this.#chance;
    const up = chance.percent(1) ? [] : this.#fleet.those('up');
    const node = chance.pick(up) ?? chance.between(0, this.#fleet.size - 1);
    return { node, lane: chance.between(0, 1) };
  }
}

interface Round {
  readonly number: number;
  readonly history: HistoryRecord[];
  /** Keys that are to be read a last time. */
  readonly unread: number[];
}

function newRound(number: number, keys: number): Round {
  return { number, history: [], unread: Array.from({ length: keys }, (_, key) => key) };
}

function nameOf(round: Round, key: number): string {
  return `r${round.number}.k${key}`;
}

function isShortLived(key: number): boolean {
  return key % 5 === 0;
}

const SMALL = 200;
const LOAD_STREAM = 3000;
/** More than the longest that an operation of the round before may still take. */
const READ_BACK_AFTER_S = 15;
