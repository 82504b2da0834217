/**
 * The real nodes of a scenario, each on a seat of its own (a process or a thread): some seats are
 * taken ahead of time, so that a node begins when the scenario says so and not when a process has
 * started; a node that disappears is killed with nothing said. Each node has a certificate of the
 * scenario's own authority, made before it begins.
 *
 * Invariants: what was begun here is ended here, at the latest by `end`; a node that disappeared
 * before it had begun never begins.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PeerDirectory } from '../host/directory.ts';
import { fileExists } from '../runtime/files.ts';
import type { Authority } from '../runtime/identity/authority.ts';
import { identityPaths } from '../runtime/identity/identity.ts';
import { issueInto } from '../runtime/identity/issuance.ts';
import type { Materials } from '../sim/materials.ts';
import type { SimOptions } from '../sim/options.ts';
import { keysOf } from '../sim/streams.ts';
import type { Command } from '../src/step-types.ts';
import type { OpId, Peer } from '../src/types.ts';
import type { Players } from './arena.ts';
import { PlayFault } from './fault.ts';
import { directoryOf, PEERS_MAX } from './ids.ts';
import type { Conditions, Order, Said, Time } from './orders.ts';
import { takeSeat } from './seat.ts';
import type { Seat, SeatKind } from './seat.ts';

export interface FleetParts {
  readonly folder: string;
  readonly authority: Authority;
  readonly options: SimOptions;
  readonly materials: Materials;
  readonly seats: SeatKind;
  readonly time: () => Time;
  /** A node says something, in its present life. */
  readonly hear: (peer: Peer, said: Said) => void;
  /** A node failed; the run cannot go on. */
  readonly onFault: (error: Error) => void;
}

export class Fleet implements Players {
  readonly #parts: FleetParts;
  readonly #ids: PeerDirectory;
  readonly #standby: Chair[] = [];
  /** Who is alive, by the life it is in; on a seat as soon as it has begun. */
  readonly #alive = new Map<Peer, { readonly life: number; chair?: Chair }>();
  readonly #ports = new Map<Peer, number>();
  readonly #all = new Set<Chair>();
  /** What is done to the folder of a node, one after another: it is filled, or emptied. */
  readonly #folders = new Map<Peer, Promise<void>>();
  #conditions: Conditions;
  #ended = false;

  constructor(parts: FleetParts) {
    this.#parts = parts;
    this.#ids = directoryOf(keysOf(parts.options.seed).ids);
    this.#conditions = { loss: parts.options.loss, split: undefined, lives: [] };
  }

