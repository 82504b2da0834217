// What `orrery real` says before and after a run: help, a line for whatever cannot be played; of a
// machine that was too late by how much, how much it may be, and what helps.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { summaryOf } from '../../cli/sim/summary.ts';
import { simulateWhole } from '../../sim/main.ts';
import { defaultOptions } from '../../sim/options.ts';
import type { SimOptions } from '../../sim/options.ts';
import type { Playing } from '../../sim/result/result.ts';
import { startProcess } from '../processes.ts';
import { isOneLine, keptFor, run, scratch } from './cli-kit.ts';

function told(given: Partial<SimOptions>, playing: Partial<Playing>): string {
  const options = defaultOptions({ nodes: 12, durationMs: 10_000, lookups: 20, ...given });
  const { result } = simulateWhole(options, '0.0.0-test', { rows: false });
  const p50 = 60;
  const lookups = { ...result.lookups, latencyMs: { ...result.lookups.latencyMs, p50 } };
  const lateMs = { mean: 0.25, p50: 0.1, p99: 2 };
  const played = { seats: 'process', timeScale: 1, lateMs, tooLate: true, ...playing } as const;
  return summaryOf({ ...result, lookups, host: 'real', playing: played }, undefined, undefined);
}

test('too late: the limit, and the scale from which on it is kept', (t) => {
  const text = told({}, {}).replaceAll(/\s+/g, ' ');
  t.regex(text, /TOO LATE .*: 0\.25 ms in the mean, where operations so fast allow 0\.1 ms: /);
  t.regex(text, /: a fast network needs --time-scale 3 or more, a busy machine fewer nodes/);
  t.regex(told({}, { timeScale: 4 }), /--time-scale 10 or more/);
  t.notRegex(told({}, { tooLate: false }), /TOO LATE|time-scale/);
});

test('where time cannot be stretched so far nobody is told to', (t) => {
  const fewer = /operations so fast allow 0\.1 ms: a busy machine fewer nodes\n/;
  t.regex(told({ departure: 'leave' }, {}), fewer);
  t.regex(told({}, { timeScale: 90 }), fewer);
});

test('what real nodes cannot play is refused in a line for each, before any starts', async (t) => {
  const dir = await scratch(t);
  await writeFile(
    join(dir, 'x.yaml'),
    'tables: converged\nsilent: 10%\nadversaries: 0.2:drop\nvoters: 3\n',
  );
  const many = await run(t, dir, ['real', '--nodes', '101']);
  t.is(many.code, 2);
  t.is(
    many.stderr,
    'orrery real: real nodes are at most 100 at a time, not 101: give --nodes 50 or the like\n',
  );
  const { code, stderr } = await run(t, dir, ['real', 'x.yaml', '--nodes', '5', '--k', '4']);
  t.is(code, 2);
  t.deepEqual(stderr.split('\n').slice(0, -1), [
    'orrery real: tables converged: real nodes learn of one another by joining',
    'orrery real: silent 0.1: every real node answers',
    'orrery real: adversaries drop: every real node is an honest one',
    'orrery real: voters 3: the nodes of a run elect nobody: try real ones with ' +
      '"npm run test:deep -- bootstrap-killed"',
  ]);
  await writeFile(join(dir, 'storm.yaml'), STORM);
  for (const [args, pattern] of WRONG) {
    const wrong = await run(t, dir, ['real', ...args.split(' ')]);
    t.is(wrong.code, 2, args);
    t.true(isOneLine(wrong.stderr), wrong.stderr);
    t.regex(wrong.stderr, pattern);
  }
});

const STORM = `nodes: 80
faults:
  - { type: join-storm, at: 4s, over: 1s, nodes: 40 }
`;

const WRONG: readonly (readonly [string, RegExp])[] = [
  ['--time-scale 0', /from 1 to 100/],
  ['--time-scale 2 --departure leave', /--departure leave: .*leave out --time-scale/],
  ['--workers 2', /^orrery real: --workers: each real node has a process or a thread/],
  ['--snapshot file', /^orrery real: --snapshot: real nodes cannot be saved/],
  ['--tables converged', /^orrery real: --tables converged: real nodes learn/],
  ['no.yaml', /no\.yaml is missing/],
  ['.', /the scenario \. is a folder: name a YAML file/],
  ['--nodes x', /whole number/],
  ['storm.yaml', /at most 100 at a time, not 80 and 40 that a join-storm adds/],
  ['--out /proc', /nothing can be written to \/proc: /],
];

test('without a folder for temporary files it says which one to name', async (t) => {
  const dir = await scratch(t);
  const environment = { TMPDIR: join(dir, 'nowhere') };
  const asked = keptFor(t, startProcess(dir, ['real'], undefined, { environment }));
  const { code, stderr } = await asked.ended;
  t.is(code, 2);
  t.true(isOneLine(stderr), stderr);
  t.regex(stderr, /no folder can be made in .*nowhere: .*; name another .* in TMPDIR\n$/);
});

test('help tells the defaults and limits of real nodes', async (t) => {
  const { code, stdout } = await run(t, await scratch(t), ['real', '--help']);
  t.is(code, 0);
  const help = stdout.toString().replaceAll(/\s+/g, ' ');
  t.regex(help, /--nodes <n> nodes, [^)]*at most 100 [^)]*\(default: 20 without a scenario\)/);
  t.regex(help, /1 to 100; only 1 with --departure leave/);
  t.notRegex(help, /default: 1000\)|--workers|--tables|--snapshot/);
});
