/**
 * The error for everything that the caller of the runtime can put right: a wrong flag, a missing or
 * foreign certificate, an unreadable file (exit code 2).
 *
 * Invariant: the message is one line that names the thing at fault and says what to do. A command
 * prints exactly that line; a stack would add nothing for its reader. Faults of peers are never
 * errors but values, and faults of ours are failed assertions.
 */

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The `code` of a system error, such as ENOENT; empty for anything else. */
export function systemCode(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    return error.code;
  }
  return '';
}
