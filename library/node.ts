/**
 * A node inside a program (docs/embedding.md, A node): `startNode` of `runtime/node.ts` with
 * options as people write them, errors instead of outcomes, and events.
 *
 * Rules: events come after the step that caused them, in a turn of their own, so what a listener
 * throws is the program's and never stops the node. `joined` and `isolated` take turns. Nothing of
 * the runtime is loaded before a node is started, so that a program with a client alone starts
 * fast.
 */
import { EventEmitter } from 'node:events';
import type { NodeOptions as RuntimeOptions } from '../runtime/ground.ts';
import type { Identity } from '../runtime/identity/identity.ts';
import { ADMIN_EXAMPLE_PORT, API_EXAMPLE_PORT } from '../runtime/links/address.ts';
import { formatEndpoint, parseEndpoint, toAdvertise } from '../runtime/links/address.ts';
import { silentLog } from '../runtime/log.ts';
import type { Log, LogFields } from '../runtime/log.ts';
import type { NodeStatus, RunningNode } from '../runtime/node.ts';
import { TTL_S_MAX } from '../src/limits.ts';
import type { Effect } from '../src/step-types.ts';
import type { Config } from '../src/types.ts';
import { GetError, PutError } from './errors.ts';
import type { PutReceipt } from './errors.ts';
import { checkPut, keyBytes, valueBytes } from './words.ts';

export interface NodeOptions {
  /** Where to listen for other nodes, `HOST:PORT`; port 0 lets the system choose. */
  readonly listen: string;
  /** A directory for its records; made when it is not there. One node at a time uses it. */
  readonly dataDir: string;
  /** Who it is: `loadIdentity` or `developmentIdentity`. */
  readonly identity: Identity;
  /** Nodes of the network to join through, `HOST:PORT` each; none: it begins a network. */
  readonly bootstrap?: readonly string[];
  /** A file with the signed list of introducers, from `orrery introducers`. */
  readonly introducers?: string;
  /** A file with the signed list of those who elect the leader, from `orrery ca voters`. */
  readonly voters?: string;
  /** Where to serve clients, `HOST:PORT`, without access control; nowhere without it. */
  readonly api?: string;
  /** Where to serve health, status and metrics over HTTP, `HOST:PORT`; nowhere without it. */
  readonly admin?: string;
  /** Where others dial it, `ADDRESS:PORT` each, at most 4; empty: nobody can (a client only). */
  readonly advertise?: readonly string[];
  /** Settings of the protocol that differ from `defaultConfig` of `orrery/core`. */
  readonly config?: Partial<Config>;
  /** A logger with pino's methods; without it nothing is logged. */
  readonly log?: Log;
}

export interface PutOptions {
  /** Life of the value in seconds, at most `ttlSMax` of the config; 0 or nothing: its `ttlS`. */
  readonly ttlS?: number;
  /** Replicas wanted, at most 20; 0 or nothing: as the node is configured. */
  readonly replication?: number;
}

export interface NodeWarning {
  readonly level: 'warn' | 'error';
  readonly message: string;
  readonly fields: LogFields;
}

/** The events of a node with what their listeners get. */
export interface NodeEvents {
  /** It is part of the network, with so many contacts: at first, and again after `isolated`. */
  joined: [contacts: number];
  /** It has lost all contacts, or found none in five minutes; it goes on trying. */
  isolated: [];
  /** What a log would say at level `warn` or `error`; at most a few of a kind a second. */
  warning: [warning: NodeWarning];
  /** It has stopped: closed, or by a fault of Orrery's own. Nothing comes after it. */
  stopped: [fault: Error | undefined];
}

export class OrreryNode extends EventEmitter<NodeEvents> {
  readonly #running: RunningNode;
  /** Whether it joined, within five minutes; it goes on trying after that. Never rejects. */
  readonly joined: Promise<boolean>;
  /** Resolves when it has stopped; rejects when a fault of Orrery's own stopped it. */
  readonly ended: Promise<void>;
  #place: 'joining' | 'joined' | 'isolated' = 'joining';
  #closing = false;

