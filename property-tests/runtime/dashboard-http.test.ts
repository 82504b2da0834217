// What the dashboard asks of its node, asked without a browser: who may listen, who may ask, and
// that the hops of a look-up are what happened.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { Events } from '../../runtime/admin/events.ts';
import type { LookupSeen } from '../../runtime/admin/lookups.ts';
import type { Snapshot } from '../../runtime/admin/snapshot.ts';
import {
  LISTENERS_MAX,
  LOOKUPS_AT_ONCE_MAX,
  MISSED_MAX,
  QUESTION_BYTES_MAX,
} from '../../runtime/bounds.ts';
import { formatEndpoint } from '../../runtime/links/address.ts';
import type { Endpoint } from '../../runtime/links/address.ts';
import { bindServer } from '../../runtime/listening.ts';
import { launch } from '../cli/cli-kit.ts';
import { addressOf, ask, lookUp } from './admin-kit.ts';
import { ANY_PORT, clientOf, eventually, identityAt, networkOf, newSite } from './node-kit.ts';
import { newKey, nodeAt, untilRight, valueOf } from './node-kit.ts';

interface Listener {
  readonly code: number;
  readonly events: readonly string[];
  readonly isOver: () => boolean;
}

function listen(t: ExecutionContext, at: Endpoint): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const asked = get({ ...at, path: '/events' }, (response: IncomingMessage) => {
      const events: string[] = [];
      let isOver = false;
      let rest = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        const parts = (rest + text).split('\n\n');
        rest = parts.pop() ?? '';
        events.push(...parts);
      });
      response.on('error', () => undefined);
      response.on('close', () => (isOver = true));
      resolve({ code: response.statusCode ?? 0, events, isOver: () => isOver });
    });
    asked.on('error', reject);
    t.teardown(() => asked.destroy());
  });
}

test('those who listen hear what there is to see until the node stops', async (t) => {
  const node = await nodeAt(t, await newSite(t), 'n', { admin: ANY_PORT });
  const at = node.admin ?? t.fail();
  const all = await Promise.all(Array.from({ length: LISTENERS_MAX }, () => listen(t, at)));
  t.true(all.every(({ code }) => code === 200));
  t.is((await listen(t, at)).code, 503);
  await eventually(t, 'each hears twice', () => all.every(({ events }) => events.length >= 2));
  const [, data = ''] = /data: (.*)$/.exec(all[0]?.events[1] ?? '') ?? [];
  t.like(JSON.parse(data) as Snapshot, { id: node.id, contacts: 0, contactList: [], links: [] });
  await node.close();
  await eventually(t, 'each hears the end', () => all.every(({ isOver }) => isOver()));
  t.true(all.every(({ events }) => events.at(-1)?.startsWith('event: end')));
});

test('nobody is buffered for, and who does not read is cut off', async (t) => {
  let observed = 0;
  const big = 'x'.repeat(6 * 1024 * 1024);
  const events = new Events(() => `${(observed += 1)} ${big}`);
  const server = createServer((request, response) => {
    response.writeHead(200);
    events.add(response, request.socket);
  });
  t.teardown(async () => {
    await events.close();
    server.close();
  });
  const at = await bindServer(server, ANY_PORT, 'the test');
  let cut = false;
  const idle = connect(at, () => idle.write('GET /events HTTP/1.1\r\nhost: a\r\n\r\n'));
  idle
    .on('error', () => undefined)
    .on('close', () => (cut = true))
    .pause();
  t.teardown(() => idle.destroy());
  const reader = await readerOf(t, at);
  const sockets = (): Promise<number> =>
    new Promise((resolve) => {
      server.getConnections((_, count) => {
        resolve(count);
      });
    });
  t.is(await sockets(), 2);
  await eventually(t, 'it is cut off', () => observed >= MISSED_MAX + 3, 15_000);
  t.is(await sockets(), 1);
  idle.resume();
  await eventually(t, 'the end reaches it', () => cut);
  t.true(idle.bytesRead < 2 * big.length, 'one observation was held for it');
  const so = observed;
  await eventually(t, 'the other one has had each', () => reader.seen() >= so);
  t.true(reader.seen() <= observed, 'one observation for all');
});

