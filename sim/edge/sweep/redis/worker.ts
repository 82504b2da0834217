/**
 * A worker of sweeps: takes cells from the queue in Redis, runs each in a thread of its own and
 * hands back its result.
 *
 * Invariants: the lock on a cell is renewed while its thread runs, so a cell without a live worker
 * is free again within seconds; a cell that ended its workers several times over is given up; told
 * to stop, the worker gives back what it has not finished.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { UnrecoverableError, WaitingError, Worker } from 'bullmq';
import type { Job } from 'bullmq';
import type { Materials } from '../../../materials.ts';
import type { Snapshot } from '../../../snapshot/snapshot.ts';
import type { Task } from '../cell.ts';
import { lineOf } from '../fault.ts';
import { simulateCell } from '../local.ts';
import type { RedisLink } from './link.ts';
import { otherVersions, Presence, versionsOf } from './presence.ts';
import { contentKey, packResult, queueName, readJob, unpackContent } from './wire.ts';
import type { CellJob, Returned } from './wire.ts';

export interface Serving {
  readonly link: RedisLink;
  readonly version: string;
  /** Cells at a time. */
  readonly concurrency: number;
  /** Aborted when the worker is to stop. */
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** Serves until told to stop; @throws RedisLost when the server is gone */
export async function serveCells(serving: Serving): Promise<void> {
  const { link, version, concurrency, signal } = serving;
  const shelf = new Shelf(link);
  const worker = new Worker<unknown, Returned>(
    queueName(version),
    (job, token) => runJob(job, token, serving, shelf),
    {
      connection: link.client,
      concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: LOCK_MS / 2,
      maxStalledCount: DEATHS_MAX,
      drainDelay: 1,
      runRetryDelay: RETRY_MS,
    },
  );
  // A server that is away is told by the link; a lock that was lost, by who has it now.
  worker.on('error', () => undefined);
  const presence = new Presence(link.client, 'worker', version);
  const stopped = new Promise<void>((resolve) => {
    const stop = (): void => {
      resolve();
    };
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
  });
  const guide = setInterval(tellForeigners(serving), LOOK_EVERY_MS);
  try {
    await link.during(presence.begin());
    await link.during(stopped);
  } finally {
    clearInterval(guide);
    const closed = Promise.allSettled([presence.end(), worker.close()]);
    await Promise.race([closed, sleep(CLOSE_MS)]);
  }
}

const LOCK_MS = 10_000;
const DEATHS_MAX = 3;
const RETRY_MS = 1000;
const LOOK_EVERY_MS = 3000;
const CLOSE_MS = 5000;
const SHELF_MAX = 4;

type CellOnQueue = Job<unknown, Returned>;

async function runJob(
  job: CellOnQueue,
  token: string | undefined,
  { version, signal, say }: Serving,
  shelf: Shelf,
): Promise<Returned> {
  const cell = readJob(job.data);
  if (cell === undefined) throw new UnrecoverableError('this is not a cell of a sweep');
  if (cell.version !== version) {
    throw new UnrecoverableError(
      `a cell of version ${cell.version} came to a worker of ${version}`,
    );
  }
  const name = job.id ?? 'a cell';
  say(`${name} begun`);
  const begunAt = performance.now();
  try {
    const task = await shelf.taskOf(cell);
    const finished = await simulateCell(task, version, signal, () => undefined);
    say(`${name} done in ${((performance.now() - begunAt) / 1000).toFixed(1)} s`);
    return packResult(finished);
  } catch (error) {
    if (signal.aborted) {
      await job.moveToWait(token);
      say(`${name} given back`);
      throw new WaitingError();
    }
    say(`${name} failed: ${lineOf(error)}`);
    throw new Error(lineOf(error), { cause: error });
  }
}

/** What the last few cells read from files or began with. */
class Shelf {
  readonly #link: RedisLink;
  readonly #held = new Map<string, Promise<unknown>>();

  constructor(link: RedisLink) {
    this.#link = link;
  }

  async taskOf({ options, materials, start }: CellJob): Promise<Task> {
    // Made by the same version, and the very bytes that it made.
    const found = (await this.#find(materials)) as Materials;
    if (start === null) return { options, materials: found, start: undefined };
    const snapshot = (await this.#find(start)) as Snapshot;
    const from = { name: start, options: snapshot.options, snapshot: async () => snapshot };
    return { options, materials: found, start: from };
  }

  #find(sha256: string): Promise<unknown> {
    const held = this.#held.get(sha256) ?? this.#fetch(sha256);
    this.#held.delete(sha256);
    this.#held.set(sha256, held);
    held.catch(() => this.#held.delete(sha256));
    const [oldest] = this.#held.keys();
    if (this.#held.size > SHELF_MAX && oldest !== undefined) this.#held.delete(oldest);
    return held;
  }

  async #fetch(sha256: string): Promise<unknown> {
    const bytes = await this.#link.client.getBuffer(contentKey(sha256));
    if (bytes === null) throw new Error('what the cell needs is gone from Redis');
    return unpackContent({ sha256, bytes });
  }
}

/** Says once which sweeps wait for workers of another version. */
function tellForeigners({ link, version, say }: Serving): () => void {
  let told = '';
  const look = async (): Promise<void> => {
    const others = otherVersions(await versionsOf(link.client, 'sweep'), version);
    if (others !== '' && others !== told) {
      say(
        `a sweep of version ${others} is under way: this worker is version ${version} and does ` +
          'not take its cells; run the same version on both sides',
      );
    }
    told = others;
  };
  return () => {
    look().catch(() => undefined);
  };
}
