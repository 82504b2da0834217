/**
 * What the caller of a sweep can put right: a wrong file, a folder that cannot be written, a Redis
 * server that is away.
 *
 * Invariant: the message is one line that names the thing at fault and says what to do.
 */

export class SweepFault extends Error {
  override readonly name = 'SweepFault';
}

/** The Redis server was there and is not any more; what is done is kept. */
export class RedisLost extends SweepFault {}

/** Any error in one line. */
export function lineOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const line = text
    .trim()
    .split(/\s*\n\s*/)
    .join(' ');
  return line === '' ? 'it failed without a word' : line.slice(0, LINE_LENGTH_MAX);
}

const LINE_LENGTH_MAX = 2000;