/** Takes all that comes, and counts the events. */
async function readerOf(t: ExecutionContext, at: Endpoint): Promise<{ seen: () => number }> {
  let seen = 0;
  const socket = connect(at, () => socket.write('GET /events HTTP/1.1\r\nhost: a\r\n\r\n'));
  socket.on('data', (chunk: Buffer) => (seen += chunk.includes('data: ') ? 1 : 0));
  t.teardown(() => socket.destroy());
  await once(socket, 'data');
  return { seen: () => seen };
}

test('a look-up tells each hop', async (t) => {
  const site = await newSite(t);
  const nodes = await networkOf(t, site, 6, () => ({ admin: ANY_PORT }));
  const [writer] = nodes;
  if (writer === undefined) return t.fail();
  await eventually(t, 'all know all', () => nodes.every((node) => node.status().contacts === 5));
  const client = await clientOf(t, writer);
  const value = new TextEncoder().encode('a value that nobody is shown');
  let tries = 0;
  const put = async () => {
    const text = `greeting ${(tries += 1)}`;
    const key = Uint8Array.from(createHash('sha256').update(text).digest());
    const before = nodes.map((node) => node.status().records);
    await client.put(key, value, { replication: 2, ttlS: 600 });
    const holding = nodes.filter((node, i) => node.status().records !== before[i]);
    return { text, key, holding };
  };
  const { text, key, holding } = await untilRight(put, (one) => one.holding.length === 2);
  t.is(holding.length, 2);
  const reader = nodes.find((node) => !holding.includes(node)) ?? t.fail();
  const { code, body } = await lookUp(t, reader, { text });
  t.is(code, 200, body);
  t.false(body.includes('nobody is shown'));
  const seen = JSON.parse(body) as LookupSeen;
  t.like(seen, { outcome: 'found', key: Buffer.from(key).toString('hex') });
  t.like(seen.record, { bytes: value.length, replication: 2, ttlS: 600 });
  t.is(seen.record?.publisher, writer.id.slice(0, 8));
  const names = holding.map(({ id }) => id.slice(0, 8));
  t.true(names.includes(seen.holder?.name ?? ''));
  const versions = seen.hops.filter(({ end }) => end === 'version');
  t.true(versions.length > 0 && versions.every(({ peer }) => names.includes(peer.name)));
  t.is(seen.hops.filter(({ end }) => end === 'value').length, 1);
  for (const hop of seen.hops) {
    const asked = nodes.find(({ id }) => id.startsWith(hop.peer.name));
    t.is(hop.peer.at, formatEndpoint(asked?.listen ?? ANY_PORT));
    t.is(hop.step, 1, 'all are in its own table');
    t.is(hop.namedBy, undefined);
    t.true(hop.end === undefined || (hop.tookMs ?? -1) >= 0);
  }
  t.deepEqual(
    seen.hops.map(({ sentMs }) => sentMs),
    seen.hops.map(({ sentMs }) => sentMs).sort((a, b) => a - b),
  );
  const hex = await lookUp(t, writer, { hex: seen.key });
  t.like(JSON.parse(hex.body) as LookupSeen, { outcome: 'found', key: seen.key });
});

/** A node whose only contact is stopped. */
async function besideSilent(t: ExecutionContext) {
  const site = await newSite(t);
  const [node] = await networkOf(t, site, 1, () => ({ admin: ANY_PORT }));
  assert.ok(node !== undefined);
  await identityAt(site, 'other');
  const through = ['--bootstrap', formatEndpoint(node.listen)];
  const other = launch(t, site.dir, 'node', '-p', '0', '--data', 'other', ...through);
  await other.output(/ready: /);
  await eventually(t, 'it is known', () => node.status().contacts === 1);
  other.kill('SIGSTOP');
  return { node, other };
}

test('a peer that is silent gave no answer, one that is gone is unreachable', async (t) => {
  const { node } = await besideSilent(t);
  const silent = JSON.parse((await lookUp(t, node, { text: 'a' })).body) as LookupSeen;
  t.is(silent.hops[0]?.end, 'no answer');
  t.true(silent.hops.every(({ end }) => end === undefined || end === 'no answer'));
  const { node: near, other: dying } = await besideSilent(t);
  const asked = lookUp(t, near, { text: 'b' });
  await delay(50);
  dying.kill('SIGKILL');
  const gone = JSON.parse((await asked).body) as LookupSeen;
  t.true(
    gone.hops.some(({ end }) => end === 'unreachable'),
    JSON.stringify(gone.hops),
  );
});

