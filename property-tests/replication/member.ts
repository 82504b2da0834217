/**
 * One node of a fleet: its state while it is up, its disk, and what stands between it and the
 * others.
 */
import { emptyPaged } from '../../src/paged.ts';
import { noUsage } from '../../src/state/quota.ts';
import { compareVersions, emptyStore } from '../../src/state/store.ts';
import type { Command, Write } from '../../src/step-types.ts';
import type { NodeState } from '../../src/step.ts';
import type { KeptRecord, OpId, Peer, RecordHeader } from '../../src/types.ts';

/** What a client has asked of a node. */
export interface Operation {
  readonly op: OpId;
  readonly type: Command['type'];
  readonly startedAt: number;
  /** Of a PUT, once it is signed. */
  record: RecordHeader | undefined;
}

export class Member {
  readonly peer: Peer;
  /** How far its wall clock is off. */
  readonly skewMs: number;
  /** Undefined while it is down. */
  state: NodeState | undefined = undefined;
  /** Goes up with each start and each crash: nothing reaches over from one life to the next. */
  life = 0;
  slowMs = 0;
  wakeEventAt = Infinity;
  /** When the last write so far is done: writes end in their order. */
  diskAt = 0;
  /** By key. */
  readonly disk = new Map<number, KeptRecord>();
  readonly operations = new Map<OpId, Operation>();

  constructor(peer: Peer, skewMs: number) {
    this.peer = peer;
    this.skewMs = skewMs;
  }

  /** What was due in this life is due no more. */
  endLife(): void {
    this.life++;
    this.wakeEventAt = Infinity;
  }

  /** Drops all that it has acknowledged, and tells nobody. */
  forgetAll(): void {
    this.disk.clear();
    if (this.state === undefined) return;
    this.state = { ...this.state, store: emptyStore, usage: noUsage, writings: emptyPaged() };
  }

  write(writes: readonly Write[]): void {
    for (const write of writes) {
      if (write.type === 'put') {
        this.disk.set(write.record.header.key.raw.b7, write.record);
      } else if (write.type === 'delete') {
        const name = write.record.key.raw.b7;
        const there = this.disk.get(name);
        if (there === undefined || compareVersions(there.header, write.record) !== 0) continue;
        this.disk.delete(name);
      }
    }
  }
}
