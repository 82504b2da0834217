/**
 * The way to a Redis server: found within seconds at the start or refused, looked for again for a
 * while when it is lost in the middle, then given up.
 *
 * Invariants: user and password of an address are never part of a message; every connection has a
 * listener for errors before it is opened; when the link is given up, `lost` rejects once and every
 * call that waits for an answer is rejected.
 */

import { Redis } from 'ioredis';
import { RedisLost, SweepFault, lineOf } from '../fault.ts';

export class RedisLink {
  readonly client: Redis;
  /** The server's address, without user and password. */
  readonly name: string;
  /** Rejects with RedisLost when the server has been away for too long; never resolves. */
  readonly lost: Promise<never>;
  #giveUp: (fault: RedisLost) => void = () => undefined;
  #patience: NodeJS.Timeout | undefined;

  private constructor(client: Redis, name: string, say: (line: string) => void) {
    this.client = client;
    this.name = name;
    this.lost = new Promise<never>((_, reject) => {
      this.#giveUp = reject;
    });
    // Whoever races against it hears of it; nobody need do so.
    this.lost.catch(() => undefined);
    client.on('close', () => {
      if (this.#patience !== undefined) return;
      say(`the Redis server ${name} went away: looking for it again for ${SECONDS} s`);
      this.#patience = setTimeout(() => {
        this.#giveUp(lostFault(name));
        client.disconnect();
      }, PATIENCE_MS);
    });
    client.on('ready', () => {
      clearTimeout(this.#patience);
      this.#patience = undefined;
      say(`the Redis server ${name} is back`);
    });
  }

  /**
   * @param say for a server that goes and comes back
   * @throws SweepFault when the address is wrong or nothing answers there
   */
  static async open(address: string, say: (line: string) => void): Promise<RedisLink> {
    const name = nameOf(address);
    let isOpen = false;
    const client = new Redis(address, {
      lazyConnect: true,
      connectTimeout: CONNECT_MS,
      // Waiting for the server is bounded here, not per call.
      maxRetriesPerRequest: null,
      retryStrategy: (attempt) => (isOpen ? Math.min(100 * attempt, RETRY_MS_MAX) : null),
    });
    let reason = '';
    client.on('error', (error: unknown) => {
      reason = lineOf(error);
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Error('no answer'));
      }, CONNECT_MS);
    });
    try {
      await Promise.race([client.connect().then(() => client.ping()), late]);
    } catch (error) {
      client.disconnect();
      throw new SweepFault(
        `the Redis server ${name} cannot be used (${reason === '' ? lineOf(error) : reason}): ` +
          'start it or correct --redis',
      );
    } finally {
      clearTimeout(timer);
    }
    isOpen = true;
    return new RedisLink(client, name, say);
  }

  /** Work that ends with the link, at the latest. */
  async during<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.lost]);
  }

  end(): void {
    clearTimeout(this.#patience);
    // Nobody is to wait for a server that we leave ourselves.
    this.client.removeAllListeners('close');
    this.client.disconnect();
  }
}

function lostFault(name: string): RedisLost {
  return new RedisLost(`the Redis server ${name} was lost and did not come back in ${SECONDS} s`);
}

function nameOf(address: string): string {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new SweepFault('--redis needs an address, as in redis://127.0.0.1:6379');
  }
  if (!['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '') {
    throw new SweepFault('--redis needs an address, as in redis://127.0.0.1:6379');
  }
  return `${url.protocol}//${url.host}${url.pathname}`;
}

const CONNECT_MS = 4000;
const RETRY_MS_MAX = 1000;
const PATIENCE_MS = 20_000;
const SECONDS = PATIENCE_MS / 1000;
