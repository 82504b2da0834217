/**
 * Everything that an attack has started and that has not ended yet, as functions that end it: an
 * attack that is cut short leaves nothing behind. Several attacks may go on at once.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

export type End = () => Promise<unknown>;

const attacks = new AsyncLocalStorage<Set<End>>();

/** Of the attack that is going on; @returns what says that it has ended */
export function onStarted(end: End): () => void {
  const started = attacks.getStore();
  started?.add(end);
  return () => {
    started?.delete(end);
  };
}

/** Does the work, and ends whatever is left of it. */
export async function endingAll<T>(work: () => Promise<T>): Promise<T> {
  const started = new Set<End>();
  try {
    return await attacks.run(started, work);
  } finally {
    await Promise.all([...started].map((end) => end()));
  }
}
