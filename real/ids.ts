/**
 * The ids of all nodes that a scenario may have, as the simulator draws them, so that a handle
 * means the same node in every process from the beginning.
 */
import { PeerDirectory } from '../host/directory.ts';
import { mix } from '../sim/streams.ts';
import { ID_WORDS } from '../src/limits.ts';

/** Nodes of a scenario in all, those that replace others among them. */
export const PEERS_MAX = 4096;

/** @param key of the scenario's ids */
export function directoryOf(key: number): PeerDirectory {
  const directory = new PeerDirectory();
  for (let peer = 0; peer < PEERS_MAX; peer++) {
    directory.add(Array.from({ length: ID_WORDS }, (_, word) => mix(key, peer, word)));
  }
  return directory;
}
