/**
 * A client of the binary API of one or several nodes (docs/embedding.md, Client).
 *
 * A request is asked of one node. When the connection breaks before the answer, a GET is asked of
 * another one, and so is a PUT that was not sent; a PUT that was sent is not repeated unless told
 * (`retry`), for it may have been carried out. All of it happens within one deadline.
 *
 * Invariants: every request ends by its deadline; after `close` nothing is sent; a program in which
 * no request is under way can end without `close`.
 */
import { ClientError, TIMER_SLACK_MS } from '../runtime/api/client.ts';
import type { ConnectedClient, PutReceipt as Reply } from '../runtime/api/client.ts';
import { OVERDUE_MS, PUT_TTL_S_MAX } from '../runtime/bounds.ts';
import { monotonicMs } from '../runtime/clock.ts';
import { UsageError } from '../runtime/failure.ts';
import { API_EXAMPLE_PORT, parseEndpoint } from '../runtime/links/address.ts';
import { ClosedError, NoAnswerError, PutError, UnknownOutcomeError } from './errors.ts';
import type { PutReceipt } from './errors.ts';
import { Pool } from './pool.ts';
import type { Line } from './pool.ts';
import { checkPut, keyBytes, valueBytes, wholeNumber } from './words.ts';

export interface ClientOptions {
  /** Client APIs of nodes of one network, as `HOST:PORT`; at least one, at most 64. */
  readonly nodes: readonly string[];
  /** Connections to each node at most, 1 to 64 (1). One carries many requests at once. */
  readonly connections?: number;
  /** For each request, attempts and waiting included, in ms (15,000). */
  readonly timeoutMs?: number;
}

export interface RequestOptions {
  /** Instead of the client's, in ms. */
  readonly timeoutMs?: number;
  /** Ends the wait: the request is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface ClientPutOptions extends RequestOptions {
  /** Life of the value in seconds, at most 65,535; 0 or nothing: as the node is configured. */
  readonly ttlS?: number;
  /** Replicas wanted, at most 20; 0 or nothing: as the node is configured. */
  readonly replication?: number;
  /**
   * Send it again, to another node if there is one, when its answer was lost (false). Then it may
   * be carried out twice: the value is stored all the same, but under a newer version, above what
   * another writer may have put in between.
   */
  readonly retry?: boolean;
}

export class Client {
  readonly #pool: Pool;
  readonly #timeoutMs: number;
  readonly #underWay = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  /**
   * Opens nothing yet: the first request does.
   *
   * @throws UsageError when an option cannot be
   */
  constructor({ nodes, connections = 1, timeoutMs = OVERDUE_MS }: ClientOptions) {
    if (nodes.length === 0) throw new UsageError('nodes is empty: name the client API of one');
    wholeNumber('the number of nodes', nodes.length, 1, NODES_MAX);
    wholeNumber('connections', connections, 1, CONNECTIONS_MAX);
    wholeNumber('timeoutMs', timeoutMs, 1, TIMEOUT_MS_MAX);
    const places = nodes.map((text) => parseEndpoint(text, 'the node', API_EXAMPLE_PORT));
    this.#pool = new Pool(places, connections, timeoutMs);
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Stores a value (PUT CHECKED): resolves when the node knows that enough replicas have it on
   * their disk.
   *
   * @param key text, which is hashed with SHA-256, or 32 bytes
   * @param value text, which is sent as UTF-8, or 1 to 65,495 bytes
   * @throws PutError, NoAnswerError, UnknownOutcomeError, UsageError, ClosedError
   */
  async put(
    key: string | Uint8Array,
    value: string | Uint8Array,
    options: ClientPutOptions = {},
  ): Promise<PutReceipt> {
    const { ttlS, replication } = checkPut(options, PUT_TTL_S_MAX);
    const [rawKey, bytes] = [keyBytes(key), valueBytes(value)];
    const once = options.retry !== true;
    const { status, holders, wanted, version } = await this.#track(options, { once }, (at, rest) =>
      at.put(rawKey, bytes, { ttlS, replication, ...rest }),
    );
    if (status !== 'good') throw new PutError(status, holders, wanted);
    return { holders, wanted, version };
  }

  /**
   * Reads a value.
   *
   * @param key text, which is hashed with SHA-256, or 32 bytes
   * @returns its bytes, or nothing: the node found none. The API does not tell why it found none;
   *   a node that cannot reach the others finds none either.
   * @throws NoAnswerError, UsageError, ClosedError
   */
  async get(
    key: string | Uint8Array,
    options: RequestOptions = {},
  ): Promise<Uint8Array | undefined> {
    const rawKey = keyBytes(key);
    const value = await this.#track(options, undefined, (at, rest) => at.get(rawKey, rest));
    // A copy of its own: what was decoded is a view of all that came with it.
    return value?.slice();
  }

  /** Takes no more requests, waits for those under way, and ends the connections. */
  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #finish(): Promise<void> {
    await Promise.allSettled([...this.#underWay]);
    await this.#pool.close();
  }

  async #track<T extends Reply | Uint8Array | undefined>(
    options: RequestOptions,
    put: { readonly once: boolean } | undefined,
    ask: Ask<T>,
  ): Promise<T> {
    const { timeoutMs = this.#timeoutMs, signal } = options;
    wholeNumber('timeoutMs', timeoutMs, 1, TIMEOUT_MS_MAX);
    if (this.#closing !== undefined) throw new ClosedError();
    this.#pool.enter();
    const work = this.#attempt(monotonicMs() + timeoutMs, signal, put, ask);
    this.#underWay.add(work);
    try {
      return await work;
    } finally {
      this.#underWay.delete(work);
      this.#pool.leave();
    }
  }

  async #attempt<T>(
    untilMs: number,
    signal: AbortSignal | undefined,
    put: { readonly once: boolean } | undefined,
    ask: Ask<T>,
  ): Promise<T> {
    const failed = new Set<Line['site']>();
    let isUnknown = false;
    for (;;) {
      const line = await this.#pool.take(failed, untilMs, signal);
      if (line === undefined) throw noAnswer(this.#pool.reason, isUnknown);
      try {
        const timeoutMs = Math.max(1, untilMs - monotonicMs());
        const result = await ask(line.connection, { timeoutMs, signal });
        this.#pool.worked(line);
        return result;
      } catch (error) {
        if (!(error instanceof ClientError)) throw error;
        this.#pool.failed(line, error.message);
        failed.add(line.site);
        isUnknown ||= error.wasSent && put !== undefined;
        const isLate = monotonicMs() >= untilMs - TIMER_SLACK_MS;
        if (isLate || (isUnknown && put?.once === true)) throw noAnswer(error.message, isUnknown);
      }
    }
  }
}

type Ask<T> = (
  at: ConnectedClient,
  rest: { readonly timeoutMs: number; readonly signal: AbortSignal | undefined },
) => Promise<T>;

function noAnswer(reason: string, isUnknown: boolean): NoAnswerError {
  if (!isUnknown) return new NoAnswerError(reason);
  return new UnknownOutcomeError(`${reason}; the PUT may have been carried out`);
}

const NODES_MAX = 64;
const CONNECTIONS_MAX = 64;
const TIMEOUT_MS_MAX = 86_400_000;
