/**
 * A table of so many entries at most: those used last.
 *
 * A Map hands its keys out in the order in which they came, so an entry that is taken out and put
 * in again at each use stands behind all others, and the first one is the one to let go.
 */

/** Puts an entry behind all others, and lets the first one go when there are more than `most`. */
export function keepLatest<K, V>(entries: Map<K, V>, key: K, value: V, most: number): void {
  entries.delete(key);
  entries.set(key, value);
  const [oldest] = entries.keys();
  if (entries.size > most && oldest !== undefined) entries.delete(oldest);
}
