/**
 * Watches files while a node runs, and reads them again when one of them has changed.
 *
 * Files are looked at, not listened to: that works on every file system, and a few looks a second
 * cost nothing. Rule: files that cannot be used, perhaps because the second of a pair is still to
 * come, change nothing; they are tried again when one of them changes, and without that ever more
 * rarely, for not every file system tells each change. The log says so once per reason.
 */
import { stat } from 'node:fs/promises';
import { FILE_AGAIN_MS_MAX, FILE_LOOK_MS } from './bounds.ts';
import { UsageError } from './failure.ts';
import { reasonOf } from './log.ts';
import type { Log, LogFields } from './log.ts';

export interface FileWatch {
  /** Reads the files now, whether they have changed or not. */
  readonly readNow: () => void;
  readonly end: () => void;
}

export interface Watched<T> {
  readonly paths: readonly string[];
  readonly read: () => Promise<T>;
  readonly isSame: (used: T, next: T) => boolean;
  /** Is given what is new; what it throws is treated like a file that cannot be used. */
  readonly use: (next: T) => void;
  /** What the log says of it: when it was read on request and is the same, and so on. */
  readonly words: { readonly same: string; readonly used: string; readonly unusable: string };
  readonly fieldsOf: (next: T) => LogFields;
}

/** @param current what was read before the watch began */
export function watchFiles<T>(watched: Watched<T>, current: T, log: Log): FileWatch {
  const { words } = watched;
  let [used, seen] = [current, ''];
  let [pauseMs, againAt] = [FILE_LOOK_MS, Infinity];
  let [busy, ended, asked] = [false, false, false];
  let lastReason = '';
  const read = async (wasAsked: boolean): Promise<void> => {
    againAt = Infinity;
    try {
      const next = await watched.read();
      if (ended) return;
      lastReason = '';
      if (watched.isSame(used, next)) {
        if (wasAsked) log.info(watched.fieldsOf(next), words.same);
        return;
      }
      watched.use(next);
      used = next;
      log.info(watched.fieldsOf(next), words.used);
    } catch (error) {
      againAt = performance.now() + pauseMs;
      pauseMs = Math.min(FILE_AGAIN_MS_MAX, 2 * pauseMs);
      const reason = error instanceof UsageError ? error.message : reasonOf(error);
      if (reason !== lastReason) log.error({ reason }, words.unusable);
      lastReason = reason;
    }
  };
  const look = async (): Promise<void> => {
    if (busy || ended) return;
    busy = true;
    const stamp = await stampOf(watched.paths);
    if (stamp !== seen) pauseMs = FILE_LOOK_MS;
    if (asked || stamp !== seen || performance.now() >= againAt) {
      seen = stamp;
      // Whoever asks meanwhile asks for what may have come since: it is read by the next look.
      const wasAsked = asked;
      asked = false;
      await read(wasAsked);
    }
    busy = false;
  };
  const timer = setInterval(() => void look(), FILE_LOOK_MS);
  timer.unref();
  return {
    readNow: () => {
      asked = true;
      void look();
    },
    end: () => {
      ended = true;
      clearInterval(timer);
    },
  };
}

/** Changes whenever one of the files does; missing ones count as well. */
async function stampOf(paths: readonly string[]): Promise<string> {
  const stamps = paths.map(async (path) => {
    try {
      // Of a change of the permissions only ctime tells.
      const { ino, size, mtimeMs, ctimeMs } = await stat(path);
      return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
    } catch {
      return 'missing';
    }
  });
  return (await Promise.all(stamps)).join(', ');
}
