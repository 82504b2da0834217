/**
 * Everything that an attack has started and that has not ended yet, as functions that end it: a run
 * that is cut short leaves nothing behind.
 */
export const started = new Set<() => Promise<unknown>>();

export async function endAll(): Promise<void> {
  await Promise.all([...started].map((end) => end()));
}
