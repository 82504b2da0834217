/**
 * `orrery compare` as people run it, on folders of real runs: what agrees and what does not, what
 * JSON and report hold, and one line for each folder that cannot be compared.
 */
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import test from 'ava';
import { compare } from '../../sim/edge/compare/compare.ts';
import type { Compared, Comparison } from '../../sim/edge/compare/compare.ts';
import { figuresOf, readSide, tookMs } from '../../sim/edge/compare/side.ts';
import { statisticOf } from '../../sim/edge/compare/statistics.ts';
import { rowOf, settingsNote } from '../../sim/edge/compare/words.ts';
import { writeReport } from '../../sim/edge/report/write.ts';
import { OPERATION_COLUMNS } from '../../sim/observer/operation-row.ts';
import type { SimOptions } from '../../sim/options.ts';
import { isOneLine, run, scratch } from '../cli/cli-kit.ts';
import { makeRun, reportFiles, reportIn, xmlFault } from '../report/report-kit.ts';

const SMALL: Partial<SimOptions> = {
  nodes: 60,
  k: 8,
  tables: 'converged',
  durationMs: 60_000,
  lookups: 200,
  puts: 40,
  gets: 80,
  latency: { type: 'lognormal', medianMs: 40, sigma: 0.5 },
};

let dir = '';

test.before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'orrery-compare-'));
  process.once('exit', () => {
    rmSync(dir, { recursive: true, force: true });
  });
  await makeRun(join(dir, 'one'), { ...SMALL, seed: '1' });
  await makeRun(join(dir, 'two'), { ...SMALL, seed: '2' });
  await makeRun(join(dir, 'lossy'), { ...SMALL, seed: '1', loss: 0.3 });
  await makeRun(join(dir, 'bare'), { ...SMALL, gets: 0, puts: 0 });
  await makeRun(join(dir, 'idle'), { ...SMALL, lookups: 0, gets: 0, puts: 0 });
  await makeRun(join(dir, 'skipping'), { ...SMALL, seed: '1' }, { skipped: 3 });
  // Lookups alone, so many that their intervals are narrow.
  await makeRun(join(dir, 'many'), { ...SMALL, gets: 0, puts: 0, lookups: 5000 });
});

async function compared(a: string, b: string): Promise<Comparison> {
  return compare(await readSide(join(dir, a)), await readSide(join(dir, b)));
}

function line({ measures }: Comparison, id: string): Compared {
  const found = measures.find((measure) => measure.id === id);
  if (found === undefined) throw new Error(`there is no ${id}`);
  return found;
}

test('networks of two seeds agree in hops, and nothing is said to differ', async (t) => {
  const found = await compared('one', 'two');
  t.deepEqual(found.settings, []);
  t.like(line(found, 'hops-distribution'), { verdict: 'agrees', samples: { a: 200, b: 200 } });
  const differing = found.measures.filter(({ verdict }) => verdict === 'differs');
  t.deepEqual(differing, []);
});

test('lost messages are seen in the latency, and the setting is named', async (t) => {
  const found = await compared('one', 'lossy');
  t.deepEqual(found.settings, [{ setting: 'loss', a: '0', b: '0.3' }]);
  for (const id of ['lookup-latency-p50', 'lookup-latency-p95', 'put-latency-p50']) {
    const { verdict, low, a, b } = line(found, id);
    t.is(verdict, 'differs', id);
    t.true(Number(low) > 0.05 && Number(b) > Number(a), id);
  }
  const { code, stdout, stderr } = await run(t, dir, ['compare', 'one', 'lossy', '--require']);
  t.is(code, 1);
  t.true(isOneLine(stderr), stderr);
  t.regex(stderr, /^orrery: the two differ: .*lookup latency, p50 \(differs\)/);
  t.false(stderr.includes('cannot tell'));
  const text = stdout.toString();
  t.regex(text, /^A {2}one: simulated, 60 nodes, seed 1, .*\nB {2}lossy: /);
  t.regex(text, /differences are to be expected:\n {2}loss: A 0, B 0\.3\n/);
  t.regex(text, /\nlookup latency, p50 .* 200 \/ 200, pairs +differs\n/);
});

test('a result and itself: every difference is zero', async (t) => {
  const found = await compared('one', 'one');
  for (const { id, difference, type, verdict, low, high } of found.measures) {
    t.is(difference, 0, id);
    if (type === 'total') continue;
    // Of samples as small as these not all agree.
    t.not(verdict, 'differs', id);
    if (type !== 'distribution') t.true(Number(low) <= 0 && Number(high) >= 0, id);
  }
  t.is(line(found, 'hops-distribution').p, 1);
});

test('for want of samples nothing differs, and not all agrees', async (t) => {
  const plain = await run(t, dir, ['compare', 'one', 'one', '--require']);
  t.is(plain.code, 0, plain.stderr);
  const all = ['--require', 'agreement'];
  const { code, stderr } = await run(t, dir, ['compare', 'many', 'many', ...all]);
  t.is(code, 0, stderr);
  const few = await run(t, dir, ['compare', 'one', 'one', ...all]);
  t.is(few.code, 1);
  t.regex(few.stderr, /^orrery: not all agree: .*\(cannot tell\)/);
  const none = await run(t, dir, ['compare', 'idle', 'idle', '--require']);
  t.is(none.code, 1);
  t.is(none.stderr, 'orrery: nothing could be compared\n');
});