test('a node that is asked to stop is not ready from then on', async (t) => {
  const { node } = await besideSilent(t);
  await node.put(newKey(), valueOf(10));
  t.is((await ask(t, node, '/ready')).code, 200);
  // It waits for the silent one, to hand over the record.
  const closing = node.close();
  t.is((await ask(t, node, '/ready')).code, 503);
  t.true((JSON.parse((await ask(t, node, '/status')).body) as { leaving: boolean }).leaving);
  await closing;
});

test('whoever asks for a look-up wrongly gets a short no', async (t) => {
  const node = await nodeAt(t, await newSite(t), 'n', { admin: ANY_PORT });
  const own = addressOf(node);
  const good = { text: 'a' };
  const codeOf = async (question: object, headers: Record<string, string>): Promise<number> =>
    (await lookUp(t, node, question, headers)).code;
  t.is(await codeOf(good, { origin: own, 'sec-fetch-site': 'same-origin' }), 200);
  t.is(await codeOf(good, { origin: 'http://evil.example' }), 403);
  t.is(await codeOf(good, { origin: 'null' }), 403);
  // Another port of this host is another site's page as well, such as another node's.
  t.is(await codeOf(good, { origin: 'http://127.0.0.1:1' }), 403);
  t.is(await codeOf(good, { 'sec-fetch-site': 'cross-site' }), 403);
  t.is(await codeOf(good, { 'sec-fetch-site': 'same-site' }), 403);
  t.is(await codeOf(good, { host: 'evil.example' }), 403);
  t.is(await codeOf(good, { 'content-type': 'text/plain' }), 415);
  t.is(await codeOf({ text: 'a'.repeat(QUESTION_BYTES_MAX) }, {}), 413);
  for (const bad of [{}, { text: '' }, { text: 1 }, { hex: 'abc' }, { hex: 1 }, [], [1]]) {
    t.is(await codeOf(bad, {}), 400, JSON.stringify(bad));
  }
  t.is(await codeOf({ text: 'a', hex: '0'.repeat(64) }, {}), 400);
  t.is((await ask(t, node, '/lookup')).code, 405);
  t.is((await ask(t, node, '/lookup', { method: 'OPTIONS' })).code, 405);
  t.is((await ask(t, node, '/', { method: 'POST' })).code, 405);
  const foreign = { 'sec-fetch-site': 'cross-site' };
  t.is((await ask(t, node, '/events', { headers: foreign })).code, 403);
});

test('so many look-ups go on at once', async (t) => {
  const { node } = await besideSilent(t);
  const texts = Array.from({ length: LOOKUPS_AT_ONCE_MAX + 2 }, (_, i) => `key ${i}`);
  const codes = await Promise.all(
    texts.map(async (text) => (await lookUp(t, node, { text })).code),
  );
  t.is(codes.filter((code) => code === 200).length, LOOKUPS_AT_ONCE_MAX);
  t.is(codes.filter((code) => code === 429).length, 2);
  t.is((await lookUp(t, node, { text: 'later' })).code, 200);
});

test('the page holds all it needs, and its policy allows nothing else', async (t) => {
  const node = await nodeAt(t, await newSite(t), 'n', { admin: ANY_PORT });
  const { code, body, headers } = await ask(t, node, '/');
  t.is(code, 200);
  const hashOf = (element: string): string => {
    const [, text = ''] = new RegExp(`<${element}>([^]*?)</${element}>`).exec(body) ?? [];
    return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  };
  const policy = String(headers['content-security-policy']);
  t.true(policy.startsWith("default-src 'none'; "));
  t.true(policy.includes(`script-src ${hashOf('script')};`));
  t.true(policy.includes(`style-src ${hashOf('style')};`));
  t.true(policy.includes("frame-ancestors 'none'"));
  t.notRegex(body, /\son\w+=|style=|@import|url\(|<(?:link|img|iframe)\b(?! rel="icon")/);
  t.deepEqual(body.match(/https?:\/\/[^\s'"`$]+/g), ['http://www.w3.org/2000/svg']);
  t.true(body.length < 60_000, `${body.length} characters`);
});
