/**
 * Whole simulations of several sizes: messages per CPU second, peak resident memory, and its slope
 * from one size to the next, in the terms of the project's goals.
 *
 *   node dist/reports/benchmarks/whole.js --nodes 10000,100000 --lookups 50000 --runs 3
 *
 * Each run is a fresh process, one at a time, the sizes in turn within each round, so that neither
 * compiled code nor a slow minute of the machine favours one size. Figures are medians. The same
 * seed must give the same digest in every run of a size; a difference ends with exit code 1.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { simulateApart } from '../../sim/edge/apart.ts';
import { describeMachine, writeJson } from './output.ts';
import { scenario } from './scenario.ts';

interface Options {
  readonly sizes: readonly number[];
  readonly lookups: number;
  readonly runs: number;
  readonly seed: string;
  readonly out: string | undefined;
}

interface Order {
  readonly nodes: number;
  readonly lookups: number;
  readonly seed: string;
}

interface RunReport {
  readonly nodes: number;
  readonly digest: string;
  readonly messages: number;
  readonly setupCpuMs: number;
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly peakRssBytes: number;
}

interface SizeReport {
  readonly nodes: number;
  readonly messages: number;
  readonly messagesPerCpuSecond: number;
  readonly setupCpuMs: number;
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly peakRssBytes: number;
}

if (process.send === undefined) {
  await main(optionsOf(process.argv.slice(2))).catch((error: unknown) => fail(error, 1));
} else {
  process.once('disconnect', () => process.exit());
  process.once('message', (order) => {
    void runHere(order as Order).then((report) => process.send?.(report));
  });
}

async function main({ sizes, lookups, runs, seed, out }: Options): Promise<void> {
  const byRun: RunReport[] = [];
  for (let round = 0; round < runs; round++) {
    for (const nodes of sizes) {
      console.error(`run ${round + 1} of ${runs}, ${nodes} nodes ...`);
      byRun.push(await runApart({ nodes, lookups, seed }));
    }
  }
  const reports = sizes.map((nodes) => sizeReport(byRun.filter((run) => run.nodes === nodes)));
  const slopes = slopesOf(reports);
  print(reports, slopes);
  if (out !== undefined) {
    const config = { ...scenario(0, lookups, seed), nodes: sizes };
    writeJson(out, { ...describeMachine(seed), runs, config, sizes: reports, slopes, byRun });
  }
}

async function runHere({ nodes, lookups, seed }: Order): Promise<RunReport> {
  const result = await simulateApart(scenario(nodes, lookups, seed), 'benchmark', {});
  const { digest, messages, setupCpuMs, cpuMs, wallMs, peakRssBytes } = result;
  return { nodes, digest, messages, setupCpuMs, cpuMs, wallMs, peakRssBytes };
}

/** One run in a process of its own, with the flags that this one was given for Node. */
function runApart(order: Order): Promise<RunReport> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [], { stdio: ['ignore', 2, 2, 'ipc'] });
    let report: RunReport | undefined;
    child.once('error', reject);
    child.once('message', (message) => {
      report = message as RunReport;
      child.disconnect();
    });
    child.once('exit', (code, signal) => {
      if (report !== undefined) resolve(report);
      else reject(new Error(`a run of ${order.nodes} nodes ended with ${signal ?? code}`));
    });
    child.send(order);
  });
}

function sizeReport(runs: readonly RunReport[]): SizeReport {
  const [first] = runs;
  if (first === undefined) throw new Error('broken invariant: a size has at least one run');
  if (runs.some(({ digest }) => digest !== first.digest)) {
    throw new Error(`${first.nodes} nodes: two runs of one seed gave different digests`);
  }
  return {
    nodes: first.nodes,
    messages: first.messages,
    messagesPerCpuSecond: median(runs.map(({ messages, cpuMs }) => (messages / cpuMs) * 1000)),
    setupCpuMs: median(runs.map((run) => run.setupCpuMs)),
    cpuMs: median(runs.map((run) => run.cpuMs)),
    wallMs: median(runs.map((run) => run.wallMs)),
    peakRssBytes: median(runs.map((run) => run.peakRssBytes)),
  };
}

/** Bytes per node from each size to the next. */
function slopesOf(sizes: readonly SizeReport[]): readonly number[] {
  return sizes.slice(1).map((large, i) => {
    const small = sizes[i] ?? large;
    return (large.peakRssBytes - small.peakRssBytes) / (large.nodes - small.nodes);
  });
}

function print(sizes: readonly SizeReport[], slopes: readonly number[]): void {
  console.log('  nodes     messages  messages/CPU s  set-up CPU s  run CPU s      peak MB  B/node');
  for (const [i, size] of sizes.entries()) {
    const slope = slopes[i - 1];
    const cells = [
      String(size.nodes).padStart(8),
      String(size.messages).padStart(12),
      size.messagesPerCpuSecond.toFixed(0).padStart(15),
      (size.setupCpuMs / 1000).toFixed(2).padStart(13),
      (size.cpuMs / 1000).toFixed(2).padStart(10),
      (size.peakRssBytes / 1e6).toFixed(0).padStart(12),
      (slope === undefined ? '' : slope.toFixed(0)).padStart(7),
    ];
    console.log(cells.join(' '));
  }
}

function optionsOf(args: readonly string[]): Options {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        nodes: { type: 'string', default: '10000,100000' },
        lookups: { type: 'string', default: '50000' },
        runs: { type: 'string', default: '3' },
        seed: { type: 'string', default: '1' },
        out: { type: 'string' },
      },
    });
    const sizes = values.nodes.split(',').map((size) => whole('--nodes', size, 4_000_000));
    const lookups = whole('--lookups', values.lookups, 10_000_000);
    const runs = whole('--runs', values.runs, 100);
    if (sizes.some((size, i) => i > 0 && size <= (sizes[i - 1] ?? 0))) {
      throw new Error('--nodes must be ascending, such as 10000,100000');
    }
    if (sizes.some((size) => size < 20)) throw new Error('--nodes must be at least 20');
    return { sizes, lookups, runs, seed: values.seed, out: values.out };
  } catch (error) {
    return fail(error, 2);
  }
}

function fail(error: unknown, exitCode: number): never {
  console.error(`whole: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(exitCode);
}

function whole(name: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new Error(`${name} must be a whole number from 1 to ${most}, not "${text}"`);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >>> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
}
