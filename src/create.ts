/**
 * The first state of a node, from its settings and from what an earlier life of it has kept.
 */

import { assert } from './assert.ts';
import { configFaults } from './config.ts';
import { beginElection } from './election/turn.ts';
import { CHECK_MS_MAX, FELLOW_SOON_MS, REFRESH_MS } from './limits.ts';
import { allItems, emptyPaged, pagedFromSorted } from './paged.ts';
import { draw, jitter } from './random.ts';
import { noCalls } from './state/calls.ts';
import type { NodeState, Upkeep } from './state/node.ts';
import { noOperations } from './state/operation.ts';
import { usageOf } from './state/quota.ts';
import { noFellows, noPublished } from './state/replicas.ts';
import { compareVersions, heldOrder, lifeByPublication, newHeld } from './state/store.ts';
import type { Store } from './state/store.ts';
import { emptyTable } from './table/table.ts';
import { unmeasured } from './timing.ts';
import type { Config, Kept, KeptRecord, Moment, Peer } from './types.ts';

const nobody: readonly Peer[] = [];

/**
 * A node that knows nobody yet. Saved peers are handed to it with its `join` command; records come
 * back with the age that the wall clock gives them.
 *
 * @throws Error when the settings cannot work (the host has checked them with `configFaults`)
 */
export function create(self: Peer, config: Config, moment: Moment, kept: Kept): NodeState {
  const faults = configFaults(config);
  assert(faults.length === 0, faults.join('; '));
  const store = storeOf(kept.records, moment, config.ttlSMax);
  const upkeep: Upkeep = {
    checkAt: moment.now + jitter(draw(moment.entropy, 0), CHECK_MS_MAX, 0.5),
    checkEveryMs: CHECK_MS_MAX,
    hand: 0,
    nearHand: 0,
    nearTurn: false,
    refreshAt: moment.now + jitter(draw(moment.entropy, 1), REFRESH_MS, 0.5),
    refreshBucket: 0,
    introducers: 0,
    introduceAt: Infinity,
    introduceRound: 0,
    regroupAt: store.size === 0 ? Infinity : moment.now + FELLOW_SOON_MS,
    recallAt: Infinity,
  };
  const election = beginElection(self, moment, kept);
  return {
    self,
    config,
    table: emptyTable,
    suspects: nobody,
    lost: nobody,
    calls: noCalls,
    operations: noOperations,
    store,
    usage: usageOf(allItems(store)),
    fellows: noFellows,
    published: noPublished,
    writings: emptyPaged(),
    timing: unmeasured,
    upkeep,
    election,
    counter: 0,
    issued: 0,
    leaving: false,
    wakeAt: Math.max(
      moment.now + 1,
      Math.min(upkeep.checkAt, upkeep.refreshAt, upkeep.regroupAt, store.dueAt, election.dueAt),
    ),
  };
}

/** Of several versions of a key the newest; at once, since there may be hundreds of thousands. */
function storeOf(records: readonly KeptRecord[], moment: Moment, ttlSMax: number): Store {
  const held = records.map((record) => {
    const expiresAt = moment.now + lifeLeft(record, moment.wall, ttlSMax);
    return newHeld(record.header, expiresAt, 0, record.from, undefined);
  });
  held.sort((a, b) => heldOrder.compare(a, b.header.key) || compareVersions(a.header, b.header));
  return pagedFromSorted(held, heldOrder);
}

/**
 * In ms, by the time since it was stored and, as where it was received, by its publication: a clock
 * that was ahead then and was set back would give it its whole life again at every start. Where
 * that leaves nothing it goes with the first wakeup, and is not served before.
 */
function lifeLeft({ header, storedAtMs }: KeptRecord, wall: number, ttlSMax: number): number {
  const byStoring = header.lifeMs - Math.max(0, wall - storedAtMs);
  return Math.min(byStoring, lifeByPublication(header, ttlSMax, wall));
}
