// `orrery cluster` and `orrery start`: many real nodes that end with their command.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { isAlive } from '../processes.ts';
import { freePorts, isOneLine, launch, run, scratch } from './cli-kit.ts';
import type { Running } from './cli-kit.ts';

test.serial(
  'a cluster of three: all join, one dies, the rest go on, Ctrl-C ends all',
  async (t) => {
    const dir = await scratch(t);
    const port = await freePorts(3);
    const args = ['cluster', '--nodes', '3', '--base-port', String(port), '--data', 'c', '--json'];
    const cluster = launch(t, dir, ...args);
    const [line] = await cluster.output(/\[\{.*\}\]\n/);
    const nodes = JSON.parse(line) as readonly Row[];
    t.is(nodes.length, 3);
    t.is(new Set(nodes.map(({ pid }) => pid)).size, 3);
    for (const [index, { listen, api, admin }] of nodes.entries()) {
      t.is(listen, `127.0.0.1:${port + index}`);
      t.is(api, `127.0.0.1:${port + index + 1000}`);
      t.is(admin, `127.0.0.1:${port + index + 2000}`);
      t.is((await fetch(`http://${admin}/ready`)).status, 200);
    }
    await roundTrip(t, dir, nodes[1]?.api ?? '', nodes[2]?.api ?? '');
    const victim = nodes[0]?.pid ?? t.fail();
    process.kill(victim, 'SIGKILL');
    await cluster.errors(new RegExp(`pid ${victim}\\) died \\(SIGKILL\\), 2 go on`));
    await roundTrip(t, dir, nodes[2]?.api ?? '', nodes[1]?.api ?? '');
    cluster.kill('SIGINT');
    t.like(await cluster.ended, { code: 0, signal: null });
    for (const { pid } of nodes) t.false(isAlive(pid));
  },
);

test.serial('the nodes of a cluster that is killed end too', async (t) => {
  const dir = await scratch(t);
  const port = await freePorts(2);
  const cluster = launch(t, dir, 'cluster', '--nodes', '2', '--base-port', String(port), '--json');
  const [line] = await cluster.output(/\[\{.*\}\]\n/);
  const nodes = JSON.parse(line) as readonly { pid: number }[];
  cluster.kill('SIGKILL');
  await cluster.ended;
  const until = performance.now() + 30_000;
  while (nodes.some(({ pid }) => isAlive(pid)) && performance.now() < until) await delay(50);
  for (const { pid } of nodes) t.false(isAlive(pid));
});

test.serial('a cluster in one process, and one that finds a port taken', async (t) => {
  const dir = await scratch(t);
  const port = await freePorts(4);
  const base = ['--base-port', String(port), '--data', 'c'];
  const cluster = launch(t, dir, 'cluster', '--nodes', '3', ...base, '--in-process');
  const [table, seen] = await cluster.output(/PID[^]*3 nodes joined.*\nsee them at (http.*)\n/);
  t.is(seen, `http://127.0.0.1:${port + 2000}/#nodes=${port + 2000}-${port + 2002}`);
  t.regex(await (await fetch(seen ?? '')).text(), /<title>Orrery node<\/title>/);
  t.is(table.split('\n').filter((row) => row.startsWith(String(cluster.pid))).length, 3);
  const status = await run(t, dir, ['status', `127.0.0.1:${port + 2001}`]);
  t.regex(status.stdout.toString(), /^voters +([0-9a-f]{8}, ){2}[0-9a-f]{8} \(list 1\)$/m);
  const api = (index: number): string => `127.0.0.1:${port + 1000 + index}`;
  await roundTrip(t, dir, api(0), api(2));
  for (const how of [[], ['--in-process']]) {
    const other = ['--base-port', String(port), '--data', 'd', '--json'];
    const refused = await run(t, dir, ['cluster', '--nodes', '1', ...other, ...how]);
    t.is(refused.code, 2);
    // On a slow machine progress is told as well.
    const faults = refused.stderr.replace(/^orrery cluster: \d of \d nodes? joined\n/gm, '');
    t.true(isOneLine(faults) && faults.includes('in use'), refused.stderr);
  }
  await endsCleanly(t, cluster);
});

test.serial('nodes that start while another one of their process fails are stopped', async (t) => {
  const dir = await scratch(t);
  const port = await freePorts(5);
  const server = createServer();
  t.teardown(() => server.close());
  await new Promise<void>((resolve) => server.listen(port + 1, '127.0.0.1', resolve));
  const words = ['--in-process', '--log-level', 'info', '--log-format', 'json'];
  const args = ['cluster', '--nodes', '5', '--base-port', String(port), ...words];
  const { code, stderr } = await run(t, dir, args);
  t.is(code, 2, stderr);
  const times = (message: string): number => stderr.split(`"msg":"${message}"`).length - 1;
  t.true(times('started') > 0);
  t.is(times('stopped'), times('started'), stderr);
});

test.serial('start --once checks everything and leaves nothing in the way', async (t) => {
  const dir = await scratch(t);
  const port = await freePorts(5);
  const base = ['--base-port', String(port)];
  const done = await run(t, dir, ['start', '--once', ...base, '--nodes', '200']);
  const text = done.stdout.toString();
  t.is(done.code, 0, text + done.stderr);
  t.false(text.includes('FAILED'));
  t.regex(text, /node \d asked node \d \(.*\), which held the value/);
  t.regex(text, /ok {6}GET through node \d: 1024 bytes, all equal/);
  const written = await readFile(join(dir, '.orrery', 'start', 'result.json'), 'utf8');
  const result: unknown = JSON.parse(written);
  t.like(result, { seed: 1, config: { nodes: 200 } });
  const report = await readFile(join(dir, '.orrery', 'start', 'report.html'), 'utf8');
  t.regex(report, /<svg/);

  // The same place again: Ctrl-C before the checks are over is work cut short.
  const again = launch(t, dir, 'start', ...base, '--nodes', '10000');
  await again.output(/A simulation/);
  t.is((await fetch(`http://127.0.0.1:${port + 2004}/health`)).status, 200);
  again.kill('SIGINT');
  t.is((await again.ended).code, 130);
});

test.serial('start with a port taken ends with one line', async (t) => {
  const dir = await scratch(t);
  const port = await freePorts(5);
  const server = createServer();
  t.teardown(() => server.close());
  await new Promise<void>((resolve) => server.listen(port + 2, '127.0.0.1', resolve));
  const refused = await run(t, dir, ['start', '--once', '--base-port', String(port)]);
  t.is(refused.code, 2);
  t.true(isOneLine(refused.stderr) && refused.stderr.includes(`127.0.0.1:${port + 2} is in use`));
});

interface Row {
  readonly pid: number;
  readonly listen: string;
  readonly api: string;
  readonly admin: string;
}

async function roundTrip(
  t: ExecutionContext,
  dir: string,
  into: string,
  from: string,
): Promise<void> {
  const value = `through ${into}`;
  t.is((await run(t, dir, ['put', value, value, '--api', into])).code, 0);
  t.is((await run(t, dir, ['get', value, '--api', from])).stdout.toString(), value);
}

async function endsCleanly(t: ExecutionContext, running: Running): Promise<void> {
  running.kill('SIGINT');
  t.like(await running.ended, { code: 0, signal: null });
}
