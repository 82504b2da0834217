/**
 * What nodes wrote on standard error, until they ended: which of it must not be there, and how
 * often the rest was said.
 */
import type { Ending } from '../../processes.ts';

export class Words {
  /** Lines that a healthy node does not write. */
  readonly faults: string[] = [];
  /** Warnings, by their message. */
  readonly warnings = new Map<string, number>();

  take(node: number, { stderr }: Ending): void {
    for (const line of stderr.split('\n')) {
      if (line.trim() === '') continue;
      const { level, msg } = entryOf(line);
      if (level >= ERROR || ALARMING.test(line)) this.faults.push(`node ${node} wrote: ${line}`);
      else this.warnings.set(msg, (this.warnings.get(msg) ?? 0) + 1);
    }
  }
}

/** A line of the log; any other line is a message of its own, but for numbers. */
function entryOf(line: string): { readonly level: number; readonly msg: string } {
  try {
    const { level, msg } = JSON.parse(line) as { level?: unknown; msg?: unknown };
    if (typeof level === 'number' && typeof msg === 'string') return { level, msg };
  } catch {
    // Not of the log.
  }
  return { level: 0, msg: line.replaceAll(/\d[\d.:]*/g, '#') };
}

/** As pino numbers levels. */
const ERROR = 50;
const ALARMING = /unhandled|uncaught|unexpected|invariant|fatal|out of memory|    at /i;
