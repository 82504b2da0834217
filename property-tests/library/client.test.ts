// The client that programs get, against real nodes and against servers that break off, say nothing
// or say anything: every request ends, honestly.
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import fc from 'fast-check';
import { Client, ClosedError, keyBytes, NoAnswerError, PutError } from '../../library/index.ts';
import { UnknownOutcomeError, UsageError } from '../../library/index.ts';
import { encodeClient } from '../../src/codec/client.ts';
import { runs } from '../parameters.ts';
import { freePorts } from '../ports.ts';
import { inProcess } from '../processes.ts';
import { clientOf as connectionTo, networkOf, newSite, nodeAt } from '../runtime/node-kit.ts';
import { apiOf, breakOff, clientOf, serve } from './sockets-kit.ts';

const text = (value: Uint8Array | undefined): string | undefined =>
  value && Buffer.from(value).toString();

test('many requests share a few connections to several nodes', async (t) => {
  const nodes = await networkOf(t, await newSite(t), 3);
  const client = clientOf(t, { nodes: nodes.map(apiOf), connections: 2 });
  const keys = Array.from({ length: 60 }, (_, index) => `key ${index}`);
  const receipts = await Promise.all(keys.map((key) => client.put(key, `value of ${key}`)));
  for (const { holders, wanted, version } of receipts) {
    t.true(holders > wanted / 2 && wanted <= 3 && version > 0);
  }
  const values = await Promise.all(keys.map((key) => client.get(key)));
  t.deepEqual(
    values.map(text),
    keys.map((key) => `value of ${key}`),
  );
  const used = nodes.map((node) => node.status().clients);
  t.true(used.every((count) => count <= 2) && used.filter((count) => count > 0).length > 1);
  t.is(await client.get('nothing'), undefined);

  const [first] = nodes;
  if (first === undefined) return;
  const connection = await connectionTo(t, first);
  t.is(text(await connection.get(keyBytes('key 7'))), 'value of key 7');
});

test('a GET, and a PUT that may be repeated, go on with another node', async (t) => {
  const node = await nodeAt(t, await newSite(t), 'node');
  const broken = await serve(t, breakOff);
  for (let attempt = 0; attempt < 4; attempt++) {
    const client = clientOf(t, { nodes: [broken.at, apiOf(node)] });
    const { holders } = await client.put('a', String(attempt), { retry: true });
    t.is(holders, 1);
    t.is(text(await client.get('a')), String(attempt));
  }
});

test('a PUT whose answer was lost is unknown, one that was not sent is not', async (t) => {
  const broken = await serve(t, breakOff);
  const client = clientOf(t, { nodes: [broken.at] });
  await t.throwsAsync(client.put('a', 'b'), { instanceOf: UnknownOutcomeError });
  t.is(broken.connections(), 1);
  const late = clientOf(t, { nodes: [(await serve(t, () => undefined)).at] });
  await t.throwsAsync(late.put('a', 'b', { timeoutMs: 1000 }), { instanceOf: UnknownOutcomeError });
  await t.throwsAsync(late.get('a', { timeoutMs: 100 }), { name: 'NoAnswerError' });
  const port = await freePorts(1);
  const alone = clientOf(t, { nodes: [`127.0.0.1:${port}`], timeoutMs: 300 });
  const error = await t.throwsAsync(alone.put('a', 'b'), { name: 'NoAnswerError' });
  t.regex(error.message, /ECONNREFUSED/);
});

test('a node that comes back is found, one that breaks off is not overrun', async (t) => {
  const port = await freePorts(1);
  const client = clientOf(t, { nodes: [`127.0.0.1:${port}`], timeoutMs: 15_000 });
  const waiting = client.get('a');
  await delay(300);
  const api = { host: '127.0.0.1', port };
  await nodeAt(t, await newSite(t), 'node', { api });
  t.is(await waiting, undefined);

  const broken = await serve(t, (socket) => socket.destroy());
  const poor = clientOf(t, { nodes: [broken.at], timeoutMs: 2000 });
  await t.throwsAsync(poor.get('a'), { instanceOf: NoAnswerError });
  const count = broken.connections();
  t.true(count > 1 && count < 60, `${count} connections`);
});

test('nothing that a server sends breaks a client', async (t) => {
  const key = keyBytes('a');
  const other = encodeClient({ type: 'success', key: keyBytes('b'), value: key });
  const echo = encodeClient({ type: 'get', key });
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 200 }),
    fc.constantFrom(other, echo, Buffer.concat([echo, other])),
  );
  let answer: Uint8Array = new Uint8Array(1);
  const server = await serve(t, (socket) => {
    socket.on('data', () => socket.write(answer));
  });
  await fc.assert(
    fc.asyncProperty(bytes, async (sent) => {
      answer = sent;
      const client = new Client({ nodes: [server.at], timeoutMs: 60 });
      await t.throwsAsync(client.get('a'), { name: 'NoAnswerError' });
      await client.close();
    }),
    runs(30),
  );
});

