/**
 * What can be seen of a running node from outside, as plain data: for `/status`, and for the gauges
 * of `/metrics`. Peers go by the first eight digits of their ids and by where they can be dialled;
 * no keys, no values, no text that a peer chose.
 */
import { allItems } from '../../src/paged.ts';
import type { NodeState } from '../../src/step.ts';
import { CLIENT_ONLY } from '../../src/table/places.ts';
import { bucketCount, bucketSize, contactCount } from '../../src/table/table.ts';
import { LINKS_SEEN_MAX } from '../bounds.ts';
import type { Engine } from '../engine.ts';
import type { Ground } from '../ground.ts';
import { endingsOf, type Endings } from '../identity/endings.ts';
import type { Identity } from '../identity/identity.ts';
import { placeOf } from '../links/address-book.ts';
import { formatEndpoint } from '../links/address.ts';
import type { Endpoint } from '../links/address.ts';
import type { SeenLink } from '../links/pairs.ts';
import { shortHex } from '../log.ts';
import { leadershipOf } from './leadership.ts';
import type { Leadership } from './leadership.ts';

/** A link, its peer by name and by where it can be dialled, as far as that is known. */
type ObservedLink = Omit<SeenLink, 'peer' | 'openedAt'> & {
  readonly peer: string;
  readonly at: string | undefined;
  readonly upSeconds: number;
};

export interface Observed {
  readonly id: string;
  readonly listen: string;
  readonly api: string | undefined;
  readonly upSeconds: number;
  readonly joined: boolean;
  readonly leaving: boolean;
  readonly clientOnly: boolean;
  /** What proves an id in its network. */
  readonly identity: Identity['mode'];
  /** When what proves its id runs out. */
  readonly endings: Endings;
  /** Nodes of the older implementation that it knows. */
  readonly olderNodes: number;
  /** Ids of nodes that it was told of, which it keeps until it stops, and how many it may. */
  readonly ids: { readonly count: number; readonly max: number };
  /** By bucket, the shallowest first. */
  readonly contactsByBucket: readonly number[];
  readonly contacts: number;
  readonly suspects: number;
  /** `LINKS_SEEN_MAX` at most. */
  readonly links: readonly ObservedLink[];
  readonly linksUp: number;
  readonly records: {
    readonly keys: number;
    readonly bytes: number;
    readonly keysMax: number;
    readonly bytesMax: number;
  };
  /** Records cannot be written for the moment, or the recording has ended: the log says why. */
  readonly diskStalled: boolean;
  readonly recordingEnded: boolean;
  /** Stretches that are missing from the recording. */
  readonly recordingGaps: number;
  readonly repair: {
    readonly fellows: number;
    readonly missed: number;
    readonly passedOver: number;
    readonly published: number;
  };
  readonly leadership: Leadership;
  readonly operations: number;
  readonly calls: number;
  readonly clients: number;
  /** Bytes of messages that are not whole yet, of all connections. */
  readonly unfinishedBytes: number;
}

export interface ObservedParts {
  readonly ground: Ground;
  readonly engine: Engine;
  readonly listen: Endpoint;
  readonly api: () => Endpoint | undefined;
  readonly clients: () => number;
}

export function observe(parts: ObservedParts, now: number, startedAt: number): Observed {
  const { ground, engine, listen } = parts;
  const { directory, self, shares, disk, recording } = ground;
  const { state } = engine.driver;
  const api = parts.api();
  const contacts = contactCount(state.table);
  return {
    id: ground.identity.now.nodeIdHex,
    listen: formatEndpoint(listen),
    api: api === undefined ? undefined : formatEndpoint(api),
    upSeconds: Math.floor((now - startedAt) / 1000),
    joined: engine.joining.isJoined,
    // The core leaves once open requests are answered and its records handed over.
    leaving: state.leaving || engine.joining.hasEnded,
    identity: ground.identity.now.mode,
    endings: endingsOf(ground.identity.now),
    olderNodes: engine.olderNodes(),
    clientOnly: directory.places[self] === CLIENT_ONLY,
    ids: { count: directory.count, max: directory.namedMax },
    contactsByBucket: bucketsOf(state),
    contacts,
    suspects: state.suspects.length,
    links: engine.links.seen.slice(0, LINKS_SEEN_MAX).map((seen) => linkOf(ground, seen, now)),
    linksUp: engine.links.counts.linksUp,
    records: recordsOf(state),
    diskStalled: disk.isStalled,
    recordingEnded: recording?.hasEnded === true,
    recordingGaps: recording?.gaps ?? 0,
    repair: repairOf(state, now),
    leadership: leadershipOf(ground, state),
    operations: engine.operations.count,
    calls: state.calls.size,
    clients: parts.clients(),
    unfinishedBytes: shares.linkInputs.bytes + shares.clientInputs.bytes,
  };
}

function linkOf({ directory, book }: Ground, seen: SeenLink, now: number): ObservedLink {
  const { peer, openedAt, roundTripMs, ...rest } = seen;
  return {
    ...rest,
    peer: shortHex(directory.idOf(peer)),
    at: placeOf(book, peer),
    upSeconds: Math.floor((now - openedAt) / 1000),
    roundTripMs: roundTripMs === undefined ? undefined : tenths(roundTripMs),
  };
}

/** A time to a tenth of a millisecond: the clocks of two machines tell no more. */
export function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}

function bucketsOf({ table }: NodeState): readonly number[] {
  return Array.from({ length: bucketCount(table) }, (_, bucket) => bucketSize(table, bucket));
}

function recordsOf({ usage, config }: NodeState): Observed['records'] {
  const { keys: keysMax, bytes: bytesMax } = config.quota;
  return { keys: usage.keys, bytes: usage.bytes, keysMax, bytesMax };
}

function repairOf({ fellows, published }: NodeState, now: number): Observed['repair'] {
  let missed = 0;
  let passedOver = 0;
  for (const fellow of allItems(fellows)) {
    if (fellow.missed) missed += 1;
    if (fellow.shunnedUntil > now) passedOver += 1;
  }
  return { fellows: fellows.size, missed, passedOver, published: published.size };
}
