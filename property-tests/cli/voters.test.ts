// `orrery ca voters`, the list at a node that runs, and `orrery status`: what their operator sees.
import { once } from 'node:events';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { caCommand } from '../../cli/ca/ca.ts';
import { UsageError } from '../../runtime/failure.ts';
import { isFree } from '../ports.ts';
import { freePorts, isOneLine, launch, run, scratch } from './cli-kit.ts';

const names = ['a', 'b', 'c', 'd', 'e'];

/** The command in this process, which is quicker; @returns what it prints */
async function ca(dir: string, ...args: string[]): Promise<string> {
  let text = '';
  const command = caCommand((more) => (text += more));
  await command.parseAsync([...args, '--dir', join(dir, 'ca')], { from: 'user' });
  return text;
}

async function refused(t: ExecutionContext, dir: string, args: string[], why: RegExp) {
  const { code, stdout, stderr } = await run(t, dir, args);
  t.is(code, 2);
  t.is(stdout.length, 0);
  t.true(isOneLine(stderr), stderr);
  t.regex(stderr, why);
}

test('an authority signs lists that follow one another, and a node takes them', async (t) => {
  const dir = await scratch(t);
  await ca(dir, 'init');
  for (const name of names) await ca(dir, 'issue', '--out', join(dir, name));
  const [a = '', b = '', c = '', d = '', e = ''] = names.map((name) => join(dir, name, 'node.crt'));
  const no = async (given: readonly string[], message: RegExp): Promise<void> => {
    await t.throwsAsync(ca(dir, 'voters', ...given), { instanceOf: UsageError, message });
  };
  t.regex(await ca(dir, 'voters'), /^No list of voters was signed yet/);
  await no([a, b], /2 voters are no list: .*nothing may fail; give 3/);
  await no([a, b, c, d], /4 voters are no list: .*as many failures/);
  await no([a, b, b], /is named twice/);
  await no([a, b, 'f'], /f is no node id, serial number or certif/);
  await ca(dir, 'revoke', d);
  await no([a, b, d], /has no certificate that is valid/);

  const first = await ca(dir, 'voters', a, b, c);
  t.regex(
    first,
    /^List of voters 1, 3 voters:\n( {2}[0-9a-f]{64} {2}node [0-9a-f]{12}\n){3}It is in /,
  );
  t.is((await ca(dir, 'voters')).split('\n').length, 5);
  await no([a, b], /2 voters are no list/);
  await no([a, b, c], /changes by one voter at a time: take list 1/);

  const list = join(dir, 'ca', 'voters.json');
  await copyFile(list, join(dir, 'voters.json'));
  const port = await freePorts(1);
  const place = ['-p', String(port), '--data', 'a', '--admin'];
  const running = launch(t, dir, 'node', ...place, '--voters', 'voters.json');
  await running.output(/joined/);
  const at = `127.0.0.1:${port + 2000}`;
  const seen = await run(t, dir, ['status', at]);
  t.is(seen.code, 0);
  const lines = seen.stdout.toString();
  for (const line of [/^node +[0-9a-f]{64}$/m, /^records +0 of/m, /^leader +nobody$/m]) {
    t.regex(lines, line);
  }
  t.regex(lines, /^voters +([0-9a-f]{8}, ){2}[0-9a-f]{8} \(list 1\)$/m);
  const json = await run(t, dir, ['status', at, '--json']);
  const status: unknown = JSON.parse(json.stdout.toString());
  t.like(status, { contacts: 0, leadership: { version: 1, ballot: 'kept' } });

  const next = await ca(dir, 'voters', a, b, c, e);
  t.regex(next, /List of voters 2, 4 voters[^]*sign the next list soon/);
  await copyFile(list, join(dir, 'voters.json'));
  await running.errors(/list of voters replaced/);
  const text = await readFile(list, 'utf8');
  await writeFile(join(dir, 'voters.json'), text.replace('"version": 2', '"version": 3'));
  await running.errors(/is not signed by the authority.*the new list of voters cannot be used/);
  running.kill('SIGTERM');
  t.like(await running.ended, { code: 0, signal: null });
  await refused(
    t,
    dir,
    ['node', ...place, '--voters', 'voters.json'],
    /voters\.json is not signed by the authority of this node/,
  );
});

test('voters named in an INI file, and who asks nobody for a status', async (t) => {
  const dir = await scratch(t);
  const port = await freePorts(2);
  const ids = ['1', '2', '3'].map((digit) => digit.repeat(64));
  await writeFile(join(dir, 'two.ini'), `[dht]\nvoters = ${ids.slice(1).join(' ')}\n`);
  await refused(t, dir, ['node', '--config', 'two.ini'], /voters in \[dht\] must be 3, 5 or 7/);
  await writeFile(join(dir, 'three.ini'), `[dht]\nvoters = ${ids.join(', ')}\n`);
  const place = ['-p', String(port), '--admin'];
  const running = launch(t, dir, 'node', '--config', 'three.ini', ...place);
  await running.output(/joined/);
  const at = `127.0.0.1:${port + 2000}`;
  t.regex(
    (await run(t, dir, ['status', at])).stdout.toString(),
    /^leader +none known: this node is no voter$/m,
  );
  const nobody = await run(t, dir, ['status', `127.0.0.1:${port + 1 + 2000}`]);
  t.is(nobody.code, 1);
  t.true(isOneLine(nobody.stderr), nobody.stderr);
  t.regex(nobody.stderr, /no node answers at .*start one with --admin/);
});

test('a status is had of any port, and of a name that is no other machine', async (t) => {
  const dir = await scratch(t);
  // One that browsers do not ask, and `fetch` neither.
  const port = (await firstFree([6566, 6697, 10_080])) ?? t.fail('all are taken');
  const at = `127.0.0.1:${port}`;
  const running = launch(t, dir, 'node', '-p', '0', '--data', 'a', '--admin', at);
  await running.output(/joined/);
  t.is((await run(t, dir, ['status', at])).code, 0);
  // Another way to write the address, which might be any name that leads here.
  const other = await run(t, dir, ['status', `0x7f000001:${port}`]);
  t.is(other.code, 1);
  t.true(isOneLine(other.stderr), other.stderr);
  t.regex(other.stderr, /no such host here: ask by an address/);
});

test('what another program says at the port is no status', async (t) => {
  const answer = JSON.stringify({ id: 1, endings: {}, records: {}, leadership: {}, warnings: [] });
  const server = createServer((_, response) => response.end(answer));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const { code, stderr } = await run(t, await scratch(t), ['status', `127.0.0.1:${port}`]);
  t.is(code, 1);
  t.regex(stderr, /is no admin address of a node of this version/);
});

async function firstFree(ports: readonly number[]): Promise<number | undefined> {
  for (const port of ports) if (await isFree(port)) return port;
  return undefined;
}
