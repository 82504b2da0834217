/**
 * Plays a scenario with real nodes, from its first arrival to its result: the run of
 * `sim/run/run.ts` on an arena of processes, in the time of this machine.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate, setTimeout as delay } from 'node:timers/promises';
import { readState } from '../host/serial/state.ts';
import { Reader } from '../host/serial/words.ts';
import { UsageError } from '../runtime/failure.ts';
import { fileFault } from '../runtime/files.ts';
import { createAuthority, lockNewAuthority } from '../runtime/identity/authority.ts';
import { Bill, Interrupted, sha256 } from '../sim/main.ts';
import type { Materials } from '../sim/materials.ts';
import type { LookupRow } from '../sim/observer/lookup-row.ts';
import type { OperationRow } from '../sim/observer/operation-row.ts';
import { nodeConfig } from '../sim/options.ts';
import type { SimOptions } from '../sim/options.ts';
import { reportOf } from '../sim/result/part-report.ts';
import { operationsOf, resultOf, rowsOf } from '../sim/result/result.ts';
import type { RunResult } from '../sim/result/result.ts';
import { stageOf } from '../sim/run/progress.ts';
import type { Stage } from '../sim/run/progress.ts';
import { Run } from '../sim/run/run.ts';
import type { Peer } from '../src/types.ts';
import { RealArena } from './arena.ts';
import { PlayFault } from './fault.ts';
import { Fleet } from './fleet.ts';
import { Lateness, typicalMs } from './lateness.ts';
import type { Said, Time } from './orders.ts';
import type { SeatKind } from './seat.ts';
import { scenarioUs, systemMs } from './time.ts';

export interface PlayHooks {
  readonly materials: Materials;
  readonly rows: boolean;
  /** Real milliseconds per millisecond of the scenario. */
  readonly scale: number;
  readonly seats: SeatKind;
  /** Called now and then; true stops the run. */
  readonly onProgress: (progress: PlayProgress) => boolean;
}

export interface PlayProgress {
  readonly phase: 'booting' | Stage['phase'];
  /** How much of the phase is done, from 0 to 1. */
  readonly share: number;
  readonly messages: number;
  /** Time of the scenario. */
  readonly atMs: number;
  readonly online: number;
}

export interface RealOutput {
  readonly result: RunResult;
  readonly rows: readonly LookupRow[];
  readonly operations: readonly OperationRow[];
}

/** @throws Interrupted when told to stop; PlayFault when a node or the machine did not hold out */
export async function play(
  options: SimOptions,
  version: string,
  hooks: PlayHooks,
): Promise<RealOutput> {
  const folder = await temporaryFolder();
  const player = new Player(options, hooks, folder);
  try {
    await player.prepare();
    await player.toEnd();
    return player.output(version);
  } finally {
    await player.end();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function temporaryFolder(): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), 'orrery-real-'));
  } catch (error) {
    const fault = `no folder can be made in ${tmpdir()}: ${fileFault(error)}`;
    throw new UsageError(`${fault}; name another for temporary files in TMPDIR`);
  }
}

class Player {
  readonly #options: SimOptions;
  readonly #hooks: PlayHooks;
  readonly #folder: string;
  readonly #bill = new Bill();
  readonly #lateness = new Lateness();
  #time: Time;
  #fleet: Fleet | undefined;
  #run: Run<RealArena> | undefined;
  #fault: Error | undefined;
  #asked = 0;
  #answers = 0;

  constructor(options: SimOptions, hooks: PlayHooks, folder: string) {
    this.#options = options;
    this.#hooks = hooks;
    this.#folder = folder;
    this.#time = { startedAt: 0, wallStartMs: 0, scale: hooks.scale };
  }

