/**
 * `orrery start`, which is `npm start`: the whole project at work in under a minute. A private
 * authority, five real nodes over mutual TLS, a value stored through one and read through another,
 * a simulation of the same core; then the nodes stay until Ctrl-C.
 *
 * Exit codes: 0 all checks good (with `--once` at once, otherwise after Ctrl-C), 1 one was not, 2 a
 * port is taken, 130 when Ctrl-C came before the checks were over. Invariant: everything lives in
 * one directory, and what an earlier run left there is taken up again, never in the way.
 */
import { join } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { makeDirectory } from '../../runtime/files.ts';
import { formatEndpoint } from '../../runtime/links/address.ts';
import type { RunningNode } from '../../runtime/node.ts';
import { adminOfMember, dashboardsAt } from '../dashboards.ts';
import { CommandFailure, EXIT_INTERRUPTED } from '../failure.ts';
import { wholeNumber } from '../flags.ts';
import { openLog } from '../logging.ts';
import { stopStarting } from '../node.ts';
import { colours, print } from '../output.ts';
import { writeRun } from '../run-files.ts';
import { DEFAULT_LISTEN, STATE_DIR } from '../settings/settings.ts';
import { watchForStop } from '../signals.ts';
import type { StopWatch } from '../signals.ts';
import { summaryOf } from '../sim/summary.ts';
import { exchange, knowOneAnother, missing, refusesStrangers, startNetwork } from './network.ts';
import type { StartedNode } from './network.ts';
import { commandFor, judge, NODES, runSimulation } from './simulation.ts';

export function startCommand(version: string): CommandUnknownOpts {
  return new Command('start')
    .description('five real nodes, a check of everything, a simulation; then Ctrl-C')
    .option('--once', 'end after the check instead of keeping the nodes running', false)
    .option('--base-port <port>', 'of the first', wholeNumber(1, 60_000), DEFAULT_LISTEN.port)
    .option('--data <dir>', 'where everything is kept', join(STATE_DIR, 'start'))
    .option('--nodes <n>', 'how many are simulated', wholeNumber(50, 10_000), NODES)
    .addHelpText('after', EXAMPLES)
    .action(async ({ once, basePort, data, nodes }) => {
      const watch = watchForStop();
      const begun: Promise<RunningNode>[] = [];
      try {
        await run({ once, basePort, dir: data, nodes, version }, begun, watch);
      } finally {
        await Promise.all(begun.map(stopStarting));
        watch.end();
      }
    });
}

interface Request {
  readonly once: boolean;
  readonly basePort: number;
  readonly dir: string;
  /** Simulated ones. */
  readonly nodes: number;
  readonly version: string;
}

async function run(
  request: Request,
  begun: Promise<RunningNode>[],
  watch: StopWatch,
): Promise<void> {
  const checks = new Checks();
  const before = performance.now();
  const started: StartedNode[] = [];
  const work = checkAll(request, checks, { begun, started }, watch);
  // A stop leaves the rest of the work undone; what it still finds wrong is of no interest.
  work.catch(() => undefined);
  await Promise.race([work, watch.asked]);
  if (watch.isAsked()) {
    process.exitCode = EXIT_INTERRUPTED;
    return;
  }
  const seconds = ((performance.now() - before) / 1000).toFixed(1);
  print(`\n${colours.bold('Checks')} (${seconds} s)`);
  for (const line of checks.lines()) print(line);
  const { failed } = checks;
  if (failed > 0) throw new CommandFailure(`${failed} of ${checks.count} checks failed`);
  if (request.once) return;
  print(nextSteps(request, started));
  await Promise.race([watch.asked, ...started.map(({ node }) => node.ended)]);
}

