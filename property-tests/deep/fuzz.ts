/**
 * The codecs under damaged frames (docs/testing.md): valid frames cut at every position and
 * mutated, the laws of `core/codec-laws.ts` judged for each, slow answers looked for, and streams
 * of them read in pieces (`fuzz-stream.ts`). What decoding allocates is measured apart
 * (`allocation.ts`).
 *
 * Invariant: an input that breaks a law is kept whole, in `.orrery/deep`.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { Decoded } from '../../src/wire-types.ts';
import { checkDecoded, kindOf } from '../core/codec-laws.ts';
import type { AnyMessage, Protocol } from '../core/codec-laws.ts';
import { allocationsIn } from './allocation.ts';
import { Chance } from './chance.ts';
import { keepRecords } from './ending.ts';
import { corpora } from './fuzz-corpus.ts';
import type { Corpus } from './fuzz-corpus.ts';
import { addTo, fuzzLines } from './fuzz-report.ts';
import type { FuzzReport } from './fuzz-report.ts';
import { checkCutStream, checkMixedStream } from './fuzz-stream.ts';
import { mutated } from './mutations.ts';

export interface FuzzPlan {
  readonly seed: string;
  /** Mutated inputs; cuts and streams come on top. */
  readonly inputs: number;
  /** Frames per protocol that all inputs are made of. */
  readonly frames: number;
  /** Every so many-th position of a frame is cut at, beyond its first 512. */
  readonly stride: number;
  /** Inputs whose allocations are measured. */
  readonly samples: number;
}

export interface Fuzzed {
  readonly report: FuzzReport;
  readonly lines: readonly string[];
  readonly faults: readonly string[];
}

export async function fuzz(
  plan: FuzzPlan,
  signal: AbortSignal,
  onProgress: (inputs: number) => void = () => undefined,
): Promise<Fuzzed> {
  const run = new Run(corpora(plan.seed, plan.frames));
  await run.cutEverywhere(plan.stride, signal);
  await run.mutate(plan, signal, onProgress);
  const frames = Math.min(plan.frames, MEASURED_FRAMES_MAX);
  run.report.allocations = await allocationsIn(plan.seed, frames, plan.samples);
  const faults = [...run.faults];
  for (const { over, name } of run.report.allocations) {
    faults.push(...over.map((text) => `allocates too much (${name}): ${text}`));
  }
  if (run.broken.length > 0) {
    faults.push(`the inputs are in ${await keepRecords(`fuzz-${plan.seed}`, run.broken)}`);
  }
  return { report: run.report, lines: fuzzLines(run.report), faults };
}

class Run {
  readonly faults: string[] = [];
  /** Inputs that broke a law, as they are kept. */
  readonly broken: object[] = [];
  readonly report: FuzzReport = {
    inputs: 0,
    cuts: 0,
    streams: 0,
    frames: 0,
    bytes: 0,
    slow: 0,
    slowestMs: 0,
    accepted: new Map(),
    refused: new Map(),
    unknown: 0,
    partial: 0,
    allocations: [],
  };
  readonly #corpora: readonly Corpus[];

  constructor(all: readonly Corpus[]) {
    this.#corpora = all;
    this.report.frames = all.reduce((sum, { frames }) => sum + frames.length, 0);
  }

