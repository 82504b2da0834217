// Real nodes over TLS on loopback: values put through one are found through the others, whatever
// happens to some of them, and a node comes back with what it held.
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { ClientError, connectClient } from '../../runtime/api/client.ts';
import type { PutReceipt } from '../../runtime/api/client.ts';
import { UsageError } from '../../runtime/failure.ts';
import type { NodeOptions } from '../../runtime/ground.ts';
import { identityPaths, readIdentity } from '../../runtime/identity/identity.ts';
import { revokeCertificates } from '../../runtime/identity/revocations.ts';
import { formatEndpoint } from '../../runtime/links/address.ts';
import type { Endpoint } from '../../runtime/links/address.ts';
import { silentLog } from '../../runtime/log.ts';
import type { Log } from '../../runtime/log.ts';
import { startNode } from '../../runtime/node.ts';
import type { RunningNode } from '../../runtime/node.ts';
import { measureLateness } from '../lateness.ts';
import { freePorts } from '../ports.ts';
import { ANY_PORT, clientOf, eventually, finds, identityAt, networkOf } from './node-kit.ts';
import { newKey, newSite, nodeAt, putsOn, untilRight, valueOf } from './node-kit.ts';

test('five nodes: every value is found through every other node, byte for byte', async (t) => {
  const nodes = await networkOf(t, await newSite(t), 5);
  const clients = await Promise.all(nodes.map((node) => clientOf(t, node)));
  const entries = [1, 17, 1024, 60_000, 65_495].flatMap((size) =>
    Array.from({ length: 6 }, () => ({ key: newKey(), value: valueOf(size) })),
  );
  for (const [index, { key, value }] of entries.entries()) {
    const client = clients[index % 5] ?? t.fail();
    const put = (): Promise<PutReceipt> => client.put(key, value, { replication: 3 });
    const receipt = await untilRight(put, ({ wanted }) => wanted === 3);
    t.is(receipt.status, 'good');
    t.is(receipt.wanted, 3);
    t.true(receipt.holders >= 2);
  }
  for (const [index, { key, value }] of entries.entries()) {
    await finds(t, clients[(index + 1) % 5] ?? t.fail(), key, value);
  }
  const times: number[] = [];
  for (let tries = 0; tries < 3; tries++) {
    const before = performance.now();
    t.is(await clients[0]?.get(newKey()), undefined);
    times.push(performance.now() - before);
  }
  t.true(Math.min(...times) < 1000, `${times.join(' ')} ms: nobody is waited for in vain`);
  await eventually(t, 'all know all', () => nodes.every((node) => node.status().contacts === 4));
});

test('the newest PUT wins, whichever node it came through', async (t) => {
  const nodes = await networkOf(t, await newSite(t), 3);
  const key = newKey();
  let version = 0;
  for (let round = 0; round < 12; round++) {
    const result = await nodes[round % 3]?.put(key, Uint8Array.of(round));
    t.true((result?.version ?? 0) > version);
    version = result?.version ?? 0;
    for (const node of nodes) t.deepEqual((await node.get(key)).value, Uint8Array.of(round));
  }
});

test('what five nodes hold is found when two of them are gone', async (t) => {
  const nodes = await networkOf(t, await newSite(t), 5);
  const entries = Array.from({ length: 30 }, () => ({ key: newKey(), value: valueOf(100) }));
  const [first = t.fail()] = nodes;
  for (const { key, value } of entries) await putsOn(t, first, 3, key, value, { replication: 3 });
  await Promise.all([nodes[1]?.close(), nodes[3]?.close()]);
  for (const [index, { key, value }] of entries.entries()) {
    await finds(t, nodes[[0, 2, 4][index % 3] ?? 0] ?? t.fail(), key, value);
  }
});

test('a node that starts again on its directory serves what it held', async (t) => {
  const site = await newSite(t);
  const identity = await identityAt(site, 'node');
  const key = newKey();
  const first = await nodeAt(t, site, 'node', { identity });
  await first.put(key, Uint8Array.of(5), { ttlS: 3600 });
  await first.put(newKey(), Uint8Array.of(6), { ttlS: 1 });
  await first.close();
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const second = await nodeAt(t, site, 'node', { identity });
  t.is(second.id, first.id);
  t.is(second.status().records, 1);
  const found = await second.get(key);
  t.deepEqual(found.value, Uint8Array.of(5));
  t.true(found.outcome.type === 'found' && found.outcome.record.lifeMs < 3_599_000);
});

