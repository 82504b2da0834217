/**
 * The laws of a fleet, checked as it runs: no invention (S11), an end to each record (S12, S13),
 * no way back (S14), nothing acknowledged that is not on disk (S16), true holders (S17); replicas
 * are given up only where enough others have them; the groups that a node keeps are those that it
 * would find; and the invariants of every state.
 */
import assert from 'node:assert/strict';
import { checkNode } from '../../src/invariants/invariants.ts';
import { majorityOf } from '../../src/majority.ts';
import { allItems } from '../../src/paged.ts';
import { positionOf } from '../../src/position.ts';
import { compareVersions } from '../../src/state/store.ts';
import type { Effect, Outcome, Write } from '../../src/step-types.ts';
import type { NodeState } from '../../src/step.ts';
import { contactAt, contactCount } from '../../src/table/table.ts';
import type { Directory, Key, Message, OpId, Peer, RecordHeader, Token } from '../../src/types.ts';
import { bigDistance } from '../core/core-arbitraries.ts';
import type { Member } from './member.ts';

/** The fleet, as far as it is watched. */
interface Watched {
  readonly now: number;
  readonly directory: Directory;
  readonly members: readonly Member[];
  readonly up: readonly Member[];
}

interface Signed {
  readonly record: RecordHeader;
  /** When its life ends, counted from its signature. */
  readonly diesAt: number;
  /** Who has acknowledged it. */
  readonly acks: Set<Peer>;
}

interface Reading {
  readonly record: RecordHeader;
  readonly at: number;
}

export class Watch {
  readonly outcomes = new Map<OpId, Outcome>();
  readonly signatures = new Map<string, Signed>();
  /** How often each note was made. */
  readonly notes = new Map<string, number>();
  /** Nodes that do not keep to the rules: what they hold and send counts for nothing. */
  readonly liars = new Set<Peer>();
  /** How much later than the end of its life a record may be met. */
  graceMs = 2000;
  readonly lostCopies: RecordHeader[] = [];
  crashes = 0;
  /** Steps that changed a state; of these each so many is checked. */
  steps = 0;
  checkEvery = 1;
  readonly #fleet: Watched;
  readonly #rankings = new Map<number, readonly Peer[]>();
  readonly #stores = new Map<string, RecordHeader>();
  readonly #served = new Map<string, RecordHeader>();
  readonly #ends = new Map<string, number>();
  /** Of each key, how many replicas its versions want; 0 when they differ. */
  readonly #wanted = new Map<number, number>();
  readonly #readings = new Map<string, Reading>();

  constructor(fleet: Watched) {
    this.#fleet = fleet;
  }

  /** Peers by their distance from a key, the nearest first. */
  ranking(key: Key): readonly Peer[] {
    const known = this.#rankings.get(key.raw.b7);
    if (known !== undefined) return known;
    const { directory, members } = this.#fleet;
    const far = members.map(({ peer }) => bigDistance(positionOf(directory, peer), key.position));
    const order = members.map(({ peer }) => peer);
    order.sort((a, b) => ((far[a] ?? 0n) < (far[b] ?? 0n) ? -1 : 1));
    this.#rankings.set(key.raw.b7, order);
    return order;
  }

  forgetRankings(): void {
    this.#rankings.clear();
  }

  started(member: Member): void {
    this.#checkState(member);
  }

