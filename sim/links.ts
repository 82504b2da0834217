/**
 * Connections as each node sees them: which peers it has a link to, since when, and when the last
 * message on it will arrive (a link delivers in order). An entry belongs to one direction and is
 * only read and written by its sender's side, so that nodes can be divided among workers.
 *
 * One open-addressing table of rows in one buffer for all nodes. On growth it forgets what no
 * longer matters: with warm links, everything that has been delivered.
 */

/** A row of 32 bytes, so that a link is one cache line: two times, then words at these places. */
const ROW_TIMES = 4;
const SINCE = 0;
const CLEAR_AT = 1;
const ROW_WORDS = 8;
/** The node's number plus one; 0 in a free row. */
const NODE = 4;
const PEER = 5;
/** 1 when the node may ask over the link, 0 while it may only answer. */
const ASKS = 6;
const ROWS_MIN = 1024;
const NONE = -1;

export class LinkTable {
  /** Times in microseconds: when the link was begun, when its last message arrives. */
  #times = new Float64Array(ROW_TIMES * ROWS_MIN);
  #words = new Int32Array(this.#times.buffer);
  #rows = ROWS_MIN;
  #size = 0;
  readonly #matters: (row: number, node: number, peer: number) => boolean;

  /** @param matters whether the entry of a row has still to be kept when the table grows */
  constructor(matters: (row: number, node: number, peer: number) => boolean) {
    this.#matters = matters;
  }

  /** The row of a link, or -1. */
  find(node: number, peer: number): number {
    const mask = this.#rows - 1;
    let row = slot(node, peer) & mask;
    for (;;) {
      const at = this.#words[row * ROW_WORDS + NODE] ?? 0;
      if (at === 0) return NONE;
      if (at === node + 1 && this.#words[row * ROW_WORDS + PEER] === peer) return row;
      row = (row + 1) & mask;
    }
  }

  /** Shows every link that still matters, in no order. */
  forEach(
    show: (node: number, peer: number, since: number, clearAt: number, asks: number) => void,
  ): void {
    for (const row of this.#kept()) {
      const node = (this.#words[row * ROW_WORDS + NODE] ?? 0) - 1;
      const peer = this.#words[row * ROW_WORDS + PEER] ?? 0;
      show(node, peer, this.since(row), this.clearAt(row), this.asks(row) ? 1 : 0);
    }
  }

  since(row: number): number {
    return this.#times[row * ROW_TIMES + SINCE] ?? 0;
  }

  clearAt(row: number): number {
    return this.#times[row * ROW_TIMES + CLEAR_AT] ?? 0;
  }

  /** Notes when the last message on a link arrives. */
  setClearAt(row: number, clearAt: number): void {
    this.#times[row * ROW_TIMES + CLEAR_AT] = clearAt;
  }

  /** Whether its node may ask over the link: it has dialled the peer itself. */
  asks(row: number): boolean {
    return this.#words[row * ROW_WORDS + ASKS] === 1;
  }

  setAsks(row: number): void {
    this.#words[row * ROW_WORDS + ASKS] = 1;
  }

  /** Enters a link, or begins it anew; `asks` when its node has dialled. */
  begin(node: number, peer: number, since: number, clearAt: number, asks: boolean): void {
    let row = this.find(node, peer);
    if (row === NONE) {
      if (2 * (this.#size + 1) > this.#rows) this.#rebuild();
      row = this.#freeRow(node, peer);
      this.#size++;
    }
    this.#words[row * ROW_WORDS + NODE] = node + 1;
    this.#words[row * ROW_WORDS + PEER] = peer;
    this.#times[row * ROW_TIMES + SINCE] = since;
    this.#times[row * ROW_TIMES + CLEAR_AT] = clearAt;
    this.#words[row * ROW_WORDS + ASKS] = asks ? 1 : 0;
  }

  #freeRow(node: number, peer: number): number {
    const mask = this.#rows - 1;
    let row = slot(node, peer) & mask;
    while (this.#words[row * ROW_WORDS + NODE] !== 0) row = (row + 1) & mask;
    return row;
  }

  /** The rows of links that still matter. */
  #kept(): number[] {
    const kept: number[] = [];
    for (let row = 0; row < this.#rows; row++) {
      const node = (this.#words[row * ROW_WORDS + NODE] ?? 0) - 1;
      const peer = this.#words[row * ROW_WORDS + PEER] ?? 0;
      if (node >= 0 && this.#matters(row, node, peer)) kept.push(row);
    }
    return kept;
  }

  /** Keeps what matters, in a table at most a quarter full. */
  #rebuild(): void {
    const kept = this.#kept();
    const words = this.#words;
    let rows = ROWS_MIN;
    while (rows < 4 * (kept.length + 1)) rows *= 2;
    this.#rows = rows;
    this.#times = new Float64Array(ROW_TIMES * rows);
    this.#words = new Int32Array(this.#times.buffer);
    this.#size = kept.length;
    for (const row of kept) {
      const from = row * ROW_WORDS;
      const to = this.#freeRow((words[from + NODE] ?? 0) - 1, words[from + PEER] ?? 0) * ROW_WORDS;
      for (let i = 0; i < ROW_WORDS; i++) this.#words[to + i] = words[from + i] ?? 0;
    }
  }
}

function slot(node: number, peer: number): number {
  const x = Math.imul(node + 1, 0x9e3779b1) ^ Math.imul(peer + 1, 0x85ebca6b);
  const y = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
  return y ^ (y >>> 13);
}
