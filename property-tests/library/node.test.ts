// A node inside a program: its events tell what happened to it, and what the program does wrong
// stays with the program.
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { developmentIdentity, GetError, loadIdentity, PutError } from '../../library/index.ts';
import { startNode, UsageError } from '../../library/index.ts';
import type { NodeOptions, NodeWarning, OrreryNode } from '../../library/index.ts';
import { silentLog } from '../../runtime/log.ts';
import { scratch } from '../certificates/identity-kit.ts';
import { inProcess } from '../processes.ts';
import { eventually, untilRight } from '../runtime/node-kit.ts';

async function start(
  t: ExecutionContext,
  dir: string,
  name: string,
  options: Partial<NodeOptions> = {},
): Promise<OrreryNode> {
  const dataDir = join(dir, name);
  const identity = await developmentIdentity({ authorityDir: join(dir, 'authority'), dataDir });
  const node = await startNode({ listen: '127.0.0.1:0', dataDir, identity, ...options });
  t.teardown(() => node.close());
  return node;
}

/** Collects what a node tells of its place, with `joined` by its number of contacts. */
function placesOf(node: OrreryNode): (number | string)[] {
  const places: (number | string)[] = [];
  node.on('joined', (contacts) => places.push(contacts));
  node.on('isolated', () => places.push('isolated'));
  node.on('stopped', (fault) => places.push(fault?.message ?? 'stopped'));
  return places;
}

test('joined, isolated and joined again, stopped: once each, in their order', async (t) => {
  const dir = await scratch(t);
  const first = await start(t, dir, 'first');
  const places = placesOf(first);
  t.true(await first.joined);
  const bootstrap = [first.listen];
  const second = await start(t, dir, 'second', { bootstrap });
  const theirs = placesOf(second);
  t.true(await second.joined);
  await eventually(t, 'both know each other', () => first.status().contacts === 1);
  await second.close();
  await eventually(t, 'the first is alone', () => places.includes('isolated'));
  await start(t, dir, 'third', { bootstrap });
  await eventually(t, 'the first is not alone', () => places.length === 3);
  await first.close();
  await first.ended;
  await eventually(t, 'the first has stopped', () => places.length === 4);
  t.deepEqual(places, [0, 'isolated', 1, 'stopped']);
  t.deepEqual(theirs, [1, 'stopped']);
});

test('values go in and out; what is absent is no error, what cannot be said is one', async (t) => {
  const dir = await scratch(t);
  const first = await start(t, dir, 'first');
  const second = await start(t, dir, 'second', { bootstrap: [first.listen] });
  await second.joined;
  const { holders, wanted, version } = await untilRight(
    () => second.put('greeting', 'grüß dich', { ttlS: 60 }),
    (receipt) => receipt.holders === 2,
  );
  t.deepEqual({ holders, wanted }, { holders: 2, wanted: 2 });
  t.true(version > 0);
  const value = await first.get('greeting');
  t.is(value && Buffer.from(value).toString(), 'grüß dich');
  t.is(await first.get('nothing'), undefined);
  t.is((await loadIdentity(join(dir, 'first'))).nodeIdHex, first.id);
  const mistakes = [
    second.put('a', ''),
    second.get(new Uint8Array(3)),
    second.put('a', 'b', { ttlS: -1 }),
  ];
  for (const mistake of mistakes) await t.throwsAsync(mistake, { instanceOf: UsageError });
  await second.close();
  const late = await t.throwsAsync(second.put('a', 'b'), { instanceOf: PutError });
  t.is(late.reason, 'leaving');
  await t.throwsAsync(second.get('a'), { instanceOf: GetError });
});

test('a warning of the log is an event, and goes to the log as well', async (t) => {
  const logged: string[] = [];
  const log = { ...silentLog, warn: (_fields: unknown, message: string) => logged.push(message) };
  const node = await start(t, await scratch(t), 'node', { api: '127.0.0.1:0', log });
  const warned = once(node, 'warning') as Promise<[NodeWarning]>;
  const [host, port] = (node.api ?? '').split(':');
  const socket = connect({ host: host ?? '', port: Number(port) });
  socket.on('error', () => undefined);
  socket.write('no client at all');
  const [{ level, message, fields }] = await warned;
  t.deepEqual({ level, message }, { level: 'warn', message: 'client closed' });
  t.regex(String(fields['reason']), /code .* is none of the client API/);
  t.deepEqual(logged, ['client closed']);
  socket.destroy();
});

test('a fault stops the node and is told', async (t) => {
  const dir = await scratch(t);
  const debug = (_fields: unknown, message: string): void => {
    if (message === 'contact-added') throw new Error('a logger that throws');
  };
  const first = await start(t, dir, 'first', { log: { ...silentLog, debug } });
  const stopped = once(first, 'stopped');
  const second = await start(t, dir, 'second', { bootstrap: [first.listen] });
  t.regex(String(await stopped), /a logger that throws/);
  await t.throwsAsync(first.ended, { message: 'a logger that throws' });
  await second.close();
});

test('what a listener throws is the program’s, and the node goes on', async (t) => {
  const code = `
    process.on('uncaughtException', ({ message }) => console.log('uncaught', message));
    const place = { authorityDir: a[0] + '/authority', dataDir: a[0] + '/node' };
    const identity = await m.developmentIdentity(place);
    const { dataDir } = place;
    const node = await m.startNode({ listen: '127.0.0.1:0', dataDir, identity });
    const told = new Promise((resolve) => node.on('joined', resolve));
    node.on('joined', () => { throw new Error('of the listener'); });
    await told;
    await new Promise(setImmediate);
    console.log((await node.put('a', 'b')).holders);
    await node.close();`;
  const printed = await inProcess('../library/index.js', code, [await scratch(t)]);
  t.is(printed, 'uncaught of the listener\n1\n');
});

test('options that cannot be are told in one line, and nothing is left behind', async (t) => {
  const dir = await scratch(t);
  const wrong: readonly Partial<NodeOptions>[] = [
    { listen: 'nowhere' },
    { advertise: ['example.org:1'] },
    { config: { k: 0 } },
    { bootstrap: ['x'] },
    { voters: join(dir, 'no-voters.json') },
    { introducers: join(dir, 'no-introducers.json') },
  ];
  for (const options of wrong) {
    const error = await t.throwsAsync(start(t, dir, 'node', options), { instanceOf: UsageError });
    t.regex(error.message, /^[^\n]+$/);
  }
  await t.throwsAsync(start(t, dir, 'node', { api: 'here' }), { message: /127\.0\.0\.1:7501/ });
  await t.throwsAsync(start(t, dir, 'node', { admin: 'here' }), { message: /127\.0\.0\.1:8501/ });
  const node = await start(t, dir, 'node', { advertise: [], admin: '127.0.0.1:0' });
  const response = await fetch(`http://${node.admin ?? ''}/health`);
  t.true(response.ok);
});
