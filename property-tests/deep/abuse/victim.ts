/**
 * A real node under attack: a process of its own on loopback, looked at from outside (resident
 * memory and descriptors from /proc), and from inside only by `hook.ts`.
 *
 * Invariants: a node that ends before `close` is a finding, told by `exit`; `close` ends the
 * process and its data; the node ends by itself when this process is gone.
 */
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseEndpoint } from '../../../runtime/links/address.ts';
import type { Endpoint } from '../../../runtime/links/address.ts';
import { startProcess } from '../../processes.ts';
import type { Launch, Running } from '../../processes.ts';
import { descriptorsOf, figuresOf } from '../process-figures.ts';
import type { InsideNote } from './hook.ts';
import { onStarted } from './started.ts';

export interface VictimOptions {
  /** Further arguments of `orrery node`. */
  readonly args?: readonly string[];
  readonly descriptors?: number;
  /** What its data directory is made of, and how that is taken away. */
  readonly disk?: {
    readonly make: (dir: string) => Promise<void>;
    readonly drop: (dir: string) => Promise<void>;
  };
}

export class Victim {
  readonly listen: Endpoint;
  readonly api: Endpoint;
  /** How it ended, if it did. */
  exit: string | undefined;
  readonly #dir: string;
  readonly #running: Running;
  readonly #onInside: ((note: InsideNote) => void)[];
  #dropDisk: () => Promise<void> | undefined = () => undefined;
  #onEnd: () => void = () => undefined;
  #closing = false;

  private constructor(dir: string, running: Running, ready: ReadyNote, onInside: Asked) {
    this.#dir = dir;
    this.#running = running;
    this.#onInside = onInside;
    this.listen = parseEndpoint(ready.listen, 'the node');
    this.api = parseEndpoint(ready.api, 'the API');
    void running.ended.then(({ code, signal, stderr }) => {
      if (this.#closing) return;
      this.exit = `the node ended (${signal ?? code ?? 'unknown'}): ${stderr.slice(-2000)}`;
      for (const answer of onInside.splice(0)) answer(NOTHING);
    });
  }

  static async start({ args = [], descriptors, disk }: VictimOptions = {}): Promise<Victim> {
    const dir = await mkdtemp(join(tmpdir(), 'orrery-abuse-'));
    await disk?.make(join(dir, DATA));
    const onInside: Asked = [];
    const hook = new URL('./hook.js', import.meta.url).href;
    const launch: Launch = { nodeArguments: ['--import', hook], descriptors };
    const line = ['node', '-a', ANY, '--api', ANY, '--data', DATA, '--log-level', 'debug', ...args];
    let running: Running | undefined;
    const ready = new Promise<ReadyNote>((resolve) => {
      running = startProcess(
        dir,
        line,
        (note) => {
          const told = note as ReadyNote | InsideNote;
          if (told.event === 'ready') resolve(told);
          else onInside.shift()?.(told);
        },
        launch,
      );
    });
    if (running === undefined) throw new Error('nothing was started');
    const early = running.ended.then(({ stderr }) => {
      throw new Error(`the node did not start: ${stderr}`);
    });
    early.catch(() => undefined);
    const victim = new Victim(dir, running, await Promise.race([ready, early]), onInside);
    victim.#dropDisk = () => disk?.drop(join(dir, DATA));
    victim.#onEnd = onStarted(victim.#end);
    return victim;
  }

  get authorityDir(): string {
    return join(this.#dir, '.orrery', 'authority');
  }

  /** Resident memory in bytes. */
  async resident(): Promise<number> {
    return (await figuresOf(this.#running.pid)).resident;
  }

  /** The same when it has shrunk no more for a while: what was let go is given back late. */
  async settled(isPatient: boolean): Promise<number> {
    let least = await this.resident();
    for (let still = 0; still < (isPatient ? SETTLE_LOOKS : 1); still++) {
      await delay(SETTLE_LOOK_MS);
      const now = await this.resident();
      if (now < least - SETTLE_BYTES) still = 0;
      least = Math.min(least, now);
    }
    return least;
  }

  /** Bytes that it has written to whatever it writes to. */
  async written(): Promise<number> {
    const counts = await readFile(`/proc/${this.#running.pid}/io`, 'utf8').catch(() => '');
    return Number(/wchar: (\d+)/.exec(counts)?.[1] ?? 0);
  }

  async descriptors(): Promise<number> {
    return await descriptorsOf(this.#running.pid);
  }

  /** Bytes of its records on disk. */
  async diskBytes(): Promise<number> {
    const folder = join(this.#dir, DATA, 'records');
    const files = await readdir(folder);
    const sizes = files.map(async (name) =>
      stat(join(folder, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    );
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  }

  /** Of the time since it was asked last. */
  inside(): Promise<InsideNote> {
    return new Promise((resolve) => {
      if (this.exit !== undefined) return resolve(NOTHING);
      this.#onInside.push(resolve);
      this.#running.kill('SIGUSR2');
    });
  }

  /** Whether its log has said so. */
  async said(pattern: RegExp): Promise<boolean> {
    const line = this.#running.errors(pattern).then(
      () => true,
      () => false,
    );
    return await Promise.race([line, delay(LOG_MS_MAX, false)]);
  }

  /** Asks it to stop. @returns what was wrong with that */
  readonly #end = async (): Promise<string | undefined> => {
    this.#onEnd();
    this.#closing = true;
    this.#running.kill('SIGTERM');
    const late = setTimeout(() => {
      this.#running.kill('SIGKILL');
    }, STOP_MS_MAX);
    const { code, signal } = await this.#running.ended;
    clearTimeout(late);
    await this.#dropDisk();
    await rm(this.#dir, { recursive: true, force: true });
    if (this.exit !== undefined) return this.exit;
    return code === 0 ? undefined : `no clean stop: ${signal ?? code ?? 'unknown'}`;
  };

  close(): Promise<string | undefined> {
    return this.#end();
  }
}

type Asked = ((note: InsideNote) => void)[];

interface ReadyNote {
  readonly event: 'ready';
  readonly listen: string;
  readonly api: string;
}

const NOTHING: InsideNote = {
  event: 'inside',
  loop: { p50: 0, p99: 0, max: 0 },
  memory: { rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 },
};
const ANY = '127.0.0.1:0';
const DATA = 'node';
const STOP_MS_MAX = 15_000;
const LOG_MS_MAX = 1000;
const SETTLE_LOOK_MS = 250;
const SETTLE_LOOKS = 8;
const SETTLE_BYTES = 256 * 1024;
