/**
 * The settings of a node: the defaults of the Kademlia paper (section 2.2: k = 20, alpha = 3) and
 * of the project's contract, and the check that a set of them can work at all.
 */

import { ALPHA_MAX, K_MAX, PATHS_MAX, PEERS_PER_REPLY_MAX, RECORDS_MAX } from './limits.ts';
import { REPLICATION_MAX, SUBNET_PER_TABLE_MAX, TTL_S_MAX } from './limits.ts';
import type { Config, Quota } from './types.ts';

const GIB = 2 ** 30;

export const defaultConfig: Config = {
  k: 20,
  alpha: 3,
  beta: 20,
  subnetPerBucket: 2,
  subnetPerTable: 10,
  nearest: 20,
  paths: 1,
  replication: 8,
  floor: 1,
  ttlS: 3600,
  ttlSMax: 30 * 86_400,
  timeoutMs: 0,
  operationMs: 10_000,
  repairMs: 50_000,
  quota: { keys: RECORDS_MAX, bytes: 8 * GIB },
  publisherQuota: { keys: RECORDS_MAX / 2, bytes: 4 * GIB },
  peerQuota: { keys: RECORDS_MAX / 2, bytes: 4 * GIB },
};

/** @returns what is wrong with the settings, one line each, in the words of the settings */
export function configFaults(config: Config): readonly string[] {
  const faults: string[] = [];
  const whole = (name: Numbers, low: number, high: number): void => {
    const value = config[name];
    if (!Number.isSafeInteger(value) || value < low || value > high) {
      faults.push(`${name} must be a whole number from ${low} to ${high}, not ${value}`);
    }
  };
  whole('k', 1, K_MAX);
  whole('alpha', 1, ALPHA_MAX);
  whole('beta', 1, PEERS_PER_REPLY_MAX);
  whole('subnetPerBucket', 0, K_MAX);
  whole('subnetPerTable', 0, SUBNET_PER_TABLE_MAX);
  whole('nearest', 1, K_MAX);
  whole('paths', 1, PATHS_MAX);
  whole('replication', 1, REPLICATION_MAX);
  whole('floor', 1, REPLICATION_MAX);
  whole('ttlS', 1, TTL_S_MAX);
  whole('ttlSMax', 1, TTL_S_MAX);
  whole('timeoutMs', 0, 600_000);
  whole('operationMs', 1, 86_400_000);
  whole('repairMs', 0, 86_400_000);
  faults.push(...QUOTAS.flatMap((name) => quotaFaults(name, config[name])));
  if (faults.length === 0) {
    if (config.floor > config.replication) faults.push('floor must not be above replication');
    if (config.ttlS > config.ttlSMax) faults.push('ttlS must not be above ttlSMax');
    if (config.replication > config.nearest) {
      faults.push('replication must not be above nearest: a PUT only finds that many nodes');
    }
  }
  return faults;
}

const QUOTAS = ['quota', 'publisherQuota', 'peerQuota'] as const;

type Numbers = Exclude<keyof Config, (typeof QUOTAS)[number]>;

function quotaFaults(name: string, { keys, bytes }: Quota): readonly string[] {
  const faults: string[] = [];
  if (!Number.isSafeInteger(keys) || keys < 0 || keys > RECORDS_MAX) {
    faults.push(`${name}.keys must be a whole number from 0 to ${RECORDS_MAX}, not ${keys}`);
  }
  if (!Number.isSafeInteger(bytes) || bytes < 0) {
    faults.push(`${name}.bytes must be a whole number from 0, not ${bytes}`);
  }
  return faults;
}