test('a node stops in time, and refuses what comes after', async (t) => {
  // A stop does not wait for long: when the machine stands still meanwhile, clients are cut.
  const stop = (): Promise<Stopped> => stopsWithClients(t);
  const stopped = await untilRight(stop, ({ standstillMs }) => standstillMs <= 1000, 120_000);
  const { first, api, second, receipts, tookMs, standstillMs } = stopped;
  for (const receipt of receipts) {
    t.is(receipt.status === 'fulfilled' ? receipt.value.status : receipt.reason, 'good');
  }
  t.true(tookMs - standstillMs < 10_000);
  t.is((await first.put(newKey(), Uint8Array.of(2))).status, 'leaving');
  await t.throwsAsync(connectClient(api), { instanceOf: ClientError });
  await eventually(t, 'the others know', () => second.status().contacts === 1);
});

interface Stopped {
  readonly first: RunningNode;
  /** Where its clients were. */
  readonly api: Endpoint;
  readonly second: RunningNode;
  readonly receipts: readonly PromiseSettledResult<PutReceipt>[];
  readonly tookMs: number;
  /** Of that. */
  readonly standstillMs: number;
}

/** Stops one of three while a client waits for PUTs. */
async function stopsWithClients(t: ExecutionContext): Promise<Stopped> {
  const [first, second] = await networkOf(t, await newSite(t), 3);
  if (first?.api === undefined || second === undefined) return t.fail();
  const client = await connectClient(first.api);
  const puts = Array.from({ length: 40 }, (_, index) => client.put(newKey(), Uint8Array.of(index)));
  const settled = Promise.allSettled(puts);
  await client.put(newKey(), Uint8Array.of(1));
  const late = measureLateness();
  t.teardown(late.end);
  const before = performance.now();
  const closed = first.close();
  const receipts = await settled;
  await closed;
  await first.ended;
  const tookMs = performance.now() - before;
  const standstillMs = late.standstillMs();
  late.end();
  return { first, api: first.api, second, receipts, tookMs, standstillMs };
}

test('what cannot be used is refused in one line, and nothing is left behind', async (t) => {
  const site = await newSite(t);
  const identity = await identityAt(site, 'node');
  const dataDir = join(site.dir, 'node');
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
  t.teardown(() => blocker.close());
  const address = blocker.address();
  const taken = { host: '127.0.0.1', port: typeof address === 'object' ? (address?.port ?? 0) : 0 };
  const options = { listen: ANY_PORT, api: ANY_PORT, dataDir, identity };
  for (const [changes, pattern] of [
    [{ listen: taken }, /listen address .* in use/],
    [{ api: taken }, /API address .* in use/],
    [{ listen: { host: '192.0.2.1', port: 0 } }, /no address of this machine/],
    [{ bootstrap: ['nowhere'] }, /bootstrap node "nowhere"/],
    [{ config: { alpha: 0 } }, /alpha/],
    [{ dataDir: `${dataDir}/node.key` }, /cannot be made/],
  ] as const) {
    const error = await t.throwsAsync(startNode({ ...options, ...changes }), {
      instanceOf: UsageError,
      message: pattern,
    });
    t.false(error.message.includes('\n'));
  }
  const node = await nodeAt(t, site, 'node', { identity });
  await t.throwsAsync(startNode(options), { instanceOf: UsageError, message: /in use by another/ });
  t.true((await stat(join(dataDir, 'records'))).isDirectory());
  t.is((await node.joined).type, 'joined');
});

test('an introducer that is not there is asked again until it is', async (t) => {
  const site = await newSite(t);
  const listen = { host: '127.0.0.1', port: await freePorts(1) };
  const node = await nodeAt(t, site, 'second', { bootstrap: [formatEndpoint(listen)] });
  const identity = await identityAt(site, 'third');
  const third = await startNode({ listen, dataDir: join(site.dir, 'third'), identity });
  t.teardown(() => third.close());
  t.is((await node.joined).type, 'joined');
  t.is(node.status().contacts, 1);
  const peer = node.directory.find(Uint8Array.from(Buffer.from(third.id, 'hex')));
  t.is(peer === undefined ? undefined : node.addressOf(peer), formatEndpoint(listen));
});

