/**
 * What commands print. Results go to standard output, everything else (progress, warnings, faults)
 * to standard error, so that a pipe carries results alone.
 *
 * Invariants: colours only on a terminal and never with NO_COLOR; a reader that went away (a closed
 * pipe) is no fault: what would have been printed is dropped in silence.
 */
import { isatty } from 'node:tty';
import picocolors from 'picocolors';

export const colours = picocolors.createColors(
  isatty(1) && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb',
);

/** A line of the result. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** A line for the person at the terminal. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value));
}

/** `1 node`, `2 nodes`; the plural only where it has more than an `s`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

/** Columns as wide as their widest cell, two spaces between them; the first row is the head. */
export function tableOf(rows: readonly (readonly string[])[]): string {
  const [head = []] = rows;
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return lines.join('\n');
}

/** Why output could not be written, if it could not. */
let lost: Error | undefined;

/** Lets a reader that closed its end be; any other fault of a stream is told when we leave. */
export function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') lost ??= error;
    });
  }
}

/** What writes aside. */
interface Outlet {
  /** Resolves when all is written, or cannot be. */
  readonly flush: () => Promise<void>;
  /** Whether a write does not come back: an exit would wait for it. */
  readonly isStuck: () => boolean;
}

const outlets: Outlet[] = [];

/** What is to be handed on before the process ends, beside standard output and error. */
export function handOnAsWell(outlet: Outlet): void {
  outlets.push(outlet);
}

/**
 * Ends the process when what was printed is handed on, or its readers are too slow; without its
 * code where an exit would not come to an end.
 */
export async function leave(exitCode: number): Promise<never> {
  await handOn();
  if (outlets.some((outlet) => outlet.isStuck())) return await kill();
  if (lost !== undefined) process.stderr.write(`orrery: output was lost: ${lost.message}\n`);
  process.exit(lost !== undefined && exitCode === 0 ? 1 : exitCode);
}

/**
 * Ends the process although a disk does not answer: an exit would wait for the thread that waits
 * for the disk, for as long as that takes.
 */
export async function leaveAtOnce(): Promise<never> {
  await handOn();
  return await kill();
}

async function kill(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  return await new Promise<never>(() => undefined);
}

async function handOn(): Promise<void> {
  const streams = [process.stdout, process.stderr].map(flushed);
  const handedOn = Promise.all([...streams, ...outlets.map((outlet) => outlet.flush())]);
  const late = new Promise((resolve) => setTimeout(resolve, FLUSH_MS_MAX));
  await Promise.race([handedOn, late]);
  // A stream says only after this turn that a write has failed.
  await new Promise((resolve) => setImmediate(resolve));
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.destroyed || stream.writableLength === 0) return Promise.resolve();
  return new Promise((resolve) => {
    stream.write('', () => {
      resolve();
    });
  });
}

const FLUSH_MS_MAX = 2000;
