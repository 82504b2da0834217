/**
 * The real half of `orrery start`: five nodes in this process, over mutual TLS on loopback, and the
 * exchange of a value through their client APIs.
 *
 * Every request goes over a real TCP socket to a node's API, as any client's would. What happens
 * inside is watched at the nodes' `onStep`: who keeps the value, and which way the GET took.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from 'node:tls';
import { readVoters } from '../../runtime/election/voter-list.ts';
import { formatEndpoint } from '../../runtime/links/address.ts';
import type { Endpoint } from '../../runtime/links/address.ts';
import { startNode } from '../../runtime/node.ts';
import type { RunningNode } from '../../runtime/node.ts';
import type { Effect, Outcome } from '../../src/step-types.ts';
import type { Trail } from '../../src/types.ts';
import type { Peer } from '../../src/types.ts';
import { withClient } from '../api-flags.ts';
import { makeMembers } from '../cluster/member.ts';
import { clusterVoters } from '../cluster/voters.ts';
import { CommandFailure } from '../failure.ts';
import type { openLog } from '../logging.ts';
import { say } from '../output.ts';

export interface StartedNode {
  /** From 1, as people count. */
  readonly number: number;
  readonly node: RunningNode;
  readonly listen: Endpoint;
  readonly api: Endpoint;
  /** How the latest operation of a client ended at this node. */
  readonly latest: () => Outcome | undefined;
}

export interface Exchange {
  readonly key: Uint8Array;
  readonly bytes: number;
  readonly writer: StartedNode;
  readonly reader: StartedNode;
  readonly stored: boolean;
  readonly holders: number;
  readonly wanted: number;
  readonly equal: boolean;
  /** The way of the GET, one step per line. */
  readonly path: readonly string[];
}

/** Whoever has nodes started. */
export interface Owner {
  readonly log: ReturnType<typeof openLog>;
  readonly isStopping: () => boolean;
  /** Gets each node before it is there, to stop it when it is. */
  readonly begun: (node: Promise<RunningNode>) => void;
  readonly started: (one: StartedNode) => void;
}

/** Starts the nodes one after another, until a stop is asked for. */
export async function startNetwork(
  dir: string,
  basePort: number,
  { log, isStopping, begun, started }: Owner,
): Promise<readonly StartedNode[]> {
  const members = await makeMembers(NODES, basePort, dir, () => undefined);
  const ids = members.map(({ identity }) => identity.nodeIdHex);
  const list = await clusterVoters(join(dir, 'authority'), ids, undefined, say);
  const all: StartedNode[] = [];
  for (const [index, member] of members.entries()) {
    const { listen, api, identity } = member;
    const number = index + 1;
    const voters = list === undefined ? undefined : await readVoters(list, identity.authority);
    const first = all[0];
    const bootstrap = first === undefined ? [] : [formatEndpoint(first.listen)];
    let latest: Outcome | undefined;
    const onStep = (_: unknown, __: unknown, effects: readonly Effect[]): void => {
      for (const effect of effects) if (isClients(effect)) latest = effect.outcome;
    };
    if (isStopping()) break;
    const starting = startNode({ ...member, voters, bootstrap, log, onStep });
    begun(starting);
    const node = await starting;
    const one = { number, node, listen, api, latest: () => latest };
    started(one);
    all.push(one);
    const { type } = await node.joined;
    if (type !== 'joined') throw new CommandFailure(`node ${number} did not join: ${type}`);
  }
  return all;
}

/** The last one to join is known to all others a moment later. */
export async function knowOneAnother(nodes: readonly StartedNode[]): Promise<boolean> {
  const until = performance.now() + KNOWN_MS_MAX;
  const known = (): boolean =>
    nodes.every(({ node }) => node.status().contacts >= nodes.length - 1);
  while (!known() && performance.now() < until) await delay(50);
  return known();
}