test('a bootstrap node of another authority, or that refuses ours, is named once', async (t) => {
  const [here, there] = [await newSite(t), await newSite(t)];
  const stranger = await nodeAt(t, there, 'stranger');
  // Its own list is older than its revocation, so it starts; the other node knows.
  const revoked = await identityAt(here, 'revoked');
  await revokeCertificates(here.authority, revoked.nodeIdHex, 'superseded');
  const knowing = await nodeAt(t, here, 'knowing');
  const bootstrap = [stranger, knowing].map(({ listen }) => formatEndpoint(listen));
  const warnings: string[] = [];
  let failures = 0;
  const count = (_: unknown, message: string): void => {
    if (message === 'bootstrap node failed') failures++;
  };
  const log: Log = {
    ...silentLog,
    // Soon after another failure it is told to those only who ask for it.
    info: count,
    debug: count,
    warn: ({ at }, message) => warnings.push(`${String(at)}: ${message}`),
  };
  await nodeAt(t, here, 'revoked', { identity: revoked, bootstrap, log });
  await eventually(t, 'both tried twice', () => failures >= 4);
  t.is(warnings.length, 2, warnings.join('\n'));
  const [foreign = '', refusing = ''] = [...warnings].sort(
    (a, b) => Number(a.includes('refuse')) - Number(b.includes('refuse')),
  );
  t.regex(foreign, /another authority: nodes meet only/);
  t.true(foreign.startsWith(bootstrap[0] ?? t.fail()));
  t.regex(refusing, /may refuse our certificate/);
  t.true(refusing.startsWith(bootstrap[1] ?? t.fail()));
});

test('IPv6 works from end to end', async (t) => {
  const site = await newSite(t);
  const v6 = { host: '::1', port: 0 };
  const nodes = await networkOf(t, site, 3, () => ({ listen: v6, api: v6 }));
  const key = newKey();
  await nodes[0]?.put(key, Uint8Array.of(1));
  const client = await clientOf(t, nodes[2] ?? t.fail());
  t.deepEqual(await client.get(key), Uint8Array.of(1));
});

test('a bug of ours stops the node at once, and its owner learns why', async (t) => {
  const site = await newSite(t);
  let planted = false;
  const listen = { host: '127.0.0.1', port: await freePorts(1) };
  const node = await nodeAt(t, site, 'node', {
    listen,
    onStep: () => {
      if (planted) throw new Error('planted');
    },
  });
  const ended = t.throwsAsync(node.ended, { message: 'planted' });
  const client = await clientOf(t, node);
  planted = true;
  await t.throwsAsync(client.get(newKey()), { instanceOf: ClientError });
  await ended;
  t.is((await node.put(newKey(), Uint8Array.of(1))).status, 'leaving');
  // Its addresses and its directory are free again.
  const identity = await readIdentity(identityPaths(join(site.dir, 'node')));
  await nodeAt(t, site, 'node', { identity, listen });
});

test('a bug of ours that comes up while a node stops is told by its stop', async (t) => {
  const site = await newSite(t);
  const identity = await identityAt(site, 'node');
  const dataDir = join(site.dir, 'node');
  const onStep: NodeOptions['onStep'] = (_moment, input) => {
    if (input.type === 'command' && input.command.type === 'leave') throw new Error('planted');
  };
  const node = await startNode({ listen: ANY_PORT, dataDir, identity, onStep });
  const ended = t.throwsAsync(node.ended, { message: 'planted' });
  await t.throwsAsync(node.close(), { message: 'planted' });
  await ended;
});

test('a bug of ours that comes up while a node starts leaves nothing open', async (t) => {
  const site = await newSite(t);
  const identity = await identityAt(site, 'node');
  const dataDir = join(site.dir, 'node');
  const api = { ...ANY_PORT, port: await freePorts(1) };
  const onStep = (): never => {
    throw new Error('planted');
  };
  // It comes with the first step, which may be behind the start.
  const started = startNode({ listen: ANY_PORT, api, admin: ANY_PORT, dataDir, identity, onStep });
  await t.throwsAsync(
    started.then((node) => node.ended),
    { message: 'planted' },
  );
  const server = createServer();
  t.teardown(() => server.close());
  await once(server.listen(api.port, api.host), 'listening');
});