test('a reply that comes too late is not taken for that of the next request', async (t) => {
  const key = keyBytes('a');
  const reply = (value: string): Uint8Array =>
    encodeClient({ type: 'success', key, value: Buffer.from(value) });
  const request = encodeClient({ type: 'get', key }).length;
  let bytes = 0;
  const server = await serve(t, (socket) => {
    socket.on('data', (chunk) => {
      bytes += chunk.length;
      if (bytes === request) socket.write(reply('first'));
      if (bytes === 3 * request) socket.write(Buffer.concat([reply('late'), reply('third')]));
    });
  });
  const client = clientOf(t, { nodes: [server.at] });
  t.is(text(await client.get('a')), 'first');
  await t.throwsAsync(client.get('a', { timeoutMs: 100 }), { name: 'NoAnswerError' });
  t.is(text(await client.get('a')), 'third');
  t.is(server.connections(), 1);
});

test('a request whose time is up is not sent once more', async (t) => {
  let bytes = 0;
  const server = await serve(t, (socket) => {
    socket.on('data', (chunk) => (bytes += chunk.length));
  });
  const client = clientOf(t, { nodes: [server.at] });
  // Timers fire early a few times in a hundred, so that many requests are needed to see it.
  const requests = 300;
  for (let asked = 0; asked < requests; asked++) {
    await t.throwsAsync(client.get('a', { timeoutMs: 5 }), { name: 'NoAnswerError' });
  }
  const length = encodeClient({ type: 'get', key: keyBytes('a') }).length;
  t.true(bytes >= length && bytes <= requests * length, `${bytes / length} of ${requests}`);
});

test('a signal ends the wait, of one that waits for a connection as well', async (t) => {
  const silent = await serve(t, () => undefined);
  const port = await freePorts(1);
  for (const at of [silent.at, `127.0.0.1:${port}`]) {
    const client = clientOf(t, { nodes: [at] });
    const stop = new AbortController();
    const waiting = client.get('a', { signal: stop.signal });
    await delay(50);
    stop.abort(new Error('enough'));
    await t.throwsAsync(waiting, { message: 'enough' });
    await t.throwsAsync(client.get('a', { signal: stop.signal }), { message: 'enough' });
  }
});

test('close waits for what is under way and takes nothing more', async (t) => {
  const node = await nodeAt(t, await newSite(t), 'node');
  const client = new Client({ nodes: [apiOf(node)] });
  const puts = Array.from({ length: 20 }, (_, index) => client.put(`key ${index}`, 'v'));
  const closed = client.close();
  await t.throwsAsync(client.get('a'), { instanceOf: ClosedError });
  t.true((await Promise.all(puts)).every(({ holders }) => holders === 1));
  await closed;
  await client[Symbol.asyncDispose]();
});

test('a program ends without close when nothing is under way', async (t) => {
  const node = await nodeAt(t, await newSite(t), 'node');
  const code = `
    const client = new m.Client({ nodes: [a[0]], connections: 2 });
    await Promise.all([1, 2, 3].map((key) => client.put(String(key), 'v')));
    console.log('done');`;
  t.is(await inProcess('../library/index.js', code, [apiOf(node)]), 'done\n');
});

test('a refusal says why, a mistake is told before anything is sent', async (t) => {
  const quota = { keys: 0, bytes: 0 };
  const node = await nodeAt(t, await newSite(t), 'node', { config: { quota } });
  const client = clientOf(t, { nodes: [apiOf(node)] });
  const refusal = await t.throwsAsync(client.put('a', 'b'), { instanceOf: PutError });
  t.like(refusal, { reason: 'full', holders: 0 });
  const mistakes = [
    client.put(new Uint8Array(5), 'b'),
    client.put('a', ''),
    client.put('a', new Uint8Array(65_496)),
    client.put('a', 'b', { ttlS: 65_536 }),
    client.put('a', 'b', { replication: 1.5 }),
    client.get('a', { timeoutMs: NaN }),
  ];
  for (const mistake of mistakes) await t.throwsAsync(mistake, { instanceOf: UsageError });
  for (const nodes of [[], ['nowhere'], ['127.0.0.1']]) {
    t.throws(() => new Client({ nodes }), { instanceOf: UsageError });
  }
});
