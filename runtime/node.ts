/**
 * One real node, started and stopped: what its owner gets to hold (ARCHITECTURE.md walks through
 * one GET).
 *
 * Order of starting: disk, listener, links and core, API, join; of stopping: no new requests, those
 * taken in are answered, contacts are told, links say goodbye, the disk closes. Rule: whatever
 * fails while starting undoes what was started before it. A bug of ours stops the node and
 * rejects `ended`: fail-stop, never limping on.
 */
import type { PeerDirectory } from '../host/directory.ts';
import { contactCount } from '../src/table/table.ts';
import type { Outcome, Peer } from '../src/types.ts';
import type { Admin } from './admin/admin.ts';
import { openAdmin } from './admin/open.ts';
import { serveClients } from './api/api.ts';
import type { ClientApi } from './api/api.ts';
import { DRAIN_MS_MAX } from './bounds.ts';
import { startEngine } from './engine.ts';
import type { Engine } from './engine.ts';
import { layGround } from './ground.ts';
import type { Ground, NodeOptions, Undo } from './ground.ts';
import type { Identity } from './identity/identity.ts';
import { placeOf } from './links/address-book.ts';
import { formatEndpoint } from './links/address.ts';
import type { Endpoint } from './links/address.ts';
import { Admission } from './links/admission.ts';
import { listenForLinks } from './links/listener.ts';
import { reasonOf } from './log.ts';
import type { GetResult, PutOptions, PutResult } from './operations.ts';

export interface NodeStatus {
  readonly contacts: number;
  readonly links: number;
  readonly records: number;
  readonly operations: number;
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
  /** Resolves when the node has stopped; rejects when a bug of ours stopped it. */
  readonly ended: Promise<void>;
  readonly get: (key: Uint8Array) => Promise<GetResult>;
  readonly put: (key: Uint8Array, value: Uint8Array, options?: PutOptions) => Promise<PutResult>;
  readonly status: () => NodeStatus;
  readonly idHexOf: (peer: Peer) => string;
  /** HOST:PORT of a peer, as far as it is known. */
  readonly addressOf: (peer: Peer) => string | undefined;
  /**
   * Goes on under a renewed certificate or a newer revocation list; links to whoever is revoked
   * by it are closed. @throws UsageError when it is no newer identity of this node
   */
  readonly replaceIdentity: (identity: Identity) => void;
  /** Leaves the network and stops; done within `CLOSE_MS_MAX`. */
  readonly close: () => Promise<void>;
}

/** @throws UsageError when the options, the data directory or an address cannot be used */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const undo: Undo = [];
  try {
    return await assemble(options, undo);
  } catch (error) {
    for (const undoOne of undo.reverse()) await undoOne();
    throw error;
  }
}

async function assemble(options: NodeOptions, undo: Undo): Promise<RunningNode> {
  const ground = await layGround(options, undo);
  const { identity, log } = ground;
  const running: { engine?: Engine } = {};
  const admission = new Admission(options.admission);
  const listener = await listenForLinks(
    options.listen,
    identity,
    { admission, linksMax: ground.shares.linksMax, refusals: ground.refusals },
    log,
    (socket, peer) => {
      if (running.engine === undefined) socket.destroy();
      else running.engine.links.accept(socket, peer);
    },
  );
  undo.push(() => listener.close());
  const ending = deferred();
  const parts: Parts = { listener, disk: ground.disk, recording: ground.recording };
  const engine = startEngine(options, ground, listener.address, (error) => {
    log.error({ reason: reasonOf(error) }, 'broken invariant: the node stops');
    void tearDown(parts).finally(() => {
      ending.reject(error);
    });
  });
  running.engine = engine;
  parts.engine = engine;
  const { driver, links, operations, pauses } = engine;
  undo.push(() => {
    pauses.end();
    driver.stop();
    links.close();
  });
  undo.push(() => parts.admin?.close());
  await openDoors(options, ground, engine, listener.address, parts);
  const { api } = parts;
  const closeNow = async (): Promise<void> => {
    const answered = api?.close();
    await operations.whenIdle(DRAIN_MS_MAX);
    await within(operations.run({ type: 'leave' }), DRAIN_MS_MAX);
    await within(answered, DRAIN_MS_MAX);
    await within(tearDown(parts), DRAIN_MS_MAX);
    ending.resolve();
  };
  let closing: Promise<void> | undefined;
  const introducers = ground.introducers.length;
  const joined = operations.run({ type: 'join', introducers, peers: [] });
  const id = identity.now.nodeIdHex.slice(0, 8);
  log.info({ id, at: formatEndpoint(listener.address) }, 'started');
  return {
    ...viewOf(ground, engine, () => api?.clients() ?? 0),
    listen: listener.address,
    api: api?.address,
    admin: parts.admin?.address,
    joined,
    ended: ending.promise,
    close: () => (closing ??= closeNow()),
  };
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
interface Parts {
  readonly listener: { readonly close: () => Promise<void> };
  readonly disk: { readonly close: () => Promise<void> };
  readonly recording: { readonly close: () => Promise<void> } | undefined;
  engine?: Engine;
  api?: ClientApi;
  admin?: Admin;
}

async function tearDown({ listener, disk, recording, engine, api, admin }: Parts): Promise<void> {
  engine?.pauses.end();
  engine?.driver.stop();
  engine?.operations.stop();
  engine?.links.close();
  api?.cut();
  const doors = [listener.close(), api?.close(), admin?.close()];
  await Promise.all([...doors, disk.close(), recording?.close()]);
}

type View = Omit<RunningNode, 'listen' | 'api' | 'admin' | 'joined' | 'ended' | 'close'>;

/** What an owner may ask of a node at any time. */
function viewOf(ground: Ground, engine: Engine, clients: () => number): View {
  const { identity, self, directory, book } = ground;
  const { driver, links, operations } = engine;
  return {
    id: identity.now.nodeIdHex,
    peer: self,
    directory,
    get: (key) => operations.get(key),
    put: (key, value, options) => operations.put(key, value.slice(), options),
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
  };
}

/** Waits for something, but not for ever. */
async function within(work: Promise<unknown> | undefined, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
}

function deferred(): {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
} {
  let settle: (() => void) | undefined;
  let fail: ((error: unknown) => void) | undefined;
  const promise = new Promise<void>((resolve, reject) => {
    settle = resolve;
    fail = reject;
  });
  return { promise, resolve: () => settle?.(), reject: (error) => fail?.(error) };
}
