/**
 * The ground of a node: its options, and what stands before there is a network: settings,
 * directory, address book, disk, values, cryptography, and what connections share. `engine.ts` puts
 * the core, the driver and the links on top of it.
 */
import { randomInt } from 'node:crypto';
import type { Edge } from '../host/admit.ts';
import { PeerDirectory } from '../host/directory.ts';
import { assert } from '../src/assert.ts';
import { configFaults, defaultConfig } from '../src/config.ts';
import { INTRODUCERS_MAX } from '../src/limits.ts';
import type { Effect, Input } from '../src/step-types.ts';
import type { Config, Kept, Moment, Peer, RecordHeader } from '../src/types.ts';
import type { WireAddress, WireIntroducers, WireVoters } from '../src/wire-types.ts';
import { CLIENT_INPUT_BYTES_MAX, LINK_INPUT_BYTES_MAX } from './bounds.ts';
import { CLASSIC_HOPS, PEERS_MAX, WARNINGS_KEPT } from './bounds.ts';
import { UnsignedRecords } from './classic/unsigned.ts';
import { monotonicMs, systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { connectionLimits } from './descriptors.ts';
import type { ConnectionLimits } from './descriptors.ts';
import { createEdge, createSigner, revocationJudge, sha256 } from './edge.ts';
import { Listing } from './election/listing.ts';
import { Voting } from './election/voting.ts';
import { UsageError } from './failure.ts';
import type { Identity } from './identity/identity.ts';
import { LiveIdentity } from './identity/live-identity.ts';
import { InputBudget } from './input-budget.ts';
import { AddressBook } from './links/address-book.ts';
import { parseEndpoint, plainHost } from './links/address.ts';
import type { Endpoint } from './links/address.ts';
import type { AdmissionOptions } from './links/admission.ts';
import { Refusals } from './links/counts.ts';
import type { Weather } from './links/ports.ts';
import { SavedPeers } from './links/saved-peers.ts';
import { limitedLog, rememberingLog, silentLog } from './log.ts';
import type { Log } from './log.ts';
import { Recording } from './recording/recording.ts';
import type { RecordingOptions } from './recording/recording.ts';
import { openDisk } from './records/disk.ts';
import type { Disk } from './records/disk.ts';
import { loadKept } from './records/kept.ts';
import { Values } from './records/values.ts';
import { Slices } from './slices.ts';

export interface NodeOptions {
  /** Port 0 lets the system choose. */
  readonly listen: Endpoint;
  /** Where clients are served; nowhere without it. */
  readonly api?: Endpoint | undefined;
  /** Where its operator can look at it; nowhere without it. */
  readonly admin?: Endpoint | undefined;
  readonly dataDir: string;
  readonly identity: Identity;
  /** Introducers as HOST:PORT; names are resolved anew at each try. */
  readonly bootstrap?: readonly string[];
  /** A list of introducers that its operator has fetched from some node. */
  readonly introducers?: WireIntroducers | undefined;
  readonly config?: Partial<Config>;
  /** Where others can dial this node, for a hello; none: they cannot, and it works as a client. */
  readonly advertise?: readonly WireAddress[] | undefined;
  /** Who elects the leader: signed by the authority of the identity, or told to every node. */
  readonly voters?: WireVoters | undefined;
  /** Hops of an older node's PUT that names none, where ids are addresses. */
  readonly hopsMax?: number | undefined;
  /** How much one address or subnet may take up; free on loopback unless strict. */
  readonly admission?: AdmissionOptions;
  /** Connections accepted at once, instead of as many as the system allows. */
  readonly limits?: Partial<ConnectionLimits>;
  readonly log?: Log;
  /** Instead of this machine's. */
  readonly clock?: Clock;
  /** Instead of a new one: one that knows the ids of peers that may come. */
  readonly directory?: PeerDirectory;
  readonly weather?: Weather;
  /** With these, the core alone can be made to do again what it did here. */
  readonly onCreate?: (self: Peer, config: Config, moment: Moment, kept: Kept) => void;
  readonly onStep?: (moment: Moment, input: Input, effects: readonly Effect[]) => void;
  /** Where to record what the core is given; nowhere without it. */
  readonly record?: RecordingOptions | undefined;
}

/** What to do, last one first, when starting fails half-way. */
export type Undo = (() => Promise<void> | void)[];

export interface Ground {
  readonly identity: LiveIdentity;
  readonly log: Log;
  readonly config: Config;
  readonly introducers: readonly Endpoint[];
  readonly directory: PeerDirectory;
  readonly clock: Clock;
  readonly self: Peer;
  readonly book: AddressBook;
  readonly disk: Disk;
  readonly values: Values;
  readonly edge: Edge;
  /** Where ids are addresses, records have no signature. */
  readonly unsigned: UnsignedRecords | undefined;
  readonly voting: Voting;
  readonly listing: Listing;
  readonly kept: Kept;
  /** Peers of an earlier life. */
  readonly saved: SavedPeers;
  readonly shares: Shares;
  readonly recording: Recording | undefined;
  /** The last ones, a line each. */
  readonly warnings: readonly string[];
  readonly refusals: Refusals;
  /** Counts what happens, once there is somebody who does. */
  readonly watch: Watch;
}

/** What a counter is told of. */
export interface Watch {
  step?: (input: Input, effects: readonly Effect[]) => void;
  /** An operation of a client is over, after so many seconds. */
  operation?: (kind: string, outcome: string, seconds: number) => void;
}

/** What connections have in common: time, memory and places. */
export interface Shares extends ConnectionLimits {
  readonly peers: Slices;
  readonly clients: Slices;
  readonly linkInputs: InputBudget;
  readonly clientInputs: InputBudget;
}

/** @throws UsageError when the settings or the data directory cannot be used */
export async function layGround(options: NodeOptions, undo: Undo): Promise<Ground> {
  const { dataDir, record } = options;
  if (options.identity.mode === 'address') refuseElection(options);
  const identity = new LiveIdentity(options.identity);
  const { log: remembering, warnings } = rememberingLog(options.log ?? silentLog, WARNINGS_KEPT);
  const log = limitedLog(remembering, monotonicMs);
  const config = wholeConfig(options.config ?? {});
  const introducers = introducersOf(options.bootstrap ?? []);
  const directory =
    options.directory ??
    new PeerDirectory({ peersMax: PEERS_MAX, indexKey: [randomWord(), randomWord()] });
  const clock = options.clock ?? systemClock();
  const self = directory.intern(identity.now.nodeId);
  assert(self !== undefined, 'a new directory has room for its owner');
  const book = new AddressBook();
  const disk = await openDisk(dataDir, log);
  undo.push(() => disk.close());
  const unsigned = unsignedOf(identity, clock);
  const values = new Values(disk, createSigner(identity, unsigned), revocationJudge(identity));
  const voting = await Voting.open({ dataDir, identity, directory, clock, log }, options.voters);
  const electing = { dataDir, identity, self, book, voting, log };
  const listing = await Listing.open(electing, options.introducers);
  const limits = { hopsMax: hopsOf(options, unsigned), ttlSMax: config.ttlSMax };
  const edge = createEdge({ ...electing, directory, values, listing, unsigned, ...limits });
  const kept = { ...(await loadKept(disk, clock.wallMs())), ...voting.kept };
  const saved = await SavedPeers.open(dataDir, log);
  const shares: Shares = {
    peers: new Slices(),
    clients: new Slices(),
    linkInputs: new InputBudget(LINK_INPUT_BYTES_MAX),
    clientInputs: new InputBudget(CLIENT_INPUT_BYTES_MAX),
    ...connectionLimits(),
    ...options.limits,
  };
  const recording = await openRecording(record, identity, directory, values, log);
  undo.push(() => recording?.discard());
  return {
    identity,
    log,
    config,
    introducers,
    directory,
    clock,
    self,
    book,
    disk,
    values,
    edge,
    unsigned,
    voting,
    listing,
    kept,
    saved,
    shares,
    recording,
    warnings,
    refusals: new Refusals(),
    watch: {},
  };
}

function unsignedOf(identity: LiveIdentity, clock: Clock): UnsignedRecords | undefined {
  if (identity.now.mode === 'certificate') return undefined;
  return new UnsignedRecords(sha256, clock.wallMs);
}

/** Lists of voters and of introducers are signed by keys that certificates tie to ids. */
function refuseElection({ voters, introducers }: NodeOptions): void {
  if (voters === undefined && introducers === undefined) return;
  throw new UsageError(
    'voters and introducers need identity = certificate: leave them out in a network of addresses',
  );
}

/** Only where older nodes may be are PUTs passed on. */
function hopsOf({ hopsMax = CLASSIC_HOPS }: NodeOptions, unsigned: unknown): number {
  return unsigned === undefined ? 0 : hopsMax;
}

/** @throws UsageError when the recording cannot be written there */
async function openRecording(
  options: RecordingOptions | undefined,
  identity: LiveIdentity,
  directory: PeerDirectory,
  values: Values,
  log: Log,
): Promise<Recording | undefined> {
  if (options === undefined) return undefined;
  const id = identity.now.nodeIdHex;
  const valueOf = (record: RecordHeader): Uint8Array | undefined => values.heldValueOf(record);
  const recording = await Recording.open(options, { id, directory, log, valueOf });
  directory.onPlace = (peer, place) => {
    recording.place(peer, place);
  };
  return recording;
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