test('what one did more of is told, and whether the seeds are the same', async (t) => {
  const found = await compared('one', 'many');
  t.deepEqual(found.work, [
    { id: 'lookups', a: 200, b: 5000, unlike: true },
    { id: 'puts', a: 40, b: 0, unlike: true },
    { id: 'gets', a: 80, b: 0, unlike: true },
    { id: 'skipped', a: 0, b: 0, unlike: false },
  ]);
  const { stdout } = await run(t, dir, ['compare', 'skipping', 'one']);
  const text = stdout.toString();
  t.regex(text, /\nThe settings and the seed are the same\.\nThe two did .*: skipped A 3, B 0\.\n/);
});

test('a difference from nothing is told as without end', async (t) => {
  const hops = line(await compared('one', 'one'), 'hops-mean');
  const row = rowOf({ ...hops, a: 0, difference: Infinity, low: 0.018, high: Infinity });
  t.deepEqual(row.slice(3, 5), ['∞', '+1.8 % to ∞']);
});

test('JSON has the same fields for every measure', async (t) => {
  const { code, stdout, stderr } = await run(t, dir, ['compare', 'one', 'two', '--json']);
  t.is(code, 0, stderr);
  t.is(stderr, '');
  const found = JSON.parse(stdout.toString()) as Comparison;
  t.is(settingsNote(found), 'The settings are the same but for the seed.');
  t.deepEqual(Object.keys(found), ['schema', 'a', 'b', 'settings', 'work', 'measures']);
  t.is(found.schema, 1);
  t.like(found.a, { dir: 'one', host: 'simulated', nodes: 60, seed: 1, tooLate: false });
  const fields =
    'id name type unit samples paired a b difference low high p tolerance verdict'.split(' ');
  for (const measure of found.measures) t.deepEqual(Object.keys(measure), fields, measure.id);
  const ids = found.measures.filter(({ type }) => type !== 'total').map(({ id }) => id);
  t.deepEqual(
    ids,
    (
      'hops-distribution hops-mean lookup-latency-p50 lookup-latency-p95 lookup-messages ' +
      'lookup-success lookup-exact get-latency-p50 get-latency-p95 get-messages get-success ' +
      'put-latency-p50 put-latency-p95 put-success put-replicas'
    ).split(' '),
  );
});

test('what neither has is left out; what one lacks nobody can tell', async (t) => {
  const half = await compared('one', 'bare');
  for (const id of ['get-latency-p50', 'get-success', 'put-replicas']) {
    t.like(line(half, id), { b: null, difference: null, low: null, verdict: 'cannot tell' }, id);
    t.is(line(half, id).samples?.b, 0);
  }
  const none = await compared('bare', 'bare');
  t.false(none.measures.some(({ id }) => /^(?:get|put)-/.test(id)));
});

test('the table of operations is that of the result', async (t) => {
  const side = await readSide(join(dir, 'lossy'));
  const { values } = side.result;
  const count = (...outcomes: string[]): number =>
    side.operations.filter(({ outcome }) => outcomes.includes(outcome)).length;
  t.is(count('found', 'wrong'), values.found);
  t.is(count('stored'), values.stored);
  t.is(side.operations.length, values.puts + values.gets);
  t.true(count('not-found', 'failed') > 0 || values.notFound === 0);
  const near = (a: number, b: number | null): boolean => Math.abs(a - Number(b)) < 1e-6;
  t.true(
    near(statisticOf(figuresOf(side, 'found', tookMs).values, 'p50'), values.getLatencyMs.p50),
  );
  t.true(
    near(statisticOf(figuresOf(side, 'stored', tookMs).values, 'mean'), values.putLatencyMs.mean),
  );
  const numbers = side.operations.map(({ operation }) => operation);
  t.deepEqual(
    numbers,
    [...numbers].sort((a, b) => a - b),
  );
  const stored = side.operations.filter(({ outcome }) => outcome === 'stored');
  t.true(stored.every(({ replicas, messages }) => Number(replicas) > 0 && Number(messages) > 0));
  t.true(side.operations.every(({ kind, replicas }) => kind === 'put' || replicas === null));
});

