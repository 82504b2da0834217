/**
 * A fast 64-bit print of data, in two signed 32-bit lanes: folded at every simulated step into the
 * digest of a run, and kept beside every step of a recording. Not a defence against forgery.
 *
 * Each word is scattered, then enters both lanes. For a given word the mix is a bijection of the
 * 64-bit state, and for a given state it is one of the word; hence two sequences of equal length
 * that differ in one word never share a print, and those that differ in more do so with a chance
 * of about 2^-64. Order matters. Nothing is allocated.
 *
 * What goes into it is said in `step-words.ts`.
 */
import type { Print } from './message-words.ts';

export class Fingerprint implements Print {
  a = START_A;
  b = START_B;

  reset(): void {
    this.a = START_A;
    this.b = START_B;
  }

  /** Folds the low 32 bits of `x` in; for whole numbers that fit 32 bits. */
  word(x: number): void {
    const k = scatter(x);
    const a = Math.imul(this.a ^ k, MIX_3);
    this.a = (a << 15) | (a >>> 17);
    const b = Math.imul(this.b ^ ((k << 16) | (k >>> 16)), MIX_4);
    this.b = (((b << 13) | (b >>> 19)) + this.a) | 0;
  }

  /** Folds the length and each item in, as `word` would; the lanes stay in registers. */
  words(list: readonly number[]): void {
    this.word(list.length);
    let { a, b } = this;
    for (const x of list) {
      const k = scatter(x);
      a = Math.imul(a ^ k, MIX_3);
      a = (a << 15) | (a >>> 17);
      b = Math.imul(b ^ ((k << 16) | (k >>> 16)), MIX_4);
      b = (((b << 13) | (b >>> 19)) + a) | 0;
    }
    this.a = a;
    this.b = b;
  }

  /** Folds any finite double in, as two words; 0 and -0 are the same. */
  number(x: number): void {
    const whole = x | 0;
    if (whole === x) {
      this.word(whole);
      this.word(WHOLE);
      return;
    }
    DOUBLE[0] = x;
    this.word(HALVES[LOW_HALF] ?? 0);
    this.word(HALVES[1 - LOW_HALF] ?? 0);
  }
}

/** Spreads each bit over all 32 before it meets the state; apart from it, so words overlap. */
function scatter(x: number): number {
  let k = Math.imul(x ^ (x >>> 16), MIX_1);
  k = Math.imul(k ^ (k >>> 13), MIX_2);
  return k ^ (k >>> 16);
}

const START_A = 0x243f6a88;
const START_B = 0x85a308d3 | 0;
/** Odd, with about half of their bits set: the products carry every bit upwards. */
const MIX_1 = 0x9e3779b1 | 0;
const MIX_2 = 0x85ebca6b | 0;
const MIX_3 = 0xc2b2ae35 | 0;
const MIX_4 = 0x27d4eb2f;

/** Stands for the upper half of a double's bits where no finite double has it. */
const WHOLE = 0x7ff80000;
const DOUBLE = new Float64Array(1);
const HALVES = new Int32Array(DOUBLE.buffer);
/** The same print on machines of either byte order. */
const LOW_HALF = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 0 : 1;
