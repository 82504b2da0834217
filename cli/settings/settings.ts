/**
 * The settings of `orrery node`, resolved: a flag wins over the INI file, the file over the
 * default (docs/operations.md, Where a node listens). Pure: text in, settings or a UsageError out.
 *
 * Rules: 127.0.0.1:6501 unless told otherwise; clients are served at the listen port + 1000, on the
 * listen host when that is loopback; a bare `--bootstrap` dials the file's `listen_address`. What
 * contradicts itself is named, never guessed at.
 */
import { join } from 'node:path';
import { RECORDING_BYTES_MAX } from '../../runtime/bounds.ts';
import { UsageError } from '../../runtime/failure.ts';
import { identityPaths } from '../../runtime/identity/identity.ts';
import type { IdentityPaths } from '../../runtime/identity/identity.ts';
import { ADMIN_EXAMPLE_PORT, API_EXAMPLE_PORT } from '../../runtime/links/address.ts';
import { formatEndpoint, isLoopback } from '../../runtime/links/address.ts';
import { parseEndpoint, plainHost } from '../../runtime/links/address.ts';
import type { Endpoint } from '../../runtime/links/address.ts';
import type { AdmissionOptions } from '../../runtime/links/admission.ts';
import type { RecordingOptions } from '../../runtime/recording/recording.ts';
import { DEFAULT_NAME } from '../../runtime/recording/segments.ts';
import { HOPS_MAX } from '../../src/limits.ts';
import type { Config } from '../../src/types.ts';
import type { WireAddress, WireVoters } from '../../src/wire-types.ts';
import { classicPlace } from './classic.ts';
import { configOf } from './config.ts';
import type { ConfigSettings } from './config.ts';
import type { IniSettings } from './ini.ts';
import { parsePlace } from './place.ts';
import { advertised, type ReachFlags } from './reach.ts';

/** Flags as commander hands them over. */
export interface NodeFlags extends ConfigSettings, ReachFlags {
  readonly address?: string | undefined;
  readonly port?: number | undefined;
  /** True when the flag stands alone. */
  readonly bootstrap?: readonly string[] | true | undefined;
  readonly data?: string | undefined;
  readonly api?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  readonly authority?: string | undefined;
  readonly revoked?: string | undefined;
  /** True when the flag stands alone. */
  readonly admin?: string | true | undefined;
  readonly subnetLinks?: number | undefined;
  /** True when the flag stands alone. */
  readonly record?: string | true | undefined;
  readonly recordSize?: number | undefined;
  readonly recordValues?: boolean | undefined;
  readonly strictLoopback?: boolean | undefined;
  readonly voters?: string | undefined;
  readonly introducers?: string | undefined;
  readonly classic?: boolean | undefined;
}

export interface NodeSettings {
  readonly listen: Endpoint;
  readonly api: Endpoint;
  /** HOST:PORT of each. */
  readonly bootstrap: readonly string[];
  readonly dataDir: string;
  /** Whether `dataDir` was chosen by us. */
  readonly dataDirIsDefault: boolean;
  readonly identity: IdentityPaths;
  /** Whether one of the identity's files was named by a flag. */
  readonly identityIsNamed: boolean;
  readonly config: Config;
  readonly admission: AdmissionOptions;
  /** Where its operator can look at it. */
  readonly admin: Endpoint | undefined;
  readonly record: Omit<RecordingOptions, 'version'> | undefined;
  /** Who elects the leader: a file that the authority has signed, or else as the INI file says. */
  readonly votersFile: string | undefined;
  readonly voters: WireVoters | undefined;
  /** A list of introducers, as `orrery introducers` writes it. */
  readonly introducersFile: string | undefined;
  /** The place that it is known by in a network with older nodes; undefined: by its certificate. */
  readonly classic: Endpoint | undefined;
  /** Hops of an older node's PUT that names none; a file may wish for more than are allowed. */
  readonly hopsMax: number | undefined;
  /** What the node says of where it is; undefined: where it listens. */
  readonly advertise: readonly WireAddress[] | undefined;
  /** What its operator should know of how these came about, a line each. */
  readonly notes: readonly string[];
}