  /** Before its disk is gone, where that is lost. */
  crashed({ peer, disk }: Member, fate: 'kept' | 'lost'): void {
    this.crashes++;
    if (fate === 'lost') for (const { header } of disk.values()) this.lostCopies.push(header);
    for (const map of [this.#ends, this.#served]) {
      if (map === this.#served && fate === 'kept') continue;
      for (const name of map.keys()) if (name.startsWith(`${peer}/`)) map.delete(name);
    }
  }

  stepped(member: Member, before: NodeState, effects: readonly Effect[]): void {
    if (member.state !== before) this.#checkState(member);
    for (const effect of effects) {
      if (effect.type !== 'note') continue;
      const { note } = effect;
      this.notes.set(note.type, (this.notes.get(note.type) ?? 0) + 1);
      if (note.type === 'replica-dropped') this.#checkDrop(member, note.key);
    }
  }

  signed({ operations }: Member, token: Token, record: RecordHeader): void {
    this.planted(record);
    const operation = operations.get(token);
    assert.ok(operation !== undefined, 'a signature is for an operation');
    operation.record = record;
  }

  /** A record that was published. */
  planted(record: RecordHeader): void {
    const name = nameOf(record);
    assert.ok(!this.signatures.has(name), 'a publisher issues a version once');
    const diesAt = this.#fleet.now + 1000 * record.ttlS;
    this.signatures.set(name, { record, diesAt, acks: new Set() });
    const wanted = this.#wanted.get(record.key.raw.b7);
    const isMixed = wanted !== undefined && wanted !== record.replication;
    this.#wanted.set(record.key.raw.b7, isMixed ? 0 : record.replication);
  }

  arrives({ peer }: Member, from: Peer, { type, call, body }: Message): void {
    if (type !== 'request') return;
    const name = `${peer}/${from}/${call}`;
    if (body.type === 'store') this.#stores.set(name, body.record);
    else this.#stores.delete(name);
  }

  sends(member: Member, to: Peer, { type, call, body }: Message): void {
    const { peer } = member;
    if (this.liars.has(peer)) return;
    if (type === 'request' && 'record' in body) this.#checkAlive(body.record, 'stores');
    if (type === 'reply' && (body.type === 'value' || body.type === 'version')) {
      this.#checkServed(peer, body.record);
    }
    if (type === 'reply' && body.type === 'ok') this.#acknowledged(member, `${peer}/${to}/${call}`);
  }

  /** Just before they are on the disk. */
  writes({ peer, disk }: Member, writes: readonly Write[]): void {
    for (const write of writes) {
      if (write.type === 'ballot') continue;
      if (write.type === 'delete') {
        // It may come back from another holder, by a longer way.
        const key = `${peer}/${write.record.key.raw.b7}`;
        this.#served.delete(key);
        for (const name of this.#ends.keys()) if (name.startsWith(key)) this.#ends.delete(name);
        continue;
      }
      const { header } = write.record;
      const there = disk.get(header.key.raw.b7)?.header;
      if (there === undefined || !this.#isAlive(there)) continue;
      assert.ok(compareVersions(header, there) >= 0, 'a disk never goes back (S14)');
    }
  }

  settled(member: Member, op: OpId, outcome: Outcome): void {
    assert.ok(!this.outcomes.has(op), 'an operation settles once');
    this.outcomes.set(op, outcome);
    const operation = member.operations.get(op);
    assert.ok(operation !== undefined, 'what settles was asked for');
    const isPut = operation.type === 'put';
    if (isPut && (outcome.type === 'stored' || outcome.type === 'failed')) {
      const { holders, wanted } = outcome;
      assert.equal(new Set(holders).size, holders.length, 'each holder counts once (S17)');
      for (const peer of holders) this.#checkHolder(member, peer, operation.record);
      const enough = holders.length >= majorityOf(wanted);
      assert.ok(outcome.type === 'failed' || enough, 'a majority makes a PUT good');
    }
    if (outcome.type === 'found') this.#checkRead(member, operation.startedAt, outcome.record);
  }

  #checkHolder(member: Member, peer: Peer, record: RecordHeader | undefined): void {
    assert.ok(record !== undefined, 'nobody holds what was not signed (S17)');
    if (peer === member.peer) return this.#checkOnDisk(member, record);
    const acks = this.signatures.get(nameOf(record))?.acks;
    assert.ok(acks?.has(peer) === true, 'a holder has acknowledged (S17)');
  }

  #checkRead({ peer }: Member, startedAt: number, record: RecordHeader): void {
    const { now } = this.#fleet;
    this.#checkAlive(record, 'is read');
    const name = `${peer}/${record.key.raw.b7}`;
    const last = this.#readings.get(name);
    if (last !== undefined && last.at <= startedAt && this.#isSafe(last.record)) {
      const order = compareVersions(record, last.record);
      assert.ok(order >= 0, `node ${peer} reads ${record.version} after ${last.record.version}`);
    }
    this.#readings.set(name, { record, at: now });
  }

  /**
   * Whether a record cannot but be found: it lives, on a majority of those that it was meant for,
   * and older versions were meant for as many: other majorities need not meet it.
   */
  #isSafe(record: RecordHeader): boolean {
    if (!this.#isAlive(record) || this.#wanted.get(record.key.raw.b7) === 0) return false;
    return this.crashes === 0 || this.holding(record).length >= majorityOf(record.replication);
  }

  /** The nodes that are up and have this version, or a newer one, on their disks. */
  holding(record: RecordHeader): readonly Peer[] {
    return this.#fleet.up
      .filter(({ peer, disk }) => {
        const there = disk.get(record.key.raw.b7)?.header;
        return !this.liars.has(peer) && there !== undefined && compareVersions(there, record) >= 0;
      })
      .map(({ peer }) => peer);
  }

  #acknowledged(member: Member, name: string): void {
    const record = this.#stores.get(name);
    if (record === undefined) return;
    this.#stores.delete(name);
    this.signatures.get(nameOf(record))?.acks.add(member.peer);
    this.#checkOnDisk(member, record);
  }

  #checkOnDisk({ disk }: Member, record: RecordHeader): void {
    const there = disk.get(record.key.raw.b7)?.header;
    if (there === undefined) assert.ok(!this.#isAlive(record), 'acknowledged, not on disk (S16)');
    else assert.ok(compareVersions(there, record) >= 0, 'acknowledged, not on disk (S16)');
  }

  #checkServed(peer: Peer, record: RecordHeader): void {
    this.#checkAlive(record, 'is served');
    const key = `${peer}/${record.key.raw.b7}`;
    const last = this.#served.get(key);
    const back = last !== undefined && this.#isAlive(last) && compareVersions(record, last) < 0;
    assert.ok(!back, `node ${peer} serves an older version than before (S14)`);
    this.#served.set(key, record);
    const name = `${peer}/${nameOf(record)}`;
    const end = this.#fleet.now + record.lifeMs;
    assert.ok(end <= (this.#ends.get(name) ?? Infinity), 'a life does not grow (S13)');
    this.#ends.set(name, end);
  }

  #checkAlive(record: RecordHeader, what: string): void {
    const { now } = this.#fleet;
    const signed = this.signatures.get(nameOf(record));
    assert.ok(signed !== undefined, `what ${what} was published (S11)`);
    assert.equal(record.size, signed.record.size, `what ${what} is what was published (S11)`);
    const latest = signed.diesAt + this.graceMs;
    assert.ok(now <= latest, `what ${what} is alive (S12): ${now - latest} ms`);
    assert.ok(now + record.lifeMs <= latest, `what ${what} does not live on (S13)`);
  }

  #isAlive(record: RecordHeader): boolean {
    const diesAt = this.signatures.get(nameOf(record))?.diesAt ?? 0;
    return this.#fleet.now < diesAt - 2000;
  }

