/**
 * The one table of a simulation's settings: what each is called, how it is
 * written, what it is when nobody says. Flags of `orrery sim`, keys of a scenario and axes of a
 * sweep all come from here, so that one word means the same everywhere.
 *
 * Invariants: a value is read from text, wherever it was written; no two settings share a field of
 * the options; defaults are told here and made in `defaultOptions`, a test holds them together.
 */

import {
  ALPHA_MAX,
  INTRODUCERS_MAX,
  K_MAX,
  PATHS_MAX,
  PEERS_PER_REPLY_MAX,
} from '../../../src/limits.ts';
import { REPLICATION_MAX, VALUE_BYTES_MAX, VOTERS_MAX } from '../../../src/limits.ts';
import { NODES_MAX, type SimOptions } from '../../options.ts';
import { bad, good, type Parsed } from '../../specs.ts';
import { ADVERSARY, choice, CHURN, duration, LATENCY, LIFE, number } from './kinds.ts';
import { RATE, SEED, SHARE, SWITCH, TIMEOUT, whole } from './kinds.ts';
import type { JsonSchema, Kind } from './kinds.ts';

/** Some of the options. */
export type GivenOptions = Partial<SimOptions>;

export interface Setting {
  /** Of a scenario; the flag is the same with two dashes before it. */
  readonly key: string;
  /** The heading in help under which it stands. */
  readonly group: string;
  /** As in `--k <n>`; a switch takes none. */
  readonly argument: string | undefined;
  readonly help: string;
  /** The default, in words. */
  readonly fallback: string;
  /** What a scenario may write. */
  readonly schema: JsonSchema;
  /** Of the options. */
  readonly field: keyof SimOptions;
  readonly read: (text: string) => Parsed<GivenOptions>;
}

const WORK_MAX = 1_000_000_000;
const WORKERS_MAX = 256;
/** Longer than any path that a system allows. */
const TEXT_LENGTH_MAX = 8192;

const REPLICAS = '8, or fewer in a small network';
const LATENCY_HELP =
  'one way, in ms: uniform:LOW,HIGH, constant:MS, lognormal:MEDIAN,SIGMA, regions, or ' +
  'matrix:FILE[,unit=ms|s][,missing=median] of round trips';
const CHURN_HELP =
  'none, exponential:MEAN_ON[,MEAN_OFF], weibull:SCALE,SHAPE[,SCALE,SHAPE], ' +
  'cdf:FILE[,column=NAME] or survival:FILE; without an off time nodes never return';
const LINKS_HELP = 'whether first contact costs a dial, and calling back too';
const INTRODUCERS_HELP = 'nodes that introduce all others; 0: whoever is there';
const HOSTILE = whole(0, INTRODUCERS_MAX);
const ADVERSARY_HELP = 'share of nodes that drop, lie, stale or flood, as in 0.2:drop';

const VOTERS_HELP = 'the first 3, 5 or 7 nodes stay, and elect a leader; 0: none';

const NETWORK = group('The network', [
  row('nodes', whole(1, NODES_MAX), 'nodes', 'nodes, online and offline', '1000'),
  row('tables', choice('joined', 'converged'), 'tables', 'how routing tables begin', 'joined'),
  row('k', whole(1, K_MAX), 'k', 'contacts per bucket', '20'),
  row('alpha', whole(1, ALPHA_MAX), 'alpha', 'calls in flight of a lookup', '3'),
  row('beta', whole(1, PEERS_PER_REPLY_MAX), 'beta', 'contacts named in a reply', 'k'),
  row('nearest', whole(1, K_MAX), 'nearest', 'nearest nodes a lookup looks for', 'k'),
  row('paths', whole(1, PATHS_MAX), 'paths', 'disjoint paths of a lookup', '1'),
  row('replication', whole(1, REPLICATION_MAX), 'replication', 'replicas of a value', REPLICAS),
  row('floor', whole(1, REPLICATION_MAX), 'floor', 'fewest replicas of a good PUT', '1'),
  row('repair', duration(0), 'repairMs', 'between two checks of fellow holders; 0: none', '50s'),
  row('ttl', LIFE, 'ttlS', 'life of a value', '1d'),
  row('timeout', TIMEOUT, 'timeoutMs', 'adaptive, or a fixed deadline of a call', 'adaptive'),
  row('deadline', duration(1), 'operationMs', 'of an operation', '10s'),
]);

