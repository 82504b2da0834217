/**
 * The digest of a run: SHA-256 over the schema version, the seed, the resolved configuration and
 * every node's fold in node order. Wire mode and threads stay out, as they must not matter; so does
 * what the machine decides.
 */

import type { SimOptions } from '../options.ts';
import { canonicalOptions } from './canonical.ts';

export const SCHEMA = 1;

/**
 * @param parts two words per handle of each part; zero for the nodes of other parts
 * @param origin the digest of the run from which this one was forked
 */
export function digestOf(
  options: SimOptions,
  parts: readonly { readonly folds: Int32Array }[],
  origin: string | undefined,
  hash: (bytes: Uint8Array) => Uint8Array,
): string {
  const from = origin === undefined ? '' : `${origin}\n`;
  const head = new TextEncoder().encode(
    `${SCHEMA}\n${options.seed}\n${canonicalOptions(options)}\n${from}`,
  );
  const words = parts[0]?.folds.length ?? 0;
  const bytes = new Uint8Array(head.length + 4 * words);
  bytes.set(head);
  const view = new DataView(bytes.buffer, head.length);
  for (let i = 0; i < words; i++) {
    const word = parts.reduce((mixed, { folds }) => mixed ^ (folds[i] ?? 0), 0);
    view.setInt32(4 * i, word);
  }
  return [...hash(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
