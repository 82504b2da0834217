/**
 * `orrery node`: one real node until it is asked to stop (docs/operations.md).
 *
 * Order: settings, identity, node, join, one ready line. Standard output carries the ready line
 * (and what was made for the node), standard error the log. A node that a cluster started tells it
 * over their channel instead, and stops when that channel closes.
 *
 * Invariants: whatever its operator can put right ends in one line and exit code 2; a clean stop is
 * exit code 0 within `STOP_MS_MAX`, any other end a line in the log and exit code 1, or SIGKILL
 * where an exit would wait for the disk. While it runs, SIGHUP and changed files replace its
 * identity and its list of voters.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { watchVoters } from '../runtime/election/voters-watch.ts';
import { watchIdentity } from '../runtime/identity/identity-watch.ts';
import type { Identity } from '../runtime/identity/identity.ts';
import { formatEndpoint } from '../runtime/links/address.ts';
import { freePort, LISTEN_ADDRESS } from '../runtime/listening.ts';
import { reasonOf } from '../runtime/log.ts';
import type { RunningNode } from '../runtime/node.ts';
import { LateDisk, within } from '../runtime/stopping.ts';
import { readChosen } from './development.ts';
import { CommandFailure, report } from './failure.ts';
import { framesOf, onFatal } from './fatal.ts';
import { openLog } from './logging.ts';
import { nodeFlags } from './node-flags.ts';
import { start } from './node-start.ts';
import type { Started } from './node-start.ts';
import { counted, leaveAtOnce, print, printJson, say } from './output.ts';
import type { IniSettings } from './settings/ini.ts';
import { resolveSettings } from './settings/settings.ts';
import type { NodeFlags, NodeSettings } from './settings/settings.ts';
import { watchForStop } from './signals.ts';
import type { StopWatch } from './signals.ts';

/** What a node says when it has joined; a line of JSON, or a note to the cluster it belongs to. */
export interface ReadyNote {
  readonly event: 'ready';
  readonly pid: number;
  readonly id: string;
  readonly listen: string;
  readonly api: string;
  readonly admin?: string;
  readonly contacts: number;
}

export function nodeCommand(version: string): CommandUnknownOpts {
  const command = nodeFlags();
  command.action(async (flags) => {
    const settings = await settle(flags, await fileSettings(flags.config));
    for (const note of settings.notes) say(`orrery: ${flags.config ?? ''}: ${note}`);
    const log = openLog(flags.logLevel, flags.logFormat);
    const tell = flags.json ? printJson : (event: Told) => print(lineOf(event));
    const hangUp: { act?: () => void } = {};
    // A terminal that closes means to end what was started in it; a service means to read again.
    const isService = !process.stdin.isTTY;
    const watch = watchForStop(isService ? () => hangUp.act?.() : undefined);
    try {
      await run({ ...settings, version }, log, tell, watch, hangUp);
    } finally {
      watch.end();
    }
  });
  return command;
}

/**
 * Stops a node in time; the process ends at once when its disk does not let it.
 *
 * @param spentMs how long ago the stop was asked for
 */
export async function stopNode(node: RunningNode, spentMs = 0): Promise<void> {
  const late = setTimeout(() => {
    void endAtOnce(new CommandFailure(`the node did not stop within ${STOP_MS_MAX / 1000} s`));
  }, STOP_MS_MAX - spentMs);
  try {
    await node.close();
  } catch (error) {
    if (!(error instanceof LateDisk)) throw error;
    await endAtOnce(new CommandFailure(`the node is killed: ${reasonOf(error)}`));
  } finally {
    clearTimeout(late);
  }
}

async function endAtOnce(failure: unknown): Promise<never> {
  report(failure);
  return await leaveAtOnce();
}

export function readyNoteOf(node: RunningNode): ReadyNote {
  return {
    event: 'ready',
    pid: process.pid,
    id: node.id,
    listen: formatEndpoint(node.listen),
    api: node.api === undefined ? '' : formatEndpoint(node.api),
    ...(node.admin === undefined ? {} : { admin: formatEndpoint(node.admin) }),
    contacts: node.status().contacts,
  };
}

/** What reads the file is loaded only when there is one: it takes longer than all the rest. */
async function fileSettings(path: string | undefined): Promise<IniSettings> {
  if (path === undefined) return {};
  const { readIni } = await import('./settings/ini.ts');
  return await readIni(path);
}

/** With port 0 the data directory, or the id, is of a free port, which is then listened on. */
async function settle(flags: NodeFlags, ini: IniSettings): Promise<NodeSettings> {
  const settings = resolveSettings(flags, ini);
  const { listen, api, dataDirIsDefault, classic, notes } = settings;
  if (listen.port !== 0 || !(dataDirIsDefault || classic !== undefined)) return settings;
  const port = await freePort(listen, LISTEN_ADDRESS);
  const chosen = { address: listen.host, port, api: formatEndpoint(api) };
  return { ...resolveSettings({ ...flags, ...chosen }, ini), notes };
}

