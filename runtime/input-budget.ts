/**
 * What all connections together keep of messages that are not whole yet. Each keeps little, but
 * many that never send their second half would add up; above the bound those are cut that have kept
 * something for longest: whoever means well is done with a message in no time.
 */
/** Cuts the connection; nothing of it is kept after that. */
export type Cut = () => void;

export class InputBudget {
  readonly #bytesMax: number;
  /** In the order in which they began to keep something; whoever ends a message begins anew. */
  readonly #kept = new Map<Cut, number>();
  #bytes = 0;

  constructor(bytesMax: number) {
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
    for (const cut of [...this.#kept.keys()]) {
      if (this.#bytes <= this.#bytesMax * SHED_TO) return;
      // First, for the connection will note its own end as well.
      this.#set(cut, 0);
      cut();
    }
  }
}

const SHED_TO = 7 / 8;
