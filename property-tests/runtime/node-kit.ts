// Real nodes on loopback for tests: an authority of their own, data in a directory that goes away,
// ports that the system chooses, and an end with the test whatever happened in it.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { connectClient } from '../../runtime/api/client.ts';
import type { ClientOptions, ConnectedClient } from '../../runtime/api/client.ts';
import type { NodeOptions } from '../../runtime/ground.ts';
import type { Authority } from '../../runtime/identity/authority.ts';
import type { Identity } from '../../runtime/identity/identity.ts';
import { formatEndpoint } from '../../runtime/links/address.ts';
import type { Endpoint } from '../../runtime/links/address.ts';
import { startNode } from '../../runtime/node.ts';
import type { RunningNode } from '../../runtime/node.ts';
import type { PutOptions, PutResult } from '../../runtime/operations.ts';
import { CALL_MS_MIN } from '../../src/limits.ts';
import { newAuthority, newIdentity, scratch } from '../certificates/identity-kit.ts';

export const ANY_PORT: Endpoint = { host: '127.0.0.1', port: 0 };

export interface Site {
  readonly dir: string;
  readonly authority: Authority;
}

/** A place with an authority, under which nodes can be started. */
export async function newSite(t: ExecutionContext): Promise<Site> {
  const dir = await scratch(t);
  return { dir, authority: await newAuthority(join(dir, 'authority')) };
}

export async function identityAt(site: Site, name: string): Promise<Identity> {
  return await newIdentity(site.authority, join(site.dir, name));
}

export async function nodeAt(
  t: ExecutionContext,
  site: Site,
  name: string,
  options: Partial<NodeOptions> = {},
): Promise<RunningNode> {
  const identity = options.identity ?? (await identityAt(site, name));
  const dataDir = join(site.dir, name);
  const node = await startNode({ listen: ANY_PORT, api: ANY_PORT, dataDir, identity, ...options });
  t.teardown(() => node.close());
  return node;
}

/** Nodes that have all joined through the first one. */
export async function networkOf(
  t: ExecutionContext,
  site: Site,
  count: number,
  optionsOf: (index: number) => Partial<NodeOptions> = () => ({}),
): Promise<readonly RunningNode[]> {
  const nodes: RunningNode[] = [];
  for (let index = 0; index < count; index++) {
    const first = nodes[0];
    const bootstrap = first === undefined ? [] : [formatEndpoint(first.listen)];
    nodes.push(await nodeAt(t, site, `node${index}`, { bootstrap, ...optionsOf(index) }));
  }
  for (const node of nodes) {
    const outcome = await node.joined;
    t.is(outcome.type, 'joined');
  }
  return nodes;
}

export async function clientOf(
  t: ExecutionContext,
  node: RunningNode,
  options: ClientOptions = {},
): Promise<ConnectedClient> {
  if (node.api === undefined) throw new Error('the node serves no clients');
  const client = await connectClient(node.api, options);
  t.teardown(() => client.close());
  return client;
}

export function newKey(): Uint8Array {
  return Uint8Array.from(randomBytes(32));
}

export function valueOf(bytes: number): Uint8Array {
  return Uint8Array.from(randomBytes(bytes));
}

/** Waits until something holds; fails the test when it does not in time. */
export async function eventually(
  t: ExecutionContext,
  what: string,
  holds: () => boolean,
  limitMs = 20_000,
): Promise<void> {
  const until = performance.now() + limitMs;
  while (!holds()) {
    if (performance.now() > until) {
      t.fail(`not within ${limitMs} ms: ${what}`);
      return;
    }
    await delay(10);
  }
}

/**
 * Does something again until it came out as it should: on a busy machine who is asked may answer
 * too late to be counted. @returns how it came out the last time
 */
export async function untilRight<T>(
  attempt: () => Promise<T>,
  isRight: (one: T) => boolean,
  limitMs = 30_000,
): Promise<T> {
  const until = performance.now() + limitMs;
  let last = await attempt();
  while (!isRight(last) && performance.now() < until) {
    await delay(100);
    last = await attempt();
  }
  return last;
}

/** Puts until so many hold it; fails the test when they do not in time. */
export async function putsOn(
  t: ExecutionContext,
  node: Pick<RunningNode, 'put'>,
  count: number,
  key: Uint8Array,
  value: Uint8Array,
  options: PutOptions = {},
): Promise<PutResult> {
  const put = (): Promise<PutResult> => node.put(key, value, options);
  const result = await untilRight(put, ({ holders }) => holders.length === count);
  t.is(result.status, 'good');
  t.is(result.holders.length, count);
  return result;
}

/**
 * Reads until it is found; fails the test when it is not in time. Only a read that has waited for
 * somebody is made again: one that finds nothing at once has nobody else to blame.
 */
export async function finds(
  t: ExecutionContext,
  reader: Pick<RunningNode, 'get'> | Pick<ConnectedClient, 'get'>,
  key: Uint8Array,
  value: Uint8Array,
): Promise<void> {
  const get = async () => {
    const before = performance.now();
    const got = await reader.get(key);
    const found = got === undefined || got instanceof Uint8Array ? got : got.value;
    return { found, tookMs: performance.now() - before };
  };
  const isOver = ({ found, tookMs }: Awaited<ReturnType<typeof get>>): boolean =>
    found !== undefined || tookMs < CALL_MS_MIN;
  t.deepEqual((await untilRight(get, isOver, 20_000)).found, value);
}
