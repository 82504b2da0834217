/**
 * Telling those who watch the dashboard, once a second, what there is to see (server-sent events).
 *
 * Rules: nothing is observed while nobody listens, and once for all who do. Nobody is buffered for:
 * who has not taken the last observation is not told the next one, and is cut off after
 * `MISSED_MAX` of them. Who is cut off comes back by itself, as browsers do.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { LISTENERS_MAX, MISSED_MAX, OBSERVE_MS } from '../bounds.ts';

export class Events {
  readonly #observe: () => unknown;
  /** How many times in a row each was left out. */
  readonly #listeners = new Map<ServerResponse, number>();
  #timer: NodeJS.Timeout | undefined;
  #last = '';

  constructor(observe: () => unknown) {
    this.#observe = observe;
  }

  get hasRoom(): boolean {
    return this.#listeners.size < LISTENERS_MAX;
  }

  /**
   * Tells it from now on, the last observation at once; its head has been written.
   *
   * @param socket its connection: an answer that waits behind another one never hears of its end
   */
  add(listener: ServerResponse, socket: Socket): void {
    const gone = (): void => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#rest();
    };
    listener.once('close', gone);
    socket.once('close', gone);
    this.#listeners.set(listener, 0);
    if (this.#timer === undefined) {
      this.#look();
      this.#timer = setInterval(() => {
        this.#look();
        for (const [one, missed] of this.#listeners) this.#tell(one, missed);
      }, OBSERVE_MS);
    }
    listener.write(`retry: ${OBSERVE_MS}\n${this.#last}`);
  }

  /** Says to all that this is the end; resolves when they have taken it, or are gone. */
  async close(): Promise<void> {
    this.#rest();
    const end = (one: ServerResponse): Promise<void> =>
      new Promise((resolve) => {
        one.once('close', resolve);
        one.end('event: end\ndata: {}\n\n', resolve);
      });
    await Promise.all([...this.#listeners.keys()].map(end));
  }

  #tell(listener: ServerResponse, missed: number): void {
    if (listener.writableLength === 0) {
      this.#listeners.set(listener, 0);
      listener.write(this.#last);
    } else if (missed < MISSED_MAX) {
      this.#listeners.set(listener, missed + 1);
    } else {
      listener.destroy();
    }
  }

  #look(): void {
    this.#last = `data: ${JSON.stringify(this.#observe())}\n\n`;
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
