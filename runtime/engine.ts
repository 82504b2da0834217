/**
 * The parts of a node, put together in two layers: the ground (settings, directory, disk, values,
 * cryptography), which needs no network, and the engine (core, driver, links) on top of it.
 *
 * Invariant: parts know each other only through what is handed in here, so this file and `node.ts`
 * are the whole wiring. `onCreate` and `onStep` see all that the core alone needs to do again what
 * it did in this node (parity).
 */
import { randomInt } from 'node:crypto';
import type { Edge } from '../host/admit.ts';
import { PeerDirectory } from '../host/directory.ts';
import { assert } from '../src/assert.ts';
import { configFaults, defaultConfig } from '../src/config.ts';
import { INTRODUCERS_MAX } from '../src/limits.ts';
import { create, step } from '../src/step.ts';
import type { NodeState } from '../src/step.ts';
import { CLIENT_ONLY } from '../src/table/places.ts';
import type { Config, Effect, Input, Kept, Moment, Peer } from '../src/types.ts';
import type { WireAddress } from '../src/wire-types.ts';
import { PEERS_MAX } from './bounds.ts';
import { monotonicMs, systemClock } from './clock.ts';
import { connectionLimits } from './descriptors.ts';
import type { ConnectionLimits } from './descriptors.ts';
import { Driver } from './driver.ts';
import { createEdge, createSigner } from './edge.ts';
import { UsageError } from './failure.ts';
import type { Identity } from './identity/identity.ts';
import { LiveIdentity } from './identity/live-identity.ts';
import { InputBudget } from './input-budget.ts';
import { AddressBook } from './links/address-book.ts';
import { parseEndpoint, plainHost, reachableAt } from './links/address.ts';
import type { Endpoint } from './links/address.ts';
import type { AdmissionOptions } from './links/admission.ts';
import { BlindDials } from './links/blind-dials.ts';
import { placesOf } from './links/capacity.ts';
import { Dialer } from './links/dialer.ts';
import { Links } from './links/links.ts';
import { Placing } from './links/placing.ts';
import { limitedLog, silentLog } from './log.ts';
import type { Log } from './log.ts';
import { Operations } from './operations.ts';
import { Pauses } from './pauses.ts';
import { openDisk } from './records/disk.ts';
import type { Disk } from './records/disk.ts';
import { loadKept } from './records/kept.ts';
import { Values } from './records/values.ts';
import { Slices } from './slices.ts';
import { effectHandlers, frameReceiver } from './traffic.ts';
import type { TrafficParts } from './traffic.ts';

export interface NodeOptions {
  /** Port 0 lets the system choose. */
  readonly listen: Endpoint;
  /** Where clients are served; nowhere without it. */
  readonly api?: Endpoint | undefined;
  readonly dataDir: string;
  readonly identity: Identity;
  /** Introducers as HOST:PORT; names are resolved anew at each try. */
  readonly bootstrap?: readonly string[];
  readonly config?: Partial<Config>;
  /** Where others can dial this node, for a hello; none: they cannot, and it works as a client. */
  readonly advertise?: readonly WireAddress[] | undefined;
  /** How much one address or subnet may take up; free on loopback unless strict. */
  readonly admission?: AdmissionOptions;
  /** Connections accepted at once, instead of as many as the system allows. */
  readonly limits?: Partial<ConnectionLimits>;
  readonly log?: Log;
  /** With these, the core alone can be made to do again what it did here. */
  readonly onCreate?: (self: Peer, config: Config, moment: Moment, kept: Kept) => void;
  readonly onStep?: (moment: Moment, input: Input, effects: readonly Effect[]) => void;
}

/** What to do, last one first, when starting fails half-way. */
export type Undo = (() => Promise<void> | void)[];

export interface Ground {
  readonly identity: LiveIdentity;
  readonly log: Log;
  readonly config: Config;
  readonly introducers: readonly Endpoint[];
  readonly directory: PeerDirectory;
  readonly self: Peer;
  readonly book: AddressBook;
  readonly disk: Disk;
  readonly values: Values;
  readonly edge: Edge;
  readonly kept: Kept;
  readonly shares: Shares;
}

/** What connections have in common: time, memory and places. */
export interface Shares {
  readonly peers: Slices;
  readonly clients: Slices;
  readonly inputs: InputBudget;
  /** Accepted at once. */
  readonly linksMax: number;
  readonly clientsMax: number;
}

