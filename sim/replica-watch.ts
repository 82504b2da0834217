/**
 * Tells the observer where replicas come to be and where they end, from what happens to one part's
 * nodes: a write that ended, a deletion, the beginning and the end of a node's life.
 */

import { allItems, lookUp } from '../src/paged.ts';
import { writingOrder, type NodeState } from '../src/state/node.ts';
import { compareVersions, durable, durableHeld } from '../src/state/store.ts';
import type { Effect, Input, Write } from '../src/step-types.ts';
import type { KeptRecord, Peer } from '../src/types.ts';
import type { Watcher } from './events.ts';

export class ReplicaWatch {
  readonly #watcher: Pick<Watcher, 'onReplica'>;

  constructor(watcher: Pick<Watcher, 'onReplica'>) {
    this.#watcher = watcher;
  }

  onBegin(peer: Peer, records: readonly KeptRecord[]): void {
    for (const { header } of records) this.#watcher.onReplica(peer, header.key, 'gained');
  }

  onEnd(peer: Peer, state: NodeState | undefined, nowMs: number): void {
    if (state === undefined) return;
    for (const held of allItems(state.store)) {
      if (durable(held, nowMs) !== undefined)
        this.#watcher.onReplica(peer, held.header.key, 'died');
    }
  }

  /** A step was taken: a write that ended may make a replica, a deletion may end one. */
  onStep(
    peer: Peer,
    input: Input,
    effects: readonly Effect[],
    before: NodeState,
    after: NodeState,
    nowMs: number,
  ): void {
    for (const effect of effects) {
      if (effect.type === 'persist') this.#onWrites(peer, effect.writes, before, nowMs);
    }
    if (input.type !== 'persisted') return;
    const key = lookUp(before.writings, writingOrder, input.token)?.key;
    if (key === undefined || durableHeld(before.store, key, nowMs) !== undefined) return;
    if (durableHeld(after.store, key, nowMs) === undefined) return;
    this.#watcher.onReplica(peer, key, 'gained');
  }

  /** The node lets records go; those count that it held until now. */
  #onWrites(peer: Peer, writes: readonly Write[], before: NodeState, nowMs: number): void {
    for (const write of writes) {
      if (write.type !== 'delete') continue;
      const { key } = write.record;
      const held = durableHeld(before.store, key, nowMs);
      if (held === undefined || compareVersions(held.header, write.record) !== 0) continue;
      this.#watcher.onReplica(peer, key, 'dropped');
    }
  }
}