test('a machine that was too late gets no verdicts over times, a real host its name', async (t) => {
  const late = join(dir, 'late');
  await makeRun(late, SMALL, {
    host: 'real',
    playing: {
      seats: 'process',
      timeScale: 1,
      lateMs: { mean: 9, p50: 2, p99: 80 },
      tooLate: true,
    },
  });
  const { code, stdout, stderr } = await run(t, dir, ['compare', 'one', 'late', '--json']);
  t.is(code, 0);
  t.is(
    stderr,
    'orrery compare: one was simulated with --links dial, and real nodes dial back: ' +
      'its first requests are too fast; simulate with --links dial-back\n',
  );
  const found = JSON.parse(stdout.toString()) as Comparison;
  t.is(found.b.host, 'real');
  for (const { id, unit, type, verdict } of found.measures) {
    t.is(verdict === null, unit === 'ms' || type === 'total', id);
  }
  const all = await run(t, dir, ['compare', 'one', 'late', '--require', 'agreement', '--report']);
  t.is(all.code, 1);
  t.regex(all.stderr, /orrery: not all agree: .*lookup latency, p50 \(no verdict\)/);
  t.regex(all.stdout.toString(), /\nB {2}late: real nodes, .*\n\nno verdicts over times: .* of B/s);
  const page = await reportIn(join(dir, 'one'));
  t.true(page.includes('and real nodes dial back') && page.includes('no verdicts over times'));
  await writeReport(late);
  t.true((await reportIn(late)).includes('9 ms in the mean, 80 ms for the latest 1 %'));
});

test('--report puts the comparison into the report of A', async (t) => {
  const { code, stderr } = await run(t, dir, ['compare', 'two', 'lossy', '--report']);
  t.is(code, 0, stderr);
  t.regex(stderr, /^written two.report\.html/);
  const files = await reportFiles(join(dir, 'two'));
  const page = files['report.html'] ?? '';
  t.true(page.includes('<section id="compared"'));
  t.true(page.includes('<th scope="row">lookup latency, p50</th>'));
  t.regex(page, /<b class="failed">differs<\/b>/);
  for (const name of ['hops', 'messages', 'lookup-latency', 'get-latency', 'put-latency']) {
    t.true(page.includes(`id="figure-compared-${name}"`), name);
    t.is(xmlFault(files[`compared-${name}.svg`] ?? ''), undefined, name);
  }
  const [head, ...rows] = (files['compared-hops.csv'] ?? '').trimEnd().split('\n');
  t.is(head, 'hops,"A, share of lookups","B, share of lookups"');
  for (const column of [1, 2]) {
    const sum = rows.reduce((all, row) => all + Number(row.split(',')[column]), 0);
    t.true(Math.abs(sum - 1) < 1e-9);
  }
  await writeReport(join(dir, 'two'));
  const plain = await reportFiles(join(dir, 'two'));
  t.false(plain['report.html']?.includes('id="compared"'));
  t.deepEqual(
    Object.keys(plain).filter((name) => name.startsWith('compared-')),
    [],
  );
});

test('what cannot be compared is one line, exit code 2', async (t) => {
  const own = await scratch(t);
  await makeRun(join(own, 'ok'), { ...SMALL, nodes: 20, lookups: 5, puts: 1, gets: 1 });
  for (const name of ['plain', 'old', 'broken', 'other', 'cut']) {
    await makeRun(join(own, name), { ...SMALL, nodes: 20, lookups: 5, puts: 1, gets: 1 });
  }
  await rm(join(own, 'plain', 'lookups.csv.gz'));
  await rm(join(own, 'old', 'operations.csv.gz'));
  await writeFile(join(own, 'cut', 'lookups.csv.gz'), 'cut');
  const table = join(own, 'broken', 'operations.csv.gz');
  const text = gunzipSync(await readFile(table)).toString();
  await writeFile(table, gzipSync(text.replace(/,(?:stored|found|failed|not-found),/, ',eaten,')));
  await writeFile(join(own, 'other', 'operations.csv.gz'), gzipSync('a,b\n1,2\n'));
  await mkdir(join(own, 'swept'));
  await writeFile(join(own, 'swept', 'sweep.json'), '{}');
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['ok nowhere', /nowhere.result\.json is missing: name a folder with a result\n$/],
    ['plain ok', /plain has no lookups\.csv\.gz: run it again with --out plain\n$/],
    ['ok old', /old has no operations\.csv\.gz: run it again with --out old\n$/],
    [
      'ok broken',
      /in broken, line 2 of operations\.csv\.gz is no .*\): run it again with --out broken\n$/,
    ],
    ['cut ok', /in cut, lookups\.csv\.gz is damaged \(.*\): run it again with --out cut\n$/],
    ['ok other', /in other, operations\.csv\.gz has other columns than this version writes/],
    ['ok ok --require all', /option '--require \[what\]' .*no-difference, agreement/],
    ['--require ok ok', /argument 'ok' is invalid.*; without one, write --require behind both/],
    ['swept ok', /swept is a sweep: name the folder of a run\n$/],
    ['ok', /missing required argument 'b'/],
    ['ok ok ok', /too many arguments/],
    ['ok ok --requires', /unknown option '--requires'/],
  ];
  for (const [args, pattern] of wrong) {
    const { code, stdout, stderr } = await run(t, own, ['compare', ...args.split(' ')]);
    t.is(code, 2, args);
    t.is(stdout.length, 0, args);
    t.true(isOneLine(stderr), stderr);
    t.regex(stderr, pattern);
  }
  t.is(text.split('\n')[0], OPERATION_COLUMNS.join(','));
});
