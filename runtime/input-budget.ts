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
  readonly #kept = new Map<Cut, Kept>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * The connection keeps so many bytes now, after so many messages since its beginning; it may be
   * cut before this returns.
   */
  note(cut: Cut, bytes: number, messages: number): void {
    // What is set anew comes last, what is set again keeps its place.
    if (bytes === 0 || this.#kept.get(cut)?.messages !== messages) this.forget(cut);
    if (bytes > 0) this.#set(cut, { bytes, messages });
    if (this.#bytes > this.#bytesMax) this.#shed();
  }

  /** It keeps nothing. */
  forget(cut: Cut): void {
    this.#bytes -= this.#kept.get(cut)?.bytes ?? 0;
    this.#kept.delete(cut);
  }

  #set(cut: Cut, kept: Kept): void {
    this.#bytes += kept.bytes - (this.#kept.get(cut)?.bytes ?? 0);
    this.#kept.set(cut, kept);
  }

  /** Down to well below the bound: the list is not gone through for each byte that follows. */
  #shed(): void {
    for (const cut of [...this.#kept.keys()]) {
      if (this.#bytes <= this.#bytesMax * SHED_TO) return;
      // First, for the connection will note its own end as well.
      this.forget(cut);
      cut();
    }
  }
}

interface Kept {
  readonly bytes: number;
  readonly messages: number;
}

const SHED_TO = 7 / 8;
