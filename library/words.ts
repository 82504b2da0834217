/**
 * Keys and values as a program writes them, made into what travels (docs/wire.md, Client API).
 *
 * Rules: a key that is text is hashed with SHA-256 over its UTF-8 bytes, as `orrery put` does it, a
 * key in bytes is 32 bytes and taken as it is; a value that is text is its UTF-8 bytes. What cannot
 * be right is a UsageError before anything is sent.
 */
import { keyOfText } from '../runtime/api/text-key.ts';
import { UsageError } from '../runtime/failure.ts';
import { REPLICATION_MAX, VALUE_BYTES_MAX } from '../src/limits.ts';

/** The 32 bytes that stand for a key. @throws UsageError when bytes are not 32 */
export function keyBytes(key: string | Uint8Array): Uint8Array {
  if (typeof key === 'string') return keyOfText(key);
  if (key.length === KEY_BYTES) return key.slice();
  throw new UsageError(
    `a key in bytes has ${KEY_BYTES} of them, not ${key.length}: give text to have it hashed`,
  );
}

/** A copy: its caller may change what it gave. @throws UsageError when it is empty or too long */
export function valueBytes(value: string | Uint8Array): Uint8Array {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value.slice();
  if (bytes.length === 0) throw new UsageError('the value is empty: give at least one byte');
  if (bytes.length <= VALUE_BYTES_MAX) return bytes;
  throw new UsageError(`the value is over ${VALUE_BYTES_MAX} bytes: split it over several keys`);
}

/** What may be said of a PUT, with 0 for what the node decides. @throws UsageError */
export function checkPut(
  { ttlS = 0, replication = 0 }: { ttlS?: number | undefined; replication?: number | undefined },
  ttlSMax: number,
): { readonly ttlS: number; readonly replication: number } {
  wholeNumber('ttlS', ttlS, 0, ttlSMax);
  wholeNumber('replication', replication, 0, REPLICATION_MAX);
  return { ttlS, replication };
}

/** @throws UsageError when it is none between the bounds */
export function wholeNumber(name: string, value: number, low: number, high: number): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw new UsageError(`${name} is a whole number from ${low} to ${high}, not ${String(value)}`);
}

const KEY_BYTES = 32;
