/**
 * A client of the binary API (docs/wire.md) as promises: what `orrery put` and `orrery get` use.
 *
 * Many requests may be in flight on one connection. Replies carry their key, and those about one
 * key come in the order of its requests, so the oldest request of that key and kind is the one
 * answered. Invariant: every request ends, by its reply, its deadline or the connection's end.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { decodeClient, encodeClient } from '../../src/codec/client.ts';
import type { ClientMessage } from '../../src/wire-types.ts';
import { formatEndpoint } from '../links/address.ts';
import type { Endpoint } from '../links/address.ts';
import { reasonOf } from '../log.ts';
import { createReader } from '../stream.ts';

export interface ClientOptions {
  /** For connecting and for each request, in ms. */
  readonly timeoutMs?: number;
}

export interface ClientPutOptions {
  readonly ttlS?: number;
  readonly replication?: number;
}

export type PutReceipt = Extract<ClientMessage, { readonly type: 'put-result' }>;

/** Bad luck with a node's API: not there, gone, too slow, or not speaking this protocol. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
}

export class Client {
  readonly #socket: Socket;
  readonly #name: string;
  readonly #timeoutMs: number;
  readonly #reader = createReader(decodeClient);
  /** Requests without a reply, oldest first, by kind and key. */
  readonly #waiting = new Map<string, Waiter[]>();
  #failure: ClientError | undefined;

  constructor(socket: Socket, at: Endpoint, timeoutMs: number) {
    this.#socket = socket;
    this.#name = `the node at ${formatEndpoint(at)}`;
    this.#timeoutMs = timeoutMs;
    socket.on('data', (chunk: Buffer) => {
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

  /** PUT CHECKED: answered when the node knows how it went. */
  async put(
    key: Uint8Array,
    value: Uint8Array,
    options: ClientPutOptions = {},
  ): Promise<PutReceipt> {
    const { ttlS = 0, replication = 0 } = options;
    const message = { type: 'put', checked: true, ttlS, replication, key, value } as const;
    const reply = await this.#request(message);
    if (reply.type !== 'put-result') throw new ClientError(`${this.#name} mixed up its replies`);
    return reply;
  }

  /** PUT as old clients send it: never answered; resolves when the bytes are handed on. */
  putUnchecked(key: Uint8Array, value: Uint8Array, options: ClientPutOptions = {}): Promise<void> {
    const { ttlS = 0, replication = 0 } = options;
    const message = { type: 'put', checked: false, ttlS, replication, key, value } as const;
    return new Promise((resolve, reject) => {
      this.#socket.write(encodeClient(message), (error) => {
        if (error === null || error === undefined) resolve();
        else reject(this.#failure ?? new ClientError(`${this.#name} took nothing`));
      });
    });
  }

  /** Nothing when the network holds no value under that key. */
  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    const reply = await this.#request({ type: 'get', key });
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

  #request(message: ClientMessage): Promise<ClientMessage> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      const timer = setTimeout(() => {
        this.#fail(`did not answer within ${this.#timeoutMs} ms`);
      }, this.#timeoutMs);
      const end = (result: ClientMessage | ClientError): void => {
        clearTimeout(timer);
        if (result instanceof ClientError) reject(result);
        else resolve(result);
      };
      const name = nameOf(message);
      const queue = this.#waiting.get(name);
      if (queue === undefined) this.#waiting.set(name, [{ end }]);
      else queue.push({ end });
      this.#socket.write(encodeClient(message));
    });
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
    const name = nameOf(reply);
    const queue = this.#waiting.get(name);
    const waiter = queue?.shift();
    if (queue?.length === 0) this.#waiting.delete(name);
    waiter?.end(reply);
    return waiter !== undefined;
  }

  #fail(reason: string): void {
    if (this.#failure !== undefined) return;
    this.#failure = new ClientError(`${this.#name} ${reason}`);
    this.#socket.destroy();
    const all = [...this.#waiting.values()].flat();
    this.#waiting.clear();
    for (const waiter of all) waiter.end(this.#failure);
  }
}

/** @throws ClientError when nobody takes the connection in time */
export async function connectClient(at: Endpoint, options: ClientOptions = {}): Promise<Client> {
  const { timeoutMs = TIMEOUT_MS } = options;
  return new Client(await openSocket(at, timeoutMs), at, timeoutMs);
}

interface Waiter {
  readonly end: (result: ClientMessage | ClientError) => void;
}

function openSocket(at: Endpoint, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: at.host, port: at.port, noDelay: true });
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

/** A little more than a node gives an operation. */
const TIMEOUT_MS = 15_000;
