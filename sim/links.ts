/**
 * Connections as each node sees them: which peers it has a link to, since when, and when the last
 * message on it will arrive (a link delivers in order). An entry belongs to one direction and is
 * only read and written by its sender's side, so that nodes can be divided among workers.
 *
 * One open-addressing table in typed arrays for all nodes. On growth it forgets what no longer
 * matters: with warm links, everything that has been delivered.
 */

const ROWS_MIN = 1024;
const EMPTY = -1;

export class LinkTable {
  #nodes = new Int32Array(ROWS_MIN).fill(EMPTY);
  #peers = new Int32Array(ROWS_MIN);
  /** Microseconds at which the link was begun, and at which its last message arrives. */
  #since = new Float64Array(ROWS_MIN);
  #clearAt = new Float64Array(ROWS_MIN);
  #size = 0;
  readonly #matters: (node: number, peer: number, since: number, clearAt: number) => boolean;

  /** @param matters whether an entry has still to be kept when the table grows */
  constructor(matters: (node: number, peer: number, since: number, clearAt: number) => boolean) {
    this.#matters = matters;
  }

  /** The row of a link, or -1. */
  find(node: number, peer: number): number {
    const mask = this.#nodes.length - 1;
    let row = slot(node, peer) & mask;
    for (;;) {
      const at = this.#nodes[row] ?? EMPTY;
      if (at === EMPTY) return EMPTY;
      if (at === node && this.#peers[row] === peer) return row;
      row = (row + 1) & mask;
    }
  }

  since(row: number): number {
    return this.#since[row] ?? 0;
  }

  clearAt(row: number): number {
    return this.#clearAt[row] ?? 0;
  }

  /** Notes when the last message on a link arrives. */
  setClearAt(row: number, clearAt: number): void {
    this.#clearAt[row] = clearAt;
  }

  /** Enters a link, or begins it anew. */
  begin(node: number, peer: number, since: number, clearAt: number): void {
    let row = this.find(node, peer);
    if (row === EMPTY) {
      if (2 * (this.#size + 1) > this.#nodes.length) this.#rebuild();
      row = this.#freeRow(node, peer);
      this.#size++;
    }
    this.#nodes[row] = node;
    this.#peers[row] = peer;
    this.#since[row] = since;
    this.#clearAt[row] = clearAt;
  }

  #freeRow(node: number, peer: number): number {
    const mask = this.#nodes.length - 1;
    let row = slot(node, peer) & mask;
    while (this.#nodes[row] !== EMPTY) row = (row + 1) & mask;
    return row;
  }

  /** Keeps what matters, in a table at most a quarter full. */
  #rebuild(): void {
    const nodes = this.#nodes;
    const peers = this.#peers;
    const since = this.#since;
    const clearAt = this.#clearAt;
    const kept: number[] = [];
    for (let row = 0; row < nodes.length; row++) {
      const node = nodes[row] ?? EMPTY;
      if (node === EMPTY) continue;
      if (this.#matters(node, peers[row] ?? 0, since[row] ?? 0, clearAt[row] ?? 0)) kept.push(row);
    }
    let rows = ROWS_MIN;
    while (rows < 4 * (kept.length + 1)) rows *= 2;
    this.#nodes = new Int32Array(rows).fill(EMPTY);
    this.#peers = new Int32Array(rows);
    this.#since = new Float64Array(rows);
    this.#clearAt = new Float64Array(rows);
    this.#size = kept.length;
    for (const row of kept) {
      const node = nodes[row] ?? 0;
      const peer = peers[row] ?? 0;
      const at = this.#freeRow(node, peer);
      this.#nodes[at] = node;
      this.#peers[at] = peer;
      this.#since[at] = since[row] ?? 0;
      this.#clearAt[at] = clearAt[row] ?? 0;
    }
  }
}

function slot(node: number, peer: number): number {
  const x = Math.imul(node + 1, 0x9e3779b1) ^ Math.imul(peer + 1, 0x85ebca6b);
  const y = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
  return y ^ (y >>> 13);
}
