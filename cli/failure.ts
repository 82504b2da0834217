/**
 * How commands end when not all is well (docs/operations.md, Exit codes): wrong usage is the
 * runtime's UsageError, code 2; what was asked rightly and did not succeed is a CommandFailure, 1.
 *
 * Invariant: a message is one line, printed on standard error behind the name of the command; a
 * stack is printed for a fault of ours when ORRERY_DEBUG (or DEBUG) is set.
 */
import { CommanderError } from '@commander-js/extra-typings';
import { UsageError } from '../runtime/failure.ts';
import { say } from './output.ts';

export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
}

/** Ends a command whose fault has been told already, such as by a process that it started. */
export class ToldFailure extends Error {
  override readonly name = 'ToldFailure';
  readonly exitCode: number;

  constructor(exitCode: number) {
    super('told already');
    this.exitCode = exitCode;
  }
}

/** Tells what went wrong, unless it was told already; @returns the exit code */
export function report(error: unknown): number {
  // Commander has printed its line, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  if (error instanceof ToldFailure) return error.exitCode;
  if (error instanceof UsageError) {
    say(`orrery: ${oneLine(error.message)}`);
    return EXIT_USAGE;
  }
  if (error instanceof CommandFailure) {
    say(`orrery: ${oneLine(error.message)}`);
    return EXIT_FAILED;
  }
  const message = error instanceof Error ? error.message : String(error);
  const debugging = (process.env['ORRERY_DEBUG'] ?? process.env['DEBUG'] ?? '') !== '';
  const hint = debugging ? '' : ' (run again with ORRERY_DEBUG=1 for more)';
  say(`orrery: unexpected: ${oneLine(message)}${hint}`);
  if (debugging && error instanceof Error && error.stack !== undefined) say(error.stack);
  return EXIT_FAILED;
}

/** Without what a terminal would obey: a fault may quote what a peer or a file said. */
export function oneLine(text: string): string {
  const line = text
    .trim()
    .split(/\s*\n\s*/)
    .join(' ');
  return line.replace(/\p{Cc}/gu, '?');
}

const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
export const EXIT_INTERRUPTED = 130;