/** PUT through one node, GET through another that does not hold the value itself. */
export async function exchange(nodes: readonly StartedNode[]): Promise<Exchange> {
  const key = Uint8Array.from(randomBytes(32));
  const value = Uint8Array.from(randomBytes(VALUE_BYTES));
  const [writer] = nodes;
  if (writer === undefined) throw new Error('a network has at least one node');
  const receipt = await withClient(writer.api, (client) =>
    client.put(key, value, { replication: REPLICATION, ttlS: TTL_S }),
  );
  const holding = holderIds(writer);
  const others = nodes.filter((one) => one !== writer);
  const reader = others.find(({ node }) => !holding.has(node.id)) ?? others[0] ?? writer;
  const got = await withClient(reader.api, (client) => client.get(key));
  return {
    key,
    bytes: value.length,
    writer,
    reader,
    stored: receipt.status === 'good',
    holders: receipt.holders,
    wanted: receipt.wanted,
    equal: got !== undefined && Buffer.compare(got, value) === 0,
    path: pathOf(reader, nodes),
  };
}

/** A GET of a key that nobody has put; @returns how long the answer took in ms, if it was right */
export async function missing(through: StartedNode): Promise<number | undefined> {
  const before = performance.now();
  const got = await withClient(through.api, (client) => client.get(randomBytes(32)));
  return got === undefined ? performance.now() - before : undefined;
}

/** Whether a node turns away somebody who shows no certificate, without a byte of its protocol. */
export function refusesStrangers(one: StartedNode): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { rejectUnauthorized: false, ALPNProtocols: ['orrery/1'] };
    const socket = connect({ ...one.listen, ...options });
    const end = (refused: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(refused);
    };
    socket.on('error', () => {
      end(true);
    });
    const timer = setTimeout(end, STRANGER_MS_MAX, false);
    socket.on('data', () => {
      end(false);
    });
    socket.on('close', () => {
      end(true);
    });
  });
}

function isClients(effect: Effect): effect is Extract<Effect, { type: 'settle' }> {
  return effect.type === 'settle' && CLIENT_OUTCOMES.includes(effect.outcome.type);
}

function holderIds(writer: StartedNode): ReadonlySet<string> {
  const outcome = writer.latest();
  const holders = outcome?.type === 'stored' ? outcome.holders : [];
  return new Set(holders.map((peer) => writer.node.idHexOf(peer)));
}

/** Who asked whom, in the order of the answers. */
function pathOf(reader: StartedNode, nodes: readonly StartedNode[]): readonly string[] {
  const outcome = reader.latest();
  if (outcome?.type !== 'found') return [];
  const { holder, trail } = outcome;
  const self = reader.node.peer;
  const name = (peer: Peer): string => {
    const id = reader.node.idHexOf(peer);
    const known = nodes.find(({ node }) => node.id === id);
    return known === undefined ? id.slice(0, 12) : `node ${known.number}`;
  };
  if (holder === self) return [`${name(self)} held the value itself`];
  const asked = trail.responders.map((peer, index) => {
    const what = peer === holder ? 'which held the value' : 'which named nearer nodes';
    return `${name(self)} asked ${name(peer)} (${origin(trail, index, self, name)}), ${what}`;
  });
  const last = trail.responders.includes(holder)
    ? []
    : [`${name(self)} asked ${name(holder)}, which held the value`];
  return [...asked, ...last];
}

function origin(trail: Trail, index: number, self: Peer, name: (peer: Peer) => string): string {
  const by = trail.namedBy[index];
  return by === undefined || by === self ? 'from its own table' : `named by ${name(by)}`;
}

const CLIENT_OUTCOMES: readonly Outcome['type'][] = ['found', 'absent', 'stored', 'failed'];
const NODES = 5;
const VALUE_BYTES = 1024;
/** Fewer than the nodes, so that there is one that must ask another. */
const REPLICATION = 2;
const TTL_S = 3600;
const KNOWN_MS_MAX = 20_000;
const STRANGER_MS_MAX = 2000;
