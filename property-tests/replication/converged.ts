/**
 * Whether a fleet has looked after its replicas: every live record of which a good copy is left is
 * on its right nodes, in its newest version, and nowhere else.
 */
import { compareVersions, durableHeld } from '../../src/state/store.ts';
import type { Fleet } from './fleet.ts';

/** Longest time between two rounds of a pair, of three of them, and what the last one sets off. */
export const THREE_ROUNDS_MS = 3 * 60_000 + 5_000;

/** @returns what is not as it should be, one line each */
export function strays(fleet: Fleet, keys: number): readonly string[] {
  return Array.from({ length: keys }, (_, at) => straysOf(fleet, at)).flat();
}

function straysOf(fleet: Fleet, at: number): readonly string[] {
  const key = fleet.key(at);
  const honest = fleet.up.filter(({ peer }) => !fleet.watch.liars.has(peer));
  const held = honest.flatMap(({ state, peer }) => {
    const found = state && durableHeld(state.store, key, fleet.now);
    return found === undefined ? [] : [{ peer, header: found.header }];
  });
  const [newest] = held.toSorted((a, b) => compareVersions(b.header, a.header));
  if (newest === undefined) return [];
  const isUp = new Set(honest.map(({ peer }) => peer));
  const right = fleet.watch
    .ranking(key)
    .filter((peer) => isUp.has(peer))
    .slice(0, newest.header.replication);
  const missing = right.filter(
    (peer) =>
      !held.some((one) => one.peer === peer && compareVersions(one.header, newest.header) === 0),
  );
  const surplus = held.filter(({ peer }) => !right.includes(peer)).map(({ peer }) => peer);
  return [
    ...missing.map((peer) => `key ${at}: node ${peer} lacks ${newest.header.version}`),
    ...surplus.map((peer) => `key ${at}: node ${peer} is not one of ${right.join(' ')}`),
  ];
}
