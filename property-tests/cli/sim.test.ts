// `orrery sim` as people run it: a scenario and flags over it, what stands in the folder of a
// result, one line for each fault, and Ctrl-C.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { estimate, warningsFor } from '../../cli/sim/estimate.ts';
import { shares } from '../../cli/sim/run.ts';
import { summaryOf } from '../../cli/sim/summary.ts';
import { simulate } from '../../sim/main.ts';
import { defaultOptions } from '../../sim/options.ts';
import { isOneLine, launch, run, scratch } from './cli-kit.ts';

const TINY = `name: tiny
question: Is it small?
nodes: 30
tables: converged
latency: constant:20
phases: { warmup: 1s, measure: 20s }
workloads:
  - { kind: lookup, rate: 1/s }
faults:
  - { type: loss, at: 5s, for: 5s, share: 0.2 }
`;

test('a scenario runs as written, and its flags win', async (t) => {
  const dir = await scratch(t);
  await writeFile(join(dir, 'tiny.yaml'), TINY);
  const plain = await run(t, dir, ['sim', 'tiny.yaml', '--json']);
  t.is(plain.code, 0, plain.stderr);
  t.is(plain.stderr, '');
  const result = JSON.parse(plain.stdout.toString()) as Record<string, unknown>;
  t.like(result, { name: 'tiny', question: 'Is it small?', seed: 1 });
  t.like(result['config'], { nodes: 30, warmupMs: 1000, durationMs: 20_000, lookups: 0 });
  t.like(result['lookups'], { count: 20 });
  const other = await run(t, dir, ['sim', 'tiny.yaml', '--json', '--nodes', '40', '--seed', 'x']);
  t.is(other.code, 0, other.stderr);
  const changed = JSON.parse(other.stdout.toString()) as Record<string, unknown>;
  t.is(changed['seed'], 'x');
  t.like(changed['config'], { nodes: 40, durationMs: 20_000 });
});

test('a folder gets the result, its tables and the report; the summary says where', async (t) => {
  const dir = await scratch(t);
  await writeFile(join(dir, 'tiny.yaml'), TINY);
  const { code, stdout, stderr } = await run(t, dir, ['sim', 'tiny.yaml', '--out', 'a/b']);
  t.is(code, 0, stderr);
  const text = stdout.toString();
  t.regex(text, /^tiny: Is it small\?\n30 nodes, /);
  t.regex(text, /\nsettings .*tables converged.*duration 20s.*\n/);
  t.regex(text, /\nlookups {3}20: /);
  t.regex(text, /\nreport {4}a.b.report\.html/);
  const names = await readdir(join(dir, 'a', 'b'));
  for (const name of ['result.json', 'lookups.csv.gz', 'series.csv', 'report.html']) {
    t.true(names.includes(name), name);
  }
  const result = JSON.parse(await readFile(join(dir, 'a/b/result.json'), 'utf8')) as object;
  t.like(result, { name: 'tiny' });
});

test('a scenario may say where its result goes, and flags win over it', async (t) => {
  const dir = await scratch(t);
  await mkdir(join(dir, 'in'));
  await writeFile(join(dir, 'in', 'tiny.yaml'), `${TINY}out: there\njson: true\n`);
  const told = await run(t, dir, ['sim', 'in/tiny.yaml']);
  t.is(told.code, 0, told.stderr);
  t.is(await readFile(join(dir, 'in/there/result.json'), 'utf8'), told.stdout.toString());
  const other = await run(t, dir, ['sim', 'in/tiny.yaml', '--out', 'here']);
  const digestOf = (text: string): unknown => (JSON.parse(text) as { digest: unknown }).digest;
  const kept = await readFile(join(dir, 'here/result.json'), 'utf8');
  t.is(digestOf(kept), digestOf(told.stdout.toString()), other.stderr);
});

