/**
 * Run as a process of its own by `allocation.ts`: measures what decoding allocates, and prints it.
 * It is started with `--expose-gc` and a young generation so large that nothing is collected
 * meanwhile.
 *
 * Method: the same bytes are decoded many times; what the heap and the memory outside of it have
 * grown by, less what looking itself costs, is divided by how often. The observer of collections
 * proves that none happened in between. The least of a few batches counts: where code is compiled
 * on the way, the compiler's own memory comes on top in one of them.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import type { Decoded } from '../../src/wire-types.ts';
import { kindOf } from '../core/codec-laws.ts';
import type { AnyMessage, Protocol } from '../core/codec-laws.ts';
import type { Allocated, Measured } from './allocation.ts';
import { Chance } from './chance.ts';
import { corpora } from './fuzz-corpus.ts';
import type { Corpus } from './fuzz-corpus.ts';
import { numbersIn, writeNumber } from './fuzz-fields.ts';
import { mutated } from './mutations.ts';

/** Measures valid frames, mutated ones, and announcements of far more than follows. */
async function measureAll(seed: string, frames: number, samples: number): Promise<Measured> {
  const watch = new Watch();
  const worst = new Map<string, Allocated>();
  let inputs = 0;
  for (const [protocol, input] of inputsOf(corpora(seed, frames), new Chance(seed, 1), samples)) {
    inputs += 1;
    const decoded = protocol.decode(input, 0, input.length);
    const kind = answerOf(protocol, decoded);
    const allocated = allocatedBy(protocol, input, watch);
    const allowed = 2 * input.length + 1024 + ADDRESS_BYTES * addressesIn(decoded);
    const known = worst.get(kind);
    if (known === undefined || allocated / allowed > known.allocated / known.allowed) {
      worst.set(kind, { kind, bytes: input.length, allocated, allowed });
    }
  }
  const collections = await watch.overlaps();
  return { inputs, worst: [...worst.values()], collections };
}

function* inputsOf(
  all: readonly Corpus[],
  chance: Chance,
  samples: number,
): Generator<readonly [Protocol, Uint8Array]> {
  for (const { protocol, frames } of all) {
    for (const frame of frames) yield [protocol, frame];
    for (const frame of frames.slice(0, ANNOUNCING)) {
      for (const input of announcements(protocol, frame)) yield [protocol, input];
    }
    for (let sample = 0; sample < samples; sample++) {
      const frame = chance.pick(frames);
      if (frame !== undefined) yield [protocol, mutated(protocol.name, frame, frames, chance)];
    }
  }
}

/** Each number of the frame, the greatest that it can be, with and without what follows. */
function* announcements(protocol: Protocol, frame: Uint8Array): Generator<Uint8Array> {
  for (const field of numbersIn(protocol.name, frame).slice(0, ANNOUNCING)) {
    const copy = frame.slice();
    writeNumber(copy, field, field.bytes === 8 ? 2 ** 53 - 1 : 256 ** field.bytes - 1);
    yield copy;
    yield copy.slice(0, field.at + field.bytes);
  }
}

function allocatedBy(protocol: Protocol, input: Uint8Array, watch: Watch): number {
  let least = Infinity;
  for (let batch = 0; batch < BATCHES; batch++) {
    watch.makeRoom();
    const looking = grownIn(() => undefined, watch);
    const grown = grownIn(() => {
      for (let repeat = 0; repeat < REPEATS; repeat++) protocol.decode(input, 0, input.length);
    }, watch);
    least = Math.min(least, Math.max(0, grown - looking) / REPEATS);
  }
  return least;
}

function grownIn(act: () => void, watch: Watch): number {
  const startedAt = performance.now();
  const before = usedBytes();
  act();
  const grown = usedBytes() - before;
  watch.note(startedAt, performance.now());
  return grown;
}

function usedBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Sees to it that nothing is collected while it is measured, and whether that is so. */
class Watch {
  readonly #spans: (readonly [number, number])[] = [];
  readonly #collections: number[] = [];
  readonly #observer: PerformanceObserver;
  #emptyBytes = 0;

  constructor() {
    this.#observer = new PerformanceObserver((list) => {
      this.#take(list.getEntries());
    });
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  /** Collects now, so that it does not become necessary later. */
  makeRoom(): void {
    if (this.#emptyBytes > 0 && usedBytes() < this.#emptyBytes + youngBytes / 4) return;
    if (globalThis.gc === undefined) throw new Error('start this with --expose-gc');
    globalThis.gc();
    this.#emptyBytes = usedBytes();
  }

  note(fromMs: number, toMs: number): void {
    this.#spans.push([fromMs, toMs]);
  }

  /** How many collections fell into what was noted. */
  async overlaps(): Promise<number> {
    await turn();
    this.#take(this.#observer.takeRecords());
    this.#observer.disconnect();
    return this.#collections.filter((at) =>
      this.#spans.some(([from, to]) => at >= from && at <= to),
    ).length;
  }

  #take(entries: readonly { readonly startTime: number }[]): void {
    for (const { startTime } of entries) this.#collections.push(startTime);
  }
}

function answerOf(protocol: Protocol, decoded: Decoded<AnyMessage>): string {
  if (decoded.type === 'message') return kindOf(protocol, decoded.message);
  return `${protocol.name} ${decoded.type}`;
}

/** Addresses as objects, of which a NODE REPLY of the classic dialect alone has many. */
function addressesIn(decoded: Decoded<AnyMessage>): number {
  if (decoded.type !== 'message' || decoded.message.type !== 'node-reply') return 0;
  return decoded.message.addresses.length;
}

const ADDRESS_BYTES = 192;
const REPEATS = 20;
const BATCHES = 3;
/** Frames, and numbers in each, that are made to announce too much: all extremes and some more. */
const ANNOUNCING = 60;

const [, , seed = '', frames = '', samples = '', youngMib = ''] = process.argv;
const youngBytes = Number(youngMib) * 1024 * 1024;
console.log(JSON.stringify(await measureAll(seed, Number(frames), Number(samples))));
