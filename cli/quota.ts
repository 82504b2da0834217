/**
 * How much a node may store, as its operator says it: `KEYS,SIZE`, a number of records and their
 * bytes together, as in `100000,2GiB`. One quota is for all, one for each publisher, one for each
 * peer that sends records; the latter two are half of the first unless they are given.
 */
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { RECORDS_MAX } from '../src/limits.ts';
import type { Config, Quota } from '../src/types.ts';

/** Those that were given. */
export interface Quotas {
  readonly quota?: Quota | undefined;
  readonly publisherQuota?: Quota | undefined;
  readonly peerQuota?: Quota | undefined;
}

export const QUOTA_FORM = `must be KEYS,SIZE, at most ${RECORDS_MAX} keys, as in 100000,2GiB`;

/** @returns undefined when the text is no quota */
export function parseQuota(text: string): Quota | undefined {
  const [, keys, size, unit] = /^(\d{1,7}),(\d{1,15})(KiB|MiB|GiB|TiB)?$/i.exec(text.trim()) ?? [];
  if (keys === undefined || size === undefined) return undefined;
  const quota = { keys: Number(keys), bytes: Number(size) * unitOf(unit) };
  return quota.keys <= RECORDS_MAX && Number.isSafeInteger(quota.bytes) ? quota : undefined;
}

/** The same for a flag. */
export function quotaFlag(text: string): Quota {
  const quota = parseQuota(text);
  if (quota !== undefined) return quota;
  throw new InvalidArgumentError(`It ${QUOTA_FORM}.`);
}

/** The quotas of a node; those in `first` win over those in `second`. */
export function quotasOf(
  first: Quotas,
  second: Quotas,
  fallback: Config,
): Pick<Config, 'quota' | 'publisherQuota' | 'peerQuota'> {
  const all = first.quota ?? second.quota;
  const quota = all ?? fallback.quota;
  const half = all === undefined ? undefined : halved(all);
  return {
    quota,
    publisherQuota:
      first.publisherQuota ?? second.publisherQuota ?? half ?? fallback.publisherQuota,
    peerQuota: first.peerQuota ?? second.peerQuota ?? half ?? fallback.peerQuota,
  };
}

function halved({ keys, bytes }: Quota): Quota {
  return { keys: Math.ceil(keys / 2), bytes: Math.ceil(bytes / 2) };
}

function unitOf(unit: string | undefined): number {
  return 1024 ** (['kib', 'mib', 'gib', 'tib'].indexOf(unit?.toLowerCase() ?? '') + 1);
}
