/**
 * How the parts of a simulation hand each other words: shared memory and one barrier per exchange.
 *
 * Each ordered pair of parts has two boxes, used in turn, so that a part may fill one while the
 * other is still being read. A batch that does not fit goes in several rounds: as long as any part
 * has more to hand over, all go round once more.
 */

/** Words of a box after its head. */
const BOX_WORDS = 1 << 16;
/** Head of a box: words in it, and whether more will follow. */
const HEAD_WORDS = 2;

/** Words of the control block: arrived parts, and the count of passed barriers. */
const ARRIVED = 0;
const PASSED = 1;
const CONTROL_WORDS = 2;
/** Looks at the count before a part goes to sleep; some 20 µs. */
const SPINS = 2000;

/** The memory that all parts share. */
export interface Shared {
  readonly control: SharedArrayBuffer;
  readonly instants: SharedArrayBuffer;
  readonly boxes: SharedArrayBuffer;
}

export function sharedFor(parts: number): Shared {
  const boxes = 2 * parts * parts * (HEAD_WORDS + BOX_WORDS);
  return {
    control: new SharedArrayBuffer(4 * CONTROL_WORDS),
    instants: new SharedArrayBuffer(8 * 2 * parts),
    boxes: new SharedArrayBuffer(4 * boxes),
  };
}

export class Mailbox {
  readonly #part: number;
  readonly #parts: number;
  readonly #control: Int32Array;
  readonly #instants: Float64Array;
  readonly #boxes: Int32Array;
  readonly #spins: number;
  #round = 0;

  /** @param spins whether every part has a processor of its own */
  constructor(shared: Shared, part: number, parts: number, spins: boolean) {
    this.#part = part;
    this.#parts = parts;
    this.#control = new Int32Array(shared.control);
    this.#instants = new Float64Array(shared.instants);
    this.#boxes = new Int32Array(shared.boxes);
    this.#spins = spins ? SPINS : 0;
  }

  /**
   * Hands a batch to each other part and takes theirs.
   *
   * @param batches by part; the own one is not looked at
   * @param nextAt when something is next due at this part, or on its way from it
   * @param onBatch sees each batch as words that are good until the next exchange
   * @returns the least of all parts' `nextAt`
   */
  exchange(
    batches: readonly Int32Array[],
    nextAt: number,
    onBatch: (from: number, words: Int32Array) => void,
  ): number {
    const pieces = new Map<number, Int32Array[]>();
    let sent = 0;
    for (;;) {
      const side = this.#round++ & 1;
      for (const [to, batch] of batches.entries()) {
        if (to !== this.#part) this.#fill(side, to, batch, sent);
      }
      this.#instants[side * this.#parts + this.#part] = nextAt;
      this.#meet();
      sent += BOX_WORDS;
      for (let from = 0; from < this.#parts; from++) {
        if (from !== this.#part) this.#empty(side, from, pieces, onBatch);
      }
      if (!this.#anyMore(side)) return this.#earliest(side);
    }
  }

  #fill(side: number, to: number, batch: Int32Array, sent: number): void {
    const at = this.#boxAt(side, this.#part, to);
    const piece = batch.subarray(Math.min(sent, batch.length), sent + BOX_WORDS);
    this.#boxes[at] = piece.length;
    this.#boxes[at + 1] = batch.length > sent + BOX_WORDS ? 1 : 0;
    this.#boxes.set(piece, at + HEAD_WORDS);
  }

  /** Takes what is in a box; a batch in several pieces is put together. */
  #empty(
    side: number,
    from: number,
    pieces: Map<number, Int32Array[]>,
    onBatch: (from: number, words: Int32Array) => void,
  ): void {
    const at = this.#boxAt(side, from, this.#part);
    const words = this.#boxes.subarray(at + HEAD_WORDS, at + HEAD_WORDS + (this.#boxes[at] ?? 0));
    const more = this.#boxes[at + 1] === 1;
    const before = pieces.get(from);
    if (before === undefined && !more) {
      if (words.length > 0) onBatch(from, words);
      return;
    }
    const all = [...(before ?? []), words.slice()];
    pieces.set(from, more ? all : []);
    if (!more && all.some(({ length }) => length > 0)) onBatch(from, joined(all));
  }

  /** Whether any pair goes on: all parts must agree to go round once more. */
  #anyMore(side: number): boolean {
    for (let from = 0; from < this.#parts; from++) {
      for (let to = 0; to < this.#parts; to++) {
        if (from !== to && this.#boxes[this.#boxAt(side, from, to) + 1] === 1) return true;
      }
    }
    return false;
  }

  #earliest(side: number): number {
    let earliest = Infinity;
    for (let part = 0; part < this.#parts; part++) {
      earliest = Math.min(earliest, this.#instants[side * this.#parts + part] ?? Infinity);
    }
    return earliest;
  }

  /** Waits until all parts have come here. */
  #meet(): void {
    const control = this.#control;
    const passed = Atomics.load(control, PASSED);
    if (Atomics.add(control, ARRIVED, 1) === this.#parts - 1) {
      Atomics.store(control, ARRIVED, 0);
      Atomics.add(control, PASSED, 1);
      Atomics.notify(control, PASSED);
      return;
    }
    for (let i = 0; i < this.#spins; i++) if (Atomics.load(control, PASSED) !== passed) return;
    while (Atomics.load(control, PASSED) === passed) Atomics.wait(control, PASSED, passed);
  }

  #boxAt(side: number, from: number, to: number): number {
    return ((side * this.#parts + from) * this.#parts + to) * (HEAD_WORDS + BOX_WORDS);
  }
}

function joined(pieces: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
