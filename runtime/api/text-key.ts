/**
 * Keys that are given as text (docs/wire.md, Client API): commands, programs and the dashboard name
 * the same value by the same text.
 */
import { createHash } from 'node:crypto';

/** The 32 bytes that stand for it: SHA-256 over its UTF-8. */
export function keyOfText(text: string): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(text, 'utf8').digest());
}
