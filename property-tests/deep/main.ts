/**
 * `npm run test:deep`: the long forms of the tests that treat real nodes with violence and codecs
 * with damaged frames (docs/testing.md). Results go to standard output, progress to standard error.
 * Exit codes: 0 all held, 1 something did not, 2 wrong usage, 130 cut short by Ctrl-C.
 */
import { randomInt } from 'node:crypto';
import { Argument, Command, Option } from '@commander-js/extra-typings';
import { wholeNumber } from '../../cli/flags.ts';
import { print, say } from '../../cli/output.ts';
import { ATTACKS, attackNode } from './abuse/abuse.ts';
import { deep, small } from './abuse/attack.ts';
import { crash, crashLine } from './crash.ts';
import type { CrashPlan } from './crash.ts';
import { drain, drainLine } from './drain.ts';
import { ELECTION_LANES, type ElectionFlags } from './elections.ts';
import { deadline, whyOf } from './ending.ts';
import { fuzz } from './fuzz.ts';
import { withFleet } from './fleet.ts';
import { judgedRun } from './judged.ts';
import { renewUnderLoad } from './renewal.ts';
import { LEADER_LANES } from './leader-lanes.ts';
import type { Report } from './report.ts';
import { restart } from './restart.ts';
import { runSoak, type SoakFlags } from './soak/run.ts';
import { stopped } from './stopped.ts';

interface Flags extends ElectionFlags, SoakFlags {
  readonly cycles: number;
  readonly stops: number;
  readonly operations: number;
  readonly keys: number;
  readonly settle: number;
  readonly lossless: boolean;
  readonly inputs: number;
  readonly only?: readonly string[] | undefined;
  readonly small: boolean;
}

/** Those that print their results themselves. */
const PRINTING = {
  fuzz: runFuzz,
  crash: runCrash,
  drain: runDrain,
  history: runHistory,
  renewal: runRenewal,
  restart: runRestart,
  stopped: runStopped,
  abuse: runAbuse,
};
const LANES = { ...LEADER_LANES, soak: runSoak, ...ELECTION_LANES };
const WHAT = [...Object.keys(PRINTING), ...Object.keys(LANES)];
/** Unless a test has a number of its own. */
const NODES = 20;
/** Hours long: only when asked for. */
const ALONE = ['soak', ...Object.keys(ELECTION_LANES)];
const FAULTS_TOLD = 20;
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    interrupted.abort(new Error(`cut short by ${signal}`));
  });
}

/** No attack takes nearly as long. */
const ATTACK_MS_MAX = 1_800_000;

