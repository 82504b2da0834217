/**
 * `orrery report`: reports made again, results verified by running them again, forgeries found,
 * and what cannot be verified told in one line.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { runApart, snapshotApart } from '../../sim/edge/apart.ts';
import { writeOutputs } from '../../sim/edge/outputs.ts';
import { ReportFault } from '../../sim/edge/report/fault.ts';
import { claimsIn, verify } from '../../sim/edge/report/verify.ts';
import { writeReport } from '../../sim/edge/report/write.ts';
import { defaultOptions } from '../../sim/options.ts';
import { isOneLine, run } from '../cli/cli-kit.ts';
import { makeRun, makeSweep, reportIn, scratch, VERSION } from './report-kit.ts';

const SMALL = { nodes: 30, tables: 'converged', durationMs: 10_000, lookups: 20 } as const;

const keepOn = (): boolean => false;

async function change(dir: string, from: string | RegExp, to: string): Promise<void> {
  const path = join(dir, 'result.json');
  await writeFile(path, (await readFile(path, 'utf8')).replace(from, to));
}

test('a true result is verified, a forged one is found, another version is told', async (t) => {
  const dir = await scratch(t);
  const { digest } = await makeRun(dir, SMALL);
  const [claim] = await claimsIn(dir);
  if (claim === undefined) return t.fail('a run has one claim');
  const verdict = await verify(claim, VERSION, keepOn);
  t.deepEqual(verdict, { recorded: digest, found: digest, isEqual: true, otherVersion: undefined });
  t.is((await verify(claim, '9.9.9', keepOn)).otherVersion, VERSION);
  await change(dir, '"seed": 1,\n    "durationMs"', '"seed": 2,\n    "durationMs"');
  const forged = await verify(claim, VERSION, keepOn);
  t.false(forged.isEqual);
  t.is(forged.recorded, digest);
  await change(dir, '"nodes": 30', '"nodes": -1');
  await t.throwsAsync(verify(claim, VERSION, keepOn), {
    instanceOf: ReportFault,
    message: /^result\.json has settings that cannot be: /,
  });
});

test('files are looked for where the run read them, and must be the same', async (t) => {
  const dir = await scratch(t);
  await makeRun(dir, SMALL);
  const matrix = { type: 'matrix', file: join(dir, 'rtt.tsv'), sha256: '0'.repeat(64) };
  const spec = JSON.stringify({ ...matrix, unit: 'ms', missing: 'refuse' });
  await change(dir, /"latency": \{[^}]*\}/, `"latency": ${spec}`);
  const [claim] = await claimsIn(dir);
  if (claim === undefined) return t.fail('a run has one claim');
  const told = { instanceOf: ReportFault, message: /rtt\.tsv/ };
  await t.throwsAsync(verify(claim, VERSION, keepOn), told);
  await writeFile(matrix.file, '0\t10\n12\t0\n');
  const message = /rtt\.tsv: not the file of the earlier run: its SHA-256 is/;
  await t.throwsAsync(verify(claim, VERSION, keepOn), { instanceOf: ReportFault, message });
});

test('a fork is verified from the run that it was forked from', async (t) => {
  const dir = await scratch(t);
  const origin = defaultOptions({ ...SMALL, warmupMs: 2000 });
  const from = await snapshotApart(origin, VERSION, 0, {});
  const fork = { ...origin, loss: 0.2 };
  const output = await runApart(fork, VERSION, { from, rows: true });
  t.is(output.result.from?.digest, from.digest);
  await writeOutputs(dir, output);
  await writeReport(dir);
  t.true(
    (await reportIn(dir)).includes(`forked from another, with the digest <code>${from.digest}`),
  );
  const [claim] = await claimsIn(dir);
  if (claim === undefined) return t.fail('a run has one claim');
  const verdict = await verify(claim, VERSION, keepOn);
  t.true(verdict.isEqual, `${verdict.recorded} ${verdict.found}`);
});

test('cells of a sweep are verified, as many as one likes', async (t) => {
  const dir = await scratch(t);
  await makeSweep(dir, 'k', [{ key: 'k', values: [4, 8] }], [1, 2, 3], SMALL);
  const all = await claimsIn(dir);
  t.is(all.length, 5, 'the sixth has failed');
  t.is(all[0]?.place, 'k 4, seed 1');
  const some = await claimsIn(dir, 2);
  t.deepEqual(some, [all[0], all[2]]);
  for (const claim of some) t.true((await verify(claim, VERSION, keepOn)).isEqual);
});

test('the command line makes reports and verifies, with its exit codes', async (t) => {
  const dir = await scratch(t);
  await makeRun(join(dir, 'result'), SMALL);
  const command = async (...args: string[]): ReturnType<typeof run> =>
    await run(t, dir, ['report', ...args]);
  const made = await command('result');
  t.is(made.code, 0, made.stderr);
  t.true(
    (await readFile(join(dir, 'result', 'report.html'), 'utf8')).startsWith('<!doctype html>'),
  );
  const verified = await command('result', '--verify');
  t.is(verified.code, 0, verified.stderr);
  t.regex(
    verified.stdout.toString(),
    /^equal {4} result\.json\n {2}recorded (\w+)\n {2}found {4}\1\n$/,
  );
  t.regex(verified.stderr, /^result\.json was made by version 0\.0\.0-test, this is .*: trying/);
  await change(join(dir, 'result'), /"digest": "[0-9a-f]{4}/, '"digest": "0000');
  const forged = await command('result', '--verify');
  t.is(forged.code, 1);
  t.regex(forged.stdout.toString(), /^DIFFERENT result\.json/);
  const refused: readonly (readonly string[])[] = [
    ['elsewhere'],
    ['elsewhere', '--verify'],
    ['result', '--cells', '2'],
    ['result', '--verify', '--cells', '0'],
  ];
  for (const args of refused) {
    const { code, stderr } = await command(...args);
    t.is(code, 2, args.join(' '));
    t.true(isOneLine(stderr), stderr);
  }
});
