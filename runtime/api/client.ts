/**
 * One connection of a client to the binary API (docs/wire.md), as promises: what `orrery put` and
 * `orrery get` use; `library/client.ts` has several of them.
 *
 * Many requests may be in flight on one connection. Replies carry their key, and those about one
 * key come in the order of its requests, so the oldest request of that key and kind is the one
 * answered. One that nobody waits for any more keeps its place in that order, for its reply.
 *
 * Invariants: every request ends, by its reply, its deadline, its caller or the connection's end;
 * a node that is silent for as long as a connection may be, while it is asked for something, ends
 * the connection; nothing that a node sends throws.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { decodeClient, encodeClient } from '../../src/codec/client.ts';
import type { ClientMessage } from '../../src/wire-types.ts';
import { KEEP_ALIVE_MS, OVERDUE_MS } from '../bounds.ts';
import { monotonicMs } from '../clock.ts';
import { formatEndpoint } from '../links/address.ts';
import type { Endpoint } from '../links/address.ts';
import { reasonOf } from '../log.ts';
import { createReader } from '../stream.ts';

export interface ClientOptions {
  /** For connecting, for each request, and for the silence of a node that is asked, in ms. */
  readonly timeoutMs?: number;
  /** For connecting alone, in ms. */
  readonly connectMs?: number;
}

export interface ClientRequestOptions {
  /** For this request, in ms, instead of the connection's. */
  readonly timeoutMs?: number | undefined;
  /** Ends the wait for its reply; the node carries it out all the same. */
  readonly signal?: AbortSignal | undefined;
}

export interface ClientPutOptions extends ClientRequestOptions {
  readonly ttlS?: number | undefined;
  readonly replication?: number | undefined;
}

export type PutReceipt = Extract<ClientMessage, { readonly type: 'put-result' }>;

/** Bad luck with a node's API: not there, gone, too slow, or not speaking this protocol. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  /** Whether the request may have reached the node. */
  readonly wasSent: boolean;

  constructor(message: string, wasSent = false) {
    super(message);
    this.wasSent = wasSent;
  }
}

export class ConnectedClient {
  readonly #socket: Socket;
  readonly #name: string;
  readonly #timeoutMs: number;
  readonly #reader = createReader(decodeClient);
  /** Requests without a reply, oldest first, by kind and key. */
  readonly #waiting = new Map<string, Waiter[]>();
  #waitingCount = 0;
  /** Since when the node owes a reply and says nothing. */
  #silentSince = 0;
  #failure: string | undefined;

  constructor(socket: Socket, at: Endpoint, timeoutMs: number) {
    this.#socket = socket;
    this.#name = `the node at ${formatEndpoint(at)}`;
    this.#timeoutMs = timeoutMs;
    socket.on('data', (chunk: Buffer) => {
      this.#silentSince = monotonicMs();
      this.#reader.push(chunk);
      this.#takeReplies();
    });
    socket.on('error', (error) => {
      this.#fail(`cut the connection: ${reasonOf(error)}`);
    });
    socket.on('close', () => {
      this.#fail('closed the connection');
    });
  }

  /** Whether a request can be sent. */
  get isOpen(): boolean {
    return this.#failure === undefined && this.#socket.writable;
  }

  /** Replies that the node owes. */
  get waiting(): number {
    return this.#waitingCount;
  }

  /** Whether this connection keeps the process from ending. */
  hold(holds: boolean): void {
    if (holds) this.#socket.ref();
    else this.#socket.unref();
  }

  /** PUT CHECKED: answered when the node knows how it went. */
  async put(
    key: Uint8Array,
    value: Uint8Array,
    options: ClientPutOptions = {},
  ): Promise<PutReceipt> {
    const { ttlS = 0, replication = 0 } = options;
    const message = { type: 'put', checked: true, ttlS, replication, key, value } as const;
    const reply = await this.#request(message, options);
    if (reply.type === 'put-result') return reply;
    throw new ClientError(`${this.#name} mixed up its replies`, true);
  }

  /** Nothing when the network holds no value under that key. */
  async get(key: Uint8Array, options: ClientRequestOptions = {}): Promise<Uint8Array | undefined> {
    const reply = await this.#request({ type: 'get', key }, options);
    return reply.type === 'success' ? reply.value : undefined;
  }

