/**
 * A door to one node: its client API, with the outcome of each request as data. It opens again by
 * itself after the node was away.
 *
 * Rule: an outcome is called known only when the node said it. A PUT without an answer, or answered
 * with less than a majority, may be there or not: unknown. A request that never left is failed.
 */
import { createHash } from 'node:crypto';
import { ClientError, connectClient } from '../../runtime/api/client.ts';
import type { ConnectedClient, ClientPutOptions } from '../../runtime/api/client.ts';
import type { Endpoint } from '../../runtime/links/address.ts';
import type { PutStatus } from '../../src/wire-types.ts';

export interface PutOutcome {
  readonly outcome: 'acknowledged' | 'failed' | 'unknown';
  /** Whether the node said it, or nobody did. */
  readonly answered: boolean;
  /** 0 unless acknowledged. */
  readonly version: number;
}

export type GetOutcome =
  | { readonly outcome: 'found'; readonly value: string }
  | { readonly outcome: 'absent' | 'unknown' };

export class Door {
  readonly #at: Endpoint;
  readonly #timeoutMs: number;
  #client: Promise<ConnectedClient> | undefined;

  constructor(at: Endpoint, timeoutMs = REQUEST_MS_MAX) {
    this.#at = at;
    this.#timeoutMs = timeoutMs;
  }

  async put(key: Uint8Array, value: Uint8Array, options: ClientPutOptions): Promise<PutOutcome> {
    const opening = this.#open();
    const client = await opening.catch(() => undefined);
    if (client === undefined) {
      this.#forget(opening);
      return { outcome: 'failed', answered: false, version: 0 };
    }
    try {
      const { status, version } = await client.put(key, value, options);
      if (status === 'good') return { outcome: 'acknowledged', answered: true, version };
      const outcome = NOTHING_MADE.includes(status) ? 'failed' : 'unknown';
      return { outcome, answered: true, version: 0 };
    } catch (error) {
      this.#forget(opening);
      if (!(error instanceof ClientError)) throw error;
      return { outcome: 'unknown', answered: false, version: 0 };
    }
  }

  async get(key: Uint8Array): Promise<GetOutcome> {
    const opening = this.#open();
    try {
      const value = await (await opening).get(key);
      if (value === undefined) return { outcome: 'absent' };
      return { outcome: 'found', value: digestOf(value) };
    } catch (error) {
      this.#forget(opening);
      if (!(error instanceof ClientError)) throw error;
      return { outcome: 'unknown' };
    }
  }

  /** Resolves when the connection is gone. */
  async close(): Promise<void> {
    const client = await this.#client?.catch(() => undefined);
    this.#client = undefined;
    await client?.close();
  }

  #open(): Promise<ConnectedClient> {
    this.#client ??= connectClient(this.#at, { timeoutMs: this.#timeoutMs });
    return this.#client;
  }

  /** A client that failed once answers nothing any more: the next request dials anew. */
  #forget(opening: Promise<ConnectedClient>): void {
    if (this.#client === opening) this.#client = undefined;
  }
}

/** What stands for bytes in histories: no two values of a run have the same. */
export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}

/** Bytes that only this name has, at least 32 of them. */
export function valueOf(name: string, size: number): Buffer {
  return Buffer.alloc(Math.max(size, 32), createHash('sha256').update(name).digest());
}

export function keyOf(name: string): Buffer {
  return createHash('sha256').update(name).digest();
}

/** Statuses with which no record came into being; not `full`, which some of those asked said. */
const NOTHING_MADE: readonly PutStatus[] = ['no-peers', 'invalid', 'busy'];
/** More than the ten seconds that a node gives an operation. */
const REQUEST_MS_MAX = 12_000;