type Told = ReadyNote | { readonly event: 'identity'; readonly made: string };

async function run(
  settings: NodeSettings & { readonly version: string },
  log: ReturnType<typeof openLog>,
  tell: (event: Told) => void,
  watch: StopWatch,
  hangUp: { act?: () => void },
): Promise<void> {
  let askedAt: number | undefined;
  void watch.asked.then(() => {
    askedAt = performance.now();
  });
  const { node, identity, voters } = await startedInTime(
    start(settings, log, (made) => {
      tell({ event: 'identity', made });
    }),
    watch,
  );
  const forget = onFatal(async (error) => {
    const fields = { reason: reasonOf(error), at: framesOf(error) };
    log.error(fields, 'unexpected error: the node stops');
    await node.abort();
  });
  void announce(node, settings, tell, watch);
  const read = (): Promise<Identity> => readChosen(settings);
  const watches = [watchIdentity(settings.identity, read, identity, node.replaceIdentity, log)];
  const { votersFile } = settings;
  if (votersFile !== undefined && voters !== undefined) {
    const { authority } = identity;
    watches.push(watchVoters(votersFile, authority, voters, node.replaceVoters, log));
  }
  hangUp.act = () => {
    for (const files of watches) files.readNow();
  };
  try {
    await Promise.race([watch.asked, endOf(node)]);
  } finally {
    for (const files of watches) files.end();
  }
  await stopNode(node, askedAt === undefined ? 0 : performance.now() - askedAt);
  forget();
}

/** Stops a node that may still be starting; one that could not start is told elsewhere. */
export async function stopStarting(starting: Promise<RunningNode>): Promise<void> {
  const started = starting.catch(() => undefined);
  await killIfSlow(started);
  const node = await started;
  if (node !== undefined) await stopNode(node);
}

async function startedInTime(starting: Promise<Started>, watch: StopWatch): Promise<Started> {
  await Promise.race([starting, watch.asked]);
  if (watch.isAsked()) await killIfSlow(starting);
  return await starting;
}

/** A start may wait for a lock, or mend a database, for longer than a stop may take. */
async function killIfSlow(starting: Promise<unknown>): Promise<void> {
  if (await within(starting, START_MS_MAX)) return;
  await endAtOnce(new CommandFailure('the node is killed: it is still starting'));
}

/** Resolves when the node has stopped. @throws what stopped it, a bug of ours */
async function endOf(node: RunningNode): Promise<void> {
  try {
    await node.ended;
  } catch (error) {
    // What is not torn down by now waits for the disk, and so would an exit.
    const isTornDown = within(node.abort(), TEAR_DOWN_MS_MAX);
    if (!(await isTornDown.catch(() => true))) await endAtOnce(error);
    throw error;
  }
}

/** Tells that the node has joined, and when; while that takes long, what it waits for. */
async function announce(
  node: RunningNode,
  settings: NodeSettings,
  tell: (event: Told) => void,
  watch: StopWatch,
): Promise<void> {
  const waiting = setTimeout(() => {
    const whom = settings.bootstrap.join(', ') || 'the peers that it knows';
    say(`orrery: ${formatEndpoint(node.listen)} waits for ${whom}`);
  }, SILENT_MS);
  const outcome = await node.joined;
  clearTimeout(waiting);
  if (watch.isAsked()) return;
  if (outcome.type !== 'joined') {
    say('orrery: no node of the network was reached so far; the node runs on and goes on trying');
    while (node.status().contacts === 0) {
      await delay(LOOK_MS, undefined, { ref: false });
      if (watch.isAsked()) return;
    }
  }
  const note = readyNoteOf(node);
  // A cluster that is gone meanwhile closes the channel, and that stops this node.
  if (process.send !== undefined) process.send(note, undefined, {}, () => undefined);
  else tell(note);
}

function lineOf(event: Told): string {
  if (event.event === 'identity') return event.made;
  const { id, listen, api, admin, contacts } = event;
  const places = `listens on ${listen}, clients on ${api}`;
  const more = admin === undefined ? '' : `, admin on http://${admin}`;
  return `ready: node ${id} ${places}${more}, joined with ${counted(contacts, 'contact')}`;
}

const SILENT_MS = 2000;
/** Contacts may come after hours. */
const LOOK_MS = 1000;
/** A clean stop is promised within this, in ms; the node itself needs less. */
const STOP_MS_MAX = 10_000;
/** Of this a start that is going on has so long, in ms. */
const START_MS_MAX = 8000;
/** A broken node has had a second for it already. */
const TEAR_DOWN_MS_MAX = 1000;