await new Command('npm run test:deep --')
  .description(
    'real nodes killed with -9, stopped, attacked or kept busy for hours, while clients keep a ' +
      'record; codecs under damaged frames; elections under all faults',
  )
  .addArgument(new Argument('[what]', `without it all but ${ALONE.join(', ')}`).choices(WHAT))
  .option('--cycles <n>', 'crash: kills of a lone node', wholeNumber(1, 1_000_000), 1000)
  .option('--stops <n>', 'drain: SIGTERMs', wholeNumber(1, 1_000_000), 100)
  .option(
    '--operations <n>',
    'history, renewal: PUTs and GETs',
    wholeNumber(1, 10_000_000),
    100_000,
  )
  .option(
    '--nodes <n>',
    'processes (20; restart 50, stopped 8, leader-stopped 5)',
    wholeNumber(4, 90),
  )
  .option('--keys <n>', 'restart: values', wholeNumber(1, 100_000), 1000)
  .option('--settle <s>', 'history: rest before the final reads', wholeNumber(0, 3600), 10)
  .option('--lossless', 'history: acknowledged values gone in the end are a failure', false)
  .option('--inputs <n>', 'fuzz: damaged frames', wholeNumber(1, 1_000_000_000), 10_000_000)
  .addOption(
    new Option('--only <name...>', 'abuse: some of the attacks').choices(
      ATTACKS.map(({ name }) => name),
    ),
  )
  .option('--small', 'abuse: the form of it that npm test has', false)
  .option('--minutes <n>', 'soak: of load', wholeNumber(1, 100_000), 120)
  .option('--rate <n>', 'soak: operations per second', wholeNumber(1, 10_000), 100)
  .option('--k <n>', 'soak: contacts per bucket (slow machine: 8)', wholeNumber(4, 64), 20)
  .option('--seeds <n>', 'election: trials', wholeNumber(1, 1_000_000_000), 100_000)
  .option('--from <n>', 'election: the first seed', wholeNumber(1, 1_000_000_000), 1)
  .option('--threads <n>', 'election, failover: that calculate', wholeNumber(1, 64), 1)
  .option('--depth <n>', 'states: events', wholeNumber(1, 20), 8)
  .option('--crashes <n>', 'failover: of leaders', wholeNumber(1, 1_000_000), 2000)
  .option('--hours <n>', 'failover: node-hours at rest', wholeNumber(1, 10_000_000), 10_000)
  .option('--out <file>', 'soak: samples and verdicts, appended as lines of JSON')
  .addOption(
    new Option('--seed <text>', 'the chance of an earlier run').default(
      String(randomInt(2 ** 32)),
      'a new one',
    ),
  )
  .configureOutput({ writeErr: (text) => process.stderr.write(text) })
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .action(async (what, flags) => {
    print(`seed ${flags.seed}`);
    let faults = 0;
    const isWanted = (one: string): boolean => (what ? what === one : !ALONE.includes(one));
    for (const [name, run] of Object.entries(PRINTING)) {
      if (isWanted(name)) faults += await run(flags);
    }
    for (const [lane, run] of Object.entries(LANES)) {
      const tell = (line: string): void => say(`${lane}: ${line}`);
      if (isWanted(lane)) faults += told(lane, await run(flags, interrupted.signal, tell));
      interrupted.signal.throwIfAborted();
    }
    process.exitCode = faults === 0 ? 0 : 1;
  })
  .parseAsync()
  .catch((error: unknown) => {
    say(`test:deep: ${whyOf(error)}`);
    process.exitCode = interrupted.signal.aborted ? 130 : 1;
  });

async function runFuzz({ seed, inputs }: Flags): Promise<number> {
  const plan = { seed, inputs, frames: 3000, stride: 1, samples: 5000 };
  const signal = deadline(600_000 + inputs, interrupted.signal);
  const report = await fuzz(plan, signal, (done) => {
    if (done % 1_000_000 === 0) say(`fuzz: ${done} of ${inputs} inputs`);
  });
  return told('fuzz, all codecs', report);
}

/** A lone node, then networks of three, which take longer: a quarter as many cycles. */
async function runCrash({ cycles, seed }: Flags): Promise<number> {
  const plans: readonly CrashPlan[] = [
    { seed, nodes: 1, cycles, lanes: 3 },
    { seed, nodes: 3, cycles: Math.ceil(cycles / 4), lanes: 2 },
  ];
  let faults = 0;
  for (const plan of plans) {
    const name = `crash, ${plan.nodes === 1 ? 'one node' : `${plan.nodes} nodes`}`;
    const signal = deadline(120_000 + plan.cycles * 10_000, interrupted.signal);
    const report = await crash(plan, signal, (soFar) => {
      if (soFar.cycles % 50 === 0) say(`${name}: ${crashLine(soFar)}`);
    });
    print(`${name}: ${crashLine(report)}`);
    for (const fault of report.faults) print(`  FAULT ${fault}`);
    faults += report.faults.length;
  }
  return faults;
}

