/**
 * The connections of a client: a few to each of its nodes, opened when they are needed.
 *
 * Rules: a request goes to the connection that owes the fewest replies; while all that are open owe
 * some, one more is opened beside them; when none is open, nodes are tried in turn, the next a
 * little later, without waiting for the first to fail. A node that could not be reached or broke
 * off is left alone for a random time up to a bound that doubles ("full jitter"), until one of its
 * replies came.
 *
 * Invariants: nothing is opened and no timer runs while no request waits; connections hold the
 * process only while a request waits for a reply.
 */
import { randomInt } from 'node:crypto';
import { ClientError, connectClient } from '../runtime/api/client.ts';
import type { ConnectedClient } from '../runtime/api/client.ts';
import { OVERDUE_MS } from '../runtime/bounds.ts';
import { monotonicMs } from '../runtime/clock.ts';
import type { Endpoint } from '../runtime/links/address.ts';

/** A node of the client. */
interface Site {
  readonly at: Endpoint;
  readonly open: Set<ConnectedClient>;
  opening: number;
  /** How often in a row it was of no use. */
  failures: number;
  /** Not before this it is tried again. */
  notBeforeMs: number;
}

export interface Line {
  readonly site: Site;
  readonly connection: ConnectedClient;
}

export class Pool {
  readonly #sites: readonly Site[];
  readonly #perSite: number;
  readonly #timeoutMs: number;
  /** Where the next search begins. */
  #next: number;
  /** Requests under way. */
  #busy = 0;
  #closed = false;
  /** Why the last attempt failed. */
  #reason = 'no connection in time';
  #onChange: (() => void)[] = [];

  constructor(places: readonly Endpoint[], perSite: number, timeoutMs: number) {
    this.#sites = places.map((at) => ({
      at,
      open: new Set(),
      opening: 0,
      failures: 0,
      notBeforeMs: 0,
    }));
    this.#perSite = perSite;
    this.#timeoutMs = timeoutMs;
    this.#next = randomInt(places.length);
  }

  /** Why no connection was to be had. */
  get reason(): string {
    return this.#reason;
  }

  /** A request begins: as long as one is under way the process goes on. */
  enter(): void {
    this.#busy += 1;
    if (this.#busy === 1) this.#holdAll(true);
  }

  leave(): void {
    this.#busy -= 1;
    if (this.#busy === 0) this.#holdAll(false);
  }

  /**
   * A connection for a request, of a node that has not failed it if there is one.
   *
   * @returns nothing when there was none in time
   */
  async take(
    failed: ReadonlySet<Site>,
    untilMs: number,
    signal: AbortSignal | undefined,
  ): Promise<Line | undefined> {
    for (;;) {
      signal?.throwIfAborted();
      const others = this.#sites.filter((site) => !failed.has(site));
      const line = leastBusy(others) ?? (this.#mayOpen(others) ? undefined : this.#any());
      if (line !== undefined) {
        if (line.connection.waiting > 0) this.#openOne(this.#sites);
        return line;
      }
      const now = monotonicMs();
      if (now >= untilMs) return undefined;
      this.#openOne(others.length > 0 ? others : this.#sites);
      const soonest = Math.min(...this.#sites.map(({ notBeforeMs }) => notBeforeMs));
      const pauseMs = soonest > now ? soonest - now : STAGGER_MS;
      await this.#change(Math.min(pauseMs, untilMs - now), signal);
    }
  }

  /** A reply has come. */
  worked({ site }: Line): void {
    site.failures = 0;
  }

  /** A request found no reply: a connection that ended by it is the fault of its node. */
  failed({ site, connection }: Line, reason: string): void {
    this.#reason = reason;
    if (connection.isOpen || !site.open.delete(connection)) return;
    this.#backOff(site);
  }

  /** Ends all connections; what is still owed to requests that gave up is not waited for. */
  async close(): Promise<void> {
    this.#closed = true;
    const lines = this.#sites.flatMap(({ open }) => [...open]);
    await Promise.all(
      lines.map(async (connection) => {
        const late = setTimeout(() => connection.cut(), CLOSE_MS_MAX);
        if (connection.waiting > 0) connection.cut();
        await connection.close();
        clearTimeout(late);
      }),
    );
  }

  #any(): Line | undefined {
    return leastBusy(this.#sites);
  }

  #mayOpen(sites: readonly Site[]): boolean {
    const now = monotonicMs();
    return sites.some((site) => site.opening > 0 || this.#hasRoom(site, now));
  }

  #hasRoom({ open, opening, notBeforeMs }: Site, now: number): boolean {
    return open.size + opening < this.#perSite && notBeforeMs <= now;
  }

  /** Opens one more connection, at the next node that is not busy with one already. */
  #openOne(sites: readonly Site[]): void {
    const now = monotonicMs();
    for (let step = 0; step < this.#sites.length; step++) {
      const site = this.#sites[(this.#next + step) % this.#sites.length];
      if (site === undefined || !sites.includes(site) || site.opening > 0) continue;
      if (!this.#hasRoom(site, now)) continue;
      this.#next = (this.#next + step + 1) % this.#sites.length;
      void this.#open(site);
      return;
    }
  }

  async #open(site: Site): Promise<void> {
    site.opening += 1;
    const connectMs = Math.min(this.#timeoutMs, CONNECT_MS_MAX);
    try {
      const connection = await connectClient(site.at, { timeoutMs: OVERDUE_MS, connectMs });
      if (this.#closed) connection.cut();
      else site.open.add(connection);
      connection.hold(this.#busy > 0);
    } catch (error) {
      this.#reason = error instanceof ClientError ? error.message : String(error);
      this.#backOff(site);
    }
    site.opening -= 1;
    for (const resume of this.#onChange.splice(0)) resume();
  }

  #backOff(site: Site): void {
    const mostMs = Math.min(BACK_OFF_MS_MAX, BACK_OFF_MS * 2 ** site.failures);
    site.failures = Math.min(site.failures + 1, FAILURES_MAX);
    site.notBeforeMs = monotonicMs() + randomInt(mostMs + 1);
  }

  /** Waits until a connection was opened or failed to, for a time at most. */
  #change(limitMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const resume = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', resume);
        resolve();
      };
      const timer = setTimeout(resume, Math.max(1, limitMs));
      signal?.addEventListener('abort', resume, { once: true });
      this.#onChange.push(resume);
    });
  }

  #holdAll(holds: boolean): void {
    for (const { open } of this.#sites) for (const connection of open) connection.hold(holds);
  }
}

/** Of the open connections the one that owes the fewest replies; closed ones are let go. */
function leastBusy(sites: readonly Site[]): Line | undefined {
  let best: Line | undefined;
  for (const site of sites) {
    for (const connection of [...site.open]) {
      if (!connection.isOpen) site.open.delete(connection);
      else if (best === undefined || connection.waiting < best.connection.waiting) {
        best = { site, connection };
      }
    }
  }
  return best;
}

/** How long a node is waited for before another one is tried beside it. */
const STAGGER_MS = 250;
const CONNECT_MS_MAX = 5_000;
const BACK_OFF_MS = 100;
const BACK_OFF_MS_MAX = 5_000;
const FAILURES_MAX = 10;
/** For a node to end its side of a connection on which it owes nothing. */
const CLOSE_MS_MAX = 1_000;
