/**
 * The parts of a node, put together: the core, its driver and the links, on the ground of
 * `ground.ts`.
 *
 * Invariant: parts know each other only through what is handed in here, so this file, `ground.ts`
 * and `node.ts` are the whole wiring. `onCreate` and `onStep` see all that the core alone needs to
 * do again what it did in this node (parity).
 */
import type { TLSSocket } from 'node:tls';
import { positionOf } from '../src/position.ts';
import { create, step } from '../src/step.ts';
import type { NodeState } from '../src/step.ts';
import { CLIENT_ONLY } from '../src/table/places.ts';
import { contactCount } from '../src/table/table.ts';
import type { Input } from '../src/step-types.ts';
import type { CallId, Peer } from '../src/types.ts';
import type { WireAddress } from '../src/wire-types.ts';
import { Classic } from './classic/classic.ts';
import type { Terms } from './classic/terms.ts';
import { Driver } from './driver.ts';
import { Seeking } from './election/seeking.ts';
import { leaderTeller } from './election/telling.ts';
import { UsageError } from './failure.ts';
import type { Ground, NodeOptions } from './ground.ts';
import { idOfPlace } from './identity/address-identity.ts';
import type { ProvenMember } from './identity/proof.ts';
import { Joining } from './joining.ts';
import { reachableAt } from './links/address.ts';
import type { Endpoint } from './links/address.ts';
import { BlindDials } from './links/blind-dials.ts';
import { placesOf } from './links/capacity.ts';
import { Dialer } from './links/dialer.ts';
import { Links } from './links/links.ts';
import { Placing } from './links/placing.ts';
import { Operations } from './operations.ts';
import type { SavedPeer } from './links/peers-file.ts';
import { Pauses } from './pauses.ts';
import { effectHandlers, frameReceiver } from './traffic.ts';
import type { TrafficParts } from './traffic.ts';

export interface Engine {
  readonly driver: Driver<NodeState>;
  readonly links: Links;
  /** Takes over a connection that came in. */
  readonly accept: (socket: TLSSocket, member: ProvenMember) => void;
  /** Those that are known and speak the older dialect. */
  readonly olderNodes: () => number;
  readonly operations: Operations;
  readonly joining: Joining;
  readonly seeking: Seeking;
  readonly pauses: Pauses;
}

/** Starts the core and lets it send; `listen` is where this node can be reached. */
export function startEngine(
  options: Pick<NodeOptions, 'admission' | 'advertise' | 'onCreate' | 'onStep' | 'weather'>,
  ground: Ground,
  listen: Endpoint,
  onFault: (error: unknown) => void,
): Engine {
  const { introducers, directory, self, book, values, edge } = ground;
  const { shares, clock, saved, listing, watch } = ground;
  const addresses = options.advertise ?? reachableAt(listen);
  book.prove(self, addresses);
  if (addresses.length === 0) directory.setPlace(self, CLIENT_ONLY);
  const feed = (input: Input): void => {
    driver.feed(input);
  };
  values.tellLost((record) => {
    feed({ type: 'lost', record });
  });
  const pauses = new Pauses();
  const isRecovering = (): boolean => pauses.isRecovering();
  const operations = new Operations(feed, edge, values, shares.clients, watch, isRecovering);
  const parts: TrafficParts = {
    ...ground,
    feed,
    links: () => port,
    operations,
    onContact: () => {
      saved.onContact();
    },
    lateMs: () => pauses.lateMs(),
    wallMs: clock.wallMs,
  };
  const { links, accept, olderNodes } = connections(options, ground, parts, addresses);
  const port = options.weather?.over(links, self) ?? links;
  const driver: Driver<NodeState> = driverOf(options, ground, parts, onFault);
  const contacts = (): number => contactCount(driver.state.table);
  const rest = { feed, introducers: introducers.length, contacts };
  const known = together(saved, listing);
  const joining = new Joining({ saved: known, links: port, operations, ...rest });
  const seeking = seekingOf(ground, driver, operations);
  return { driver, links, accept, olderNodes, operations, joining, seeking, pauses };
}

