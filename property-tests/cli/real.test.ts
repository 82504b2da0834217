// `orrery real` as people run it: processes and threads that play a scenario, a result like that of
// the simulator, work that is the simulator's own, and nothing left of it whatever ends it.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { isAlive, startProcess } from '../processes.ts';
import type { Running } from '../processes.ts';
import { run, scratch } from './cli-kit.ts';

const SMALL = ['--nodes', '5', '--k', '4', '--latency', 'uniform:5,30', '--duration', '6s'];
// With time to settle before the first lookup, whose asker is one of those that have.
const WORK = ['--warmup', '2s', '--lookups', '12', '--puts', '4', '--gets', '8'];

/** With a folder of its own for what a run keeps until its end. */
async function playing(
  t: ExecutionContext,
  ...args: string[]
): Promise<Running & { readonly dir: string; readonly left: () => Promise<readonly string[]> }> {
  const dir = await scratch(t);
  const temporary = join(dir, 'temporary');
  await mkdir(temporary);
  const environment = { TMPDIR: temporary };
  const running = startProcess(dir, ['real', ...args], undefined, { environment });
  t.teardown(async () => {
    running.kill('SIGKILL');
    await running.ended;
  });
  return { ...running, dir, left: () => readdir(temporary) };
}

/** Of its children, at this instant. */
async function childrenOf(pid: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

/** Columns of the table of lookups that the workload decides. */
async function askedIn(dir: string): Promise<readonly string[]> {
  const text = gunzipSync(await readFile(join(dir, 'lookups.csv.gz'))).toString();
  const [head = '', ...lines] = text.trimEnd().split('\n');
  const columns = head.split(',');
  const wanted = ['lookup', 'asker', 'target'].map((name) => columns.indexOf(name));
  return lines.map((line) => {
    const cells = line.split(',');
    return wanted.map((at) => cells[at]).join(',');
  });
}

test('processes play what is simulated: the same work, a result of the same form', async (t) => {
  const real = await playing(t, ...SMALL, ...WORK, '--out', 'real');
  const { code, stdout, stderr } = await real.ended;
  t.is(code, 0, stderr);
  t.regex(
    stdout.toString(),
    /^5 real nodes, .* played, seed 1\n(.*\n)?machine {3}a process for each/,
  );
  t.deepEqual(await real.left(), []);
  const result = JSON.parse(
    await readFile(join(real.dir, 'real', 'result.json'), 'utf8'),
  ) as object;
  t.like(result, { host: 'real', schema: 1, seed: 1, skipped: 0 });
  t.like(result, { playing: { seats: 'process', timeScale: 1 } });
  t.like(result, { lookups: { count: 12 }, values: { puts: 4, gets: 8, wrong: 0, lost: 0 } });
  t.false('digest' in result);
  const { traffic } = result as { traffic: { byKind: Record<string, number> } };
  t.true((traffic.byKind['find-node'] ?? 0) > 0 && (traffic.byKind['store'] ?? 0) > 0);
  const page = await readFile(join(real.dir, 'real', 'report.html'), 'utf8');
  t.true(page.includes('Orrery, real nodes') && page.includes('orrery real --nodes 5'));
  const verified = await run(t, real.dir, ['report', 'real', '--verify']);
  t.is(verified.code, 2);
  t.regex(verified.stderr, /result\.json is of real nodes, .*orrery compare\n$/);
  const asked = await askedIn(join(real.dir, 'real'));
  t.is(asked.length, 12);
  const simulated = await run(t, real.dir, ['sim', ...SMALL, ...WORK, '--out', 'real']);
  t.is(simulated.code, 0, simulated.stderr);
  t.regex(simulated.stderr, /^orrery sim: real holds a result of real nodes, .* replace\n/);
  t.deepEqual(asked, await askedIn(join(real.dir, 'real')));
});

test('threads are killed and replaced, faults come as written, time is stretched', async (t) => {
  const dir = await scratch(t);
  const text = `name: faults
nodes: 5
k: 4
workers: 2
latency: constant:10
churn: exponential:4s
phases: { measure: 8s }
workloads:
  - { kind: lookup, rate: 2/s }
faults:
  - { type: loss, at: 1s, for: 1s, share: 0.5 }
  - { type: partition, at: 2s, for: 1s, share: 0.4 }
  - { type: join-storm, at: 4s, over: 1s, nodes: 2 }
  - { type: mass-failure, at: 6s, share: 0.3 }
`;
  await writeFile(join(dir, 'faults.yaml'), text);
  const args = [join(dir, 'faults.yaml'), '--in-process', '--time-scale', '1.5', '--json'];
  const real = await playing(t, ...args);
  const { code, stdout, stderr } = await real.ended;
  t.is(code, 0, stderr);
  const result = JSON.parse(stdout.toString()) as {
    readonly churn: { readonly sessions: number };
    readonly simulatedMs: number;
  };
  t.like(result, { name: 'faults', playing: { seats: 'thread', timeScale: 1.5 } });
  t.regex(stderr, /^orrery real: workers changes nothing here: each real node has a process/);
  // Two of the storm among them.
  t.true(result.churn.sessions >= 4, String(result.churn.sessions));
  t.deepEqual(await real.left(), []);
});

test('Ctrl-C ends a run and all of its nodes; so does the death of the command', async (t) => {
  const interrupted = await playing(t, '--nodes', '4', '--duration', '1h', '--out', 'a/long');
  const killed = await playing(t, '--nodes', '4', '--duration', '1h');
  for (const one of [interrupted, killed]) await one.errors(/joining|measuring/);
  const nodes = [...(await childrenOf(interrupted.pid)), ...(await childrenOf(killed.pid))];
  t.true(nodes.length >= 8);
  interrupted.kill('SIGINT');
  killed.kill('SIGKILL');
  const { code, stdout, stderr } = await interrupted.ended;
  t.is(code, 130);
  t.is(stdout.length, 0);
  t.regex(stderr, /orrery real: stopped before its end; no result was written\n$/);
  t.deepEqual(await readdir(interrupted.dir), ['temporary']);
  t.deepEqual(await interrupted.left(), []);
  await killed.ended;
  const until = performance.now() + 10_000;
  while (nodes.some(isAlive) && performance.now() < until) await delay(50);
  t.deepEqual(nodes.filter(isAlive), []);
});

test('a node that is killed ends the run in a line; a folder that was there stays', async (t) => {
  const real = await playing(t, '--nodes', '3', '--duration', '1h', '--out', 'temporary');
  await real.errors(/measuring/);
  const [victim] = await childrenOf(real.pid);
  process.kill(Number(victim), 'SIGKILL');
  const { code, stderr } = await real.ended;
  t.is(code, 1);
  t.regex(stderr, /\norrery: (?:a )?node .*ended by the signal SIGKILL.*\n$/);
  t.false(stderr.includes('unexpected'));
  t.deepEqual(await real.left(), []);
});