  #checkDrop({ peer, disk }: Member, key: Key): void {
    const record = disk.get(key.raw.b7)?.header;
    if (record === undefined || this.liars.has(peer) || !this.#isAlive(record)) return;
    const others = this.#fleet.members.flatMap((other) => {
      const there = other.disk.get(key.raw.b7)?.header;
      if (other.peer === peer || there === undefined) return [];
      return compareVersions(there, record) >= 0 ? [there] : [];
    });
    // A newer version may want fewer nodes.
    const wanted = Math.min(record.replication, ...others.map(({ replication }) => replication));
    const ofKey = this.lostCopies.filter((copy) => copy.key.raw.b7 === key.raw.b7);
    const lost = ofKey.filter((copy) => compareVersions(copy, record) >= 0).length;
    const enough = others.length + lost + this.liars.size >= wanted;
    assert.ok(enough, `${peer} gives up ${nameOf(record)} which ${others.length} others hold`);
  }

  #checkState({ peer, state }: Member): void {
    if (state === undefined || this.liars.has(peer)) return;
    if (this.steps++ % this.checkEvery !== 0) return;
    assert.deepEqual(checkNode(state, this.#fleet.directory), []);
    this.#checkGroups(state);
  }

  /** The model of a group: all that are known, sorted, the nearest of them. */
  #checkGroups(state: NodeState): void {
    const { table, fellows, self, store, upkeep, operations } = state;
    if (store.size === 0 || upkeep.regroupAt !== Infinity) return;
    if (allItems(operations).some(({ type }) => type === 'join')) return;
    const known = new Set([self]);
    for (let slot = contactCount(table) - 1; slot >= 0; slot--) known.add(contactAt(table, slot));
    for (const { peer, shunnedUntil } of allItems(fellows)) {
      if (shunnedUntil > this.#fleet.now) known.delete(peer);
      else known.add(peer);
    }
    for (const { header, group } of allItems(store)) {
      const sorted = this.ranking(header.key).filter((peer) => known.has(peer));
      assert.deepEqual(group, sorted.slice(0, header.replication), 'a group is the nearest known');
    }
  }
}

function nameOf({ key, version, publisher }: RecordHeader): string {
  return `${key.raw.b7}/${version}/${publisher.b0}`;
}
