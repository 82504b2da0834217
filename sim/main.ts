/**
 * The simulator's edge: lends the engine a hash, a clock for the bill and somebody to tell how far
 * it has come. `simulate` is what everybody calls, the command line through `edge/apart.ts`.
 */

import { createHash } from 'node:crypto';
import type { Hooks } from './events.ts';
import type { Materials } from './materials.ts';
import type { LookupRow } from './observer/lookup-row.ts';
import type { OperationRow } from './observer/operation-row.ts';
import { optionFaults } from './option-faults.ts';
import type { SimOptions } from './options.ts';
import type { Part } from './population.ts';
import { reportOf } from './result/part-report.ts';
import { operationsOf, resultOf, rowsOf } from './result/result.ts';
import type { Cost, Origin, SimResult } from './result/result.ts';
import { stageOf, type Stage } from './run/progress.ts';
import { Run } from './run/run.ts';
import { isFork, restore, sectionOf, snapshotOf } from './snapshot/snapshot.ts';
import type { Snapshot } from './snapshot/snapshot.ts';
import { World } from './world.ts';

export interface Progress extends Stage {
  readonly events: number;
  readonly messages: number;
  readonly simulatedMs: number;
  readonly online: number;
}

export interface SimulateHooks {
  /** What files the options name hold. */
  readonly materials?: Materials;
  /** Goes on from there instead of beginning anew. */
  readonly from?: Snapshot;
  readonly snapshot?: SnapshotOrder;
  /** Whether rows of lookups, PUTs and GETs are wanted. */
  readonly rows?: boolean;
  /** Called a few times per second of real time; true stops the run. */
  readonly onProgress?: (progress: Progress) => boolean;
  readonly touch?: Hooks['touch'];
  readonly step?: Hooks['step'];
}

export interface SimOutput {
  readonly result: SimResult;
  /** Of all lookups, where they were asked for. */
  readonly rows: readonly LookupRow[];
  /** Of all PUTs and GETs, likewise. */
  readonly operations: readonly OperationRow[];
}

/** When a snapshot is to be taken. */
export interface SnapshotOrder {
  /** Ms after the end of the warm-up. */
  readonly afterMs: number;
  readonly take: (snapshot: Snapshot) => void;
}

/** Thrown when `onProgress` said to stop. */
export class Interrupted extends Error {}

const EVENTS_PER_LOOK = 16_384;
const LOOK_EVERY_MS = 250;

export function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}

/**
 * Runs one simulation to its end without a pause, in this thread.
 *
 * @throws Error when the options contradict one another; Interrupted when told to stop
 */
export function simulate(
  options: SimOptions,
  version: string,
  hooks: SimulateHooks = {},
): SimResult {
  return simulateWhole(options, version, hooks).result;
}

/** The same, with the rows of all operations. */
export function simulateWhole(
  options: SimOptions,
  version: string,
  hooks: SimulateHooks = {},
): SimOutput {
  const faults = optionFaults(options);
  if (faults.length > 0) throw new Error(faults.join('; '));
  const bill = new Bill();
  const run = runOf(options, hooks);
  bill.begin();
  const watch = new Watch(run, hooks.onProgress);
  const lookForSnapshot = (): void => {
    if (!run.snapshotDue) return;
    run.snapshotDue = false;
    hooks.snapshot?.take(snapshotOf(options, [sectionOf(run)], sha256));
  };
  lookForSnapshot();
  while (!run.ended) {
    const at = run.turnAfter(run.world.nextAt);
    while (run.advanceBefore(at)) watch.look();
    run.turn(at, [run.takeFacts()]);
    lookForSnapshot();
  }
  const cost = bill.end();
  const parts = [reportOf(run)];
  const origin = originOf(hooks.from, options);
  const result = resultOf(options, parts, origin, cost, version, sha256);
  return { result, rows: rowsOf(parts), operations: operationsOf(parts) };
}

/** A run, or one part of it, with everybody in place. */
export function runOf(options: SimOptions, hooks: SimulateHooks & { readonly part?: Part }): Run {
  const { materials = {}, rows = false, touch, step, part, from, snapshot } = hooks;
  const setting = {
    materials,
    hooks: { hash: sha256, touch, step },
    rows,
    ...(part === undefined ? {} : { part }),
    ...(from === undefined ? {} : { origin: from.options }),
    ...(snapshot === undefined ? {} : { snapshotAfterMs: snapshot.afterMs }),
  };
  const run = new Run(options, setting, (parts) => new World(parts));
  if (from === undefined) run.start();
  else restore(run, from);
  return run;
}

/** What a result says of the run it was forked from; nothing when it is that run gone on with. */
export function originOf(from: Snapshot | undefined, options: SimOptions): Origin | undefined {
  if (from === undefined || !isFork(from, options)) return undefined;
  return { digest: from.digest, config: from.options, afterMs: from.afterMs };
}

/** Tells somebody, a few times a second, how far a run has come. */
export class Watch {
  readonly #run: Run;
  readonly #onProgress: SimulateHooks['onProgress'];
  #events = 0;
  #lookedAt = 0;

  constructor(run: Run, onProgress: SimulateHooks['onProgress']) {
    this.#run = run;
    this.#onProgress = onProgress;
  }

  /** After each event. */
  look(): void {
    if (++this.#events % EVENTS_PER_LOOK !== 0 || this.#onProgress === undefined) return;
    const now = performance.now();
    if (now - this.#lookedAt < LOOK_EVERY_MS) return;
    this.#lookedAt = now;
    const { measures, now: nowUs } = this.#run.world;
    const { events, messages } = measures.counts;
    const simulatedMs = nowUs / 1000;
    const progress = { ...stageOf(this.#run), events, messages, simulatedMs };
    if (this.#onProgress({ ...progress, online: measures.online })) {
      throw new Interrupted('stopped before its end');
    }
  }
}

/** What a run costs: set-up first, then from the first event to the last. */
export class Bill {
  #setupCpuMs = cpuMs();
  #startCpuMs = 0;
  #startedAt = 0;

  begin(): void {
    this.#startCpuMs = cpuMs();
    this.#setupCpuMs = this.#startCpuMs - this.#setupCpuMs;
    this.#startedAt = performance.now();
  }

  end(): Cost {
    return {
      wallMs: performance.now() - this.#startedAt,
      setupCpuMs: this.#setupCpuMs,
      cpuMs: cpuMs() - this.#startCpuMs,
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
    };
  }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
