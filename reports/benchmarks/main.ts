/**
 * Runs the suites, all of them or those named, prints their figures and writes them as JSON.
 *
 *   npm run bench -- [SUITE ...] [--quick] [--seed 1] [--out FILE | --save] [--here]
 *
 * Each suite runs in a fresh process of its own, one after the other, so that what one suite
 * taught the compiler cannot slow the next; `--here` keeps them in this process, for profilers.
 * Exit codes: 0 done, 1 a suite failed, 2 wrong usage.
 */
import { fork } from 'node:child_process';
import { accessSync, closeSync, constants, existsSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fileFault, makeDirectory } from '../../runtime/files.ts';
import type { Pace, SuiteReport } from './measure.ts';
import { describeMachine, printSuite, writeJson } from './output.ts';

type RunSuite = (pace: Pace) => Promise<SuiteReport>;

/** Loaded one at a time: a suite's process must hold nothing of the others. */
const SUITES: ReadonlyMap<string, () => Promise<RunSuite>> = new Map([
  ['ids', async () => (await import('./ids.bench.ts')).runIds],
  ['table', async () => (await import('./table.bench.ts')).runTable],
  ['lookup', async () => (await import('./lookup.bench.ts')).runLookup],
  ['codec', async () => (await import('./codec.bench.ts')).runCodec],
  ['queue', async () => (await import('./queue.bench.ts')).runQueue],
  ['step', async () => (await import('./step.bench.ts')).runStep],
  ['groups', async () => (await import('./groups.bench.ts')).runGroups],
  ['fingerprint', async () => (await import('./fingerprint.bench.ts')).runFingerprint],
  ['whole', async () => (await import('./whole.bench.ts')).runWhole],
]);

interface Options {
  readonly names: readonly string[];
  readonly pace: Pace;
  readonly here: boolean;
  readonly out: string;
}

/** What this process is asked to do when another one of this file started it. */
interface Order {
  readonly name: string;
  readonly pace: Pace;
}

if (process.send === undefined) {
  await main(optionsOf(process.argv.slice(2)));
} else {
  process.once('disconnect', () => process.exit());
  process.once('message', (message) => {
    const { name, pace } = message as Order;
    runHere(name, pace).then(
      (report) => process.send?.(report),
      (error: unknown) => fail(error, 1),
    );
  });
}

async function main({ names, pace, here, out }: Options): Promise<void> {
  await refuseUnwritable(out);
  const suites: SuiteReport[] = [];
  for (const name of names) {
    try {
      const report = await (here ? runHere(name, pace) : runApart({ name, pace }));
      printSuite(report);
      suites.push(report);
    } catch (error) {
      fail(error, 1);
    }
  }
  try {
    writeJson(out, { ...describeMachine(pace.seed), quick: pace.quick, suites });
  } catch (error) {
    fail(error, 1);
  }
}

async function runHere(name: string, pace: Pace): Promise<SuiteReport> {
  const load = SUITES.get(name);
  if (load === undefined) throw new Error(`broken invariant: no suite ${name}`);
  const run = await load();
  return run(pace);
}

/** benny's own lines go to standard error: standard output is for the figures. */
function runApart(order: Order): Promise<SuiteReport> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [], { stdio: ['ignore', 2, 2, 'ipc'] });
    let report: SuiteReport | undefined;
    child.once('error', reject);
    child.once('message', (message) => {
      report = message as SuiteReport;
      child.disconnect();
    });
    child.once('exit', (code, signal) => {
      if (report !== undefined) resolve(report);
      else reject(new Error(`suite ${order.name} ended with ${signal ?? `code ${code}`}`));
    });
    child.send(order);
  });
}

function optionsOf(args: readonly string[]): Options {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        seed: { type: 'string', default: '1' },
        out: { type: 'string', default: join('.orrery', 'bench.json') },
        save: { type: 'boolean', default: false },
        here: { type: 'boolean', default: false },
      },
    });
    const unknown = positionals.find((name) => !SUITES.has(name));
    if (unknown !== undefined) {
      throw new Error(`no suite "${unknown}": there are ${[...SUITES.keys()].join(', ')}`);
    }
    if (values.out === '') throw new Error('--out needs the name of a file');
    return {
      names: positionals.length > 0 ? positionals : [...SUITES.keys()],
      pace: { seed: values.seed, quick: values.quick },
      here: values.here,
      out: values.save ? savedPath() : values.out,
    };
  } catch (error) {
    return fail(error, 2);
  }
}

/** Beside the sources, wherever the command was given: the nearest folder with a package.json. */
function savedPath(): string {
  let root = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(root, 'package.json'))) {
    if (root === dirname(root)) throw new Error('--save needs the project around it: use --out');
    root = dirname(root);
  }
  return join(root, 'reports', 'results', 'benchmarks.json');
}

/** Before minutes of measuring, not after; the file itself comes at the end. */
async function refuseUnwritable(path: string): Promise<void> {
  try {
    await makeDirectory(dirname(path));
    if (existsSync(path)) closeSync(openSync(path, 'r+'));
    else accessSync(dirname(path), constants.W_OK);
  } catch (error) {
    fail(`--out ${path} cannot be written, ${fileFault(error)}: name another file`, 2);
  }
}

function fail(error: unknown, exitCode: number): never {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(exitCode);
}
