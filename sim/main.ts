/**
 * The simulator's edge: lends the engine a hash, a clock for the bill and somebody to tell how far
 * it has come. `simulate` is what everybody calls, the command line through `edge/apart.ts`.
 */

import { createHash } from 'node:crypto';
import { optionFaults, type SimOptions } from './options.ts';
import { resultOf, type SimResult } from './result.ts';
import { Run } from './run.ts';

export interface Progress {
  /** From 0 to 1. */
  readonly share: number;
  readonly events: number;
  readonly messages: number;
  readonly simulatedMs: number;
  readonly online: number;
}

export interface SimulateHooks {
  /** Called a few times per second of real time; true stops the run. */
  readonly onProgress?: (progress: Progress) => boolean;
  /** With `wire`: sees, and may change, the bytes of each message. */
  readonly touch?: (bytes: Uint8Array, message: number) => void;
}

/** Thrown when `onProgress` said to stop. */
export class Interrupted extends Error {}

const EVENTS_PER_SLICE = 16_384;
const LOOK_EVERY_MS = 250;

export function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}

/**
 * Runs one simulation to its end without a pause.
 *
 * @throws Error when the options contradict one another; Interrupted when told to stop
 */
export function simulate(
  options: SimOptions,
  version: string,
  hooks: SimulateHooks = {},
): SimResult {
  const job = new Job(options, hooks);
  while (job.work());
  return job.result(version);
}

/** A run in slices, with its bill. */
class Job {
  readonly #run: Run;
  readonly #hooks: SimulateHooks;
  readonly #setupCpuMs: number;
  readonly #startCpuMs: number;
  readonly #startedAt = performance.now();
  #lookedAt = 0;

  constructor(options: SimOptions, hooks: SimulateHooks) {
    const faults = optionFaults(options);
    if (faults.length > 0) throw new Error(faults.join('; '));
    const beforeMs = cpuMs();
    const touch = hooks.touch === undefined ? {} : { touch: hooks.touch };
    this.#run = new Run(options, { hash: sha256, ...touch });
    this.#hooks = hooks;
    this.#run.start();
    this.#startCpuMs = cpuMs();
    this.#setupCpuMs = this.#startCpuMs - beforeMs;
  }

  /** Handles some events; false at the end of the run. */
  work(): boolean {
    for (let i = 0; i < EVENTS_PER_SLICE; i++) if (!this.#run.advance()) return false;
    const now = performance.now();
    if (this.#hooks.onProgress === undefined || now - this.#lookedAt < LOOK_EVERY_MS) return true;
    this.#lookedAt = now;
    const { measures, now: nowUs } = this.#run.world;
    const { events, messages, online } = measures;
    const simulatedMs = nowUs / 1000;
    const progress = { share: this.#run.progress, events, messages, simulatedMs, online };
    if (this.#hooks.onProgress(progress)) throw new Interrupted('stopped before its end');
    return true;
  }

  result(version: string): SimResult {
    const cost = {
      wallMs: performance.now() - this.#startedAt,
      setupCpuMs: this.#setupCpuMs,
      cpuMs: cpuMs() - this.#startCpuMs,
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
    };
    return resultOf(this.#run, cost, version, sha256);
  }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
