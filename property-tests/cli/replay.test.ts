// `orrery node --record` and `orrery replay`, as somebody uses them who wants to know what a node
// did: real nodes, real files, also of a node that was killed.
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { startNode } from '../../runtime/node.ts';
import { ANY_PORT, clientOf, identityAt, newKey, newSite, valueOf } from '../runtime/node-kit.ts';
import { isOneLine, node, run as runRaw, scratch } from './cli-kit.ts';

/** Runs a command; what it printed as text. */
async function run(...args: Parameters<typeof runRaw>): Promise<Said> {
  const { code, stdout, stderr } = await runRaw(...args);
  return { code, stdout: stdout.toString(), stderr };
}

interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

test('a recorded node is replayed, looked into and walked through', async (t) => {
  const dir = await scratch(t);
  const first = await node(t, dir, 'one', '--record');
  const second = await node(t, dir, 'two', '--bootstrap', first.listen, '--record', 'two.orrec');
  for (const [key, value] of [
    ['greeting', 'hello'],
    ['other', 'world'],
  ] as const) {
    const put = await run(t, dir, ['put', key, value, '--api', second.api]);
    t.is(put.code, 0, put.stderr);
  }
  t.is((await run(t, dir, ['get', 'greeting', '--api', first.api])).stdout, 'hello');
  first.kill('SIGTERM');
  t.is((await first.ended).code, 0);
  const believed = async (): Promise<Record<string, unknown[]>> => {
    const { stdout } = await run(t, dir, ['replay', 'two.orrec', '--at', '+1h', '--json']);
    return (JSON.parse(stdout) as { then: Record<string, unknown[]> }).then;
  };
  // What happens is on the disk about a second later.
  for (let i = 0; i < 60 && (await believed())['table']?.length !== 0; i++) await delay(500);
  second.kill('SIGKILL');
  await second.ended;

  const whole = await run(t, dir, ['replay', 'one/recording.orrec']);
  t.is(whole.code, 0, whole.stderr);
  t.regex(whole.stdout, new RegExp(`node ${first.id}, recorded by orrery`));
  t.regex(whole.stdout, /\d+ steps in \d+\.\d s, all equal/);
  const killed = await run(t, dir, ['replay', 'two.orrec', '--json']);
  t.is(killed.code, 0, killed.stderr);
  const result: unknown = JSON.parse(killed.stdout);
  t.like(result, { id: second.id, equal: true, different: null, segments: 1 });

  const then = await believed();
  t.is(then['table']?.length, 0, 'the other one has left');
  t.is(then['records']?.length, 2);
  const late = await run(t, dir, ['replay', 'two.orrec', '--at', '+9h']);
  t.regex(late.stdout, /the recording ends before that/);

  // It is started again on its disk, and writes behind what it wrote before.
  const again = await node(t, dir, 'two', '--record', 'two.orrec');
  again.kill('SIGTERM');
  await again.ended;
  const lives = await run(t, dir, ['replay', 'two.orrec', '--json']);
  t.is(lives.code, 0, lives.stdout);
  t.is((JSON.parse(lives.stdout) as { restarts: string[] }).restarts.length, 1);
  const { steps } = result as { readonly steps: number };
  const [next, goesOn] = [steps + 1, ['replay', 'two.orrec', '--json', '--at', `#${steps + 1}`]];
  t.like(JSON.parse((await run(t, dir, goesOn)).stdout), { steps: next }, 'numbers go on');
  t.is((await run(t, dir, ['replay', 'one'])).code, 0, 'a folder stands for the recording in it');

  const early = await run(t, dir, ['replay', 'two.orrec', '--at', '#1']);
  t.regex(early.stdout, /^1 steps in/m);
  t.regex(early.stdout, /^table: 0$/m);

  await walkThrough(t, dir);
});

