/**
 * Progress on standard error: how far, how fast, how long still. On a terminal one line that is
 * written over; otherwise a plain line every ten seconds. Nothing for work that is over within two
 * seconds.
 */

const SILENT_MS = 2000;
const PLAIN_EVERY_MS = 10_000;

export class Meter {
  readonly #stream = process.stderr;
  readonly #startedAt = performance.now();
  #shownAt = 0;
  #drawn = false;

  /**
   * @param share of the work that is done, 0 to 1
   * @param count of what has been done so far, for the rate
   */
  show(share: number, count: number, unit: string, more: string): void {
    const now = performance.now();
    const elapsedMs = now - this.#startedAt;
    if (elapsedMs < SILENT_MS) return;
    const { isTTY } = this.#stream;
    if (!isTTY && now - this.#shownAt < PLAIN_EVERY_MS) return;
    this.#shownAt = now;
    const percent = (100 * share).toFixed(share < 0.1 ? 1 : 0);
    const rate = Math.round((1000 * count) / elapsedMs).toLocaleString('en');
    const left = share > 0 ? `, about ${clock((elapsedMs * (1 - share)) / share)} left` : '';
    const line = `${percent} %, ${rate} ${unit}/s, ${more}${left}`;
    if (isTTY) this.#stream.write(`\r\u001b[K${line}`);
    else this.#stream.write(`${line}\n`);
    this.#drawn = true;
  }

  /** Leaves the line clean for what comes next. */
  end(): void {
    if (this.#drawn && this.#stream.isTTY) this.#stream.write('\r\u001b[K');
  }
}

function clock(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
