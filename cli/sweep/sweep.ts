/**
 * `orrery sweep`: a grid of settings times seeds, on this machine or on a queue.
 * Results go to a folder, a table of the main measures to standard output, progress to standard
 * error.
 *
 * Exit codes: 0 all cells are there; 1 some failed, or the Redis server was lost; 2 bad input; 130
 * when Ctrl-C cut it short. In every case what is done stays, and the same command goes on.
 */

import { availableParallelism } from 'node:os';
import { basename, extname, join } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { UsageError } from '../../runtime/failure.ts';
import { ReportFault } from '../../sim/edge/report/fault.ts';
import { SettingsFault } from '../../sim/edge/settings/fault.ts';
import { RedisLost, SweepFault } from '../../sim/edge/sweep/fault.ts';
import { indexText, SweepFolder } from '../../sim/edge/sweep/folder.ts';
import type { SweepIndex } from '../../sim/edge/sweep/folder.ts';
import { localRunner } from '../../sim/edge/sweep/local.ts';
import type { Runner } from '../../sim/edge/sweep/local.ts';
import { readPlanFile } from '../../sim/edge/sweep/plan-file.ts';
import { planSweep } from '../../sim/edge/sweep/plan.ts';
import { runSweep } from '../../sim/edge/sweep/sweep.ts';
import type { SweepOutcome } from '../../sim/edge/sweep/sweep.ts';
import { Warmups } from '../../sim/edge/sweep/warmups.ts';
import { CommandFailure, EXIT_INTERRUPTED } from '../failure.ts';
import { wholeNumber } from '../flags.ts';
import { Meter } from '../meter.ts';
import { print, say } from '../output.ts';
import { watchForStop } from '../signals.ts';
import { sweepTable } from './table.ts';

const EXAMPLES = `
A sweep is a YAML file:
  name: k-and-alpha
  question: Which k and alpha make lookups fast?
  base: { nodes: 1000, duration: 5m, lookups: 500 }
  grid: { k: [8, 20], alpha: [1, 3, 5] }
  seeds: 5

Examples:
  $ npx orrery sweep k-and-alpha.yaml
  $ npx orrery sweep k-and-alpha.yaml --redis redis://192.0.2.7:6379
  $ npx orrery sweep-worker --redis redis://192.0.2.7:6379      on any number of machines

The same command goes on where it was stopped.`;

export function sweepCommand(version: string): CommandUnknownOpts {
  return new Command('sweep')
    .description('run a grid of simulations, here or on a queue')
    .argument('<sweep>', 'the YAML file of the sweep')
    .option('--workers <n>', 'cells at a time on this machine', wholeNumber(1, 1024))
    .option('--redis <url>', 'let sweep-workers run the cells, as in redis://127.0.0.1:6379')
    .option('--out <dir>', 'folder for results (default: named after the file)')
    .option('--json', 'sweep.json alone on standard output', false)
    .addHelpText('after', EXAMPLES)
    .action(async (file, flags) => {
      const out = flags.out ?? `${basename(file, extname(file))}-sweep`;
      if (flags.redis !== undefined && flags.workers !== undefined) {
        throw new UsageError('--workers is for this machine: with --redis, leave it out');
      }
      const again =
        `npx orrery sweep ${file} --out ${out}` + (flags.redis === undefined ? '' : ' --redis URL');
      const asked: Asked = { file, out, version, again, ...flags };
      try {
        process.exitCode = await sweep(asked);
      } catch (error) {
        if (error instanceof RedisLost) {
          throw new CommandFailure(`${error.message}; what is done is kept, to go on: ${again}`);
        }
        if (
          error instanceof SweepFault ||
          error instanceof SettingsFault ||
          error instanceof ReportFault
        ) {
          throw new UsageError(error.message);
        }
        throw error;
      }
    });
}

interface Asked {
  readonly file: string;
  readonly out: string;
  readonly version: string;
  /** The command that goes on. */
  readonly again: string;
  readonly workers?: number | undefined;
  readonly redis?: string | undefined;
  readonly json: boolean;
}

async function sweep(asked: Asked): Promise<number> {
  const { version } = asked;
  const atOnce = asked.workers ?? availableParallelism();
  const warmups = new Warmups(asked.out, version, atOnce);
  const plan = await planSweep(await readPlanFile(asked.file), version, warmups);
  for (const note of plan.notes) say(`note: ${note}`);
  const folder = new SweepFolder(asked.out);
  const stop = watchForStop();
  const abort = new AbortController();
  void stop.asked.then(() => {
    abort.abort();
  });
  const meter = new Meter();
  const hands = await handsFor(asked, meter);
  try {
    const outcome = await runSweep({
      plan,
      version,
      folder,
      runner: hands.runner,
      signal: abort.signal,
      onProgress: ({ share, finished, words }) => {
        meter.show(share, finished, 'cells', words);
      },
    });
    meter.end();
    if (abort.signal.aborted && missing(outcome.index) > 0) return cutShort(outcome, asked);
    // Charts take a second to load: not before there is something to draw.
    const { writeReport } = await import('../../sim/edge/report/write.ts');
    await writeReport(asked.out);
    return await tell(outcome, folder, asked);
  } finally {
    meter.end();
    hands.end();
    stop.end();
  }
}

interface Hands {
  readonly runner: Runner;
  readonly end: () => void;
}

/** The queue's libraries are loaded only for a queue. */
async function handsFor({ redis, workers, version }: Asked, meter: Meter): Promise<Hands> {
  if (redis === undefined) {
    const runner = localRunner(workers ?? availableParallelism(), version);
    return { runner, end: () => undefined };
  }
  const { RedisLink } = await import('../../sim/edge/sweep/redis/link.ts');
  const { redisRunner } = await import('../../sim/edge/sweep/redis/runner.ts');
  const sayAside = (line: string): void => {
    meter.end();
    say(line);
  };
  const link = await RedisLink.open(redis, sayAside);
  const end = (): void => {
    link.end();
  };
  return { runner: redisRunner(link, version, sayAside), end };
}

function cutShort({ index, made }: SweepOutcome, { out, again, json }: Asked): number {
  say(`stopped: ${made} cells made, ${missing(index)} missing in ${out}; to go on: ${again}`);
  if (json) process.stdout.write(indexText(index));
  return EXIT_INTERRUPTED;
}

async function tell(outcome: SweepOutcome, folder: SweepFolder, asked: Asked): Promise<number> {
  const { index, kept, made } = outcome;
  const failed = index.cells.filter(({ status }) => status === 'failed');
  if (asked.json) process.stdout.write(indexText(index));
  else {
    print(await sweepTable(index, folder));
    print('');
    print(`${made} cells made, ${kept} were there already, ${failed.length} failed`);
    print(`written ${join(asked.out, 'sweep.json')} and ${join(asked.out, 'report.html')}`);
  }
  for (const cell of failed.slice(0, FAILED_SHOWN_MAX)) {
    const where = JSON.stringify({ ...cell.values, seed: cell.seed });
    say(`failed: cell ${cell.id} ${where}: ${cell.error ?? ''}`);
  }
  if (failed.length > FAILED_SHOWN_MAX) {
    say(`and ${failed.length - FAILED_SHOWN_MAX} more: see ${join(asked.out, 'sweep.json')}`);
  }
  return failed.length > 0 ? 1 : 0;
}

function missing({ cells }: SweepIndex): number {
  return cells.filter(({ status }) => status === 'missing').length;
}

const FAILED_SHOWN_MAX = 20;
