/**
 * One real node, started and stopped: what its owner gets to hold (ARCHITECTURE.md walks through
 * one GET).
 *
 * Order of starting: disk, listener, links and core, API, join; of stopping: `stopping.ts`. Rule:
 * whatever fails while starting undoes what was started before it. A bug of ours stops the node
 * and rejects `ended`: fail-stop, never limping on.
 */
import type { PeerDirectory } from '../host/directory.ts';
import type { Outcome } from '../src/step-types.ts';
import type { NodeState } from '../src/step.ts';
import { contactCount } from '../src/table/table.ts';
import type { Peer, Position } from '../src/types.ts';
import type { WireIntroducers, WireVoters } from '../src/wire-types.ts';
import type { Admin } from './admin/admin.ts';
import { openAdmin } from './admin/open.ts';
import { serveClients } from './api/api.ts';
import type { ClientApi } from './api/api.ts';
import { STOP_CLOSED_MS, STOP_LEFT_MS } from './bounds.ts';
import { startEngine } from './engine.ts';
import type { Engine } from './engine.ts';
import { UsageError } from './failure.ts';
import { layGround } from './ground.ts';
import type { Ground, NodeOptions, Undo } from './ground.ts';
import { watchEndings } from './identity/endings.ts';
import type { Identity } from './identity/identity.ts';
import { contactsToSave } from './joining.ts';
import { placeOf } from './links/address-book.ts';
import { formatEndpoint } from './links/address.ts';
import type { Endpoint } from './links/address.ts';
import { Admission } from './links/admission.ts';
import { listenForLinks } from './links/listener.ts';
import { reasonOf, type Log } from './log.ts';
import type { GetResult, PutOptions, PutResult } from './operations.ts';
import { stopCleanly, within } from './stopping.ts';

/** What a node holds and does at an instant. */
export interface NodeStatus {
  /** Nodes in its routing table. */
  readonly contacts: number;
  /** Connections with other nodes. */
  readonly links: number;
  /** Records that it stores. */
  readonly records: number;
  /** Operations under way. */
  readonly operations: number;
  /** Connections of clients. */
  readonly clients: number;
}

export interface RunningNode {
  /** The node id, in hex. */
  readonly id: string;
  readonly peer: Peer;
  readonly listen: Endpoint;
  readonly api: Endpoint | undefined;
  readonly admin: Endpoint | undefined;
  readonly directory: PeerDirectory;
  /** How the join ended: `joined`, or why not. */
  readonly joined: Promise<Outcome>;
  /** Resolves when `close` is over; rejects when a bug of ours stopped it. */
  readonly ended: Promise<void>;
  readonly get: (key: Uint8Array) => Promise<GetResult>;
  readonly put: (key: Uint8Array, value: Uint8Array, options?: PutOptions) => Promise<PutResult>;
  /** The nodes nearest to a position. */
  readonly lookup: (target: Position) => Promise<Outcome>;
  /** What the core believes, to be looked at. */
  readonly state: () => NodeState;
  readonly status: () => NodeStatus;
  readonly idHexOf: (peer: Peer) => string;
  /** HOST:PORT of a peer, as far as it is known. */
  readonly addressOf: (peer: Peer) => string | undefined;
  /**
   * Goes on under a renewed certificate or a newer revocation list; links to whoever is revoked
   * by it are closed. @throws UsageError when it is no newer identity of this node
   */
  readonly replaceIdentity: (identity: Identity) => void;
  /** The newest signed list of introducers that it was told of. */
  readonly introducers: () => WireIntroducers | undefined;
  /** Goes on to a newer list of voters. @throws UsageError when the list does not count here */
  readonly replaceVoters: (list: WireVoters) => void;
  /**
   * Leaves and stops, within `STOP_CLOSED_MS`. @throws Error when the disk takes longer, or a bug
   * of ours came up meanwhile
   */
  readonly close: () => Promise<void>;
  /** Stops at once, as after a bug of ours: nobody is told or answered, the disk is closed. */
  readonly abort: () => Promise<void>;
}

/** @throws UsageError when the options, the data directory or an address cannot be used */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const undo: Undo = [];
  try {
    return await assemble(options, undo);
  } catch (error) {
    for (const undoOne of undo.reverse()) {
      try {
        await undoOne();
      } catch {
        // Why it did not start is what its owner is told.
      }
    }
    throw error;
  }
}

async function assemble(options: NodeOptions, undo: Undo): Promise<RunningNode> {
  const ground = await layGround(options, undo);
  const { identity, log, saved, refusals } = ground;
  const running: { engine?: Engine } = {};
  const limits = { admission: new Admission(options.admission), linksMax: ground.shares.linksMax };
  const listener = await listenForLinks(
    options.listen,
    identity,
    { ...limits, refusals },
    log,
    (socket, member) => {
      if (running.engine === undefined) socket.destroy();
      else running.engine.accept(socket, member);
    },
  );
  undo.push(() => listener.close());
  const ending = deferred();
  const forgetEndings = watchEndings(identity, log);
  const parts: Parts = { listener, forgetEndings, isBroken: false, ...ground };
  undo.push(parts.forgetEndings);
  const engine = startEngine(options, ground, listener.address, (error) => {
    log.error({ reason: reasonOf(error) }, 'broken invariant: the node stops');
    parts.isBroken = true;
    // A disk that does not answer must not keep a broken node from ending.
    const isTornDown = within(allOf(tearDown(parts)), STOP_CLOSED_MS - STOP_LEFT_MS);
    void isTornDown
      .catch(() => false)
      .then(() => {
        ending.reject(error);
      });
  });
  running.engine = engine;
  parts.engine = engine;
  const { driver, joining, seeking } = engine;
  undo.push(() => {
    engine.pauses.end();
    driver.stop();
    engine.links.close();
  });
  undo.push(() => parts.admin?.close());
  undo.push(() => parts.api?.close());
  await openDoors(options, ground, engine, listener.address, parts);
  // A bug stopped what there was then, and knew nothing of these doors.
  if (parts.isBroken) await ending.promise;
  let closing: Promise<void> | undefined;
  saved.begin(() => contactsToSave(driver.state, ground));
  seeking.begin();
  const id = identity.now.nodeIdHex.slice(0, 8);
  log.info({ id, at: formatEndpoint(listener.address) }, 'started');
  return {
    ...viewOf(ground, engine, () => parts.api?.clients() ?? 0),
    listen: listener.address,
    api: parts.api?.address,
    admin: parts.admin?.address,
    joined: joining.begin(),
    ended: ending.promise,
    close: () => (closing ??= stop(engine, parts, log, ending)),
    abort: () => allOf(tearDown(parts)),
  };
}

