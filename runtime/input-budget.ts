/**
 * What all connections together keep of messages that are not whole yet. Each keeps little, but
 * many that never send their second half would add up; above the bound the newest of them are cut,
 * for those that have waited longest are the ones about to be cut by their own deadline anyway.
 */
import { INPUT_BYTES_MAX } from './bounds.ts';

/** Cuts the connection; nothing of it is kept after that. */
export type Cut = () => void;

export class InputBudget {
  readonly #bytesMax: number;
  /** In the order in which they began to keep something. */
  readonly #kept = new Map<Cut, number>();
  #bytes = 0;

  constructor(bytesMax: number = INPUT_BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The connection keeps so many bytes now; it may be cut before this returns. */
  note(cut: Cut, bytes: number): void {
    this.#set(cut, bytes);
    if (this.#bytes > this.#bytesMax) this.#shed();
  }

  #set(cut: Cut, bytes: number): void {
    this.#bytes += bytes - (this.#kept.get(cut) ?? 0);
    if (bytes === 0) this.#kept.delete(cut);
    else this.#kept.set(cut, bytes);
  }

  /** Down to well below the bound: the list is not gone through for each byte that follows. */
  #shed(): void {
    for (const cut of [...this.#kept.keys()].reverse()) {
      if (this.#bytes <= this.#bytesMax * SHED_TO) return;
      // First, for the connection will note its own end as well.
      this.#set(cut, 0);
      cut();
    }
  }
}

const SHED_TO = 7 / 8;
