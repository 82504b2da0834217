/**
 * How much a node may store, as its operator says it: `KEYS,SIZE`, a number of records and their
 * bytes together, as in `100000,2GiB`. One quota is for all, one for each publisher, one for each
 * peer that sends records; the latter two are half of the first unless they are given.
 */
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { RECORDS_MAX } from '../../src/limits.ts';
import type { Config, Quota } from '../../src/types.ts';
import { parseSize } from './size.ts';

/** Those that were given. */
export interface Quotas {
  readonly quota?: Quota | undefined;
  readonly publisherQuota?: Quota | undefined;
  readonly peerQuota?: Quota | undefined;
}

export const QUOTA_FORM = `must be KEYS,SIZE, at most ${RECORDS_MAX} keys, as in 100000,2GiB`;

/** @returns undefined when the text is no quota */
export function parseQuota(text: string): Quota | undefined {
  const [, keys, size = ''] = /^(\d{1,7}),(.*)$/.exec(text.trim()) ?? [];
  const bytes = parseSize(size);
  if (bytes === undefined || Number(keys) > RECORDS_MAX) return undefined;
  return { keys: Number(keys), bytes };
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
