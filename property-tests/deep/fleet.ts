/**
 * Real nodes of a run on loopback, each a process with a data directory of its own that outlives
 * it: killed with -9 or ended with SIGTERM, started again on their disks, stopped and continued.
 *
 * Invariants: a node keeps its ports and its identity; one that ends without having been ended
 * here is an accident, which fails the run; `close` ends all processes, and they end by themselves
 * when this process is gone (their channel to it closes), a stopped one when it is continued.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatEndpoint } from '../../runtime/links/address.ts';
import type { Endpoint } from '../../runtime/links/address.ts';
import { startProcess } from '../processes.ts';
import type { Ending, Running } from '../processes.ts';
import { reservePorts } from './ports.ts';
import type { Ports } from './ports.ts';

export type NodeStatus = 'down' | 'starting' | 'up' | 'stopped';

export class Fleet {
  readonly size: number;
  readonly dir: string;
  /** Fails when a node ends that nobody has killed. */
  readonly accident: Promise<never>;
  readonly #ports: Ports;
  readonly #nodes: Place[];
  #onAccident: (error: Error) => void = () => undefined;
  #closed = false;

  private constructor(size: number, dir: string, ports: Ports) {
    this.size = size;
    this.dir = dir;
    this.#ports = ports;
    this.#nodes = Array.from({ length: size }, () => ({ status: 'down', running: undefined }));
    this.accident = new Promise((_, reject) => {
      this.#onAccident = reject;
    });
  }

  /** Makes the places; nothing runs yet. */
  static async open(size: number): Promise<Fleet> {
    const dir = await mkdtemp(join(tmpdir(), 'orrery-deep-'));
    return new Fleet(size, dir, await reservePorts(2 * size));
  }

  api(node: number): Endpoint {
    return { host: HOST, port: this.#ports.first + this.size + node };
  }

  listen(node: number): Endpoint {
    return { host: HOST, port: this.#ports.first + node };
  }

  dataDir(node: number): string {
    return join(this.dir, `n${node}`);
  }

  /** The development authority that the nodes share. */
  get authorityDir(): string {
    return join(this.dir, '.orrery', 'authority');
  }

  status(node: number): NodeStatus {
    return this.#place(node).status;
  }

  /** The nodes that are in one of these states. */
  those(...states: readonly NodeStatus[]): number[] {
    return [...this.#nodes.keys()].filter((node) => states.includes(this.status(node)));
  }

  /** The first alone, the others together: two cores start no more than a few at once. */
  async startAll(): Promise<void> {
    await this.start(0);
    for (let first = 1; first < this.size; first += STARTS_AT_ONCE) {
      const count = Math.min(STARTS_AT_ONCE, this.size - first);
      await Promise.all(Array.from({ length: count }, (_, index) => this.start(first + index)));
    }
  }

  /** Resolves when the node has joined, or was killed meanwhile. */
  async start(node: number): Promise<void> {
    const place = this.#place(node);
    if (this.#closed) throw new Error('the fleet is closed');
    const others = [...this.those('up'), ...this.those('stopped')].slice(0, INTRODUCERS);
    const through = others.map((other) => formatEndpoint(this.listen(other)));
    const args = ['node', '-a', formatEndpoint(this.listen(node))];
    args.push('--api', formatEndpoint(this.api(node)));
    args.push('--data', this.dataDir(node), '--log-level', 'error');
    if (through.length > 0) args.push('--bootstrap', ...through);
    place.status = 'starting';
    const joined = new Promise<void>((resolve) => {
      place.running = startProcess(this.dir, args, () => {
        if (place.status === 'starting') place.status = 'up';
        resolve();
      });
    });
    const { running } = place;
    const ended = running?.ended.then((ending) => this.#onEnd(node, running, ending));
    await within(START_MS_MAX, `the start of node ${node}`, Promise.race([joined, ended]));
  }

  /** kill -9; resolves when the process is gone. */
  async kill(node: number): Promise<void> {
    const place = this.#place(node);
    const { running } = place;
    place.status = 'down';
    place.running = undefined;
    running?.kill('SIGKILL');
    if (running !== undefined) await within(END_MS_MAX, `the end of node ${node}`, running.ended);
  }

  /** SIGTERM; resolves with how the process ended, and after how long. */
  async terminate(node: number): Promise<Terminated> {
    const place = this.#place(node);
    const { running } = place;
    if (running === undefined) throw new Error(`node ${node} does not run`);
    place.status = 'down';
    place.running = undefined;
    const sentAt = performance.now();
    running.kill('SIGTERM');
    const what = `the end of node ${node} after SIGTERM`;
    const { code, signal, stderr } = await within(TERM_MS_MAX, what, running.ended).catch(
      (error: unknown) => {
        running.kill('SIGKILL');
        throw error;
      },
    );
    return { code, signal, stderr, tookMs: performance.now() - sentAt };
  }

  /** SIGSTOP, or SIGCONT for one that is stopped. */
  stop(node: number): void {
    const place = this.#place(node);
    place.running?.kill('SIGSTOP');
    if (place.status === 'up') place.status = 'stopped';
  }

  resume(node: number): void {
    const place = this.#place(node);
    place.running?.kill('SIGCONT');
    if (place.status === 'stopped') place.status = 'up';
  }

  /** Ends everything; `keepData` leaves the disks of the nodes for whoever looks into a failure. */
  async close(keepData: boolean): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#nodes.keys()].map((node) => this.kill(node)));
    this.#ports.release();
    if (!keepData) await rm(this.dir, { recursive: true, force: true });
  }

  #place(node: number): Place {
    const place = this.#nodes[node];
    if (place === undefined) throw new Error(`there is no node ${node}`);
    return place;
  }

  #onEnd(node: number, running: Running, ending: Ending): void {
    const place = this.#place(node);
    if (place.running !== running) return;
    place.running = undefined;
    place.status = 'down';
    const how = ending.signal ?? `exit code ${ending.code ?? 'unknown'}`;
    const said = ending.stderr.trim() || 'without a word';
    this.#onAccident(new Error(`node ${node} ended by itself (${how}): ${said}`));
  }
}

/**
 * Works with a fleet that is ended however the work ends, at once when the signal says so or when a
 * node ends by itself.
 *
 * @param isGood whether the disks of the nodes may go; they stay when the work throws
 */
export async function withFleet<T>(
  size: number,
  signal: AbortSignal,
  work: (fleet: Fleet) => Promise<T>,
  isGood: (result: T) => boolean,
): Promise<T> {
  const fleet = await Fleet.open(size);
  const cut = new Promise<never>((_, reject) => {
    const stop = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  let keepData = true;
  try {
    const result = await Promise.race([work(fleet), cut, fleet.accident]);
    keepData = !isGood(result);
    return result;
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Error(`broken off, the disks are in ${fleet.dir}`, { cause: error });
  } finally {
    await fleet.close(keepData && !signal.aborted);
  }
}

export interface Terminated extends Pick<Ending, 'code' | 'signal' | 'stderr'> {
  readonly tookMs: number;
}

interface Place {
  status: NodeStatus;
  /** The process that lives here; nothing once it was killed. */
  running: Running | undefined;
}

async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`${what} took more than ${ms} ms`));
    }, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

const HOST = '127.0.0.1';
const STARTS_AT_ONCE = 4;
const INTRODUCERS = 3;
const START_MS_MAX = 60_000;
const END_MS_MAX = 10_000;
/** More than is promised, so that a late end is told as what it is. */
const TERM_MS_MAX = 30_000;
