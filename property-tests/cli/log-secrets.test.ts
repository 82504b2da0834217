// No values and no secrets in logs: nodes that say all they have to say, while things go well and
// while they go wrong, write neither a value, nor the text of a key, nor a whole key, nor anything
// of a private key.
import { createHash, createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { encodeClient } from '../../src/codec/client.ts';
import { launch, run, scratch } from './cli-kit.ts';
import type { Running } from './cli-kit.ts';

const VALUE = 'canary-value-5b1f0c';
const KEY = 'canary-key-a83d77';
const ABSENT = 'canary-absent-19e6b2';

test('a log of everything has no value, no key and no secret in it', async (t) => {
  const dir = await scratch(t);
  t.timeout(120_000);
  const first = await talkative(t, dir, 'n0');
  const second = await talkative(t, dir, 'n1', '--bootstrap', first.listen);
  const third = await talkative(t, dir, 'n2', '--bootstrap', first.listen);

  t.is((await run(t, dir, ['put', KEY, VALUE, '--api', first.api])).code, 0);
  const got = await run(t, dir, ['get', KEY, '--api', second.api]);
  t.is(got.stdout.toString(), VALUE);
  t.is((await run(t, dir, ['get', ABSENT, '--api', third.api])).code, 1);
  // What goes wrong: words of no dialect, a PUT that ends within its value or breaks its rules, a
  // peer that is none, questions to the dashboard, a node that is gone, and the end.
  const put = encodeClient({ type: 'put', checked: true, ttlS: 0, replication: 0, ...stored() });
  await said(first.api, Buffer.from(`${VALUE} ${KEY}`));
  await said(first.api, put.subarray(0, -4));
  await said(first.api, Buffer.concat([put, Buffer.from(VALUE.repeat(20))]));
  await said(first.listen, Buffer.from(VALUE + KEY));
  await asked(first, JSON.stringify({ text: KEY }));
  await asked(first, `{"text": "${KEY}", ${VALUE}`);
  third.kill('SIGKILL');
  await third.ended;
  await run(t, dir, ['put', KEY, VALUE, '--api', first.api]);
  for (const one of [first, second]) one.kill('SIGTERM');

  const logs = await Promise.all([first, second, third].map(({ ended }) => ended));
  const text = logs.map(({ stdout, stderr }) => stdout.toString() + stderr).join('\n');
  // All of that is told: the log is not silent about it.
  for (const message of ['link up', 'client closed', 'handshake failed', 'stopped']) {
    t.true(text.includes(`"msg":"${message}"`), `${message}\n${text}`);
  }
  t.true(text.includes('"level":20'));
  for (const name of ['n0', 'n1', 'n2']) {
    const pem = await readFile(join(dir, name, 'node.key'), 'utf8');
    t.deepEqual(shownIn(text, [...formsOf(secretOf(pem)), ...bodyOf(pem)]), [], name);
  }
  const hashes = [KEY, ABSENT].map((key) => createHash('sha256').update(key).digest());
  const told = [VALUE, KEY, ABSENT].map((one) => Buffer.from(one));
  t.deepEqual(shownIn(text, [VALUE, KEY, ABSENT, ...[...told, ...hashes].flatMap(formsOf)]), []);
});

interface Talkative extends Running {
  readonly listen: string;
  readonly api: string;
  readonly admin: string;
}

/** A node that logs everything, once it has joined. */
async function talkative(
  t: ExecutionContext,
  dir: string,
  name: string,
  ...more: string[]
): Promise<Talkative> {
  const args = ['--log-level', 'debug', '--log-format', 'json', '--admin', '127.0.0.1:0', ...more];
  const running = launch(t, dir, 'node', '-p', '0', '--data', name, ...args);
  const [, listen = '', api = '', admin = ''] = await running.output(
    /listens on (\S+), clients on (\S+), admin on (\S+), joined/,
  );
  return { ...running, listen, api, admin };
}

function stored(): { readonly key: Uint8Array; readonly value: Uint8Array } {
  const key = createHash('sha256').update(KEY).digest();
  return { key: Uint8Array.from(key), value: Uint8Array.from(Buffer.from(VALUE)) };
}

/** Ways in which a program may print bytes. */
function formsOf(bytes: Buffer): string[] {
  const hex = bytes.toString('hex');
  const base64 = bytes.toString('base64').replace(/.{0,3}=*$/, '');
  return [hex, hex.toUpperCase(), base64, [...bytes].join(',')];
}

/** The lines of a PEM file between its first and its last. */
function bodyOf(pem: string): string[] {
  const lines = pem.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
  if (lines.length === 0) throw new Error('no PEM');
  return lines;
}

function secretOf(pem: string): Buffer {
  const { d = '' } = createPrivateKey(pem).export({ format: 'jwk' });
  return Buffer.from(d, 'base64url');
}

function shownIn(text: string, secrets: readonly string[]): string[] {
  if (secrets.some((one) => one.length < 8)) throw new Error('too short to be looked for');
  return secrets.filter((one) => text.includes(one));
}

/** Sends bytes and ends, whoever listens there. */
async function said(to: string, bytes: Uint8Array): Promise<void> {
  const [host = '', port] = to.split(':');
  const socket = connect({ host, port: Number(port) });
  socket.on('error', () => undefined);
  socket.resume();
  socket.end(bytes);
  await new Promise((resolve) => socket.once('close', resolve));
}

/** Asks the dashboard to look something up. */
async function asked({ admin }: Talkative, body: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  await (await fetch(`${admin}/lookup`, { method: 'POST', headers, body })).text();
}