async function checkAll(
  request: Request,
  checks: Checks,
  { begun, started }: { readonly begun: Promise<RunningNode>[]; readonly started: StartedNode[] },
  watch: StopWatch,
): Promise<void> {
  print(colours.bold(`Orrery ${request.version}: five real nodes (${request.dir})`));
  const nodes = await startNetwork(request.dir, request.basePort, {
    log: openLog('error', 'auto'),
    isStopping: watch.isAsked,
    begun: (node) => void begun.push(node),
    started: (one) => {
      started.push(one);
      const { number, node, listen, api } = one;
      const places = `${formatEndpoint(listen)}  clients on ${formatEndpoint(api)}`;
      print(`  node ${number}  ${node.id.slice(0, 12)}  ${places}`);
    },
  });
  if (watch.isAsked()) return;
  checks.add(
    `${nodes.length} nodes joined over mutual TLS and know one another`,
    await knowOneAnother(nodes),
  );
  const [first] = nodes;
  if (first === undefined) return;
  checks.add('a stranger without a certificate was turned away', await refusesStrangers(first));
  await checkValue(nodes, checks);
  if (watch.isAsked()) return;
  await checkSimulation(request, checks, watch);
}

async function checkValue(nodes: readonly StartedNode[], checks: Checks): Promise<void> {
  const done = await exchange(nodes);
  const { writer, reader, holders, wanted, bytes, path } = done;
  print(colours.bold('\nA value'));
  print(`  key  ${Buffer.from(done.key).toString('hex')}`);
  print(`  PUT  ${bytes} bytes through node ${writer.number}: ${holders} of ${wanted} replicas`);
  print(`  GET  through node ${reader.number}: ${done.equal ? 'the same bytes' : 'NOT the same'}`);
  for (const step of path) print(`       ${step}`);
  checks.add(`PUT through node ${writer.number}: on ${holders} of ${wanted} disks`, done.stored);
  checks.add(`GET through node ${reader.number}: ${bytes} bytes, all equal`, done.equal);
  checks.add(`GET through node ${reader.number}: its path was seen`, path.length > 0);
  const ms = await missing(reader);
  checks.add(`GET of an unknown key: not found, ${(ms ?? 0).toFixed(0)} ms`, ms !== undefined);
}

async function checkSimulation(request: Request, checks: Checks, watch: StopWatch): Promise<void> {
  const { dir, nodes, version } = request;
  print(colours.bold(`\nA simulation of the same core: ${nodes} nodes, latency, loss, churn`));
  const output = await runSimulation(nodes, version, watch.isAsked);
  if (output === undefined) return;
  const { result } = output;
  await makeDirectory(dir);
  await writeRun(dir, output);
  print(indented(summaryOf(result, undefined, undefined)));
  print(`  written   ${join(dir, 'report.html')}, and result.json with all numbers`);
  for (const [what, good] of judge(result)) checks.add(`simulation: ${what}`, good);
}

class Checks {
  readonly #done: { readonly what: string; readonly good: boolean }[] = [];

  add(what: string, good: boolean): void {
    this.#done.push({ what, good });
  }

  get count(): number {
    return this.#done.length;
  }

  get failed(): number {
    return this.#done.filter(({ good }) => !good).length;
  }

  lines(): readonly string[] {
    return this.#done.map(({ what, good }) =>
      good ? `  ${colours.green('ok')}      ${what}` : `  ${colours.red('FAILED')}  ${what}`,
    );
  }
}

function indented(text: string): string {
  return text.trimEnd().replace(/^/gm, '  ');
}

function nextSteps({ dir, nodes }: Request, started: readonly StartedNode[]): string {
  const first = started[0];
  const last = started.at(-1);
  if (first === undefined || last === undefined) return '';
  const sixth = join(dir, 'sixth');
  const through = formatEndpoint(first.listen);
  return `
${colours.bold('The nodes keep running: Ctrl-C stops them.')}
${colours.bold('In a browser:')}
  ${dashboardsAt(adminOfMember(first.listen), started.length)}
${colours.bold('In another terminal, in this folder:')}
  npx orrery put greeting "hello" --api ${formatEndpoint(first.api)}
  npx orrery get greeting --api ${formatEndpoint(last.api)}
A sixth node:
  npx orrery ca issue --dir ${join(dir, 'authority')} --out ${sixth}
  npx orrery node -p ${last.listen.port + 1} --data ${sixth} --bootstrap ${through}
The same simulation again, with the same digest:
  ${commandFor(nodes)}`;
}

const EXAMPLES = `
Examples:
  $ npx orrery start
  $ npx orrery start --once        ends after the check, exit code 0 when all was good

Unless told otherwise the nodes listen on 127.0.0.1:6501 to 6505, for clients on 7501 to 7505, with
dashboards on 8501 to 8505; their files, the simulation's result.json and report.html are in
.orrery/start.`;
