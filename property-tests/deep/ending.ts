/**
 * How a run is cut short, in what words it and its processes end, and what a failed one leaves
 * behind: its records as lines of JSON in `.orrery/deep` of the working directory.
 */
import { setMaxListeners } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ending } from '../processes.ts';

/** @returns where the records are */
export async function keepRecords(name: string, records: readonly object[]): Promise<string> {
  await mkdir(DIR, { recursive: true });
  const path = join(DIR, `${name}.jsonl`);
  await writeFile(path, records.map((one) => `${JSON.stringify(one)}\n`).join(''));
  return path;
}

/** Says when a run has taken too long, or any of the others says so. */
export function deadline(ms: number, ...others: readonly AbortSignal[]): AbortSignal {
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort(new Error(`the run was not over after ${ms / 1000} s`));
  }, ms);
  timer.unref();
  const signal = AbortSignal.any([late.signal, ...others]);
  // Every client of a run waits for it at times.
  setMaxListeners(0, signal);
  return signal;
}

/** @throws when the work takes longer, which goes on all the same */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`${what} took more than ${ms} ms`));
    }, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What went wrong, with what was behind it. */
export function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}; ${whyOf(error.cause)}`;
}

/** How a process has ended, in words. */
export function endingText({ signal, code, stderr }: Ending): string {
  const how = signal ?? `exit code ${code ?? 'unknown'}`;
  return `${how}, ${stderr.trim() || 'without a word'}`;
}

const DIR = join('.orrery', 'deep');
