/**
 * The core's settings of a real node, from flags and the INI file: contacts, lookups, replicas,
 * lives and quotas. Rules: a flag wins over the file, the file over the default; a default gives
 * way to a bound that was set lower, what was asked for does not.
 */
import { UsageError } from '../../runtime/failure.ts';
import { configFaults, defaultConfig } from '../../src/config.ts';
import { PEERS_PER_REPLY_MAX } from '../../src/limits.ts';
import type { Config } from '../../src/types.ts';
import { quotasOf, type Quotas } from './quota.ts';
import type { ReachFlags } from './reach.ts';

/** What both may say, by the words of the flags. */
export interface ConfigSettings extends Quotas {
  readonly k?: number | undefined;
  readonly alpha?: number | undefined;
  readonly paths?: number | undefined;
  readonly replication?: number | undefined;
  readonly floor?: number | undefined;
  /** In seconds, as the next one. */
  readonly ttl?: number | undefined;
  readonly ttlMax?: number | undefined;
}

/** @throws UsageError when they contradict each other */
export function configOf(
  flags: ConfigSettings & Pick<ReachFlags, 'subnetContacts'>,
  ini: ConfigSettings,
): Config {
  const either = (name: Numbers): number | undefined => flags[name] ?? ini[name];
  const k = either('k') ?? defaultConfig.k;
  const ttlSMax = either('ttlMax') ?? defaultConfig.ttlSMax;
  const replication = either('replication') ?? Math.min(defaultConfig.replication, k);
  const ttlS = either('ttl') ?? Math.min(defaultConfig.ttlS, ttlSMax);
  const floor = either('floor') ?? defaultConfig.floor;
  const refuse = (name: Numbers, why: string): never => {
    throw new UsageError(`${saidAs(name, flags[name], ini[name])} is above ${why}`);
  };
  if (replication > k) refuse('replication', `k = ${k}: a value lives on at most k nodes`);
  if (floor > replication) refuse('floor', `the ${replication} replicas that a PUT wants`);
  if (ttlS > ttlSMax) refuse('ttl', `the longest life, ${ttlSMax} s: give a greater --ttl-max`);
  const config: Config = {
    ...defaultConfig,
    k,
    beta: Math.min(k, PEERS_PER_REPLY_MAX),
    nearest: k,
    alpha: either('alpha') ?? defaultConfig.alpha,
    paths: either('paths') ?? defaultConfig.paths,
    replication,
    floor,
    ttlS,
    ttlSMax,
    ...quotasOf(flags, ini, defaultConfig),
    ...flags.subnetContacts,
  };
  const [fault] = configFaults(config);
  if (fault !== undefined) throw new UsageError(`the settings cannot work: ${fault}`);
  return config;
}

type Numbers = Exclude<keyof ConfigSettings, keyof Quotas>;

/** A setting as whoever gave it wrote it. */
function saidAs(name: Numbers, byFlag: number | undefined, byFile: number | undefined): string {
  if (byFlag !== undefined) return `--${name} ${byFlag}`;
  return `${name} = ${byFile}`;
}
