/**
 * Cells on other machines: each is a job on a queue in Redis, and whoever runs `orrery
 * sweep-worker` takes some.
 *
 * Invariants: a cell that is done or under way in Redis is not put there twice, one that failed
 * in an earlier run is tried again, one that Redis forgot is put there again; files are written
 * here, by the one who asked; stopped, we take back what no worker has begun.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { Job, Queue } from 'bullmq';
import type { Cell, Start } from '../cell.ts';
import { lineOf } from '../fault.ts';
import type { Runner, Watch } from '../local.ts';
import type { RedisLink } from './link.ts';
import { otherVersions, Presence, versionsOf } from './presence.ts';
import { contentKey, jobId, packContent, queueName, unpackResult } from './wire.ts';
import type { CellJob, Content } from './wire.ts';

/** @param say for what a person should know, such as that no worker is there */
export function redisRunner(link: RedisLink, version: string, say: (line: string) => void): Runner {
  return async (cells, watch) => {
    if (cells.length === 0) return;
    const queue = new Queue<CellJob>(queueName(version), {
      connection: link.client,
      streams: { events: { maxLen: EVENTS_MAX } },
    });
    queue.on('error', () => undefined);
    const presence = new Presence(link.client, 'sweep', version);
    const job = new Sweeping(queue, link, version, cells, watch, say);
    try {
      await link.during(presence.begin());
      await link.during(job.work());
      if (watch.signal.aborted) await link.during(job.takeBack());
    } finally {
      job.isOver = true;
      const closed = Promise.allSettled([presence.end(), queue.close()]);
      await Promise.race([closed, sleep(CLOSE_MS)]);
    }
  };
}

const EVENTS_MAX = 100;
const CLOSE_MS = 1000;
const LOOK_EVERY_MS = 300;
const LOOK_AT_ONCE = 200;
const WORKERS_EVERY_MS = 5000;
const KEEP_S = 86_400;
const CONTENT_S = 7 * KEEP_S;

/** One sweep's cells on the queue. */
class Sweeping {
  readonly #queue: Queue<CellJob>;
  readonly #link: RedisLink;
  readonly #version: string;
  readonly #watch: Watch;
  readonly #say: (line: string) => void;
  readonly #cells: readonly Cell[];
  /** On the queue and not told yet; those looked at move to the end. */
  readonly #open = new Map<string, Cell>();
  /** Whether all cells have been on the queue. */
  #allAsked = false;
  /** Names of what workers were given, by what it was made of. */
  readonly #sent = new Map<unknown, Promise<string>>();
  #said = '';
  #words = 'waiting for workers';
  /** Nothing is told any more. */
  isOver = false;

  constructor(
    queue: Queue<CellJob>,
    link: RedisLink,
    version: string,
    cells: readonly Cell[],
    watch: Watch,
    say: (line: string) => void,
  ) {
    this.#queue = queue;
    this.#link = link;
    this.#version = version;
    this.#watch = watch;
    this.#say = say;
    this.#cells = cells;
  }

