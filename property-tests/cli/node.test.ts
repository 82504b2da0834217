// `orrery node`, `put` and `get` as processes: the older implementation's two commands just work,
// values go through byte for byte, and everything stops cleanly.
import { randomBytes } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { isAlive } from '../processes.ts';
import { requireOrSkip } from '../require.ts';
import { freePorts, isOneLine, launch, node, run, runUntil, scratch } from './cli-kit.ts';

test.serial('two commands make a network; values go through both, and both stop', async (t) => {
  const dir = await scratch(t);
  const port = await freePorts(2);
  const first = launch(t, dir, 'node', '-a', '127.0.0.1', '-p', String(port));
  await first.output(/development authority and certificate made/);
  await first.output(
    new RegExp(`listens on 127.0.0.1:${port}, clients on 127.0.0.1:${port + 1000}`),
  );
  const through = `127.0.0.1:${port}`;
  const second = launch(t, dir, 'node', '-p', String(port + 1), '--bootstrap', through);
  await second.output(/joined with 1 contact\n/);
  const here = ['--api', `127.0.0.1:${port + 1000}`];
  const there = ['--api', `127.0.0.1:${port + 1001}`];

  const put = ['put', 'greeting', 'grüß dich', ...here];
  t.is((await runUntil(t, dir, put, /^stored: 2 of 2 replicas hold it \(key/)).code, 0);
  const five = ['put', 'five', '5', '--replication', '5', ...here];
  await runUntil(t, dir, five, /^stored: 2 of 2 .*\(5 asked for, but only 2 nodes .*answered\)/);
  const got = await run(t, dir, ['get', 'greeting', ...there]);
  t.is(got.code, 0);
  t.is(got.stdout.toString(), 'grüß dich');
  t.is(got.stderr, '');
  const json = await run(t, dir, ['get', 'greeting', '--json', ...there]);
  const answer: unknown = JSON.parse(json.stdout.toString());
  const value = Buffer.from('grüß dich').toString('base64');
  t.like(answer, { found: true, bytes: 11, value });

  const unknown = await run(t, dir, ['get', 'nothing', ...there]);
  t.is(unknown.code, 1);
  t.is(unknown.stdout.length, 0);
  t.true(isOneLine(unknown.stderr) && unknown.stderr.includes('not found'));

  second.kill('SIGINT');
  first.kill('SIGTERM');
  for (const one of [first, second]) t.like(await one.ended, { code: 0, signal: null });
});

test.serial('a full node says so, and keeps what it holds', async (t) => {
  const dir = await scratch(t);
  const port = await freePorts(1);
  const running = launch(t, dir, 'node', '-p', String(port), '--quota', '2,1MiB');
  await running.output(/joined/);
  const api = ['--api', `127.0.0.1:${port + 1000}`];
  t.is((await run(t, dir, ['put', 'first', '1', ...api])).code, 0);
  // One publisher may use half of the room.
  const second = await run(t, dir, ['put', 'second', '2', ...api]);
  t.is(second.code, 1);
  t.true(isOneLine(second.stderr), second.stderr);
  t.regex(second.stderr, /have no room/);
  t.is((await run(t, dir, ['get', 'first', ...api])).stdout.toString(), '1');
  running.kill('SIGTERM');
  t.like(await running.ended, { code: 0 });
});

test.serial('a supervisor that says twice to stop does not cut the farewell short', async (t) => {
  const dir = await scratch(t);
  let wasWaiting = false;
  // A farewell takes two seconds at most, which may be over on a machine that is busy.
  for (let tries = 0; !wasWaiting && tries < 5; tries++) {
    const first = await node(t, dir, `one${tries}`, '--admin', '127.0.0.1:0');
    const second = await node(t, dir, `two${tries}`, '--bootstrap', first.listen);
    await runUntil(t, dir, ['status', first.admin], /^contacts +1,/m);
    // Who does not answer is waited for.
    second.kill('SIGSTOP');
    first.kill('SIGTERM');
    await delay(500);
    wasWaiting = isAlive(first.pid);
    first.kill('SIGTERM');
    const { code, signal, stderr } = await first.ended;
    t.deepEqual([code, signal], [0, null], stderr);
  }
  t.true(wasWaiting, 'it has ended before, each time');
});

test.serial('nodes with port 0 and no --data keep to directories of their own', async (t) => {
  const dir = await scratch(t);
  const ports: string[] = [];
  for (let count = 0; count < 2; count++) {
    const port = await portOfOwn(t, dir);
    ports.push(port);
    t.true((await stat(join(dir, '.orrery', `127.0.0.1-${port}`, 'node.crt'))).isFile());
  }
  t.not(ports[0], ports[1]);
});

test.serial('files, standard input and hex keys', async (t) => {
  const dir = await scratch(t);
  const { api } = await node(t, dir, 'one');
  const value = randomBytes(60_000);
  const file = join(dir, 'value');
  await writeFile(file, value);
  const key = randomBytes(32).toString('hex');
  const put = await run(t, dir, ['put', key, '--hex', '--file', file, '--json', '--api', api]);
  t.like(JSON.parse(put.stdout.toString()), { key, status: 'good', holders: 1, wanted: 1 });
  const got = await run(t, dir, ['get', key.toUpperCase(), '--hex', '--api', api]);
  t.deepEqual(got.stdout, value);
  const nowhere = await run(t, dir, ['get', key, '--hex', '--file', '.', '--api', api]);
  t.is(nowhere.code, 2);
  t.true(isOneLine(nowhere.stderr) && nowhere.stderr.includes('it is a directory'));
  const copy = join(dir, 'copy');
  t.is((await run(t, dir, ['get', key, '--hex', '--file', copy, '--api', api])).code, 0);
  t.deepEqual(await readFile(copy), value);

  const input = randomBytes(65_495);
  const piped = await run(t, dir, ['put', 'piped', '--file', '-', '--api', api], input);
  t.is(piped.code, 0);
  t.deepEqual((await run(t, dir, ['get', 'piped', '--api', api])).stdout, input);
  const long = await run(t, dir, ['put', 'long', '--file', '-', '--api', api], randomBytes(65_496));
  t.is(long.code, 2);
  t.true(isOneLine(long.stderr) && long.stderr.includes('65495'));
});

test.serial('what two of five nodes held is found after a kill -9', async (t) => {
  const dir = await scratch(t);
  const first = await node(t, dir, 'n0');
  const rest = await Promise.all(
    [1, 2, 3, 4].map((index) => node(t, dir, `n${index}`, '--bootstrap', first.listen)),
  );
  const nodes = [first, ...rest];
  const keys = Array.from({ length: 4 }, (_, index) => `key ${index}`);
  for (const [index, key] of keys.entries()) {
    const api = nodes[index % 5]?.api ?? '';
    const put = ['put', key, `value of ${key}`, '--replication', '3', '--api', api];
    await runUntil(t, dir, put, /^stored: 3 of 3/);
  }
  const [, second, , fourth] = nodes;
  second?.kill('SIGKILL');
  fourth?.kill('SIGKILL');
  t.is((await second?.ended)?.signal, 'SIGKILL');
  await fourth?.ended;
  for (const [index, key] of keys.entries()) {
    const api = nodes[(index % 3) * 2]?.api ?? '';
    await runUntil(t, dir, ['get', key, '--api', api], new RegExp(`^value of ${key}$`));
  }
});

test.serial(
  'settings come from an INI file, and a bare --bootstrap dials its address',
  async (t) => {
    const dir = await scratch(t);
    const port = await freePorts(2);
    const ini = join(dir, 'dht.ini');
    const lines = [
      '[dht]',
      `listen_address = 127.0.0.1:${port}`,
      'api_address = 127.0.0.1',
      'k = 8',
    ];
    await writeFile(ini, [...lines, 'ttl = 600', ''].join('\n'));
    const first = launch(t, dir, 'node', '--config', ini, '--json', '--data', 'first');
    const [line] = await first.output(/\{"event":"ready".*\}\n/);
    const api = `127.0.0.1:${port + 1000}`;
    t.like(JSON.parse(line), { event: 'ready', listen: `127.0.0.1:${port}`, api, contacts: 0 });
    const second = launch(t, dir, 'node', '--config', ini, '-p', String(port + 1), '--bootstrap');
    await second.output(/joined with 1 contact\n/);
  },
);

test.serial('IPv6 loopback', async (t) => {
  if (!requireOrSkip(t, await hasIPv6(), 'IPv6 loopback')) return;
  const dir = await scratch(t);
  const first = await node(t, dir, 'one', '-a', '::1');
  t.regex(first.listen, /^\[::1\]:\d+$/);
  t.regex(first.api, /^\[::1\]:\d+$/);
  const second = await node(t, dir, 'two', '-a', '[::1]', '--bootstrap', first.listen);
  t.is((await run(t, dir, ['put', 'key', 'value', '--api', first.api])).code, 0);
  const got = await run(t, dir, ['get', 'key', '--api', second.api]);
  t.is(got.stdout.toString(), 'value');
});

test.serial('a port in use ends a node with one line', async (t) => {
  const dir = await scratch(t);
  const { listen, api } = await node(t, dir, 'one');
  const port = listen.split(':')[1] ?? '';
  for (const args of [
    ['-p', port, '--api', '127.0.0.1:0', '--data', 'two'],
    ['-p', '0', '--api', api, '--data', 'two'],
    ['-p', '0', '--data', 'one'],
  ]) {
    const refused = await run(t, dir, ['node', ...args]);
    t.is(refused.code, 2);
    t.true(isOneLine(refused.stderr) && refused.stderr.includes('in use'), refused.stderr);
  }
});

test.serial('a foreign certificate ends a node with one line', async (t) => {
  const dir = await scratch(t);
  for (const name of ['a', 'b']) {
    t.is((await run(t, dir, ['ca', 'init', '--dir', name])).code, 0);
    t.is((await run(t, dir, ['ca', 'issue', '--dir', name, '--out', `${name}1`])).code, 0);
  }
  const own = ['node', '-p', '0', '--data', 'a1'];
  const mixed = await run(t, dir, [...own, '--authority', join('b', 'authority.crt')]);
  t.is(mixed.code, 2);
  t.true(isOneLine(mixed.stderr) && mixed.stderr.includes('not signed'), mixed.stderr);
  const key = await run(t, dir, [...own, '--key', join('b1', 'node.key')]);
  t.is(key.code, 2);
  t.true(isOneLine(key.stderr) && key.stderr.includes('is not the key of'), key.stderr);
  // With what belongs together it starts, and nothing of a development authority is made.
  const good = await node(t, dir, 'a1', '--revoked', join('a', 'revoked.crl'));
  t.is(good.id.length, 64);
  await t.throwsAsync(readFile(join(dir, '.orrery', 'authority', 'authority.crt')));
});

/** Where a node listens that chooses its port first; another program may be quicker to take it. */
async function portOfOwn(t: ExecutionContext, dir: string): Promise<string> {
  for (let tries = 0; tries < 5; tries++) {
    const running = launch(t, dir, 'node', '-p', '0');
    const found = await running.output(/listens on 127\.0\.0\.1:(\d+),/).catch(() => undefined);
    if (found?.[1] !== undefined) return found[1];
    t.regex((await running.ended).stderr, /is in use/);
  }
  return t.fail('each port was taken');
}

function hasIPv6(): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '::1', port: 0 }, () => {
      server.close(() => resolve(true));
    });
  });
}
