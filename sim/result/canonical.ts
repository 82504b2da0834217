/**
 * One text for one configuration, whoever wrote it down: what digests and the names of a sweep's
 * cells are made of.
 *
 * Invariants: keys are in alphabetical order and what is undefined is left out; a file counts by
 * the SHA-256 of its bytes and not by its path; what must not matter (threads, wire mode) is not
 * there.
 */

import type { SimOptions } from '../options.ts';

/** JSON with keys in alphabetical order. */
export function canonical(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const given = Object.entries(value).filter(([, item]) => item !== undefined);
  const entries = given.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
}

/** The settings that decide what a run does, canonically. */
export function canonicalOptions(options: SimOptions): string {
  const { voters, introducers, hostileIntroducers } = options;
  // Of what most runs do without only what there is.
  const rare = {
    voters: voters || undefined,
    introducers: introducers || undefined,
    hostileIntroducers: hostileIntroducers || undefined,
  };
  return canonical(withoutPaths({ ...options, ...rare, wire: undefined, workers: undefined }));
}

/** A file's path is where somebody keeps it; its hash stands beside it. */
function withoutPaths(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(withoutPaths);
  const isFile = 'file' in value && 'sha256' in value;
  const entries = Object.entries(value).filter(([key]) => !(isFile && key === 'file'));
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutPaths(item)]));
}