  /**
   * Takes seats until so many wait.
   *
   * @param onBooted told how many wait
   */
  async boot(count: number, onBooted: (count: number) => void): Promise<void> {
    while (this.#standby.length < count) {
      const batch = Math.min(BOOTS_AT_ONCE, count - this.#standby.length);
      await Promise.all(Array.from({ length: batch }, () => this.#bootOne()));
      onBooted(this.#standby.length);
    }
  }

  /** Makes the certificates of the first nodes. */
  async certify(count: number): Promise<void> {
    for (let peer = 0; peer < count; peer++) {
      await this.#inFolder(peer, () => this.#certify(peer));
    }
  }

  readonly begin: Players['begin'] = (peer, life, introducers) => {
    this.#alive.set(peer, { life });
    if (life > 1) {
      const others = this.#conditions.lives.filter(([one]) => one !== peer);
      this.#setConditions({ ...this.#conditions, lives: [...others, [peer, life]] });
    }
    this.#begin(peer, life, introducers).catch(this.#onFault);
  };

  readonly command = (peer: Peer, op: OpId, command: Command): void => {
    this.#order(peer, { type: 'command', op, command });
  };

  readonly kill = (peer: Peer): void => {
    const chair = this.#alive.get(peer)?.chair;
    this.#alive.delete(peer);
    const gone = chair?.seat.kill();
    this.#inFolder(peer, async () => {
      await gone;
      if (this.#parts.options.disk === 'keep') return;
      await rm(this.#dataDir(peer), { recursive: true, force: true, maxRetries: RETRIES });
    }).catch(this.#onFault);
  };

  readonly setNetwork: Players['setNetwork'] = (network) => {
    this.#setConditions({ ...this.#conditions, ...network });
  };

  /** Asks all nodes how they stand; @returns of how many an answer is to be expected */
  ask(ask: number): number {
    const begun = [...this.#alive.values()].filter(({ chair }) => chair !== undefined);
    for (const { chair } of begun) chair?.seat.tell({ type: 'state', ask });
    return begun.length;
  }

  /** Ends all nodes. */
  async end(): Promise<void> {
    this.#ended = true;
    await Promise.all([...this.#all].map(({ seat }) => seat.kill()));
    await Promise.allSettled(this.#folders.values());
  }

  async #begin(peer: Peer, life: number, introducers: readonly Peer[]): Promise<void> {
    const { options, materials, time } = this.#parts;
    if (peer >= PEERS_MAX) throw new PlayFault(`more than ${PEERS_MAX} nodes in all`);
    await this.#inFolder(peer, () => this.#certify(peer));
    await this.#listening(introducers);
    while (this.#standby.length === 0 && !this.#ended) await this.#bootOne();
    const alive = this.#alive.get(peer);
    if (alive?.life !== life) return;
    const chair = this.#standby.pop();
    if (chair === undefined) return;
    chair.peer = peer;
    alive.chair = chair;
    const near = introducers.flatMap((one) => {
      const port = this.#ports.get(one);
      return port === undefined ? [] : [{ peer: one, port }];
    });
    if (introducers.length > 0 && near.length === 0) {
      throw new PlayFault(
        `nobody who is to introduce node ${peer} listens after ${LISTENING_MS_MAX / 1000} s`,
      );
    }
    chair.seat.tell({
      type: 'begin',
      peer,
      dataDir: this.#dataDir(peer),
      port: this.#ports.get(peer) ?? 0,
      introducers: near,
      time: time(),
      options,
      materials,
      conditions: this.#conditions,
    });
    // In the place of the one that was taken.
    if (this.#standby.length < STANDBY_MIN) await this.#bootOne();
  }

  async #inFolder(peer: Peer, act: () => Promise<void>): Promise<void> {
    const before = this.#folders.get(peer) ?? Promise.resolve();
    const now = before.catch(() => undefined).then(act);
    this.#folders.set(peer, now);
    await now;
  }

  /** Makes the certificate of a node, if it has none. */
  async #certify(peer: Peer): Promise<void> {
    const dataDir = this.#dataDir(peer);
    if (await fileExists(identityPaths(dataDir).key)) return;
    const nodeIdHex = this.#ids.idHexOf(peer);
    await issueInto(this.#parts.authority, dataDir, { nodeIdHex });
  }

  /** Whoever introduces may have begun just now, and not listen yet. */
  async #listening(peers: readonly Peer[]): Promise<void> {
    const until = performance.now() + LISTENING_MS_MAX;
    const listens = (peer: Peer): boolean => this.#ports.has(peer) || !this.#alive.has(peer);
    while (!this.#ended && performance.now() < until && !peers.every(listens)) await delay(5);
  }

  #hear(chair: Chair, said: Said): void {
    const { peer } = chair;
    if (said.type === 'failed') chair.reason = said.reason;
    if (peer === undefined || this.#alive.get(peer)?.chair !== chair) return;
    if (said.type === 'listening') this.#ports.set(peer, said.port);
    if (said.type === 'failed') {
      this.#parts.onFault(new Error(`node ${peer} failed: ${said.reason}`));
    }
    this.#parts.hear(peer, said);
  }

  readonly #onFault = (error: unknown): void => {
    if (!this.#ended)
      this.#parts.onFault(error instanceof Error ? error : new Error(String(error)));
  };

  #setConditions(conditions: Conditions): void {
    this.#conditions = conditions;
    for (const peer of this.#alive.keys()) this.#order(peer, { type: 'conditions', conditions });
  }

  #order(peer: Peer, order: Order): void {
    this.#alive.get(peer)?.chair?.seat.tell(order);
  }

  async #bootOne(): Promise<void> {
    if (this.#ended) return;
    await new Promise<void>((resolve, reject) => {
      const hear = (said: Said): void => {
        if (said.type !== 'booted') return this.#hear(chair, said);
        this.#standby.push(chair);
        resolve();
      };
      const onEnd = (how: string): void => {
        this.#all.delete(chair);
        this.#onEnd(chair, how);
        const why = chair.reason === undefined ? '' : `: ${chair.reason}`;
        reject(new PlayFault(`a node ended ${how} before it had begun${why}`));
      };
      const chair: Chair = { seat: takeSeat(this.#parts.seats, hear, onEnd), peer: undefined };
      this.#all.add(chair);
    }).catch((error: unknown) => {
      if (!this.#ended) throw error;
    });
  }

  /** That a node ends is the scenario's to say. */
  #onEnd(chair: Chair, how: string): void {
    const { peer } = chair;
    const at = this.#standby.indexOf(chair);
    if (at >= 0) {
      this.#standby.splice(at, 1);
      this.#onFault(new PlayFault(`a node ended ${how} while it waited to begin`));
    }
    if (peer === undefined || this.#alive.get(peer)?.chair !== chair) return;
    this.#onFault(new PlayFault(`node ${peer} ended ${how}, which the scenario did not ask for`));
  }

  #dataDir(peer: Peer): string {
    return join(this.#parts.folder, `node-${peer}`);
  }
}

/** A seat, and who has begun on it. */
interface Chair {
  readonly seat: Seat;
  peer: Peer | undefined;
  /** What it said of its failure. */
  reason?: string;
}

const BOOTS_AT_ONCE = 4;
const STANDBY_MIN = 2;
const LISTENING_MS_MAX = 30_000;
/** Of emptying a folder that the system still holds files of. */
const RETRIES = 5;
