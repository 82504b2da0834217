/**
 * `orrery sim`: one simulation (SPEC section 8). Flags are read and checked here, the run is the
 * simulator's, and what it found goes to standard output: a summary for people, or with `--json`
 * result.json alone. Progress goes to standard error.
 *
 * Exit codes: 0 done, 2 wrong usage (a UsageError), 130 when Ctrl-C cut the run short.
 */

import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../runtime/failure.ts';
import { makeDirectory } from '../runtime/files.ts';
import { defaultConfig } from '../src/config.ts';
import { simulateApart } from '../sim/edge/apart.ts';
import { Interrupted } from '../sim/main.ts';
import { defaultOptions, optionFaults } from '../sim/options.ts';
import type { ChurnSpec, LatencySpec, SimOptions } from '../sim/options.ts';
import type { SimResult } from '../sim/result.ts';
import { parseChurn, parseDuration, parseLatency, parseRate, parseTimeout } from '../sim/specs.ts';
import type { Parsed } from '../sim/specs.ts';
import { Meter } from './meter.ts';
import { summaryOf } from './sim-summary.ts';

/** Flags that are part of the contract and not of this version, with their values' number. */
const LATER = [
  '--paths <n>',
  '--repair <duration>',
  '--silent <share>',
  '--departure <kind>',
  '--disk <kind>',
  '--zipf <s>',
  '--adversaries <share:kind>',
  '--workers <n>',
] as const;

const TABLES = ['converged', 'joined'] as const;
const LINKS = ['dial', 'warm'] as const;

const EXAMPLES = `
Examples:
  $ orrery sim --nodes 1000 --lookups 2000 --duration 10m
  $ orrery sim --nodes 10000 --tables converged --links warm --lookups 50000 --duration 0
  $ orrery sim --churn exponential:86.6m --duration 1h --puts 100 --gets 1000 --out result
  $ orrery sim --seed 7 --json > result.json

Durations are written 500ms, 90s, 10m, 1.5h or 7d. The same seed and flags give the same digest.`;

export function simCommand(version: string): CommandUnknownOpts {
  const command = withFlags();
  for (const flags of LATER) command.addOption(later(flags));
  command.action(async (scenario, flags) => {
    if (scenario !== undefined) {
      throw new UsageError('scenario files come with a later version: give the settings as flags');
    }
    const options = resolved(flags);
    const faults = optionFaults(options);
    if (faults[0] !== undefined) throw new UsageError(faults.join('; '));
    if (flags.out !== undefined) await makeDirectory(flags.out);
    const result = await runWatched(options, version);
    if (result === undefined) {
      process.exitCode = EXIT_INTERRUPTED;
      return;
    }
    const json = `${JSON.stringify(result, null, 2)}\n`;
    if (flags.out !== undefined) await writeFile(join(flags.out, 'result.json'), json);
    process.stdout.write(flags.json ? json : summaryOf(result, flags.out));
  });
  return command;
}

const EXIT_INTERRUPTED = 130;
const uniform: LatencySpec = { type: 'uniform', lowMs: 10, highMs: 100 };
const noChurn: ChurnSpec = { type: 'none' };