  /** @internal made by `startNode` alone */
  constructor(running: RunningNode, seen: Seen) {
    super();
    this.#running = running;
    seen.contacts = () => this.#look();
    seen.warning = (warning) => this.#tell('warning', warning);
    this.ended = running.ended;
    this.joined = running.joined.then(({ type }) => {
      const isJoined = type === 'joined';
      if (this.#place === 'joining') this.#enter(isJoined ? 'joined' : 'isolated');
      return isJoined;
    });
    const stopped = (fault?: unknown): void => {
      this.#closing = true;
      this.#tell('stopped', fault === undefined ? undefined : asError(fault));
    };
    running.ended.then(stopped, stopped);
  }

  /** 64 hex digits, from its certificate. */
  get id(): string {
    return this.#running.id;
  }

  /** Where it listens, `HOST:PORT`, with the port that the system chose. */
  get listen(): string {
    return formatEndpoint(this.#running.listen);
  }

  /** Where it serves clients, `HOST:PORT`. */
  get api(): string | undefined {
    return this.#running.api && formatEndpoint(this.#running.api);
  }

  /** Where it serves health, status and metrics, `HOST:PORT`. */
  get admin(): string | undefined {
    return this.#running.admin && formatEndpoint(this.#running.admin);
  }

  /**
   * Stores a value: resolves when enough replicas have it on their disk.
   *
   * @param key text, which is hashed with SHA-256, or 32 bytes
   * @param value text, which is stored as UTF-8, or 1 to 65,495 bytes
   * @throws PutError, UsageError
   */
  async put(
    key: string | Uint8Array,
    value: string | Uint8Array,
    options: PutOptions = {},
  ): Promise<PutReceipt> {
    const checked = checkPut(options, TTL_S_MAX);
    const result = await this.#running.put(keyBytes(key), valueBytes(value), checked);
    const { status, holders, wanted, version } = result;
    if (status !== 'good') throw new PutError(status, holders.length, wanted);
    return { holders: holders.length, wanted, version };
  }

  /**
   * Reads a value.
   *
   * @param key text, which is hashed with SHA-256, or 32 bytes
   * @returns its bytes, or nothing when the nodes that should have it have none
   * @throws GetError when that cannot be said; UsageError
   */
  async get(key: string | Uint8Array): Promise<Uint8Array | undefined> {
    const { statusOf } = await import('../runtime/operations.ts');
    const { value, outcome } = await this.#running.get(keyBytes(key));
    if (outcome.type === 'failed') throw new GetError(statusOf(outcome.failure));
    return value?.slice();
  }

  status(): NodeStatus {
    return this.#running.status();
  }

  /**
   * Goes on under a renewed certificate or a newer revocation list.
   *
   * @throws UsageError when it is no newer identity of this node
   */
  replaceIdentity(identity: Identity): void {
    this.#running.replaceIdentity(identity);
  }

  /** Leaves the network, hands its records over and stops; done within seconds. */
  close(): Promise<void> {
    this.#closing = true;
    return this.#running.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** A contact came or went. */
  #look(): void {
    if (this.#place === 'joining') return;
    const { contacts } = this.#running.status();
    if (this.#place === 'joined' && contacts === 0) this.#enter('isolated');
    else if (this.#place === 'isolated' && contacts > 0) this.#enter('joined');
  }

  #enter(place: 'joined' | 'isolated'): void {
    if (this.#closing) return;
    this.#place = place;
    if (place === 'isolated') this.#tell('isolated');
    else this.#tell('joined', this.#running.status().contacts);
  }

  #tell(event: keyof NodeEvents, ...about: readonly unknown[]): void {
    setImmediate(() => {
      EventEmitter.prototype.emit.call(this, event, ...about);
    });
  }
}

/**
 * Starts a node; resolves when it listens, while it still joins (`joined`). It keeps the process
 * running until it is closed.
 *
 * @throws UsageError when an option, the data directory or an address cannot be used
 */
export async function startNode(options: NodeOptions): Promise<OrreryNode> {
  const { dataDir, identity, bootstrap = [], config = {}, log = silentLog } = options;
  const { startNode: start } = await import('../runtime/node.ts');
  const lists = await readLists(options);
  const early: NodeWarning[] = [];
  const seen: Seen = { contacts: () => undefined, warning: (warning) => early.push(warning) };
  const { listen, api, admin } = options;
  const running = await start({
    listen: parseEndpoint(listen, 'listen'),
    api: api === undefined ? undefined : parseEndpoint(api, 'api', API_EXAMPLE_PORT),
    admin: admin === undefined ? undefined : parseEndpoint(admin, 'admin', ADMIN_EXAMPLE_PORT),
    advertise: options.advertise && toAdvertise(options.advertise, 'advertise'),
    dataDir,
    identity,
    bootstrap,
    ...lists,
    config,
    log: telling(log, seen),
    onStep: (_moment, _input, effects) => {
      if (effects.some(isAboutContacts)) seen.contacts();
    },
  });
  const node = new OrreryNode(running, seen);
  for (const warning of early) seen.warning(warning);
  return node;
}

/** @throws UsageError when a file is missing, damaged or of another authority */
async function readLists({
  identity,
  introducers,
  voters,
}: NodeOptions): Promise<Pick<RuntimeOptions, 'introducers' | 'voters'>> {
  if (introducers === undefined && voters === undefined) return {};
  const { readIntroducers } = await import('../runtime/election/introducers-file.ts');
  const { readVoters } = await import('../runtime/election/voter-list.ts');
  return {
    introducers: introducers === undefined ? undefined : await readIntroducers(introducers),
    voters: voters === undefined ? undefined : await readVoters(voters, identity.authority),
  };
}

/** Whom the runtime tells what it sees; the node, once there is one. */
interface Seen {
  contacts: () => void;
  warning: (warning: NodeWarning) => void;
}

function isAboutContacts(effect: Effect): boolean {
  if (effect.type !== 'note') return false;
  return effect.note.type === 'contact-added' || effect.note.type === 'contact-evicted';
}

/** A log that also hands its warnings on. */
function telling(log: Log, seen: Seen): Log {
  const both =
    (level: 'warn' | 'error') =>
    (fields: LogFields, message: string): void => {
      log[level](fields, message);
      seen.warning({ level, message, fields });
    };
  return {
    debug: (fields, message) => log.debug(fields, message),
    info: (fields, message) => log.info(fields, message),
    warn: both('warn'),
    error: both('error'),
  };
}

function asError(fault: unknown): Error {
  return fault instanceof Error ? fault : new Error(String(fault));
}