const LINKS = group('Latency and loss', [
  row('latency', LATENCY, 'latency', LATENCY_HELP, 'uniform:10,100'),
  row('min-latency', number('<ms>', 0.001, 10_000), 'minLatencyMs', 'the least latency', '1'),
  row('jitter', SHARE, 'jitter', 'by how much a message deviates from it', '0'),
  row('links', choice('dial', 'dial-back', 'warm'), 'links', LINKS_HELP, 'dial'),
  row('loss', SHARE, 'loss', 'share of calls that are never answered', '0'),
  row('silent', SHARE, 'silent', 'share of nodes that never answer', '0'),
]);

const CHURNING = group('Churn and adversaries', [
  row('churn', CHURN, 'churn', CHURN_HELP, 'none'),
  row('departure', choice('crash', 'leave'), 'departure', 'whether nodes say goodbye', 'crash'),
  row('disk', choice('empty', 'keep'), 'disk', 'what a returning node has kept', 'empty'),
  row('adversaries', ADVERSARY, 'adversaries', ADVERSARY_HELP, 'none'),
  row('voters', whole(0, VOTERS_MAX), 'voters', VOTERS_HELP, '0'),
  row('introducers', whole(0, INTRODUCERS_MAX), 'introducers', INTRODUCERS_HELP, '0'),
  row('hostile-introducers', HOSTILE, 'hostileIntroducers', 'how many of them are hostile', '0'),
]);

const WORK = group('What the nodes are asked to do', [
  row('lookups', whole(0, WORK_MAX), 'lookups', 'node lookups', '1000 without other work'),
  row('lookup-rate', RATE, 'lookupsPerSecond', 'of all work, with --duration 0', '1000/s'),
  row('targets', choice('random', 'nodes'), 'targets', 'points, or ids of nodes', 'random'),
  row('puts', whole(0, WORK_MAX), 'puts', 'values stored', '0'),
  row('gets', whole(0, WORK_MAX), 'gets', 'reads of acknowledged values', '0'),
  row('value-bytes', whole(1, VALUE_BYTES_MAX), 'valueBytes', 'bytes of a value', '100'),
  row('zipf', number('<s>', 0, 10), 'zipf', 'how uneven GETs choose keys; 0: evenly', '0'),
]);

const RUN = group('The run', [
  row('seed', SEED, 'seed', 'what all chance is drawn from', '1'),
  row('duration', duration(), 'durationMs', 'measured time; 0: until the work is done', '10m'),
  row('warmup', duration(), 'warmupMs', 'time before it, not measured', '0s'),
  row('workers', whole(1, WORKERS_MAX), 'workers', 'threads; the digest stays the same', '1'),
  row('wire', SWITCH, 'wire', 'every message through codec and admit; same digest', 'off'),
]);

/** In the order of help. */
export const SETTINGS: readonly Setting[] = [...NETWORK, ...LINKS, ...CHURNING, ...WORK, ...RUN];

const byKey = new Map(SETTINGS.map((setting) => [setting.key, setting]));

export function settingOf(key: string): Setting | undefined {
  return byKey.get(key);
}

/**
 * A value as a scenario writes it (text, a number, true or false), or as a flag does (text).
 *
 * @returns the options that it stands for, or one line that says what is wrong
 */
export function readSetting(setting: Setting, value: unknown): Parsed<GivenOptions> {
  const text = textOf(value);
  return text.ok ? setting.read(text.value) : text;
}

/** A single value as text. */
export function textOf(value: unknown): Parsed<string> {
  if (typeof value === 'string') {
    const isPlain = value.length <= TEXT_LENGTH_MAX && !/\p{Cc}|\p{Zl}|\p{Zp}/u.test(value);
    return isPlain ? good(value) : bad('a text of several lines cannot be: write one short line');
  }
  if (typeof value === 'boolean') return good(String(value));
  if (value === undefined) return bad('is missing: give it a value');
  if (value === null) return bad('has no value: write one, or delete the key');
  if (Array.isArray(value)) return bad('a list cannot be: write one value');
  if (typeof value !== 'number') return bad('a group of keys cannot be: write one value');
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) return good(String(value));
  return bad(`${value} is not kept exactly: write the digits in quotes`);
}

type Row = Omit<Setting, 'group'>;

function row<F extends keyof SimOptions>(
  key: string,
  kind: Kind<SimOptions[F]>,
  field: F,
  help: string,
  fallback: string,
): Row {
  const read = (text: string): Parsed<GivenOptions> => {
    const parsed = kind.read(text);
    return parsed.ok ? good({ [field]: parsed.value }) : parsed;
  };
  return { key, argument: kind.argument, help, fallback, schema: kind.schema, field, read };
}

function group(name: string, rows: readonly Row[]): readonly Setting[] {
  return rows.map((each) => ({ ...each, group: name }));
}