export interface Engine {
  readonly driver: Driver<NodeState>;
  readonly links: Links;
  readonly operations: Operations;
  readonly pauses: Pauses;
}

/** @throws UsageError when the settings or the data directory cannot be used */
export async function layGround(options: NodeOptions, undo: Undo): Promise<Ground> {
  const { dataDir } = options;
  const identity = new LiveIdentity(options.identity);
  const log = limitedLog(options.log ?? silentLog, monotonicMs);
  const config = wholeConfig(options.config ?? {});
  const introducers = introducersOf(options.bootstrap ?? []);
  const directory = new PeerDirectory({
    peersMax: PEERS_MAX,
    indexKey: [randomWord(), randomWord()],
  });
  const self = directory.intern(identity.now.nodeId);
  assert(self !== undefined, 'a new directory has room for its owner');
  const book = new AddressBook();
  const disk = await openDisk(dataDir, log);
  undo.push(() => disk.close());
  const values = new Values(disk, createSigner(identity));
  const edge = createEdge({ self, identity, directory, book, values });
  const kept = await loadKept(disk);
  const shares: Shares = {
    peers: new Slices(),
    clients: new Slices(),
    inputs: new InputBudget(),
    ...connectionLimits(),
    ...options.limits,
  };
  return {
    identity,
    log,
    config,
    introducers,
    directory,
    self,
    book,
    disk,
    values,
    edge,
    kept,
    shares,
  };
}

/** Starts the core and lets it send; `listen` is where this node can be reached. */
export function startEngine(
  options: Pick<NodeOptions, 'admission' | 'advertise' | 'onCreate' | 'onStep'>,
  ground: Ground,
  listen: Endpoint,
  onFault: (error: unknown) => void,
): Engine {
  const { log, config, introducers, directory, self, book, values, edge, kept } = ground;
  const { identity, shares } = ground;
  const { strictLoopback } = options.admission ?? {};
  const addresses = options.advertise ?? reachableAt(listen);
  book.prove(self, addresses);
  if (addresses.length === 0) directory.setPlace(self, CLIENT_ONLY);
  const feed = (input: Input): void => {
    driver.feed(input);
  };
  values.tellLost((record) => {
    feed({ type: 'lost', record });
  });
  const operations = new Operations(feed, edge, values, shares.clients);
  const pauses = new Pauses();
  const parts: TrafficParts = {
    feed,
    links: () => links,
    operations,
    edge,
    values,
    introducers,
    log,
    lateMs: () => pauses.lateMs(),
  };
  const links: Links = new Links({
    self,
    identity,
    directory,
    book,
    dialer: new Dialer(identity),
    blindDials: new BlindDials(strictLoopback),
    placing: new Placing(directory, strictLoopback),
    shares: { slices: shares.peers, inputs: shares.inputs },
    placesMax: placesOf(shares.linksMax),
    log,
    addresses,
    onFrame: frameReceiver(parts),
    onUnreachable: (peer, call) => {
      feed({ type: 'unreachable', peer, call });
    },
  });
  const moment = systemClock();
  const created = moment();
  options.onCreate?.(self, config, created, kept);
  const driver: Driver<NodeState> = new Driver({
    core: { initial: create(self, config, created, kept), step },
    peers: directory,
    moment,
    handlers: effectHandlers(parts),
    onStep: options.onStep,
    onFault,
  });
  return { driver, links, operations, pauses };
}

function wholeConfig(part: Partial<Config>): Config {
  const config = { ...defaultConfig, ...part };
  const [fault] = configFaults(config);
  if (fault !== undefined) throw new UsageError(`the settings cannot work: ${fault}`);
  return config;
}

function introducersOf(bootstrap: readonly string[]): readonly Endpoint[] {
  if (bootstrap.length > INTRODUCERS_MAX) {
    throw new UsageError(
      `${bootstrap.length} bootstrap nodes are too many: name ${INTRODUCERS_MAX}`,
    );
  }
  const places = bootstrap.map((text) => {
    const { host, port } = parseEndpoint(text, 'the bootstrap node');
    return { host: plainHost(host), port };
  });
  // Each place once, however it is written: one that is dialled twice at once refuses itself.
  const isFirst = ({ host, port }: Endpoint, index: number): boolean =>
    places.findIndex((one) => one.host === host && one.port === port) === index;
  return places.filter(isFirst);
}

function randomWord(): number {
  return randomInt(2 ** 32) | 0;
}
