/**
 * What the system tells of a process from outside (/proc of Linux). Of one that is gone everything
 * is 0.
 */
import { readdir, readFile } from 'node:fs/promises';

export interface ProcessFigures {
  /** Resident memory in bytes. */
  readonly resident: number;
  /** Of that what is no page of a file: programs and libraries are shared, and the system takes
   * their pages back when it wants them. */
  readonly anonymous: number;
  readonly threads: number;
}

export async function figuresOf(pid: number): Promise<ProcessFigures> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const bytes = (name: string): number =>
    Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) * 1024;
  return {
    resident: bytes('VmRSS'),
    anonymous: bytes('RssAnon'),
    threads: Number(/Threads:\s+(\d+)/.exec(status)?.[1] ?? 0),
  };
}

/** Open descriptors. */
export async function descriptorsOf(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`).catch(() => [])).length;
}
