/**
 * The processes of real nodes: some are booted ahead of time, so that a node begins when the
 * scenario says so and not when a process has started; a node that disappears is killed with -9.
 * Each node has a certificate of the scenario's own authority, made before it begins.
 *
 * Invariant: every process started here is ended here, at the latest by `end`.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { PeerDirectory } from '../host/directory.ts';
import { fileExists } from '../runtime/files.ts';
import type { Authority } from '../runtime/identity/authority.ts';
import { identityPaths } from '../runtime/identity/identity.ts';
import { issueInto } from '../runtime/identity/issuance.ts';
import type { Materials } from '../sim/materials.ts';
import type { SimOptions } from '../sim/options.ts';
import type { Command, OpId, Peer } from '../src/types.ts';
import type { Players } from './arena.ts';
import type { Conditions, Order, Said, Time } from './orders.ts';

export interface FleetParts {
  readonly folder: string;
  readonly authority: Authority;
  readonly options: SimOptions;
  readonly materials: Materials;
  readonly time: () => Time;
  readonly directory: () => PeerDirectory;
  /** A node says something, in its present life. */
  readonly hear: (peer: Peer, said: Said) => void;
  /** A node failed; the run cannot go on. */
  readonly onFault: (error: Error) => void;
}

interface Playing {
  readonly child: ChildProcess;
  readonly life: number;
}

export class Fleet implements Players {
  readonly #parts: FleetParts;
  readonly #standby: ChildProcess[] = [];
  readonly #playing = new Map<Peer, Playing>();
  readonly #ports = new Map<Peer, number>();
  readonly #all = new Set<ChildProcess>();
  #conditions: Conditions;
  #ended = false;

  constructor(parts: FleetParts) {
    this.#parts = parts;
    this.#conditions = { loss: parts.options.loss, split: undefined };
  }

  /** Boots processes until so many wait. */
  async boot(count: number): Promise<void> {
    while (this.#standby.length < count) {
      const batch = Math.min(BOOTS_AT_ONCE, count - this.#standby.length);
      await Promise.all(Array.from({ length: batch }, () => this.#bootOne()));
    }
  }

  readonly begin: Players['begin'] = (peer, life, introducers) => {
    this.#begin(peer, life, introducers).catch((error: unknown) => {
      this.#parts.onFault(error instanceof Error ? error : new Error(String(error)));
    });
  };

  readonly command = (peer: Peer, op: OpId, command: Command): void => {
    this.#order(peer, { type: 'command', op, command });
  };

  readonly kill = (peer: Peer): void => {
    this.#playing.get(peer)?.child.kill('SIGKILL');
    this.#playing.delete(peer);
    if (this.#parts.options.disk !== 'keep') {
      void rm(this.#dataDir(peer), { recursive: true, force: true });
    }
  };

  readonly setConditions = (conditions: Conditions): void => {
    this.#conditions = conditions;
    for (const peer of this.#playing.keys()) this.#order(peer, { type: 'conditions', conditions });
  };

  /** Asks all nodes how they stand. */
  ask(ask: number): number {
    for (const peer of this.#playing.keys()) this.#order(peer, { type: 'state', ask });
    return this.#playing.size;
  }

  /** Ends all processes. */
  async end(): Promise<void> {
    this.#ended = true;
    const gone = [...this.#all].map(
      (child) => new Promise((resolve) => child.once('exit', resolve)),
    );
    for (const child of this.#all) child.kill('SIGKILL');
    await Promise.all(gone);
  }

  /** Makes the certificate of a node, if it has none. */
  async prepare(peer: Peer): Promise<void> {
    const dataDir = this.#dataDir(peer);
    if (await fileExists(identityPaths(dataDir).key)) return;
    const nodeIdHex = this.#parts.directory().idHexOf(peer);
    await issueInto(this.#parts.authority, dataDir, { nodeIdHex });
  }

  async #begin(peer: Peer, life: number, introducers: readonly Peer[]): Promise<void> {
    const { options, materials, time } = this.#parts;
    await this.prepare(peer);
    const child = this.#standby.pop() ?? (await this.#bootOne(), this.#standby.pop());
    if (child === undefined || this.#ended) return;
    this.#playing.set(peer, { child, life });
    child.on('message', (said) => {
      this.#hear(peer, child, said as Said);
    });
    await this.#listening(introducers);
    const near = introducers.flatMap((one) => {
      const port = this.#ports.get(one);
      return port === undefined ? [] : [{ peer: one, port }];
    });
    child.send({
      type: 'begin',
      peer,
      dataDir: this.#dataDir(peer),
      port: this.#ports.get(peer) ?? 0,
      introducers: near,
      time: time(),
      options,
      materials,
      conditions: this.#conditions,
    } satisfies Order);
    // In the place of the one that was taken.
    if (this.#standby.length < STANDBY_MIN) void this.#bootOne();
  }

  /** Whoever introduces may have begun just now, and not listen yet. */
  async #listening(peers: readonly Peer[]): Promise<void> {
    const until = performance.now() + LISTENING_MS_MAX;
    while (performance.now() < until && !peers.every((peer) => this.#ports.has(peer))) {
      await delay(5);
    }
  }

  #hear(peer: Peer, child: ChildProcess, said: Said): void {
    if (this.#playing.get(peer)?.child !== child) return;
    if (said.type === 'listening') this.#ports.set(peer, said.port);
    if (said.type === 'failed') {
      this.#parts.onFault(new Error(`node ${peer} failed: ${said.reason}`));
    }
    this.#parts.hear(peer, said);
  }

  #order(peer: Peer, order: Order): void {
    this.#playing.get(peer)?.child.send(order, () => undefined);
  }

  #bootOne(): Promise<void> {
    const child = fork(MEMBER, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#all.add(child);
    child.once('exit', () => {
      this.#all.delete(child);
    });
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('message', () => {
        this.#standby.push(child);
        resolve();
      });
    });
  }

  #dataDir(peer: Peer): string {
    return join(this.#parts.folder, `node-${peer}`);
  }
}

const MEMBER = fileURLToPath(new URL('member-process.js', import.meta.url));
const BOOTS_AT_ONCE = 4;
const STANDBY_MIN = 2;
const LISTENING_MS_MAX = 3000;