async function walkThrough(t: ExecutionContext, dir: string): Promise<void> {
  const walk = Buffer.from('n\nt\n3\ng #20\nr\n?\nq\n');
  const walked = await run(t, dir, ['replay', 'two.orrec', '--step'], walk);
  t.is(walked.code, 0, walked.stderr);
  t.regex(walked.stdout, /#1 {2}\+\d+\.\d+s .*\n {2}in {3}command 1: join/);
  t.regex(walked.stdout, /#20 /);
  t.notRegex(walked.stdout, /#21 /);
  t.regex(walked.stdout, /^table: 0$/m);
  const from = await run(t, dir, ['replay', 'two.orrec', '--at', '#3', '--step'], Buffer.from('q'));
  t.regex(from.stdout, /^#3 /, from.stdout);
}

test('values are recorded as their SHA-256, and as they are when that is asked for', async (t) => {
  const dir = await scratch(t);
  const first = await node(t, dir, 'one', '--record');
  const boot = ['--bootstrap', first.listen];
  const second = await node(t, dir, 'two', ...boot, '--record', '--record-values');
  const put = await run(t, dir, ['put', 'greeting', 'hello', '--api', second.api]);
  t.is(put.code, 0, put.stderr);
  for (const one of [second, first]) {
    one.kill('SIGTERM');
    await one.ended;
  }
  const steps = async (name: string): Promise<string> => {
    const { stdout } = await run(t, dir, ['replay', name, '--json', '--at', '#1000000']);
    const { steps: count } = JSON.parse(stdout) as { steps: number };
    const walk = Buffer.from('n\n'.repeat(count));
    return (await run(t, dir, ['replay', name, '--step'], walk)).stdout;
  };
  const sum = createHash('sha256').update('hello').digest('hex');
  t.regex(await steps('one'), new RegExp(`a value with SHA-256 ${sum}`));
  t.regex(await steps('two'), /the value, 5 bytes: "hello"/);
});

test('a recording that cannot be read is told in one line', async (t) => {
  const dir = await scratch(t);
  await writeFile(join(dir, 'text.orrec'), 'this is a text');
  for (const args of [
    ['replay', 'missing.orrec'],
    ['replay', 'text.orrec'],
    ['replay', 'text.orrec', '--at', 'yesterday'],
    ['node', '--record-size', '1MiB'],
    ['node', '--record-values'],
    ['node', '--record', '--record-size', '1KiB'],
    ['node', '-p', '0', '--record', '.'],
    ['node', '-p', '0', '--record', 'text.orrec/below'],
    ['replay', 'text.orrec', '--step', '--json'],
  ]) {
    const { code, stderr } = await run(t, dir, args);
    t.is(code, 2, args.join(' '));
    t.true(isOneLine(stderr), stderr);
  }
});

test('segments follow one another, and the oldest go when there are too many bytes', async (t) => {
  const site = await newSite(t);
  const path = join(site.dir, 'seg.orrec');
  // Room for the one that is written, and for three that are full: packed, each is about 10,000.
  const bytesMax = 90_000;
  const started = await startNode({
    listen: ANY_PORT,
    api: ANY_PORT,
    dataDir: join(site.dir, 'n'),
    identity: await identityAt(site, 'n'),
    record: { path, version: '0', bytesMax, values: false, segmentBytes: 20_000 },
  });
  t.teardown(() => started.close());
  const client = await clientOf(t, started);
  const keys = Array.from({ length: 10 }, newKey);
  const listed = async (): Promise<readonly string[]> =>
    (await readdir(site.dir)).filter((name) => name.startsWith('seg.'));
  let most = 0;
  for (let i = 0; i < 700; i++) {
    await client.put(keys[i % 10] ?? t.fail(), valueOf(20));
    const sizes = (await listed()).map(
      (name) => statSync(join(site.dir, name), { throwIfNoEntry: false })?.size ?? 0,
    );
    most = Math.max(
      most,
      sizes.reduce((sum, size) => sum + size, 0),
    );
  }
  await started.close();
  const files = await listed();
  t.true(files.length >= 2, files.join());
  t.false(files.includes('seg.0001.orrec'), 'the oldest are gone');
  t.true(most > 0 && most <= bytesMax, `${most} bytes at once, at most ${bytesMax} may be`);
  const { code, stdout, stderr } = await run(t, site.dir, ['replay', 'seg.orrec', '--json']);
  t.is(code, 0, stderr);
  t.like(JSON.parse(stdout), { equal: true, gaps: [], segments: files.length });
  const one = await run(t, site.dir, ['replay', files.at(-1) ?? '', '--json']);
  t.is(one.code, 0, one.stderr);
});