  /** Each frame at each position: as one input, and as two pieces of a stream. */
  async cutEverywhere(stride: number, signal: AbortSignal): Promise<void> {
    for (const { protocol, frames } of this.#corpora) {
      for (const frame of frames) {
        for (let cut = 0; cut < frame.length; cut += cut < DENSE_BYTES ? 1 : stride) {
          this.report.cuts += 1;
          this.#guard(protocol, frame.subarray(0, cut), () => {
            checkCut(protocol, frame, cut);
            checkCutStream(protocol, frame, cut);
          });
        }
        await turn();
        signal.throwIfAborted();
      }
    }
  }

  async mutate(
    { seed, inputs }: FuzzPlan,
    signal: AbortSignal,
    onProgress: (inputs: number) => void,
  ): Promise<void> {
    const chance = new Chance(seed, 0);
    const streams = this.#corpora.map((corpus) => ({ ...corpus, recent: [] as Uint8Array[] }));
    while (this.report.inputs < inputs && this.faults.length < FAULTS_MAX) {
      // Half for the enhanced dialect, the last, which has more to it.
      const which = Math.min(chance.between(0, 3), streams.length - 1);
      const { protocol, frames, recent } = streams[which] ?? impossible();
      const frame = chance.pick(frames) ?? impossible();
      const input = mutated(protocol.name, frame, frames, chance);
      this.#judge(protocol, input);
      if (this.report.inputs % STREAM_EVERY === 0) recent.push(frame, input);
      if (recent.length >= STREAM_INPUTS) this.#stream(protocol, recent.splice(0), chance);
      if (this.report.inputs % PACE === 0) {
        onProgress(this.report.inputs);
        await turn();
        signal.throwIfAborted();
      }
    }
  }

  #judge(protocol: Protocol, input: Uint8Array): void {
    const { report } = this;
    report.inputs += 1;
    report.bytes += input.length;
    this.#guard(protocol, input, () => {
      const before = performance.now();
      const decoded = protocol.decode(input, 0, input.length);
      const tookMs = performance.now() - before;
      report.slowestMs = Math.max(report.slowestMs, tookMs);
      if (tookMs > SLOW_MS && isSlow(protocol, input)) {
        report.slow += 1;
        throw new Error(`over ${SLOW_MS} ms in ${SLOW_REPEATS} of ${SLOW_REPEATS} repeats`);
      }
      this.#count(protocol, decoded);
      checkDecoded(protocol, input, decoded);
    });
  }

  /** Inputs back to back: some are whole, so faults stand behind messages. */
  #stream(protocol: Protocol, inputs: readonly Uint8Array[], chance: Chance): void {
    const bytes = Uint8Array.from(Buffer.concat(inputs));
    this.report.streams += 1;
    this.#guard(protocol, bytes, () => {
      checkMixedStream(protocol, bytes, chance);
    });
  }

  #count(protocol: Protocol, decoded: Decoded<AnyMessage>): void {
    const { report } = this;
    if (decoded.type === 'message') addTo(report.accepted, kindOf(protocol, decoded.message));
    else if (decoded.type === 'malformed') addTo(report.refused, reasonClass(decoded.reason));
    else report[decoded.type] += 1;
  }

  #guard({ name }: Protocol, input: Uint8Array, check: () => void): void {
    try {
      check();
    } catch (error) {
      if (this.faults.length >= FAULTS_MAX) return;
      const fault = error instanceof Error ? error.message : String(error);
      this.faults.push(`${name}, ${input.length} bytes: ${fault}`);
      this.broken.push({ protocol: name, fault, hex: Buffer.from(input).toString('hex') });
    }
  }
}

/** A part of a valid frame is one: what is missing is said, exactly once its header is there. */
function checkCut({ decode, headerBytes }: Protocol, frame: Uint8Array, cut: number): void {
  const decoded = decode(frame, 0, cut);
  if (decoded.type !== 'partial') throw new Error(`a cut frame is ${decoded.type}`);
  const missing = frame.length - cut;
  const isRight = cut < headerBytes ? decoded.bytes <= missing : decoded.bytes === missing;
  if (decoded.bytes < 1 || !isRight) throw new Error(`${missing} missing, not ${decoded.bytes}`);
}

function isSlow({ decode }: Protocol, input: Uint8Array): boolean {
  for (let repeat = 0; repeat < SLOW_REPEATS; repeat++) {
    const before = performance.now();
    decode(input, 0, input.length);
    if (performance.now() - before <= SLOW_MS) return false;
  }
  return true;
}

/** A reason without its numbers. */
function reasonClass(reason: string): string {
  return reason.replace(/\d+/g, '#');
}

function impossible(): never {
  throw new Error('a corpus has frames');
}

const MEASURED_FRAMES_MAX = 150;
const SLOW_MS = 10;
const SLOW_REPEATS = 5;
/** Frames are cut at each of their first positions: everything but values and tags is there. */
const DENSE_BYTES = 512;
const FAULTS_MAX = 20;
/** Inputs between two looks at the signal. */
const PACE = 20_000;
/** Of so many inputs one becomes part of a stream, behind the frame that it was made of. */
const STREAM_EVERY = 10;
const STREAM_INPUTS = 8;