  /** Certificates and processes: before time begins. */
  async prepare(): Promise<void> {
    const { materials, rows, seats } = this.#hooks;
    const dir = join(this.#folder, 'authority');
    const authority = await lockNewAuthority(dir, () => createAuthority(dir, {}));
    const fleet = new Fleet({
      folder: this.#folder,
      authority,
      options: this.#options,
      materials,
      seats,
      time: () => this.#time,
      hear: (peer, said) => {
        this.#hear(peer, said);
      },
      onFault: (error) => {
        this.#fault ??= error;
      },
    });
    this.#fleet = fleet;
    const wanted = this.#options.nodes + SPARE;
    await fleet.certify(this.#options.nodes);
    await fleet.boot(wanted, (booted) => {
      this.#show({ phase: 'booting', share: booted / wanted, messages: 0, atMs: 0, online: 0 });
    });
    this.#time = { ...this.#time, startedAt: systemMs(), wallStartMs: Date.now() };
    const setting = {
      materials,
      rows,
      hooks: { hash: sha256 },
      wallStartMs: this.#time.wallStartMs,
    };
    this.#run = new Run(this.#options, setting, (parts) => new RealArena(parts, fleet));
    this.#run.start();
    this.#bill.begin();
  }

  async toEnd(): Promise<void> {
    const run = this.#mustRun();
    while (!run.ended) {
      const at = run.turnAfter(run.turnedAt);
      while (run.world.nextAt < at) {
        await this.#until(run.world.nextAt);
        run.world.advance();
      }
      await this.#until(at);
      if (this.#fault !== undefined) throw this.#fault;
      const overdue = run.world.overdue();
      if (overdue !== undefined) {
        throw new PlayFault(`${overdue} has not ended in time: give the machine fewer nodes`);
      }
      if (run.isSampleDue(at)) await this.#takeStates();
      run.turn(at, [run.takeFacts()]);
      const { measures, now } = run.world;
      const { messages } = measures.counts;
      this.#show({ ...stageOf(run), messages, atMs: now / 1000, online: measures.online });
    }
    await this.#takeStates();
  }

  output(version: string): RealOutput {
    const run = this.#mustRun();
    const parts = [reportOf(run)];
    const cost = this.#bill.end();
    // What every node did at every step nobody knows here.
    const { digest: _, ...result } = resultOf(
      this.#options,
      parts,
      undefined,
      cost,
      version,
      sha256,
    );
    const { scale, seats } = this.#hooks;
    const lateness = this.#lateness.report(scale, typicalMs(result));
    const playing = { seats, timeScale: scale, ...lateness };
    return {
      result: { ...result, host: 'real', playing },
      rows: rowsOf(parts),
      operations: operationsOf(parts),
    };
  }

  async end(): Promise<void> {
    await this.#fleet?.end();
  }

  #mustRun(): Run<RealArena> {
    if (this.#run === undefined) throw new Error('broken invariant: the run is made by now');
    return this.#run;
  }

  #hear(peer: Peer, said: Said): void {
    const { world } = this.#mustRun();
    if (said.type === 'settled') world.onSettled(peer, said);
    else if (said.type === 'sent') {
      world.onSent(peer, said.sent);
      if (world.measures.measuring) this.#lateness.take(said.sent.lateMs);
    } else if (said.type === 'state' && said.ask === this.#asked) {
      this.#answers += 1;
      if (said.words.length === 0) return;
      world.setState(peer, readState(new Reader(said.words), nodeConfig(this.#options)));
    }
  }

  /** Those that answer in time: who is busy is seen as of the last time. */
  async #takeStates(): Promise<void> {
    this.#asked += 1;
    this.#answers = 0;
    const wanted = this.#fleet?.ask(this.#asked) ?? 0;
    const until = performance.now() + STATES_MS_MAX;
    while (this.#answers < wanted && performance.now() < until) await delay(2);
  }

  async #until(us: number): Promise<void> {
    const waitMs = ((us - scenarioUs(this.#time)) / 1000) * this.#time.scale;
    // Who is behind still hears what nodes say, and tells how late it is.
    if (waitMs > 0) await delay(waitMs);
    else await setImmediate();
    this.#lateness.take([Math.max(0, -waitMs)]);
  }

  #show(progress: PlayProgress): void {
    if (this.#hooks.onProgress(progress)) throw new Interrupted('stopped before its end');
  }
}

/** Processes booted beyond the first nodes. */
const SPARE = 2;
const STATES_MS_MAX = 1000;
