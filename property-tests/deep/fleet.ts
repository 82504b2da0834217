/**
 * Real nodes of a run on loopback, each a process with a data directory of its own that outlives
 * it: killed with -9 or ended with SIGTERM, started again on their disks, stopped and continued.
 *
 * Invariants: a node keeps its ports, and its identity unless its disk is taken away; one that ends
 * without having been asked to here is an accident, which fails the run; `close` ends all
 * processes, and they end by themselves when this process is gone (their channel to it closes), a
 * stopped one when it is continued.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { formatEndpoint } from '../../runtime/links/address.ts';
import type { Endpoint } from '../../runtime/links/address.ts';
import { startProcess } from '../processes.ts';
import type { Ending, Launch, Running } from '../processes.ts';
import { endingText, within } from './ending.ts';
import { isListening, reservePorts } from './ports.ts';
import type { Ports } from './ports.ts';

export type NodeStatus = 'down' | 'starting' | 'up' | 'stopped';

export interface FleetOptions {
  /** Whether nodes have an admin server. */
  readonly admin?: boolean;
  /** Of what nodes write on standard error. */
  readonly logLevel?: 'warn' | 'error';
  /** What is said to Node itself, and its environment. */
  readonly launch?: Pick<Launch, 'nodeArguments' | 'environment'>;
  /** Further arguments of `orrery node`. */
  readonly argumentsOf?: (node: number) => readonly string[];
  /** A process has ended, for whatever reason. */
  readonly onEnding?: (node: number, pid: number, ending: Ending) => void;
}

export class Fleet {
  readonly size: number;
  readonly dir: string;
  /** Fails when a node ends that nobody has killed. */
  readonly accident: Promise<never>;
  readonly #options: FleetOptions;
  readonly #ports: Ports;
  readonly #nodes: Place[];
  #onAccident: (error: Error) => void = () => undefined;
  #closed = false;

  private constructor(size: number, dir: string, ports: Ports, options: FleetOptions) {
    this.size = size;
    this.dir = dir;
    this.#options = options;
    this.#ports = ports;
    this.#nodes = Array.from({ length: size }, () => ({ status: 'down', running: undefined }));
    this.accident = new Promise((_, reject) => {
      this.#onAccident = reject;
    });
  }

  /** Makes the places; nothing runs yet. */
  static async open(size: number, options: FleetOptions = {}): Promise<Fleet> {
    const dir = await mkdtemp(join(tmpdir(), 'orrery-deep-'));
    const ports = await reservePorts((options.admin === true ? 3 : 2) * size);
    return new Fleet(size, dir, ports, options);
  }