/** What messages go over: links, and the older dialect where ids are addresses. */
function connections(
  options: Pick<NodeOptions, 'admission' | 'weather'>,
  ground: Ground,
  parts: TrafficParts,
  addresses: readonly WireAddress[],
): Pick<Engine, 'links' | 'accept' | 'olderNodes'> {
  const { log, directory, self, book, identity, refusals } = ground;
  const { peers: slices, linkInputs: inputs, linksMax, dialledMax } = ground.shares;
  const { strictLoopback } = options.admission ?? {};
  const common = {
    ...{ self, directory, book, identity, log },
    dialer: new Dialer(identity),
    shares: { slices, inputs },
    onFrame: frameReceiver(parts),
    onUnreachable: (peer: Peer, call: CallId): void => {
      if (options.weather !== undefined) return;
      parts.feed({ type: 'unreachable', peer, call });
    },
  };
  const terms = termsOf(ground, addresses);
  const classic =
    terms &&
    new Classic({
      ...common,
      terms,
      visitsMax: Math.ceil(linksMax * VISITS_SHARE),
      onUnsent: (peer, call) => {
        parts.feed({ type: 'unsent', peer, call });
      },
      onNewer: (peer, call, frame) => {
        links.request(peer, call, frame);
      },
    });
  const links: Links = new Links({
    ...common,
    blindDials: new BlindDials(strictLoopback, refusals),
    placing: new Placing(directory, strictLoopback),
    other: classic,
    placesMax: placesOf(linksMax),
    dialledMax,
    addresses,
  });
  const accept: Engine['accept'] = (socket, member) => {
    const { nodeId } = member;
    if (nodeId !== undefined) links.accept(socket, { ...member, nodeId });
    else if (classic === undefined) socket.destroy();
    else {
      classic.accept(socket, member, (one, proven) => {
        links.accept(one, proven);
      });
    }
  };
  return { links, accept, olderNodes: () => classic?.olderNodes ?? 0 };
}

/**
 * What this node is to older ones, where ids are addresses.
 *
 * @throws UsageError when its id is not that of its only address
 */
function termsOf(ground: Ground, addresses: readonly WireAddress[]): Terms | undefined {
  const { identity, unsigned: records, config, edge } = ground;
  if (records === undefined) return undefined;
  const { nodeId: id } = identity.now;
  const [address, another] = addresses;
  const isOne = address?.family === 4 && another === undefined;
  if (!isOne || Buffer.compare(idOfPlace(address), id) !== 0) {
    throw new UsageError(NOT_ITS_ADDRESS);
  }
  const { alpha, ttlS, replication } = config;
  return { id, address, records, alpha, hopsMax: edge.hopsMax, ttlS, replication };
}

/** Of the connections that come in: older nodes leave as many to links. */
const VISITS_SHARE = 1 / 2;
const NOT_ITS_ADDRESS =
  'where ids are addresses a node has one IPv4 address and the id of it: listen on that one, and ' +
  'not on all, or advertise it';

/** Whoever introduces newcomers is sought like the peers of an earlier life; each once. */
function together(...known: readonly Known[]): Known {
  return {
    get peers() {
      const all = known.flatMap(({ peers }) => peers);
      return [...new Map(all.map((peer) => [peer.id, peer])).values()];
    },
  };
}

interface Known {
  readonly peers: readonly SavedPeer[];
}

/** Looks for voters with the operations of the node itself. */
function seekingOf(
  { self, book, directory }: Ground,
  driver: Driver<NodeState>,
  operations: Operations,
): Seeking {
  return new Seeking({
    self,
    election: () => driver.state.election,
    isFound: (peer) => book.isFound(peer),
    lookUp: (peer) => operations.run({ type: 'lookup', target: positionOf(directory, peer) }),
  });
}

/** The core in its driver, and whoever wants to see its steps. */
function driverOf(
  options: Pick<NodeOptions, 'onCreate' | 'onStep'>,
  { self, config, kept, directory, clock, log, recording, watch, voting, listing }: Ground,
  parts: TrafficParts,
  onFault: (error: unknown) => void,
): Driver<NodeState> {
  const created = clock.moment();
  options.onCreate?.(self, config, created, kept);
  const initial = create(self, config, created, kept);
  recording?.begin(initial, created);
  const tellLeader = leaderTeller(self, directory, log);
  return new Driver({
    core: { initial, step },
    peers: directory,
    clock,
    handlers: effectHandlers(parts),
    onStep: (at, input, effects, after) => {
      recording?.step(at, input, effects, after);
      watch.step?.(input, effects);
      options.onStep?.(at, input, effects);
      tellLeader(after.election);
      voting.onElection(after.election);
      listing.onElection(after.election);
    },
    onFailedStep: (at, input) => {
      recording?.failed(at, input);
    },
    onFault,
  });
}