test('what cannot be is one line each, exit code 2, and nothing is run', async (t) => {
  const dir = await scratch(t);
  await writeFile(join(dir, 'x.yaml'), 'nodes: 5\nlokups: 5\n');
  await writeFile(join(dir, 'out.yaml'), 'out: 5\n');
  await writeFile(join(dir, 'two.yaml'), 'nodes: some\nlinks: hot\n');
  await mkdir(join(dir, 'swept'));
  await writeFile(join(dir, 'swept', 'sweep.json'), '{}');
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['x.yaml', /^orrery sim: unknown key 'lokups' in x\.yaml line 2: did you mean lookups\?\n$/],
    ['out.yaml', /^orrery sim: .*out.* line 1.*write the name of a folder, as in out: out\/churn/],
    ['no.yaml', /^orrery sim: the scenario no\.yaml is missing: name a YAML file\n$/],
    ['--k 0', /^orrery sim: option '--k <n>' argument '0' is invalid\. '0' cannot be: write a/],
    ['--nodes 4 --replication 8', /^orrery sim: --replication 8 needs at least as many --nodes/],
    ['--latency matrix:no.tsv', /^orrery sim: no\.tsv/],
    ['--repair 50', /option '--repair <duration>' argument '50' is invalid\. '50' is no duration/],
    ['--out swept', /swept holds a sweep: name another folder/],
    ['--noeds 5', /unknown option '--noeds'.*Did you mean --nodes/],
    ['--time-scale 4', /'4' is invalid\. Leave it out: real nodes tell their figures in time of/],
    ['one.yaml two.yaml', /too many arguments/],
  ];
  for (const [args, pattern] of wrong) {
    const { code, stdout, stderr } = await run(t, dir, ['sim', ...args.split(' ')]);
    t.is(code, 2, args);
    t.is(stdout.length, 0, args);
    t.true(isOneLine(stderr), stderr);
    t.regex(stderr, pattern);
  }
  const { code, stderr } = await run(t, dir, ['sim', 'two.yaml']);
  t.is(code, 2);
  t.regex(
    stderr,
    /^orrery sim: nodes in two\.yaml line 1: .*\norrery sim: links in .* line 2: .*\n$/,
  );
});

test('what changes nothing is noted on standard error, and the run goes on', async (t) => {
  const dir = await scratch(t);
  const args = ['--nodes', '5', '--duration', '1s', '--lookups', '2', '--lookup-rate', '5/s'];
  const { code, stderr } = await run(t, dir, ['sim', ...args]);
  t.is(code, 0);
  t.is(
    stderr,
    'orrery sim: --lookup-rate changes nothing here: the work is spread over the --duration\n',
  );
});

test('Ctrl-C ends a long run with 130 and says that there is no result', async (t) => {
  const dir = await scratch(t);
  const args = ['--nodes', '2000', '--duration', '7d', '--tables', 'converged', '--out', 'long'];
  const running = launch(t, dir, 'sim', ...args);
  await running.errors(/large run/);
  running.kill('SIGINT');
  const { code, stdout, stderr } = await running.ended;
  t.is(code, 130);
  t.is(stdout.length, 0);
  t.regex(stderr, /orrery sim: stopped before its end; no result was written\n$/);
  t.deepEqual(await readdir(dir), []);
});

test('large runs are announced, others are not', (t) => {
  t.deepEqual(warningsFor(defaultOptions()), []);
  const large = defaultOptions({ nodes: 100_000, durationMs: 86_400_000, tables: 'converged' });
  t.regex(
    warningsFor(large, 2 ** 40).join('\n'),
    /^this is a large run: about 3\.9 billion messages, 11 hours/,
  );
  t.regex(
    warningsFor(large, 2 ** 28).at(-1) ?? '',
    /may need about 0\.7 GiB of memory, and here are 0\.3/,
  );
  const churning = defaultOptions({
    churn: { type: 'exponential', meanOnMs: 60_000, meanOffMs: null },
  });
  t.true(estimate(churning).messages > 5 * estimate(defaultOptions()).messages);
});

test('progress never runs backwards and ends at the end', (t) => {
  const shareOf = shares(defaultOptions({ warmupMs: 60_000 }));
  const course = (['joining', 'warm-up', 'measuring'] as const).flatMap((phase) =>
    [0, 0.5, 1].map((share) => shareOf({ phase, share })),
  );
  t.deepEqual(
    course,
    [...course].sort((a, b) => a - b),
  );
  t.is(course[0], 0);
  t.true((course[1] ?? 0) > 0.1, 'joins count');
  t.true(Math.abs((course.at(-1) ?? 0) - 1) < 1e-9);
});

test('a summary explains what would puzzle: no hops, one node', (t) => {
  const textFor = (nodes: number): string => {
    const options = defaultOptions({ nodes, durationMs: 1000, lookups: 30, tables: 'converged' });
    return summaryOf(simulate(options, '1'), undefined, undefined);
  };
  t.regex(textFor(1), /^1 node, .*\nlookups {3}30: a node alone has nobody to ask\n/s);
  t.regex(textFor(30), /0 hops \(.* %\): the asker itself was among the nearest\n/);
});
