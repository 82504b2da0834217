/**
 * Watches the four files of an identity while a node runs, and reads them again when one of them
 * has changed: a newer revocation list, a renewed certificate.
 *
 * Files are looked at, not listened to: that works on every file system, and four looks a second
 * cost nothing. Rule: files that cannot be used, perhaps because the second of a pair is still to
 * come, change nothing; they are tried again each second, and the log says so once per reason.
 */
import { stat } from 'node:fs/promises';
import { IDENTITY_LOOK_MS } from '../bounds.ts';
import { UsageError } from '../failure.ts';
import { reasonOf } from '../log.ts';
import type { Log } from '../log.ts';
import { readIdentity } from './identity.ts';
import type { Identity, IdentityPaths } from './identity.ts';

export interface IdentityWatch {
  /** Reads the files now, whether they have changed or not. */
  readonly readNow: () => void;
  readonly end: () => void;
}

/**
 * @param current what was read before the watch began
 * @param use is given each new identity; what it throws is treated like a file that cannot be used
 */
export function watchIdentity(
  paths: IdentityPaths,
  current: Identity,
  use: (next: Identity) => void,
  log: Log,
): IdentityWatch {
  let [used, seen] = [current, ''];
  let [busy, ended, asked] = [false, false, false];
  let lastReason = '';
  const read = async (): Promise<void> => {
    try {
      const next = await readIdentity(paths);
      if (ended) return;
      lastReason = '';
      if (isSame(used, next)) {
        if (asked) log.info({ list: next.crlNumber }, 'identity read again: nothing has changed');
        return;
      }
      use(next);
      used = next;
      const certificateUntil = dayOf(next.notAfterMs);
      log.info({ list: next.crlNumber, certificateUntil }, 'identity replaced');
    } catch (error) {
      // Tried again with the next look.
      seen = '';
      const reason = error instanceof UsageError ? error.message : reasonOf(error);
      if (reason !== lastReason) log.error({ reason }, 'the new identity cannot be used');
      lastReason = reason;
    }
  };
  const look = async (): Promise<void> => {
    if (busy || ended) return;
    busy = true;
    const stamp = await stampOf(paths);
    if (asked || stamp !== seen) {
      seen = stamp;
      await read();
      asked = false;
    }
    busy = false;
  };
  const timer = setInterval(() => void look(), IDENTITY_LOOK_MS);
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
async function stampOf(paths: IdentityPaths): Promise<string> {
  const all = [paths.certificate, paths.key, paths.authority, paths.revoked];
  const stamps = all.map(async (path) => {
    try {
      const { ino, size, mtimeMs } = await stat(path);
      return `${ino} ${size} ${mtimeMs}`;
    } catch {
      return 'missing';
    }
  });
  return (await Promise.all(stamps)).join(', ');
}

function isSame(a: Identity, b: Identity): boolean {
  return (
    a.certificatePem === b.certificatePem &&
    a.crlPem === b.crlPem &&
    a.authorityPem === b.authorityPem
  );
}

function dayOf(wallMs: number): string {
  return new Date(wallMs).toISOString().slice(0, 10);
}