  api(node: number): Endpoint {
    return { host: HOST, port: this.#ports.first + this.size + node };
  }

  listen(node: number): Endpoint {
    return { host: HOST, port: this.#ports.first + node };
  }

  admin(node: number): Endpoint {
    return { host: HOST, port: this.#ports.first + 2 * this.size + node };
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

  /** Whether all is over: nothing starts any more. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** Of the process that runs; nothing while none does. */
  pid(node: number): number | undefined {
    return this.#place(node).running?.pid;
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

  /** Resolves when the node has joined through some of those that run, or was killed meanwhile. */
  async start(node: number, introducers?: readonly number[]): Promise<void> {
    const others = introducers ?? [...this.those('up'), ...this.those('stopped')];
    await within(START_MS_MAX, `the start of node ${node}`, this.#launch(node, others));
  }

  /**
   * All of them at once, each with the same few as introducers although nobody is there yet.
   *
   * @returns when all of them take clients, joined or not, and when all have joined
   */
  startTogether(): { readonly serving: Promise<unknown>; readonly joined: Promise<unknown> } {
    const nodes = [...this.#nodes.keys()];
    const joins = nodes.map((node) =>
      this.#launch(
        node,
        nodes.filter((other) => other !== node),
      ),
    );
    const serving = Promise.all(nodes.map((node) => this.#serving(node)));
    const joined = within(START_TOGETHER_MS_MAX, 'the start of all nodes', Promise.all(joins));
    // Whoever waits for the first may never come to wait for the second.
    joined.catch(() => undefined);
    return { serving: Promise.race([serving, joined.then(() => serving)]), joined };
  }

  /** kill -9; resolves when the process is gone. */
  async kill(node: number): Promise<void> {
    await this.#end(node, 'SIGKILL');
  }

  /** Asks it to stop. @throws when it does not stop cleanly and in time */
  async endCleanly(node: number): Promise<void> {
    const ending = await this.#end(node, 'SIGTERM');
    if (ending === undefined || ending.code === 0) return;
    throw new Error(`node ${node} did not stop cleanly: ${endingText(ending)}`);
  }

  /** Takes away all that a node that is down has on its disk: the next to start is another one. */
  async wipe(node: number): Promise<void> {
    await rm(this.dataDir(node), { recursive: true, force: true });
  }

  /** SIGTERM; resolves with how the process ended. */
  async terminate(node: number): Promise<Ending> {
    const ending = await this.#end(node, 'SIGTERM');
    if (ending === undefined) throw new Error(`node ${node} does not run`);
    return ending;
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

  /** Resolves as `start` does; through the first of the introducers. */
  async #launch(node: number, introducers: readonly number[]): Promise<void> {
    const place = this.#place(node);
    if (this.#closed) throw new Error('the fleet is closed');
    const args = this.#arguments(node, introducers.slice(0, INTRODUCERS));
    place.status = 'starting';
    const joined = new Promise<void>((resolve) => {
      const onJoined = (): void => {
        if (place.status === 'starting') place.status = 'up';
        resolve();
      };
      place.running = startProcess(this.dir, args, onJoined, this.#options.launch);
    });
    const { running } = place;
    const ended = running?.ended.then((ending) => {
      this.#options.onEnding?.(node, running.pid, ending);
      this.#onEnd(node, running, ending);
    });
    await Promise.race([joined, ended]);
  }

  async #serving(node: number): Promise<void> {
    while (!this.#closed && !(await isListening(this.api(node)))) await delay(SERVING_LOOK_MS);
  }

  async #end(node: number, signal: 'SIGKILL' | 'SIGTERM'): Promise<Ending | undefined> {
    const place = this.#place(node);
    const { running } = place;
    place.status = 'down';
    place.running = undefined;
    if (running === undefined) return undefined;
    running.kill(signal);
    try {
      return await within(END_MS_MAX, `the end of node ${node}`, running.ended);
    } finally {
      running.kill('SIGKILL');
    }
  }

  #arguments(node: number, introducers: readonly number[]): string[] {
    const { admin = false, logLevel = 'error', argumentsOf } = this.#options;
    const args = ['node', '-a', formatEndpoint(this.listen(node))];
    args.push('--api', formatEndpoint(this.api(node)));
    args.push('--data', this.dataDir(node), '--log-level', logLevel);
    if (admin) args.push('--admin', formatEndpoint(this.admin(node)));
    const through = introducers.map((other) => formatEndpoint(this.listen(other)));
    if (through.length > 0) args.push('--bootstrap', ...through);
    return [...args, ...(argumentsOf?.(node) ?? [])];
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
    this.#onAccident(new Error(`node ${node} ended by itself: ${endingText(ending)}`));
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
  options: FleetOptions = {},
): Promise<T> {
  const fleet = await Fleet.open(size, options);
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

interface Place {
  status: NodeStatus;
  /** The process that lives here; nothing once it was killed. */
  running: Running | undefined;
}

const HOST = '127.0.0.1';
const STARTS_AT_ONCE = 4;
const INTRODUCERS = 3;
const START_MS_MAX = 60_000;
const START_TOGETHER_MS_MAX = 300_000;
const SERVING_LOOK_MS = 250;
/** More than is promised, so that a late end is told as what it is. */
const END_MS_MAX = 30_000;