export const DEFAULT_LISTEN: Endpoint = { host: '127.0.0.1', port: 6501 };
/** The client API's port is the listen port and this. */
export const API_PORT_OFFSET = 1000;
/** So is that of the admin server, unless it is given. */
export const ADMIN_PORT_OFFSET = 2000;
export const STATE_DIR = '.orrery';

/** @throws UsageError when the flags and the file cannot be brought together */
export function resolveSettings(flags: NodeFlags, ini: IniSettings = {}): NodeSettings {
  const listen = listenOf(flags, ini);
  const dataDir = flags.data ?? defaultDataDir(listen);
  const kept = identityPaths(dataDir);
  const { certificate, key, authority, revoked } = flags;
  const api = apiOf(flags, ini, listen);
  const bootstrap = bootstrapOf(flags, ini, listen);
  const advertise = advertised(flags);
  const lists = [flags.voters, flags.introducers, ini.voters];
  const namesVoters = lists.some((list) => list !== undefined);
  const isClassic = flags.classic === true || ini.identity === 'address';
  return {
    listen,
    api,
    bootstrap,
    dataDir,
    dataDirIsDefault: flags.data === undefined,
    identity: {
      certificate: certificate ?? kept.certificate,
      key: key ?? kept.key,
      authority: authority ?? kept.authority,
      revoked: revoked ?? kept.revoked,
    },
    identityIsNamed: [certificate, key, authority, revoked].some((path) => path !== undefined),
    config: configOf(flags, ini),
    admission: { strictLoopback: flags.strictLoopback === true, subnetLinks: flags.subnetLinks },
    admin: adminOf(flags, listen),
    record: recordingOf(flags, dataDir),
    votersFile: flags.voters,
    introducersFile: flags.introducers,
    voters: flags.voters === undefined ? ini.voters : undefined,
    classic: isClassic ? classicPlace({ listen, advertise, bootstrap, namesVoters }) : undefined,
    hopsMax: ini.maxLookup && Math.min(ini.maxLookup, HOPS_MAX),
    advertise,
    notes: [...(flags.api === undefined ? apiNotes(ini, api) : []), ...relayNotes(ini)],
  };
}

function adminOf({ admin }: NodeFlags, listen: Endpoint): Endpoint | undefined {
  if (admin === undefined) return undefined;
  if (admin !== true) return parseEndpoint(admin, '--admin', ADMIN_EXAMPLE_PORT);
  const host = isLoopback(listen.host) ? listen.host : DEFAULT_LISTEN.host;
  return { host, port: offsetPort(listen, ADMIN_PORT_OFFSET, 'admin server: give --admin') };
}

/** @throws UsageError when it is said how to record, and nothing is recorded */
function recordingOf(
  { record, recordSize, recordValues = false }: NodeFlags,
  dataDir: string,
): NodeSettings['record'] {
  if (record === undefined) {
    if (recordValues) throw new UsageError('--record-values goes with --record');
    if (recordSize === undefined) return undefined;
    throw new UsageError('--record-size goes with --record');
  }
  if (recordSize !== undefined && recordSize < RECORDING_BYTES_MIN) {
    throw new UsageError(`--record-size ${recordSize} is too little: give 1MiB or more`);
  }
  const path = record === true ? join(dataDir, DEFAULT_NAME) : record;
  return { path, bytesMax: recordSize ?? RECORDING_BYTES_MAX, values: recordValues };
}

/** A name that every file system takes: no colons. */
export function defaultDataDir(listen: Endpoint, under = STATE_DIR): string {
  return join(under, `${listen.host.replaceAll(/[:%]/g, '_')}-${listen.port}`);
}

