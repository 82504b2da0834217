/**
 * The configuration file of `orrery node`: INI with one section `[dht]`, readable as the network's
 * older implementation wrote it (docs/operations.md, Where a node listens).
 *
 * Keys: listen_address, api_address (HOST or HOST:PORT), identity, k, alpha, paths, replication,
 * floor, max_lookup, ttl, ttl_max, the three quotas and voters (node ids). Upper and lower case are
 * one; other sections belong to other programs and are left alone. Invariant: an unknown key or a
 * value that cannot be read is a UsageError of one line that names file and key.
 */
import { parse } from 'ini';
import { z } from 'zod';
import {
  configuredVoters,
  faultOfCount,
  isId,
  isListOf,
} from '../../runtime/election/voter-list.ts';
import { UsageError } from '../../runtime/failure.ts';
import { readWhole } from '../../runtime/files.ts';
import { API_EXAMPLE_PORT } from '../../runtime/links/address.ts';
import { ALPHA_MAX, K_MAX, PATHS_MAX, REPLICATION_MAX, TTL_S_MAX } from '../../src/limits.ts';
import type { Quota } from '../../src/types.ts';
import type { WireVoters } from '../../src/wire-types.ts';
import type { ConfigSettings } from './config.ts';
import { parsePlace } from './place.ts';
import type { Place } from './place.ts';
import { parseQuota, QUOTA_FORM } from './quota.ts';

export interface IniSettings extends ConfigSettings {
  readonly listen?: Place | undefined;
  readonly api?: Place | undefined;
  /** What proves an id; `address` as `--classic`. */
  readonly identity?: 'certificate' | 'address' | undefined;
  /** Hops of an older node's PUT that names none. */
  readonly maxLookup?: number | undefined;
  /** Who elects the leader, in every node's file alike. */
  readonly voters?: WireVoters | undefined;
}

/** @throws UsageError when the file or something in it cannot be read */
export async function readIni(path: string): Promise<IniSettings> {
  const hint = 'name an existing file with --config';
  return parseIni(await readWhole(path, { what: 'the configuration file', hint }), path);
}

/** The same for a text; `path` only stands in messages. */
export function parseIni(text: string, path: string): IniSettings {
  // Some editors begin a file with a byte order mark, which is no part of the first section's name.
  const plain = text.replace(/^\uFEFF/, '');
  refuseTwice(plain, path);
  const sections: Readonly<Record<string, unknown>> = parse(plain, { bracketedArray: false });
  const section = Object.entries(sections).find(([name]) => name.toLowerCase() === SECTION)?.[1];
  if (typeof section !== 'object' || section === null) {
    throw new UsageError(`${path} has no section [${SECTION}]: begin it with that line`);
  }
  const lowered = Object.fromEntries(
    Object.entries(section).map(([key, value]) => [key.trim().toLowerCase(), value as unknown]),
  );
  const checked = schema.safeParse(lowered);
  if (!checked.success) throw new UsageError(`${path}: ${faultOf(checked.error, lowered)}`);
  const { listen_address, api_address, max_lookup, ttl_max, ...rest } = checked.data;
  const { publisher_quota, peer_quota, ...others } = rest;
  return {
    ...others,
    listen: placeOf(listen_address, path, 'listen_address'),
    api: placeOf(api_address, path, 'api_address', API_EXAMPLE_PORT),
    maxLookup: max_lookup,
    ttlMax: ttl_max,
    publisherQuota: publisher_quota,
    peerQuota: peer_quota,
  };
}

function placeOf(
  text: string | undefined,
  path: string,
  key: string,
  examplePort?: number,
): Place | undefined {
  if (text === undefined) return undefined;
  return parsePlace(text, `${path}: ${key} in [${SECTION}]`, examplePort);
}

/** The library makes a list of a key that is given twice, and loses the lines. */
function refuseTwice(text: string, path: string): void {
  let isOurs = false;
  const lineOf = new Map<string, number>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const section = /^\s*\[([^\]]*)\]\s*$/.exec(line)?.[1];
    if (section !== undefined) isOurs = section.trim().toLowerCase() === SECTION;
    const key = /^\s*([^\s;#[=][^=]*)/.exec(line)?.[1]?.trim().toLowerCase();
    if (!isOurs || section !== undefined || key === undefined) continue;
    const first = lineOf.get(key);
    if (first !== undefined) {
      throw new UsageError(
        `${path}: ${key} stands twice in [${SECTION}], in lines ${first} and ${index + 1}: ` +
          'take one of them out',
      );
    }
    lineOf.set(key, index + 1);
  }
}

function faultOf(error: z.ZodError, section: Readonly<Record<string, unknown>>): string {
  const [issue] = error.issues;
  if (issue?.code === 'unrecognized_keys') {
    const known = Object.keys(schema.shape).join(', ');
    return `unknown key ${JSON.stringify(issue.keys[0])} in [${SECTION}]: known are ${known}`;
  }
  const key = String(issue?.path[0]);
  const value = JSON.stringify(section[key]).slice(0, 60);
  return `${key} in [${SECTION}] ${String(issue?.message)}, not ${value}`;
}

/** The file holds texts only; `key` alone on its line is read as true by the library. */
function wholeNumber(low: number, high: number): z.ZodOptional<z.ZodType<number>> {
  const message = `must be a whole number from ${low} to ${high}`;
  return z
    .string(message)
    .regex(/^\d{1,12}$/, message)
    .transform(Number)
    .refine((value) => value >= low && value <= high, message)
    .optional();
}

function quota(): z.ZodOptional<z.ZodType<Quota>> {
  return z
    .string(QUOTA_FORM)
    .transform((text, context) => {
      const read = parseQuota(text);
      if (read !== undefined) return read;
      context.addIssue({ code: 'custom', message: QUOTA_FORM });
      return z.NEVER;
    })
    .optional();
}

function voters(): z.ZodOptional<z.ZodType<WireVoters>> {
  return z
    .string(VOTERS_FORM)
    .transform((text, context) => {
      const ids = text.toLowerCase().split(/[\s,]+/);
      const fault = faultOfCount(ids.length);
      if (ids.every(isId) && isListOf(ids) && fault === undefined) return configuredVoters(ids);
      context.addIssue({ code: 'custom', message: VOTERS_FORM });
      return z.NEVER;
    })
    .optional();
}

function address(): z.ZodOptional<z.ZodString> {
  return z.string('must be HOST or HOST:PORT').optional();
}

const SECTION = 'dht';
/** A byte of a PUT. */
const MAX_LOOKUP_MAX = 255;
const VOTERS_FORM = 'must be 3, 5 or 7 different node ids of 64 hex digits';

const schema = z.strictObject({
  listen_address: address(),
  api_address: address(),
  identity: z.enum(['certificate', 'address'], 'must be certificate or address').optional(),
  k: wholeNumber(1, K_MAX),
  alpha: wholeNumber(1, ALPHA_MAX),
  paths: wholeNumber(1, PATHS_MAX),
  replication: wholeNumber(1, REPLICATION_MAX),
  floor: wholeNumber(1, REPLICATION_MAX),
  max_lookup: wholeNumber(1, MAX_LOOKUP_MAX),
  ttl: wholeNumber(1, TTL_S_MAX),
  ttl_max: wholeNumber(1, TTL_S_MAX),
  quota: quota(),
  publisher_quota: quota(),
  peer_quota: quota(),
  voters: voters(),
});
