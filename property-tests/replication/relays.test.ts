/**
 * A small network in which a stranger has a record relayed, as an older node does: it ends up on
 * the nodes nearest to its key, everybody finds it, and it is not passed on for ever.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Message, Peer, RecordHeader } from '../../src/types.ts';
import { law } from '../harness.ts';
import { Fleet } from './fleet.ts';
import { signedBy } from './records.ts';

const SIZE = 40;
const HOPS = 3;
const REPLICAS = 3;
/** Repair is not what is tested. */
const ALONE = { repairMs: 0, k: 8, nearest: 8, beta: 8, replication: REPLICAS };

/** A network of core nodes that are on their own, and a stranger that has one of them relay. */
class Scene {
  readonly fleet: Fleet;
  readonly record: RecordHeader;
  /** With the record. */
  readonly sent: Message[] = [];

  constructor(seed: number, via: number) {
    this.fleet = Fleet.joined({ size: SIZE, seed, config: ALONE });
    const stranger = this.fleet.newcomer();
    const wall = 1_700_000_000_000 + this.fleet.now;
    const body = { key: this.fleet.key(1), version: wall, size: 9, replication: REPLICAS };
    this.record = signedBy(stranger, { ...body, ttlS: 3600, publishedAtMs: wall });
    this.fleet.watch.planted(this.record);
    this.fleet.twist = (_from, _to, message) => {
      if (message.body.type === 'store' || message.body.type === 'relay') this.sent.push(message);
      return message;
    };
    const relay = { type: 'relay', record: this.record, hops: HOPS } as const;
    this.fleet.deliver(stranger, via, { type: 'request', call: 7, body: relay });
    this.fleet.run(3000);
  }

  get ranking(): readonly Peer[] {
    return this.fleet.watch.ranking(this.record.key).filter((peer) => peer < SIZE);
  }

  get holders(): readonly Peer[] {
    const { b7 } = this.record.key.raw;
    const all = this.fleet.members.filter(({ disk }) => disk.has(b7)).map(({ peer }) => peer);
    return this.ranking.filter((peer) => all.includes(peer));
  }
}

law(
  'a relay ends up on the nearest nodes, and everybody finds it',
  [fc.integer(), fc.nat(SIZE - 1)],
  12,
  (seed, via) => {
    const { fleet, holders, ranking, sent, record } = new Scene(seed, via);
    assert.deepEqual(holders.slice(0, REPLICAS), ranking.slice(0, REPLICAS));
    const most = fleet.config.alpha + fleet.config.alpha ** 2;
    assert.ok(sent.length <= most, `${sent.length} times it was sent`);
    for (const peer of ranking) {
      const outcome = fleet.settled(fleet.get(peer, 1));
      if (outcome?.type !== 'found') return assert.fail(`node ${peer} does not find it`);
      assert.equal(outcome.record.version, record.version);
    }
  },
);
