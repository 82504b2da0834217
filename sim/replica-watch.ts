/**
 * Tells the observer where replicas come to be and where they end, from what happens to one part's
 * nodes: a write that ended, a deletion, the beginning and the end of a node's life.
 */

import { writingOrder, type NodeState } from '../src/node.ts';
import { allItems, lookUp } from '../src/paged.ts';
import { durable, durableHeld } from '../src/store.ts';
import type { Input, KeptRecord, Peer, Write } from '../src/types.ts';
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

  onWrites(peer: Peer, writes: readonly Write[]): void {
    for (const write of writes) {
      if (write.type === 'delete') this.#watcher.onReplica(peer, write.record.key, 'dropped');
    }
  }

  /** A step was taken; the end of a write makes a replica where there was none. */
  onStep(peer: Peer, input: Input, before: NodeState, after: NodeState, nowMs: number): void {
    if (input.type !== 'persisted') return;
    const key = lookUp(before.writings, writingOrder, input.token)?.key;
    if (key === undefined || durableHeld(before.store, key, nowMs) !== undefined) return;
    if (durableHeld(after.store, key, nowMs) !== undefined)
      this.#watcher.onReplica(peer, key, 'gained');
  }
}
