/**
 * Watches the file of the voters while a node runs (`file-watch.ts`): the authority has signed the
 * next list. Each node may be given it at any time; whoever leads goes on to it.
 */
import type { X509Certificate } from 'node:crypto';
import { idsIn } from '../../src/codec/election.ts';
import type { WireVoters } from '../../src/wire-types.ts';
import { watchFiles } from '../file-watch.ts';
import type { FileWatch } from '../file-watch.ts';
import type { Log } from '../log.ts';
import { isSameList, readVoters } from './voter-list.ts';

/**
 * @param current what was read before the watch began
 * @param use is given each new list; what it throws is treated like a file that cannot be used
 */
export function watchVoters(
  path: string,
  authority: X509Certificate,
  current: WireVoters,
  use: (next: WireVoters) => void,
  log: Log,
): FileWatch {
  const watched = {
    paths: [path],
    read: () => readVoters(path, authority),
    isSame: isSameList,
    use,
    words: {
      same: 'list of voters read again: nothing has changed',
      used: 'list of voters replaced',
      unusable: 'the new list of voters cannot be used',
    },
    fieldsOf: (list: WireVoters) => ({ version: list.version, voters: idsIn(list).length }),
  };
  return watchFiles(watched, current, log);
}