  async work(): Promise<void> {
    await Promise.all([this.#askAll(), this.#lookAtAll()]);
  }

  get #isStopping(): boolean {
    return this.isOver || this.#watch.signal.aborted;
  }

  /** One warm-up after the other: they are made here, where nothing else is to do. */
  async #askAll(): Promise<void> {
    const plain = this.#cells.filter(({ start }) => start === undefined);
    const forks = this.#cells.filter(({ start }) => start !== undefined);
    for (const batch of [...batches(plain), ...forks.map((cell) => [cell])]) {
      if (this.#isStopping) return;
      await Promise.all(batch.map((cell) => this.#ask(cell)));
    }
    this.#allAsked = true;
  }

  async #lookAtAll(): Promise<void> {
    let workersAt = -Infinity;
    while ((this.#open.size > 0 || !this.#allAsked) && !this.#isStopping) {
      const batch = [...this.#open.values()].slice(0, LOOK_AT_ONCE);
      await Promise.all(batch.map((cell) => this.#look(cell)));
      if (performance.now() - workersAt > WORKERS_EVERY_MS) {
        await this.#lookForWorkers(workersAt === -Infinity);
        workersAt = performance.now();
      }
      this.#watch.progress(0, this.#words);
      if (this.#open.size > 0 || !this.#allAsked) await sleep(LOOK_EVERY_MS);
    }
  }

  /** What no worker has begun leaves the queue; what is running ends there and is kept a day. */
  async takeBack(): Promise<void> {
    for (const batch of batches([...this.#open.keys()])) {
      await Promise.all(batch.map((id) => this.#removeIfWaiting(id)));
    }
  }

  /** Puts a cell on the queue, unless it is there; tells it when that cannot be. */
  async #ask(cell: Cell): Promise<void> {
    const id = jobId(cell.id);
    const state = await this.#queue.getJobState(id);
    // Removed, not retried: a job that was given up remembers that.
    if (state === 'failed') await this.#queue.remove(id);
    if (state === 'failed' || state === 'unknown') {
      const start = cell.start === undefined ? null : await this.#bringStart(cell, cell.start);
      if (start === undefined) return;
      const materials = await this.#bring(cell.materials, cell.materials);
      const data: CellJob = { version: this.#version, options: cell.options, materials, start };
      await this.#queue.add('cell', data, {
        jobId: id,
        removeOnComplete: { age: KEEP_S },
        removeOnFail: { age: KEEP_S },
      });
    }
    this.#open.set(cell.id, cell);
  }

  /** @returns undefined when there is none: the cell has been told as failed, unless we stop */
  async #bringStart(cell: Cell, start: Start): Promise<string | undefined> {
    const sent = await this.#stillThere(start.name);
    if (sent !== undefined) return sent;
    let snapshot: Content;
    try {
      snapshot = await start.snapshot(this.#watch.signal);
    } catch (error) {
      if (!this.#isStopping) await this.#watch.failed(cell, lineOf(error));
      return undefined;
    }
    return this.#bring(start.name, snapshot);
  }

  /** Tells a cell that has ended. */
  async #look(cell: Cell): Promise<void> {
    const id = jobId(cell.id);
    const state = await this.#queue.getJobState(id);
    this.#open.delete(cell.id);
    if (state === 'completed' || state === 'failed') {
      const job = await Job.fromId<CellJob>(this.#queue, id);
      if (job !== undefined && !this.isOver) return this.#tell(cell, job, state);
    }
    if (state === 'unknown') await this.#ask(cell);
    else this.#open.set(cell.id, cell);
  }

  async #tell(cell: Cell, job: Job<CellJob>, state: 'completed' | 'failed'): Promise<void> {
    if (state === 'failed') return this.#watch.failed(cell, reasonOf(job.failedReason));
    const finished = unpackResult(job.returnvalue);
    if (finished !== undefined) return this.#watch.finished(cell, finished);
    // The next run shall not find it again.
    await job.remove().catch(() => undefined);
    await this.#watch.failed(cell, 'its result came damaged from the queue: run the sweep again');
  }

  /** Sees to it that workers find what a cell needs; @returns by which name. */
  async #bring(source: unknown, content: Content): Promise<string> {
    const there = await this.#stillThere(source);
    if (there !== undefined) return there;
    // While we looked, another cell may have begun to send it.
    const sending = this.#sent.get(source) ?? this.#send(content);
    this.#sent.set(source, sending);
    return sending;
  }

  async #stillThere(source: unknown): Promise<string | undefined> {
    const sent = this.#sent.get(source);
    if (sent === undefined) return undefined;
    const key = contentKey(await sent);
    if ((await this.#link.client.expire(key, CONTENT_S)) === 1) return sent;
    if (this.#sent.get(source) === sent) this.#sent.delete(source);
    return undefined;
  }

  async #send(content: Content): Promise<string> {
    const { sha256, bytes } = await packContent(content);
    await this.#link.client.set(contentKey(sha256), bytes, 'EX', CONTENT_S);
    return sha256;
  }

  async #lookForWorkers(isFirst: boolean): Promise<void> {
    const versions = await versionsOf(this.#link.client, 'worker');
    const own = versions.filter((version) => version === this.#version).length;
    const others = otherVersions(versions, this.#version);
    this.#words = own === 1 ? '1 worker' : `${own} workers`;
    // A worker that starts at the same moment needs no call.
    if (isFirst) return;
    let line = '';
    if (own === 0) {
      line =
        `no worker of version ${this.#version} is there: ` +
        `run "npx orrery sweep-worker --redis URL" on any machine` +
        (others === '' ? '' : `; workers of version ${others} do not take these cells`);
    }
    if (line !== '' && line !== this.#said) this.#say(line);
    this.#said = line;
  }

  async #removeIfWaiting(id: string): Promise<void> {
    const state = await this.#queue.getJobState(jobId(id));
    if (state === 'waiting') await this.#queue.remove(jobId(id));
  }
}

/** The queue's own words for a cell whose workers all ended are not a person's. */
function reasonOf(told: string): string {
  if (!told.includes('stalled')) return told;
  return 'worker after worker ended while running it: perhaps it needs more memory than they have';
}

function batches<T>(items: readonly T[]): T[][] {
  const count = Math.ceil(items.length / LOOK_AT_ONCE);
  return Array.from({ length: count }, (_, index) =>
    items.slice(index * LOOK_AT_ONCE, (index + 1) * LOOK_AT_ONCE),
  );
}
