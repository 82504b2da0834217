/**
 * How nodes got into their network: how long each join took, and where some are hostile, whom those
 * who joined know a while later.
 *
 * A node is eclipsed when more than half of its contacts are hostile, or all of the k nearest, or
 * when it has none.
 */

import { positionOf } from '../../src/position.ts';
import { nearestContacts } from '../../src/table/nearest.ts';
import { contactCount, contactsOf } from '../../src/table/table.ts';
import type { Peer } from '../../src/types.ts';
import type { Arena } from '../arena.ts';
import type { Task } from '../task.ts';

/** How long after it went online the contacts of a node are looked at, in microseconds. */
export const LOOK_US = 60_000_000;

/** The join of a node's present life has ended. */
export function countJoin({ measures, population, now }: Arena, peer: Peer, ok: boolean): void {
  const { counts, samples } = measures;
  const took = population.lifeOf(peer) === 1 ? samples.joinMs : samples.rejoinMs;
  if (ok) took.add((now - population.bornAt(peer)) / 1000);
  else counts.joinsFailed++;
}

/** A while has passed since an honest node went online. */
export function lookAtJoined(world: Arena, { slot, life }: Extract<Task, { type: 'look' }>): void {
  const { population, measures, roles } = world;
  const peer = population.occupants[slot] ?? -1;
  const state = population.states[peer];
  if (state === undefined || population.lifeOf(peer) !== life) return;
  const isHostile = (other: Peer): boolean => roles.isHostile(population.slotOf(other));
  const hostile = contactsOf(state.table).filter(isHostile).length / contactCount(state.table);
  const own = positionOf(population.directory, peer);
  const { k } = state.config;
  const near = nearestContacts(state.table, own, own, k, [], population.directory);
  measures.counts.looked++;
  if (near.every(isHostile) || hostile > 0.5) measures.counts.eclipsed++;
  if (near.length > 0) measures.samples.hostileShare.add(hostile);
}
