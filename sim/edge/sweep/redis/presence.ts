/**
 * Who is there: sweeps and workers tell each other their versions through Redis, so that nobody
 * waits in silence for somebody of another version.
 *
 * Invariants: a name that was not renewed for a while counts as gone; times are the server's, so
 * clocks of machines need not agree.
 */

import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';

export type Role = 'worker' | 'sweep';

export class Presence {
  readonly #client: Redis;
  readonly #role: Role;
  readonly #member: string;
  #timer: NodeJS.Timeout | undefined;

  constructor(client: Redis, role: Role, version: string) {
    this.#client = client;
    this.#role = role;
    this.#member = `${version} ${randomUUID()}`;
  }

  /** Is there from now on, until `end`. */
  async begin(): Promise<void> {
    await this.#renew();
    this.#timer = setInterval(() => {
      // A server that is away is told by the link.
      this.#renew().catch(() => undefined);
    }, RENEW_MS);
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#client.zrem(keyOf(this.#role), this.#member);
  }

  async #renew(): Promise<void> {
    const now = await serverMs(this.#client);
    await this.#client.zadd(keyOf(this.#role), now, this.#member);
    await this.#client.zremrangebyscore(keyOf(this.#role), 0, now - GONE_MS);
  }
}

/** The versions of those who are there, one for each of them. */
export async function versionsOf(client: Redis, role: Role): Promise<string[]> {
  const since = (await serverMs(client)) - GONE_MS;
  const members = await client.zrangebyscore(keyOf(role), since, '+inf');
  return members.map((member) => member.split(' ')[0] ?? '');
}

/** Others than ours in words, as in `0.2.0, 0.3.0`. */
export function otherVersions(versions: readonly string[], own: string): string {
  return [...new Set(versions.filter((version) => version !== own))].sort().join(', ');
}

function keyOf(role: Role): string {
  return `orrery-sweep-${role}s`;
}

async function serverMs(client: Redis): Promise<number> {
  const [seconds, micros] = await client.time();
  return 1000 * Number(seconds) + Math.floor(Number(micros) / 1000);
}

const RENEW_MS = 3000;
const GONE_MS = 12_000;
