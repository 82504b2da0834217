/**
 * The parts of a node, put together: the core, its driver and the links, on the ground of
 * `ground.ts`.
 *
 * Invariant: parts know each other only through what is handed in here, so this file, `ground.ts`
 * and `node.ts` are the whole wiring. `onCreate` and `onStep` see all that the core alone needs to
 * do again what it did in this node (parity).
 */
import { positionOf } from '../src/position.ts';
import { create, step } from '../src/step.ts';
import type { NodeState } from '../src/step.ts';
import { CLIENT_ONLY } from '../src/table/places.ts';
import { contactCount } from '../src/table/table.ts';
import type { Input } from '../src/step-types.ts';
import { Driver } from './driver.ts';
import { Seeking } from './election/seeking.ts';
import { leaderTeller } from './election/telling.ts';
import type { Ground, NodeOptions } from './ground.ts';
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
  const { log, introducers, directory, self, book, values, edge } = ground;
  const { identity, shares, clock, saved, listing, watch } = ground;
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
  const links: Links = new Links({
    self,
    identity,
    directory,
    book,
    dialer: new Dialer(identity),
    blindDials: new BlindDials(strictLoopback, ground.refusals),
    placing: new Placing(directory, strictLoopback),
    shares: { slices: shares.peers, inputs: shares.linkInputs },
    placesMax: placesOf(shares.linksMax),
    dialledMax: shares.dialledMax,
    log,
    addresses,
    onFrame: frameReceiver(parts),
    onUnreachable: (peer, call) => {
      if (options.weather?.hidesUnreachable !== true) feed({ type: 'unreachable', peer, call });
    },
  });
  const port = options.weather?.over(links, self) ?? links;
  const driver: Driver<NodeState> = driverOf(options, ground, parts, onFault);
  const contacts = (): number => contactCount(driver.state.table);
  const rest = { feed, introducers: introducers.length, contacts };
  const known = together(saved, listing);
  const joining = new Joining({ saved: known, links: port, operations, ...rest });
  const seeking = seekingOf(ground, driver, operations);
  return { driver, links, operations, joining, seeking, pauses };
}

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
  { self, config, kept, directory, clock, log, recording, watch, listing }: Ground,
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
      listing.onElection(after.election);
    },
    onFailedStep: (at, input) => {
      recording?.failed(at, input);
    },
    onFault,
  });
}