/** The flags of this version; `beta`, `nearest`, `replication` and `lookups` depend on others. */
function withFlags() {
  return new Command('sim')
    .exitOverride()
    .showHelpAfterError('(see "orrery sim --help")')
    .description('run one simulation of the protocol core')
    .argument('[scenario]', 'a scenario file (comes with a later version)')
    .option('--nodes <n>', 'nodes, online and offline', whole, 1000)
    .option('--seed <seed>', 'what all chance is drawn from', '1')
    .option('--duration <d>', '0: until the workload is done', read(parseDuration), 600_000)
    .option('--warmup <d>', 'time before measuring begins', read(parseDuration), 0)
    .option('--k <n>', 'contacts per bucket', whole, defaultConfig.k)
    .option('--alpha <n>', 'calls in flight of a lookup', whole, defaultConfig.alpha)
    .option('--beta <n>', 'contacts named in a reply (default: k)', whole)
    .option('--nearest <n>', 'nearest nodes a lookup looks for (default: k)', whole)
    .option('--replication <n>', 'replicas of a value (default: 8, or all nodes)', whole)
    .option('--floor <n>', 'fewest replicas of a good PUT', whole, defaultConfig.floor)
    .option('--ttl <d>', 'life of a value', read(parseDuration), 86_400_000)
    .addOption(new Option('--tables <kind>').choices(TABLES).default(TABLES[1]))
    .option('--latency <model>', 'one way, ms', read(parseLatency), uniform)
    .option('--min-latency <ms>', 'floor of every latency, ms', amount, 1)
    .addOption(new Option('--links <kind>').choices(LINKS).default(LINKS[0]))
    .option('--loss <share>', 'share of calls that are never answered', amount, 0)
    .option('--timeout <ms>', 'adaptive, or a fixed deadline of a call', read(parseTimeout), 0)
    .option('--deadline <d>', 'of an operation', read(parseDuration), defaultConfig.operationMs)
    .option('--churn <model>', 'none or exponential:ON[,OFF]', read(parseChurn), noChurn)
    .option('--lookups <n>', 'node lookups (default: 1000 without other workload)', whole)
    .option('--lookup-rate <rate>', 'with --duration 0, as in 1000/s', read(parseRate), 1000)
    .option('--targets <kind>', 'what is looked up: random points', targets, 'random')
    .option('--puts <n>', 'values stored', whole, 0)
    .option('--gets <n>', 'reads of acknowledged values', whole, 0)
    .option('--value-bytes <n>', 'bytes of a value', whole, 100)
    .option('--wire', 'every message through codec and admit; same digest', false)
    .option('--out <dir>', 'folder for result.json')
    .option('--json', 'result.json alone on standard output', false)
    .addHelpText('after', EXAMPLES);
}

type Flags = ReturnType<ReturnType<typeof withFlags>['opts']>;

function resolved(flags: Flags): SimOptions {
  const { beta, nearest, replication, lookups } = flags;
  return defaultOptions({
    nodes: flags.nodes,
    seed: flags.seed,
    durationMs: flags.duration,
    warmupMs: flags.warmup,
    k: flags.k,
    alpha: flags.alpha,
    ...(beta === undefined ? {} : { beta }),
    ...(nearest === undefined ? {} : { nearest }),
    ...(replication === undefined ? {} : { replication }),
    floor: flags.floor,
    ttlS: Math.floor(flags.ttl / 1000),
    tables: flags.tables,
    latency: flags.latency,
    minLatencyMs: flags.minLatency,
    links: flags.links,
    loss: flags.loss,
    timeoutMs: flags.timeout,
    operationMs: flags.deadline,
    churn: flags.churn,
    ...(lookups === undefined ? {} : { lookups }),
    lookupsPerSecond: flags.lookupRate,
    puts: flags.puts,
    gets: flags.gets,
    valueBytes: flags.valueBytes,
    wire: flags.wire,
  });
}

async function runWatched(options: SimOptions, version: string): Promise<SimResult | undefined> {
  let stopping = false;
  const stop = (): void => {
    stopping = true;
  };
  process.once('SIGINT', stop);
  const meter = new Meter();
  try {
    return await simulateApart(options, version, {
      onProgress: (progress) => {
        const { share, events, simulatedMs, online } = progress;
        const seconds = (simulatedMs / 1000).toFixed(0);
        meter.show(share, events, 'events', `${seconds} s simulated, ${online} nodes online`);
        return stopping;
      },
    });
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    meter.end();
    process.stderr.write('orrery sim: stopped by Ctrl-C; no result was written\n');
    return undefined;
  } finally {
    meter.end();
    process.removeListener('SIGINT', stop);
  }
}

/** A flag of the contract that this version does not know yet. */
function later(flags: string): Option {
  const name = flags.split(' ')[0] ?? flags;
  return new Option(flags).hideHelp().argParser(() => {
    throw new InvalidArgumentError(`${name} comes with a later version: leave it out.`);
  });
}

function read<T>(parse: (text: string) => Parsed<T>): (text: string) => T {
  return (text) => {
    const parsed = parse(text);
    if (!parsed.ok) throw new InvalidArgumentError(parsed.fault);
    return parsed.value;
  };
}

function whole(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Write a whole number.');
  return Number(text);
}

function amount(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError('Write a number, as in 0.05.');
  return Number(text);
}

function targets(text: string): string {
  if (text === 'random') return text;
  if (text === 'nodes') {
    throw new InvalidArgumentError('--targets nodes comes with a later version: use random.');
  }
  throw new InvalidArgumentError('Write random.');
}
