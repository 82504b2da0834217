/**
 * The nodes of a cluster: where each lives, and what the cluster holds of a running one, be it a
 * process of its own (`process.ts`) or a part of this one.
 *
 * Invariant: all are on loopback and have their certificates from one development authority, which
 * this process asks for all of them before the first node starts.
 */
import { join } from 'node:path';
import { readVoters } from '../../runtime/election/voter-list.ts';
import { UsageError } from '../../runtime/failure.ts';
import type { Identity } from '../../runtime/identity/identity.ts';
import { formatEndpoint } from '../../runtime/links/address.ts';
import type { Endpoint } from '../../runtime/links/address.ts';
import { startNode } from '../../runtime/node.ts';
import { adminOfMember } from '../dashboards.ts';
import { developed } from '../development.ts';
import { openLog } from '../logging.ts';
import type { LogFormat, LogLevel } from '../logging.ts';
import { readyNoteOf, stopNode } from '../node.ts';
import type { ReadyNote } from '../node.ts';
import { ADMIN_PORT_OFFSET, API_PORT_OFFSET, defaultDataDir } from '../settings/settings.ts';

export interface Member {
  readonly listen: Endpoint;
  readonly api: Endpoint;
  readonly admin: Endpoint;
  readonly dataDir: string;
  readonly identity: Identity;
}

export interface RunningMember {
  readonly member: Member;
  readonly pid: number;
  /** Nothing when it ended, or found no network, before it was ready. */
  readonly ready: Promise<ReadyNote | undefined>;
  /** How it ended. */
  readonly ended: Promise<string>;
  readonly stop: () => Promise<void>;
}

/** Makes places and certificates; `made` hears of what had to be made for them. */
export async function makeMembers(
  nodes: number,
  basePort: number,
  dir: string,
  made: (line: string) => void,
): Promise<readonly Member[]> {
  const last = basePort + nodes - 1 + ADMIN_PORT_OFFSET;
  if (last > PORT_MAX) {
    throw new UsageError(
      `--nodes ${nodes} from --base-port ${basePort} needs ports up to ${last}: start lower`,
    );
  }
  const members: Member[] = [];
  let certificates = 0;
  for (let index = 0; index < nodes; index++) {
    const listen = { host: HOST, port: basePort + index };
    const dataDir = defaultDataDir(listen, dir);
    const { identity, made: line } = await developed(join(dir, 'authority'), dataDir);
    if (line !== undefined) certificates += 1;
    const api = { host: HOST, port: listen.port + API_PORT_OFFSET };
    members.push({ listen, api, admin: adminOfMember(listen), dataDir, identity });
  }
  if (certificates > 0) {
    made(`development certificates made: ${certificates}, of the authority in ${dir}/authority`);
  }
  return members;
}

/** Starts a node inside this process. @throws UsageError when it cannot be started */
export async function startMember(
  member: Member,
  bootstrap: string | undefined,
  votersFile: string | undefined,
  level: LogLevel,
  format: LogFormat,
): Promise<RunningMember> {
  const name = formatEndpoint(member.listen);
  const { authority } = member.identity;
  const node = await startNode({
    ...member,
    voters: votersFile === undefined ? undefined : await readVoters(votersFile, authority),
    bootstrap: bootstrap === undefined ? [] : [bootstrap],
    log: openLog(level, format, name),
  });
  return {
    member,
    pid: process.pid,
    ready: node.joined.then(({ type }) => (type === 'joined' ? readyNoteOf(node) : undefined)),
    ended: node.ended.then(
      () => 'stopped',
      (error: unknown) => `broken: ${String(error)}`,
    ),
    stop: () => stopNode(node),
  };
}

const HOST = '127.0.0.1';
const PORT_MAX = 65_535;