/** Nodes that come back, eight at a time; then networks that lose five of their eight nodes. */
async function runDrain({ stops, seed }: Flags): Promise<number> {
  const load = { nodes: 8, clients: 16, betweenMs: 2000 };
  const networks = Math.max(1, Math.round(stops / 25));
  const plans = [
    { seed, stops, restart: true, ...load },
    ...Array.from({ length: networks }, (_, at) => ({
      ...{ seed: `${seed}.${at}`, stops: 5, restart: false, ...load },
    })),
  ];
  let faults = 0;
  for (const plan of plans) {
    const name = `drain, ${plan.restart ? 'started again' : 'gone for good'}`;
    const signal = deadline(300_000 + plan.stops * 60_000, interrupted.signal);
    const report = await drain(plan, signal, (soFar) => {
      if (soFar % 10 === 0) say(`${name}: ${soFar} of ${plan.stops} stops`);
    });
    print(`${name}: ${drainLine(report)}`);
    for (const fault of report.faults) print(`  FAULT ${fault}`);
    faults += report.faults.length;
  }
  return faults;
}

async function runHistory(flags: Flags): Promise<number> {
  const { seed, operations, nodes = NODES, settle, lossless } = flags;
  const plan = {
    seed,
    nodes,
    operations,
    keys: 300,
    clients: 32,
    thinkMsMax: 60,
    faultsAtOnce: 2,
    stopMsMax: 10_000,
    settleMs: settle * 1000,
  };
  const signal = deadline(300_000 + operations * 50, interrupted.signal);
  const report = await judgedRun(plan, !lossless, signal, (done) => {
    say(`history: ${done} of ${operations} operations`);
  });
  return told(`history, ${nodes} nodes`, report);
}

/** Two clients per node: what is to be seen is every renewal, not the most that nodes can do. */
async function runRenewal({ seed, operations, nodes = NODES }: Flags): Promise<number> {
  const signal = deadline(300_000 + operations * 50, interrupted.signal);
  const report = await withFleet(
    nodes,
    signal,
    async (fleet) => {
      await fleet.startAll();
      const places = fleet.those('up').map((node) => ({
        listen: fleet.listen(node),
        api: fleet.api(node),
        dataDir: fleet.dataDir(node),
      }));
      const plan = { seed, operations, clients: 2 };
      return await renewUnderLoad(places, fleet.authorityDir, plan, signal, (done) => {
        say(`renewal: ${done} of ${operations} operations`);
      });
    },
    ({ faults }) => faults.length === 0,
  );
  const { faults, renewed, disturbed } = report;
  print(`renewal, ${nodes} nodes: ${report.operations} operations, ${faults.length} failed`);
  if (disturbed > 0) print(`  ${disturbed} more while this machine stood still, not judged`);
  print(`  ${renewed} of ${nodes} certificates renewed under load`);
  for (const fault of faults.slice(0, FAULTS_TOLD)) print(`  FAULT ${fault}`);
  return faults.length + (nodes - renewed);
}

/** One attack after another, each on a node of its own. */
async function runAbuse({ seed, only, small: isSmall }: Flags): Promise<number> {
  let faults = 0;
  for (const attack of ATTACKS) {
    if (only?.includes(attack.name) === false) continue;
    say(`abuse, ${attack.name}: ...`);
    const signal = deadline(ATTACK_MS_MAX, interrupted.signal);
    const findings = await attackNode(attack, isSmall ? small(seed) : deep(seed), signal);
    faults += told(`abuse, ${attack.name}`, findings);
  }
  return faults;
}

async function runRestart({ seed, keys, nodes = 50 }: Flags): Promise<number> {
  const signal = deadline(600_000 + keys * 100, interrupted.signal);
  const report = await restart({ seed, nodes, keys }, signal, (line) => {
    say(`restart: ${line}`);
  });
  return told(`restart, ${nodes} nodes`, report);
}

async function runStopped({ seed, nodes = 8 }: Flags): Promise<number> {
  const signal = deadline(900_000, interrupted.signal);
  const plan = { seed, nodes, stopsS: [1, 5, 20, 60, 120], rate: 60, keys: 60, backMsMax: 5000 };
  const report = await stopped(plan, signal, (line) => {
    say(`stopped: ${line}`);
  });
  return told(`stopped, ${nodes} nodes`, report);
}

function told(title: string, report: Report): number {
  print(`${title}:`);
  for (const line of report.lines) print(`  ${line}`);
  for (const fault of report.faults) print(`  FAULT ${fault}`);
  return report.faults.length;
}
