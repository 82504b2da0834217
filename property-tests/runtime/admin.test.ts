// The admin server of real nodes: what it says is true, and whoever asks wrongly gets a short no.
import { request } from 'node:http';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { formatEndpoint } from '../../runtime/links/address.ts';
import type { RunningNode } from '../../runtime/node.ts';
import { ANY_PORT, clientOf, eventually, networkOf, newKey, newSite, nodeAt } from './node-kit.ts';
import { valueOf } from './node-kit.ts';

interface Answer {
  readonly code: number;
  readonly body: string;
}

async function ask(
  t: ExecutionContext,
  node: RunningNode,
  path: string,
  options: { readonly method?: string; readonly host?: string } = {},
): Promise<Answer> {
  const { admin } = node;
  if (admin === undefined) return t.fail('the node has no admin server');
  const headers = options.host === undefined ? {} : { host: options.host };
  return await new Promise((resolve, reject) => {
    const asked = request({ ...admin, path, method: options.method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        resolve({ code: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** The value of a metric, by its whole name. */
function metric(text: string, name: string): number | undefined {
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length));
}

test('health, readiness, status and metrics of nodes that work', async (t) => {
  const site = await newSite(t);
  const nodes = await networkOf(t, site, 3, () => ({ admin: ANY_PORT }));
  const [first] = nodes;
  if (first === undefined) return t.fail();
  const client = await clientOf(t, first);
  for (let i = 0; i < 5; i++) await client.put(newKey(), valueOf(100), { replication: 3 });
  await client.get(newKey());
  await eventually(t, 'all know all', () => nodes.every((node) => node.status().contacts === 2));

  t.deepEqual(await ask(t, first, '/health'), { code: 200, body: 'ok\n' });
  t.deepEqual(await ask(t, first, '/ready'), { code: 200, body: 'ready\n' });
  const status: unknown = JSON.parse((await ask(t, first, '/status')).body);
  t.like(status, {
    id: first.id,
    listen: formatEndpoint(first.listen),
    contacts: 2,
    joined: true,
    leaving: false,
    clients: 1,
    clientOnly: false,
    records: { keys: 5, bytes: 500 },
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

  const { body: text } = await ask(t, first, '/metrics');
  t.is(metric(text, 'orrery_contacts'), 2);
  t.is(metric(text, 'orrery_links'), 2);
  t.is(metric(text, 'orrery_records'), 5);
  t.is(metric(text, 'orrery_record_bytes'), 500);
  t.is(metric(text, 'orrery_operation_seconds_count{kind="put",outcome="stored"}'), 5);
  t.is(metric(text, 'orrery_operation_seconds_count{kind="get",outcome="absent"}'), 1);
  t.true((metric(text, 'orrery_messages_total{way="out",kind="store"}') ?? 0) >= 10);
  t.true((metric(text, 'orrery_process_resident_memory_bytes') ?? 0) > 1e6);
  t.true((metric(text, 'orrery_nodejs_eventloop_lag_p99_seconds') ?? -1) >= 0);
  // No label is anything that a peer or a client could have chosen.
  const labels = new Set([...text.matchAll(/[{,](\w+)="/g)].map(([, label]) => label));
  const ours = ['way', 'kind', 'event', 'outcome', 'le', 'quantile'];
  const nodes_ = ['version', 'major', 'minor', 'patch', 'type', 'space'];
  t.deepEqual(
    [...labels].filter((label) => ![...ours, ...nodes_].includes(label ?? '')),
    [],
  );
});

test('a node that found nobody is healthy and not ready', async (t) => {
  const site = await newSite(t);
  const node = await nodeAt(t, site, 'n', { admin: ANY_PORT, bootstrap: ['127.0.0.1:1'] });
  t.is((await ask(t, node, '/health')).code, 200);
  t.is((await ask(t, node, '/ready')).code, 503);
  await eventually(t, 'a warning', () => true);
  const status = JSON.parse((await ask(t, node, '/status')).body) as { warnings: string[] };
  t.true(status.warnings.length <= 50);
});

test('whoever asks wrongly gets a short no', async (t) => {
  const node = await nodeAt(t, await newSite(t), 'n', { admin: ANY_PORT });
  t.is((await ask(t, node, '/secrets')).code, 404);
  t.is((await ask(t, node, '/../../etc/passwd')).code, 404);
  t.is((await ask(t, node, '/status', { method: 'POST' })).code, 405);
  // A page that was led here by a name of its own must not read it.
  t.is((await ask(t, node, '/status', { host: 'evil.example' })).code, 403);
  t.is((await ask(t, node, '/status', { host: 'localhost:9' })).code, 200);
  t.is((await ask(t, node, '/status', { method: 'HEAD' })).body, '');
});
