/**
 * A clean stop of a node, in order and in time: no new requests, those taken in are answered, the
 * core leaves (its records are handed over, its contacts told), links say goodbye, the disk closes.
 *
 * Rules: each part has an instant by which it is over, so a stop takes no more than 10 s whatever
 * dead peers, a long queue or a slow disk do; what is left then is said in the log. A request that
 * cannot be answered in time gets no answer at all: its connection ends.
 */
import { STOP_CLOSED_MS, STOP_DRAINED_MS, STOP_LEFT_MS } from './bounds.ts';
import type { Log } from './log.ts';
import type { Operations } from './operations.ts';

export interface StopParts {
  readonly operations: Pick<Operations, 'count' | 'run' | 'whenIdle'>;
  readonly api: { readonly close: () => Promise<void>; readonly cut: () => void } | undefined;
  readonly log: Log;
  /** Writes down who is known, for the next start. */
  readonly savePeers: () => Promise<void>;
  /** Closes the rest; @returns what is closing, by name */
  readonly tearDown: () => ReadonlyMap<string, Promise<unknown>>;
}

/** Why a node that has stopped cannot end: only the process can, by killing itself. */
export class LateDisk extends Error {}

/** @throws LateDisk when what is on disk was not closed in time */
export async function stopCleanly(parts: StopParts): Promise<void> {
  const { operations, api, log } = parts;
  const begunAt = performance.now();
  const leftOf = (until: number): number => Math.max(0, begunAt + until - performance.now());
  const saved = parts.savePeers();
  const answered = api?.close();
  if (!(await operations.whenIdle(leftOf(STOP_DRAINED_MS)))) {
    log.warn({ operations: operations.count }, 'stopping before all requests were answered');
    api?.cut();
  }
  const departed = operations.run({ type: 'leave' });
  if (!(await within(departed, leftOf(STOP_LEFT_MS)))) {
    log.warn({}, 'stopping before all contacts have confirmed the farewell');
  }
  await within(Promise.all([answered, saved]), Math.min(GRACE_MS, leftOf(STOP_LEFT_MS)));
  const open = new Set<string>();
  const all = [...parts.tearDown(), ['saved peers', saved] as const].map(async ([name, closed]) => {
    open.add(name);
    await closed;
    open.delete(name);
  });
  await within(Promise.all(all), leftOf(STOP_CLOSED_MS));
  const late = ON_DISK.filter((name) => open.has(name));
  if (late.length > 0) throw new LateDisk(`the disk does not close ${late.join(', ')}`);
}

/** Waits for something, but not for ever; @returns whether it is done */
export async function within(work: Promise<unknown>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, limitMs, false);
  });
  try {
    return await Promise.race([work.then(() => true), limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** Clients get so long to take the last answers, in ms. */
const GRACE_MS = 1000;
/** What is torn down and must not be cut off. */
const ON_DISK: readonly string[] = ['records', 'ballot', 'recording', 'saved peers'];
