/**
 * The first state of a node, from its settings and from what an earlier life of it has kept.
 */

import { assert } from './assert.ts';
import { noCalls } from './calls.ts';
import { configFaults } from './config.ts';
import { CHECK_MS_MAX, FELLOW_SOON_MS, REFRESH_MS } from './limits.ts';
import type { NodeState, Upkeep } from './node.ts';
import { noOperations } from './operation.ts';
import { emptyPaged, withItem } from './paged.ts';
import { noUsage, withUse, type Usage } from './quota.ts';
import { draw, jitter } from './random.ts';
import { noFellows, noPublished } from './replicas.ts';
import { compareVersions, emptyStore, heldOrder, newestHeld, newHeld } from './store.ts';
import type { Store } from './store.ts';
import { emptyTable } from './table.ts';
import { unmeasured } from './timing.ts';
import type { Config, Kept, Moment, Peer } from './types.ts';

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
  const { store, usage } = heldAgain(kept, moment);
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
  };
  return {
    self,
    config,
    table: emptyTable,
    suspects: nobody,
    calls: noCalls,
    operations: noOperations,
    store,
    usage,
    fellows: noFellows,
    published: noPublished,
    writings: emptyPaged(),
    timing: unmeasured,
    upkeep,
    counter: 0,
    issued: 0,
    leaving: false,
    wakeAt: Math.max(
      moment.now + 1,
      Math.min(upkeep.checkAt, upkeep.refreshAt, upkeep.regroupAt, store.dueAt),
    ),
  };
}

function heldAgain(kept: Kept, moment: Moment): { store: Store; usage: Usage } {
  let store = emptyStore;
  let usage = noUsage;
  for (const { header, storedAtMs } of kept.records) {
    const before = newestHeld(store, header.key);
    if (before !== undefined && compareVersions(before.header, header) >= 0) continue;
    const ageMs = Math.max(0, moment.wall - storedAtMs);
    const held = newHeld(header, moment.now + header.lifeMs - ageMs, 0, undefined, undefined);
    store = withItem(store, heldOrder, held);
    usage = withUse(withUse(usage, before, -1), held, 1);
  }
  return { store, usage };
}
