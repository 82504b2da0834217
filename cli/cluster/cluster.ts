/**
 * `orrery cluster`: many real nodes on this machine, each a process of its own unless
 * `--in-process`. They end with it, also when it is killed.
 *
 * The first node starts alone, the others join through it, `STARTING_MAX` at a time. Rules: a node
 * that cannot start stops all; one that dies later is named and the rest go on; when
 * none is left that is a failure. Ctrl-C stops all of them cleanly, exit code 0.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { formatEndpoint } from '../../runtime/links/address.ts';
import { dashboardsAt } from '../dashboards.ts';
import { CommandFailure, EXIT_USAGE, ToldFailure } from '../failure.ts';
import { wholeNumber } from '../flags.ts';
import { LOG_FORMATS, LOG_LEVELS } from '../logging.ts';
import type { ReadyNote } from '../node.ts';
import { counted, print, printJson, say, tableOf } from '../output.ts';
import { DEFAULT_LISTEN, STATE_DIR } from '../settings/settings.ts';
import { watchForStop } from '../signals.ts';
import type { StopWatch } from '../signals.ts';
import { makeMembers, startMember } from './member.ts';
import type { Member, RunningMember } from './member.ts';
import { spawnMember } from './process.ts';
import { clusterVoters } from './voters.ts';

export function clusterCommand(): CommandUnknownOpts {
  const command = withFlags();
  command.action(async (flags) => {
    const watch = watchForStop();
    const started: Started = [];
    try {
      await run(flags, started, watch);
    } finally {
      // Also those that were still starting when another one failed.
      const all = await Promise.allSettled(started);
      const running = all.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
      await Promise.all(running.map((one) => one.stop()));
      watch.end();
    }
  });
  return command;
}

type Flags = ReturnType<ReturnType<typeof withFlags>['opts']>;

/** Grows while they start. */
type Started = Promise<RunningMember>[];

async function run(flags: Flags, started: Started, watch: StopWatch): Promise<void> {
  const { nodes, basePort, data } = flags;
  const members = await makeMembers(nodes, basePort, data, flags.json ? () => undefined : print);
  const ids = members.map(({ identity }) => identity.nodeIdHex);
  const starter = starterFor(
    flags,
    await clusterVoters(join(data, 'authority'), ids, flags.voters, say),
  );
  const notes = await startAll(members, starter, started, watch);
  if (notes === undefined) return;
  if (flags.json) printJson(notes);
  else {
    const them = nodes === 1 ? 'it' : 'them';
    print(`${tableOf(rowsOf(notes))}\n${counted(nodes, 'node')} joined; Ctrl-C stops ${them}`);
    const [first] = members;
    if (first !== undefined) print(`see them at ${dashboardsAt(first.admin, nodes)}`);
  }
  await untilOver(await Promise.all(started), watch);
}

type Starter = (member: Member, bootstrap: string | undefined) => Promise<RunningMember>;

function starterFor(flags: Flags, voters: string | undefined): Starter {
  const { logLevel, logFormat } = flags;
  const format = logFormat === 'auto' && process.stderr.isTTY ? 'text' : logFormat;
  if (flags.inProcess) {
    return (member, bootstrap) => startMember(member, bootstrap, voters, logLevel, format);
  }
  const list = voters === undefined ? [] : ['--voters', voters];
  const args = [...list, '--log-level', logLevel, '--log-format', format];
  return async (member, bootstrap) => spawnMember(member, bootstrap, args);
}