function listenOf(flags: NodeFlags, ini: IniSettings): Endpoint {
  const base = { host: ini.listen?.host ?? DEFAULT_LISTEN.host, port: ini.listen?.port };
  const given = flags.address === undefined ? undefined : parsePlace(flags.address, '-a');
  if (given?.port !== undefined && flags.port !== undefined && given.port !== flags.port) {
    throw new UsageError(
      `-a ${flags.address ?? ''} and -p ${flags.port} name two ports: leave one of them out`,
    );
  }
  return {
    host: given?.host ?? base.host,
    port: flags.port ?? given?.port ?? base.port ?? DEFAULT_LISTEN.port,
  };
}

function apiOf(flags: NodeFlags, ini: IniSettings, listen: Endpoint): Endpoint {
  if (flags.api !== undefined) {
    const api = parseEndpoint(flags.api, '--api', API_EXAMPLE_PORT);
    if (api.port !== 0 && api.port === listen.port && sameHost(api, listen)) {
      throw new UsageError(
        `--api ${flags.api} is where the node itself listens: give another port to one of them`,
      );
    }
    return api;
  }
  const host = ini.api?.host ?? (isLoopback(listen.host) ? listen.host : DEFAULT_LISTEN.host);
  return { host, port: offsetPort(listen, API_PORT_OFFSET, 'client API: give --api') };
}

/** A port that follows from the listen port; 0 lets the system choose, here as there. */
function offsetPort({ port }: Endpoint, offset: number, forWhat: string): number {
  if (port === 0) return 0;
  if (port + offset <= PORT_MAX) return port + offset;
  throw new UsageError(`port ${port} leaves no port ${port + offset} for the ${forWhat} ADDR:PORT`);
}

/**
 * The port of `api_address` is taken from the listen port instead. Of that no word when the file
 * agrees with the rule and only a flag moved the node elsewhere.
 */
function apiNotes(ini: IniSettings, api: Endpoint): readonly string[] {
  const asked = ini.api?.port;
  const byFile = (ini.listen?.port ?? DEFAULT_LISTEN.port) + API_PORT_OFFSET;
  if (asked === undefined || asked === api.port || asked === byFile) return [];
  const served = api.port === 0 ? 'a port that the system chooses' : `port ${api.port}`;
  return [
    `api_address names port ${asked}, but clients are served on ${served} (listen port + ` +
      `${API_PORT_OFFSET}): give --api ADDR:PORT for another`,
  ];
}

function relayNotes({ maxLookup = 0 }: IniSettings): readonly string[] {
  if (maxLookup <= HOPS_MAX) return [];
  return [`max_lookup ${maxLookup} counts as ${HOPS_MAX}, the most nodes that a PUT goes through`];
}

function bootstrapOf(flags: NodeFlags, ini: IniSettings, listen: Endpoint): readonly string[] {
  const { bootstrap } = flags;
  if (bootstrap === undefined) return [];
  if (bootstrap !== true) {
    return bootstrap.map((text) => formatEndpoint(dialable(parseEndpoint(text, '--bootstrap'))));
  }
  const host = ini.listen?.host ?? DEFAULT_LISTEN.host;
  const target = { host, port: ini.listen?.port ?? DEFAULT_LISTEN.port };
  if (target.port === listen.port && sameHost(target, listen)) {
    throw new UsageError(
      `--bootstrap alone means ${formatEndpoint(target)}, which is this node itself: ` +
        'give -p PORT or --bootstrap HOST:PORT',
    );
  }
  return [formatEndpoint(dialable(target))];
}

function dialable(endpoint: Endpoint): Endpoint {
  if (endpoint.port !== 0) return endpoint;
  throw new UsageError(`--bootstrap ${formatEndpoint(endpoint)} has port 0: give a real one`);
}

function sameHost(a: Endpoint, b: Endpoint): boolean {
  return plainHost(a.host) === plainHost(b.host);
}

const PORT_MAX = 65_535;
/** Less would hold little more than one state of the node. */
const RECORDING_BYTES_MIN = 1024 * 1024;
