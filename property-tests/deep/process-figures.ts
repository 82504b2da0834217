/**
 * What the system tells of a process from outside (/proc of Linux). Of one that is gone everything
 * is 0.
 */
import { readdir, readFile } from 'node:fs/promises';

export interface ProcessFigures {
  /** Resident memory in bytes. */
  readonly resident: number;
  readonly threads: number;
}

export async function figuresOf(pid: number): Promise<ProcessFigures> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return {
    resident: Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024,
    threads: Number(/Threads:\s+(\d+)/.exec(status)?.[1] ?? 0),
  };
}

/** Open descriptors. */
export async function descriptorsOf(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`).catch(() => [])).length;
}