async function stop(engine: Engine, parts: Parts, log: Log, ending: Ending): Promise<void> {
  const { joining, seeking, operations } = engine;
  joining.end();
  seeking.end();
  const savePeers = (): Promise<void> => parts.saved.save();
  const { api, isBroken: wasBroken } = parts;
  try {
    await stopCleanly({ operations, api, log, savePeers, tearDown: () => tearDown(parts) });
  } finally {
    if (!parts.isBroken) ending.resolve();
  }
  // Of a bug that came up before `ended` has told.
  if (!wasBroken) await ending.promise;
  log.info({}, 'stopped');
}

/** Opens what its operator and clients come in by, as far as it is asked for. */
async function openDoors(
  options: NodeOptions,
  ground: Ground,
  engine: Engine,
  listen: Endpoint,
  parts: Parts,
): Promise<void> {
  const clients = (): number => parts.api?.clients() ?? 0;
  const api = (): Endpoint | undefined => parts.api?.address;
  if (options.admin !== undefined) {
    parts.admin = await openAdmin(options.admin, { ground, engine, clients, listen, api });
  }
  if (options.api === undefined) return;
  const { clients: slices, clientInputs: inputs, clientsMax } = ground.shares;
  const shares = { store: engine.operations, slices, inputs, log: ground.log };
  parts.api = await serveClients(options.api, shares, clientsMax);
}

/** What there is to tear down; a fault may come before all of it is there. */
interface Parts extends Pick<Ground, 'disk' | 'recording' | 'saved' | 'voting' | 'listing'> {
  readonly listener: { readonly close: () => Promise<void> };
  readonly forgetEndings: () => void;
  engine?: Engine;
  api?: ClientApi;
  admin?: Admin;
  /** Whether a bug of ours stops the node. */
  isBroken: boolean;
}

/** @returns what is closing, by name */
function tearDown(parts: Parts): ReadonlyMap<string, Promise<unknown>> {
  const { listener, disk, recording, saved, voting, listing, engine, api, admin } = parts;
  saved.end();
  parts.forgetEndings();
  engine?.joining.end();
  engine?.seeking.end();
  engine?.pauses.end();
  engine?.driver.stop();
  engine?.operations.stop();
  engine?.links.close();
  api?.cut();
  const doors = Promise.all([listener.close(), api?.close(), admin?.close()]);
  return new Map<string, Promise<unknown>>([
    ['doors', doors],
    ['records', disk.close()],
    ['ballot', voting.settled()],
    ['introducers', listing.settled()],
    ['recording', recording?.close() ?? Promise.resolve()],
  ]);
}

async function allOf(closing: ReadonlyMap<string, Promise<unknown>>): Promise<void> {
  await Promise.all(closing.values());
}

type Hold = 'listen' | 'api' | 'admin' | 'joined' | 'ended' | 'close' | 'abort';
type View = Omit<RunningNode, Hold>;

/** What an owner may ask of a node at any time. */
function viewOf(ground: Ground, engine: Engine, clients: () => number): View {
  const { identity, self, directory, book, voting, listing } = ground;
  const { driver, links, operations } = engine;
  return {
    id: identity.now.nodeIdHex,
    peer: self,
    directory,
    get: (key) => operations.get(key),
    put: (key, value, options) => operations.put(key, value.slice(), options),
    lookup: (target) => operations.lookup(target),
    state: () => driver.state,
    status: () => ({
      contacts: contactCount(driver.state.table),
      links: links.counts.linksUp,
      records: driver.state.store.size,
      operations: operations.count,
      clients: clients(),
    }),
    idHexOf: (peer) => directory.idHexOf(peer),
    addressOf: (peer) => placeOf(book, peer),
    replaceIdentity: (next) => {
      identity.replace(next);
    },
    introducers: () => listing.newest,
    replaceVoters: (list) => {
      const voters = voting.take(list);
      if (voters === undefined) throw new UsageError(NOT_OURS);
      driver.feed({ type: 'voters', voters });
    },
  };
}

const NOT_OURS =
  'the list of voters is not signed by the authority of this node, or another of its version is ' +
  'known here';

interface Ending {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

function deferred(): Ending {
  let settle: (() => void) | undefined;
  let fail: ((error: unknown) => void) | undefined;
  const promise = new Promise<void>((resolve, reject) => {
    settle = resolve;
    fail = reject;
  });
  // Its owner may get to hold it only after that.
  promise.catch(() => undefined);
  return { promise, resolve: () => settle?.(), reject: (error) => fail?.(error) };
}