/** Starts all and waits for them; nothing when a stop was asked for meanwhile. */
async function startAll(
  members: readonly Member[],
  starter: Starter,
  started: Started,
  watch: StopWatch,
): Promise<readonly ReadyNote[] | undefined> {
  const meter = setInterval(() => {
    say(`orrery cluster: ${notes.size} of ${counted(members.length, 'node')} joined`);
  }, PROGRESS_MS);
  const notes = new Map<Member, ReadyNote>();
  const startOne = async (member: Member, bootstrap: string | undefined): Promise<void> => {
    const starting = starter(member, bootstrap);
    started.push(starting);
    const one = await starting;
    const note = await Promise.race([one.ready, watch.asked, delay(JOIN_MS_MAX, undefined, LAZY)]);
    if (note !== undefined) notes.set(member, note);
    else if (!watch.isAsked()) await refuse(one);
  };
  const [first, ...rest] = members;
  const startRest = async (): Promise<void> => {
    for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
      if (watch.isAsked() || first === undefined) return;
      await startOne(next, formatEndpoint(first.listen));
    }
  };
  try {
    if (first !== undefined) await startOne(first, undefined);
    await Promise.all(Array.from({ length: STARTING_MAX }, startRest));
  } finally {
    // Without this a fault in one starter would let the others start more.
    rest.length = 0;
    clearInterval(meter);
  }
  return watch.isAsked() ? undefined : members.flatMap((member) => notes.get(member) ?? []);
}

/** A node that ended with code 2 has told why, in a line behind its address. */
async function refuse(one: RunningMember): Promise<never> {
  const how = await Promise.race([one.ended, delay(1000, 'it found no network', LAZY)]);
  if (how === `exit code ${EXIT_USAGE}`) throw new ToldFailure(EXIT_USAGE);
  const where = formatEndpoint(one.member.listen);
  throw new CommandFailure(`the node at ${where} did not start (${how}): the cluster stops`);
}

/** Until a stop is asked for; tells of each node that ends before. */
async function untilOver(running: readonly RunningMember[], watch: StopWatch): Promise<void> {
  let left = running.length;
  const allDied = new Promise<never>((_, reject) => {
    for (const one of running) {
      void one.ended.then((how) => {
        if (watch.isAsked()) return;
        left -= 1;
        const where = formatEndpoint(one.member.listen);
        const rest = `${left} ${left === 1 ? 'goes' : 'go'} on`;
        say(`orrery cluster: node ${where} (pid ${one.pid}) died (${how}), ${rest}`);
        if (left === 0) reject(new CommandFailure('no node of the cluster is left'));
      });
    }
  });
  await Promise.race([watch.asked, allDied]);
}

function rowsOf(notes: readonly ReadyNote[]): readonly (readonly string[])[] {
  const rows = notes.map(({ pid, id, listen, api }) => [String(pid), id.slice(0, 12), listen, api]);
  return [['PID', 'NODE', 'LISTEN', 'CLIENTS'], ...rows];
}

function withFlags() {
  return new Command('cluster')
    .description('run many real nodes on this machine')
    .requiredOption('--nodes <n>', 'how many', wholeNumber(1, NODES_MAX))
    .option('--base-port <port>', 'of the first', wholeNumber(1, 65_535), DEFAULT_LISTEN.port)
    .option('--data <dir>', 'where authority and nodes keep their files', STATE_DIR)
    .option('--voters <n>', 'who elect a leader: 0, 3, 5 or 7 (3 of three or more)', votersFlag)
    .option('--in-process', 'all of them in this one process', false)
    .addOption(new Option('--log-level <level>').choices(LOG_LEVELS).default('warn' as const))
    .addOption(new Option('--log-format <format>').choices(LOG_FORMATS).default('auto' as const))
    .option('--json', 'print the nodes as JSON', false)
    .addHelpText('after', EXAMPLES);
}

function votersFlag(text: string): number {
  if (/^[0357]$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give 3, 5 or 7, or 0 for no leader.');
}

/** Beyond it the listen ports would run into those of the clients, a thousand higher. */
const NODES_MAX = 500;
const STARTING_MAX = 4;
const PROGRESS_MS = 2000;
/** On one machine a node that has not joined by then never will. */
const JOIN_MS_MAX = 60_000;
const LAZY = { ref: false };

const EXAMPLES = `
Examples:
  $ npx orrery cluster --nodes 5
  $ npx orrery cluster --nodes 20 --base-port 8001 --data /tmp/cluster
  $ npx orrery cluster --nodes 50 --in-process

Clients are served at each node's port + 1000, its dashboard at its port + 2000. The nodes end with
this command.`;