  /** Ends the connection; what was asked before is still answered. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.closed) {
        resolve();
        return;
      }
      this.#socket.once('close', () => {
        resolve();
      });
      this.#socket.end();
    });
  }

  /** Ends the connection at once; what is not answered fails. */
  cut(): void {
    this.#fail('was let go');
  }

  #request(message: ClientMessage, options: ClientRequestOptions): Promise<ClientMessage> {
    const { timeoutMs = this.#timeoutMs, signal } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason as Error);
      if (!this.isOpen) {
        return reject(new ClientError(`${this.#name} ${this.#failure ?? 'closed the connection'}`));
      }
      const onAbort = (): void => {
        settle(() => reject(signal?.reason as Error));
      };
      const timer = setTimeout(() => {
        this.#endWhenSilent();
        const late = `did not answer within ${Math.round(timeoutMs)} ms`;
        settle(() => reject(new ClientError(`${this.#name} ${late}`, true)));
      }, timeoutMs);
      let isSettled = false;
      const settle = (how: () => void): void => {
        if (isSettled) return;
        isSettled = true;
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        how();
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#send(message, {
        answer: (reply) => settle(() => resolve(reply)),
        fail: (reason) => settle(() => reject(new ClientError(`${this.#name} ${reason}`, true))),
      });
    });
  }

  #send(message: ClientMessage, waiter: Waiter): void {
    if (this.#waitingCount === 0) this.#silentSince = monotonicMs();
    this.#waitingCount += 1;
    const name = nameOf(message);
    const queue = this.#waiting.get(name);
    if (queue === undefined) this.#waiting.set(name, [waiter]);
    else queue.push(waiter);
    this.#socket.write(encodeClient(message));
  }

  #takeReplies(): void {
    let decoded = this.#reader.next();
    for (; decoded !== undefined; decoded = this.#reader.next()) {
      const reply = decoded.type === 'message' ? decoded.message : undefined;
      if (reply === undefined || !this.#answer(reply)) {
        this.#fail('answers with something else than the client API');
        return;
      }
    }
  }

  /** Gives a reply to the oldest request that it can answer; false when there is none. */
  #answer(reply: ClientMessage): boolean {
    if (reply.type === 'get' || reply.type === 'put') return false;
    const name = nameOf(reply);
    const queue = this.#waiting.get(name);
    const waiter = queue?.shift();
    if (queue?.length === 0) this.#waiting.delete(name);
    if (waiter === undefined) return false;
    this.#waitingCount -= 1;
    waiter.answer(reply);
    return true;
  }

  #endWhenSilent(): void {
    if (monotonicMs() - this.#silentSince < this.#timeoutMs - TIMER_SLACK_MS) return;
    this.#fail(`did not answer within ${this.#timeoutMs} ms`);
  }

  #fail(reason: string): void {
    if (this.#failure !== undefined) return;
    this.#failure = reason;
    this.#socket.destroy();
    const all = [...this.#waiting.values()].flat();
    this.#waiting.clear();
    this.#waitingCount = 0;
    for (const waiter of all) waiter.fail(reason);
  }
}

/** @throws ClientError when nobody takes the connection in time */
export async function connectClient(
  at: Endpoint,
  options: ClientOptions = {},
): Promise<ConnectedClient> {
  const { timeoutMs = OVERDUE_MS, connectMs = timeoutMs } = options;
  return new ConnectedClient(await openSocket(at, connectMs), at, timeoutMs);
}

interface Waiter {
  readonly answer: (reply: ClientMessage) => void;
  readonly fail: (reason: string) => void;
}

function openSocket(at: Endpoint, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: at.host,
      port: at.port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
    });
    const refuse = (reason: string): void => {
      socket.destroy();
      reject(new ClientError(`no node answers at ${formatEndpoint(at)}: ${reason}`));
    };
    const timer = setTimeout(() => {
      refuse(`no connection within ${timeoutMs} ms`);
    }, timeoutMs);
    socket.on('error', (error) => {
      clearTimeout(timer);
      refuse(reasonOf(error));
    });
    socket.once('connect', () => {
      clearTimeout(timer);
      resolve(socket);
    });
  });
}

/** Requests and replies that belong together have one name: the kind and the key. */
function nameOf(message: ClientMessage): string {
  const kind = message.type === 'put' || message.type === 'put-result' ? 'put' : 'get';
  return kind + Buffer.from(message.key).toString('latin1');
}

/** A timer may fire a little before its time: what is left after it is no time to ask again in. */
export const TIMER_SLACK_MS = 2;
