/**
 * Watches the four files of an identity while a node runs (`file-watch.ts`): a newer revocation
 * list, a renewed certificate.
 */
import { dayOf } from '../clock.ts';
import { watchFiles } from '../file-watch.ts';
import type { FileWatch } from '../file-watch.ts';
import type { Log } from '../log.ts';
import type { Identity, IdentityPaths } from './identity.ts';

/**
 * @param read reads the files, all together
 * @param current what was read before the watch began
 * @param use is given each new identity; what it throws is treated like a file that cannot be used
 */
export function watchIdentity(
  paths: IdentityPaths,
  read: () => Promise<Identity>,
  current: Identity,
  use: (next: Identity) => void,
  log: Log,
): FileWatch {
  const watched = {
    paths: [paths.certificate, paths.key, paths.authority, paths.revoked],
    read,
    isSame,
    use,
    words: {
      same: 'identity read again: nothing has changed',
      used: 'identity replaced',
      unusable: 'the new identity cannot be used',
    },
    fieldsOf: ({ crlNumber, notAfterMs }: Identity) => ({
      list: crlNumber,
      certificateUntil: dayOf(notAfterMs),
    }),
  };
  return watchFiles(watched, current, log);
}

function isSame(a: Identity, b: Identity): boolean {
  return (
    a.certificatePem === b.certificatePem &&
    a.crlPem === b.crlPem &&
    a.authorityPem === b.authorityPem
  );
}
