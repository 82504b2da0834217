/**
 * `orrery status`: what a running node says of itself at its admin address (`/status`), for people
 * or, with `--json`, for programs.
 *
 * Exit codes: 0 it answered, 1 nobody did, or somebody else, 2 wrong usage. Nothing of the node is
 * changed.
 */
import { once } from 'node:events';
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { Command } from '@commander-js/extra-typings';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { Leadership, SeenList } from '../runtime/admin/leadership.ts';
import type { Observed } from '../runtime/admin/observed.ts';
import { dayOf } from '../runtime/clock.ts';
import { UsageError } from '../runtime/failure.ts';
import { objectIn } from '../runtime/files.ts';
import type { Endings } from '../runtime/identity/endings.ts';
import { ADMIN_EXAMPLE_PORT, formatEndpoint, parseEndpoint } from '../runtime/links/address.ts';
import type { Endpoint } from '../runtime/links/address.ts';
import { CommandFailure, oneLine } from './failure.ts';
import { counted, print, printJson } from './output.ts';
import { ADMIN_PORT_OFFSET, DEFAULT_LISTEN } from './settings/settings.ts';

export function statusCommand(): CommandUnknownOpts {
  return new Command('status')
    .description('what a running node says of itself')
    .argument('[host:port]', 'its admin address', DEFAULT_ADMIN)
    .option('--json', 'everything, as JSON', false)
    .addHelpText('after', EXAMPLES)
    .action(async (address, { json }) => {
      const at = parseEndpoint(address, 'the admin address', ADMIN_EXAMPLE_PORT);
      if (at.port === 0) throw new UsageError(`${address} has port 0: give that of a running node`);
      const seen = await ask(at);
      if (json) printJson(seen);
      else for (const line of linesOf(seen, at)) print(line);
    });
}

/** What the node answers; its fields are those of this version, or the node is of another. */
type Seen = Observed & { readonly warnings: readonly string[] };

async function ask(at: Endpoint): Promise<Seen> {
  const where = formatEndpoint(at);
  const signal = AbortSignal.timeout(ANSWER_MS_MAX);
  let answer: string;
  try {
    answer = await answerOf(at, signal);
  } catch {
    const why = signal.aborted ? `within ${ANSWER_MS_MAX / 1000} s` : `at ${where}`;
    throw new CommandFailure(
      `no node answers ${why}: start one with --admin, or name the admin address of a running one`,
    );
  }
  if (NOT_HERE.test(answer)) throw new CommandFailure(`${where} answers: ${answer.trim()}`);
  const seen = parsed(answer);
  if (seen !== undefined) return seen;
  throw notOurs(at);
}

function notOurs(at: Endpoint): CommandFailure {
  return new CommandFailure(
    `${formatEndpoint(at)} is no admin address of a node of this version: it is the listen port ` +
      `+ ${ADMIN_PORT_OFFSET} unless --admin says otherwise`,
  );
}

/** Not by `fetch`, which refuses to ask some ports. */
async function answerOf({ host, port }: Endpoint, signal: AbortSignal): Promise<string> {
  const [answer] = (await once(get({ host, port, path: '/status', signal }), 'response')) as [
    IncomingMessage,
  ];
  return await text(answer);
}

function parsed(json: string): Seen | undefined {
  const read = objectIn(json);
  const isOurs = read !== undefined && FIELDS.every((name) => name in read);
  return isOurs ? (read as unknown as Seen) : undefined;
}

/** @throws CommandFailure when a field is not what it is in this version */
function linesOf(seen: Seen, at: Endpoint): readonly string[] {
  try {
    return rowsOf(seen).map(([name, value]) => oneLine(`${name.padEnd(12)}${value}`));
  } catch {
    throw notOurs(at);
  }
}

function rowsOf(seen: Seen): readonly (readonly [string, string])[] {
  const { id, listen, api, records, leadership, warnings } = seen;
  const state = seen.leaving ? 'leaving' : seen.joined ? 'joined' : 'not joined';
  return [
    ['node', id],
    ['listens on', seen.clientOnly ? `${listen} (a client only)` : listen],
    ['clients on', api ?? 'none served'],
    ['state', `${state}, up for ${counted(seen.upSeconds, 'second')}`],
    ['contacts', `${seen.contacts}, with ${counted(seen.linksUp, 'link')}`],
    ['identity', untilText(seen.endings)],
    ...olderRow(seen),
    ['records', `${records.keys} of ${records.keysMax}, ${counted(records.bytes, 'byte')}`],
    ...(seen.identity === 'address' ? [] : electionRows(leadership)),
    [
      'warnings',
      warnings.length === 0 ? 'none' : `${warnings.length}, the last: ${warnings.at(-1)}`,
    ],
  ];
}

function untilText({ certificateUntil, revocationsUntil }: Endings): string {
  const list =
    revocationsUntil === undefined ? 'none' : `until ${dayOf(Date.parse(revocationsUntil))}`;
  return `certificate until ${dayOf(Date.parse(certificateUntil))}, revocation list ${list}`;
}

function olderRow({ identity, olderNodes }: Seen): readonly (readonly [string, string])[] {
  if (identity === 'certificate') return [];
  const older = olderNodes === 0 ? 'no older node is known' : counted(olderNodes, 'older node');
  return [['ids', `addresses (--classic), ${older}`]];
}

function electionRows(seen: Leadership): readonly (readonly [string, string])[] {
  const { role, term, leader, changedAt, version, voters, ballot, listed } = seen;
  const lost = ballot === 'lost' ? ' (its ballot is lost: it abstains)' : '';
  if (role === 'none') return [['leader', `none known: this node is no voter${lost}`]];
  const whom = leader === undefined ? 'nobody' : `${leader.peer} at ${leader.at ?? 'nobody knows'}`;
  return [
    ['role', `${role}${lost}`],
    ['leader', role === 'leader' ? 'this node' : whom],
    ['term', String(term)],
    ['changed', changedAt ?? 'never'],
    ...(voters.length === 0
      ? []
      : [['voters', `${voters.map(({ peer }) => peer).join(', ')} (list ${version})`] as const]),
    ['introducers', listed === undefined ? 'none are known' : listedText(listed)],
  ];
}

function listedText({ introducers, madeAt }: SeenList): string {
  const places = introducers.map(({ peer, at }) => `${peer} at ${at ?? 'nobody knows'}`);
  return `${places.join(', ')} (${madeAt})`;
}

const FIELDS: readonly (keyof Seen)[] = ['id', 'endings', 'records', 'leadership', 'warnings'];
const DEFAULT_ADMIN = formatEndpoint({
  host: DEFAULT_LISTEN.host,
  port: DEFAULT_LISTEN.port + ADMIN_PORT_OFFSET,
});
const ANSWER_MS_MAX = 5000;
/** How a node begins that may not be the one that was meant. */
const NOT_HERE = /^no such host here/;

const EXAMPLES = `
Examples:
  $ npx orrery status
  $ npx orrery status 127.0.0.1:8502
  $ npx orrery status --json

The node must run with --admin; those of "npx orrery cluster" and "npm start" do.
Exit codes: 0 it answered, 1 nobody did, 2 wrong usage.`;
