// The admin server of real nodes: what it says is true, and whoever asks wrongly gets a short no.
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import type { ConnectedClient, PutReceipt } from '../../runtime/api/client.ts';
import {
  ADMIN_ANSWERS_MAX,
  ADMIN_MS_MAX,
  HANDSHAKES_PER_ADDRESS_MAX,
  VALUES_BYTES_MAX,
  WARNINGS_KEPT,
} from '../../runtime/bounds.ts';
import { formatEndpoint } from '../../runtime/links/address.ts';
import { silentLog } from '../../runtime/log.ts';
import { ask, bodyOf, metric, rawly } from './admin-kit.ts';
import { ANY_PORT, clientOf, eventually, networkOf, newKey, newSite, nodeAt } from './node-kit.ts';
import { untilRight, valueOf } from './node-kit.ts';

test('health, readiness, status and metrics of nodes that work', async (t) => {
  const site = await newSite(t);
  const nodes = await networkOf(t, site, 3, () => ({ admin: ANY_PORT }));
  const [first] = nodes;
  if (first === undefined) return t.fail();
  const client = await clientOf(t, first);
  await eventually(t, 'all know all', () => nodes.every((node) => node.status().contacts === 2));
  const puts = await fiveOnThree(t, client);
  await client.get(newKey());

  t.deepEqual(await bodyOf(t, first, '/health'), { code: 200, body: 'ok\n' });
  t.deepEqual(await bodyOf(t, first, '/ready'), { code: 200, body: 'ready\n' });
  const status: unknown = JSON.parse((await ask(t, first, '/status')).body);
  t.like(status, {
    id: first.id,
    listen: formatEndpoint(first.listen),
    contacts: 2,
    joined: true,
    leaving: false,
    clients: 1,
    clientOnly: false,
    records: { keys: puts, bytes: 100 * puts },
    warnings: [],
  });
  const { links } = status as { links: { peer: string; roundTripMs?: number }[] };
  t.deepEqual(
    links.map(({ peer }) => peer).sort(),
    nodes
      .slice(1)
      .map(({ id }) => id.slice(0, 8))
      .sort(),
  );
  t.true(links.every(({ roundTripMs }) => roundTripMs !== undefined && roundTripMs >= 0));
  t.true(links.every(({ roundTripMs = 0 }) => roundTripMs === Math.round(roundTripMs * 10) / 10));

  const { body: text } = await ask(t, first, '/metrics');
  t.is(metric(text, 'orrery_contacts'), 2);
  t.is(metric(text, 'orrery_links'), 2);
  t.is(metric(text, 'orrery_records'), puts);
  t.is(metric(text, 'orrery_record_bytes'), 100 * puts);
  t.is(metric(text, 'orrery_operation_seconds_count{kind="put",outcome="stored"}'), puts);
  t.is(metric(text, 'orrery_operation_seconds_count{kind="get",outcome="absent"}'), 1);
  t.true((metric(text, 'orrery_messages_total{way="out",kind="store"}') ?? 0) >= 10);
  t.true((metric(text, 'orrery_process_resident_memory_bytes') ?? 0) > 1e6);
  t.true((metric(text, 'orrery_nodejs_eventloop_lag_p99_seconds') ?? -1) >= 0);
  // No label is anything that a peer or a client could have chosen: neither its name nor its value.
  t.deepEqual(strangeLabels(text), []);
  const known = nodes.flatMap(({ id, listen }) => [id.slice(0, 8), String(listen.port)]);
  const labels = [...text.matchAll(LABEL)].map(([label]) => label);
  t.deepEqual(
    labels.filter((label) => known.some((one) => label.includes(one))),
    [],
  );
});

/** Five values of 100 bytes that three hold each; @returns how many PUTs it took */
async function fiveOnThree(t: ExecutionContext, client: ConnectedClient): Promise<number> {
  let puts = 0;
  const put = (): Promise<PutReceipt> => {
    puts += 1;
    return client.put(newKey(), valueOf(100), { replication: 3 });
  };
  for (let i = 0; i < 5; i++) {
    t.is((await untilRight(put, ({ holders }) => holders === 3)).holders, 3);
  }
  return puts;
}

/** Labels, by name and value, that are none of `WORDS`. */
function strangeLabels(text: string): string[] {
  const strange = [...text.matchAll(LABEL)].filter(
    ([, name = '', value = '']) => WORDS[name]?.test(value) !== true,
  );
  return [...new Set(strange.map(([label]) => label))];
}

test('PUTs that there is no memory for are counted as failed', async (t) => {
  const node = await nodeAt(t, await newSite(t), 'node', { admin: ANY_PORT });
  const value = valueOf(65_000);
  const count = Math.ceil(VALUES_BYTES_MAX / value.length) + 5;
  const puts = Array.from({ length: count }, () => node.put(newKey(), value));
  const words = (await Promise.all(puts)).map(({ status }) => status);
  t.true(words.filter((word) => word === 'busy').length >= 4);
  const failed = words.filter((word) => word !== 'good').length;
  const { body } = await ask(t, node, '/metrics');
  t.is(metric(body, 'orrery_operation_seconds_count{kind="put",outcome="failed"}'), failed);
});

test('a node that found nobody is healthy and not ready', async (t) => {
  const site = await newSite(t);
  const node = await nodeAt(t, site, 'n', { admin: ANY_PORT, bootstrap: ['127.0.0.1:1'] });
  t.is((await ask(t, node, '/health')).code, 200);
  t.is((await ask(t, node, '/ready')).code, 503);
});

