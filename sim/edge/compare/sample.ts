/**
 * A figure of each of many operations, with their names: two runs of one workload do the same
 * operations, and what an operation takes depends on it more than on the run. So the samples of two
 * runs are drawn anew together, an operation at a time, where they have most operations in common.
 *
 * Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, section 8.3 and 10.3:
 * what was observed together is drawn together.
 */

import { index, mix } from '../../streams.ts';

export interface Sample {
  /** Rising. */
  readonly values: Float64Array;
  /** The operation of each value, by `operationName`; each is there once. */
  readonly names: Float64Array;
}

/** @param figures of the operations with these names; NaN of one that has none */
export function sampleOf(names: Float64Array, figures: Float64Array): Sample {
  const at = (slot: number): number => figures[slot] ?? 0;
  const order = Uint32Array.from(figures.keys())
    .filter((slot) => !Number.isNaN(at(slot)))
    .sort((one, other) => at(one) - at(other) || one - other);
  return {
    values: Float64Array.from(order, at),
    names: Float64Array.from(order, (slot) => names[slot] ?? 0),
  };
}

/** How often each value of a sample is drawn. */
export type Counts = Uint32Array;

/** Draws of two samples: each has as many values as the sample, paired ones about as many. */
export interface Drawing {
  readonly isPaired: boolean;
  /** The next draw of both, which is overwritten by the one after it. */
  readonly next: (time: number) => readonly [Counts, Counts];
}

/** Words without a pattern: digits of pi. */
const [KEY_A, KEY_B] = [0x243f6a88, 0x85a308d3] as const;

/** Together, where most of their operations are in both; else each for itself. */
export function drawingOf(a: Sample, b: Sample): Drawing {
  const slots = new Map<number, number>();
  const slotOf = (name: number): number => {
    const slot = slots.get(name) ?? slots.size;
    slots.set(name, slot);
    return slot;
  };
  const [inA, inB] = [Uint32Array.from(a.names, slotOf), Uint32Array.from(b.names, slotOf)];
  const isPaired = 2 * (inA.length + inB.length - slots.size) > slots.size;
  const [countsA, countsB] = [new Uint32Array(inA.length), new Uint32Array(inB.length)];
  const drawn = new Uint32Array(slots.size);
  const together = (time: number): readonly [Counts, Counts] => {
    draw(drawn, KEY_A, time);
    inA.forEach((slot, i) => (countsA[i] = drawn[slot] ?? 0));
    inB.forEach((slot, i) => (countsB[i] = drawn[slot] ?? 0));
    return [countsA, countsB];
  };
  const apart = (time: number): readonly [Counts, Counts] => {
    draw(countsA, KEY_A, time);
    draw(countsB, KEY_B, time);
    return [countsA, countsB];
  };
  return { isPaired, next: isPaired ? together : apart };
}

/** As many with replacement as there are. */
function draw(counts: Counts, key: number, time: number): void {
  const size = counts.length;
  counts.fill(0);
  for (let i = 0; i < size; i++) {
    const drawn = index(mix(key, time, i), size);
    counts[drawn] = (counts[drawn] ?? 0) + 1;
  }
}