test('the status shows the last warnings, so many at most', async (t) => {
  let warned = 0;
  const warn = (): void => {
    warned += 1;
  };
  const node = await nodeAt(t, await newSite(t), 'n', {
    admin: ANY_PORT,
    log: { ...silentLog, warn },
  });
  const { api } = node;
  if (api === undefined) return t.fail();
  const warnings = async (): Promise<readonly string[]> =>
    (JSON.parse((await ask(t, node, '/status')).body) as { warnings: string[] }).warnings;
  const talkNonsense = (): void => {
    const socket = connect(api, () => socket.end(randomBytes(64)));
    socket.on('error', () => undefined);
    t.teardown(() => socket.destroy());
  };
  talkNonsense();
  await eventually(t, 'a warning', () => warned === 1);
  const [first = '', ...none] = await warnings();
  t.deepEqual(none, []);
  t.regex(first, / warn client closed {2}from=127\.0\.0\.1/);
  // Only ten a second are let through.
  const nonsense = setInterval(talkNonsense, 50);
  t.teardown(() => {
    clearInterval(nonsense);
  });
  await eventually(t, 'more than it keeps', () => warned > WARNINGS_KEPT + 1, 30_000);
  clearInterval(nonsense);
  const last = await warnings();
  t.is(last.length, WARNINGS_KEPT);
  t.false(last.includes(first));
});

test('whoever asks wrongly gets a short no', async (t) => {
  const node = await nodeAt(t, await newSite(t), 'n', { admin: ANY_PORT });
  t.is((await ask(t, node, '/secrets')).code, 404);
  t.is((await ask(t, node, '/../../etc/passwd')).code, 404);
  t.is((await ask(t, node, '/status', { method: 'POST' })).code, 405);
  // A page that was led here by a name of its own must not read it.
  t.is((await ask(t, node, '/status', { headers: { host: 'evil.example' } })).code, 403);
  t.is((await ask(t, node, '/status', { headers: { host: 'localhost:9' } })).code, 200);
  t.regex(await rawly(t, node, 'HEAD /status'), /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n$/);
});

test('who asks nothing is cut, and nobody has more than so many answers at once', async (t) => {
  const node = await nodeAt(t, await newSite(t), 'n', { admin: ANY_PORT });
  const { admin } = node;
  if (admin === undefined) return t.fail();
  const [silent, greedy] = [connect(admin), connect(admin)];
  let heard = '';
  greedy.on('data', (chunk) => (heard += chunk.toString('latin1')));
  for (const socket of [silent.resume(), greedy]) {
    socket.on('error', () => undefined);
    t.teardown(() => socket.destroy());
  }
  greedy.write('GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n'.repeat(2 * ADMIN_ANSWERS_MAX));
  await eventually(t, 'both are cut', () => silent.closed && greedy.closed, 2 * ADMIN_MS_MAX);
  t.is(heard.split('HTTP/1.1 200 OK').length - 1, ADMIN_ANSWERS_MAX);
});

test('whoever is not let in, and what is not dialled, is counted by reason', async (t) => {
  const site = await newSite(t);
  const strict = { admission: { strictLoopback: true } };
  const node = await nodeAt(t, site, 'n', { admin: ANY_PORT, ...strict });
  const open = (bytes?: Uint8Array): void => {
    const socket = connect({ ...node.listen, localAddress: '127.0.0.9' });
    socket.on('error', () => undefined);
    if (bytes !== undefined) socket.end(bytes);
    t.teardown(() => socket.destroy());
  };
  const count = async (reason: string): Promise<number> => {
    const { body } = await ask(t, node, '/metrics');
    return metric(body, `orrery_handshakes_refused_total{reason="${reason}"}`) ?? 0;
  };
  const reaches = async (reason: string, least: number): Promise<void> => {
    for (let tries = 0; (await count(reason)) < least && tries < 200; tries++) await delay(25);
    t.is(await count(reason), least, reason);
  };
  open(randomBytes(64));
  await reaches('broken', 1);
  const stranger = connectTls({ ...node.listen, rejectUnauthorized: false });
  stranger.on('error', () => undefined);
  t.teardown(() => stranger.destroy());
  await reaches('certificate', 1);
  for (let i = 0; i < HANDSHAKES_PER_ADDRESS_MAX + 2; i++) open();
  await reaches('address-at-once', 2);
});

const LABEL = /(?<=[{,])(\w+)="((?:[^"\\]|\\.)*)"/g;
const NUMBER = /^(?:\d+(?:\.\d+)?|\+Inf)$/;
/** What the values of each label may be. */
const WORDS: Readonly<Record<string, RegExp>> = {
  way: oneOf('in out'),
  kind: oneOf(
    'put get lookup ping find-node find-value find-version store check compare leave relay ' +
      'introduce vote heartbeat resign announce ' +
      'ok peers value version sum tags refused introduction term ' +
      'major minor incremental weakcb',
  ),
  event: oneOf(
    'call-expired contact-added contact-evicted fellow-shunned handover-cut record-expired ' +
      'replica-dropped replica-sent reply-unasked',
  ),
  outcome: oneOf('joined stored found absent nodes failed left'),
  reason: oneOf(
    'address-at-once address-a-second subnet-at-once subnet-a-second all-a-second connections ' +
      'queue certificate broken subnet-links unknown-subnet known-subnet',
  ),
  role: oneOf('none observer follower candidate leader'),
  le: NUMBER,
  quantile: NUMBER,
  major: NUMBER,
  minor: NUMBER,
  patch: NUMBER,
  version: oneOf(process.version.replaceAll('.', '\\.')),
  // Of Node: the resources that keep it going, and the spaces of its heap.
  type: /^[A-Za-z]+$/,
  space: /^[a-z_]+$/,
};

function oneOf(words: string): RegExp {
  return new RegExp(`^(?:${words.replaceAll(' ', '|')})$`);
}
