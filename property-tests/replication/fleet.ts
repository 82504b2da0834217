/**
 * A few dozen nodes of the core, joined back to back by one queue of events: messages that take
 * their time or are lost, disks that take theirs or fail, nodes that crash and come back. All
 * chance comes from one seed. Every step is watched (`watch.ts`); a broken law throws.
 */
import assert from 'node:assert/strict';
import { PeerDirectory } from '../../host/directory.ts';
import { EventQueue } from '../../sim/queue.ts';
import { index, mix, share } from '../../sim/streams.ts';
import { defaultConfig } from '../../src/config.ts';
import { ID_WORDS } from '../../src/limits.ts';
import { create, step } from '../../src/step.ts';
import type { Command, Effect, Input, Outcome, Write } from '../../src/step-types.ts';
import type { Config, Key, Message, Moment, OpId, Peer } from '../../src/types.ts';
import { calm, type Faults } from './faults.ts';
import { Member, type Operation } from './member.ts';
import { numberedKey, signedBy } from './records.ts';
import { Watch } from './watch.ts';

/** Wall clock at time 0. */
const WALL_MS = 1_700_000_000_000;
const [INPUT, WAKE, MESSAGE, WRITES, SCRIPT] = [0, 1, 2, 3, 4];

/** Something meant for one life of a node. */
interface Due {
  readonly life: number;
  readonly input: Input;
}

interface Written {
  readonly life: number;
  readonly token: number;
  readonly writes: readonly Write[];
  readonly ok: boolean;
}

export interface FleetOptions {
  readonly size: number;
  readonly seed: number;
  readonly config?: Partial<Config>;
}

export class Fleet {
  now = 0;
  faults: Faults = calm;
  /** Changes what a node sends, or keeps it back: for nodes that do not keep to the rules. */
  twist: (from: Peer, to: Peer, message: Message) => Message | undefined = (_from, _to, same) =>
    same;
  /** Messages sent, by what they are. */
  readonly sent = new Map<string, number>();
  readonly directory: PeerDirectory;
  readonly members: Member[] = [];
  readonly config: Config;
  readonly watch: Watch;
  readonly #seed: number;
  readonly #queue = new EventQueue();
  #events = 0;
  #draws = 0;
  #ops = 0;

  constructor({ size, seed, config }: FleetOptions) {
    this.#seed = mix(seed, 1, 0);
    this.config = { ...defaultConfig, ...config };
    this.directory = new PeerDirectory();
    this.watch = new Watch(this);
    for (let peer = 0; peer < size; peer++) this.#add();
  }

  /** A fleet that has found itself. */
  static joined(options: FleetOptions): Fleet {
    const fleet = new Fleet(options);
    for (const { peer } of fleet.members) {
      fleet.after(100 * peer, () => fleet.start(peer));
    }
    fleet.run(100 * options.size + 15_000);
    return fleet;
  }

  get up(): Member[] {
    return this.members.filter(({ state }) => state !== undefined && !state.leaving);
  }

  /** A key of this fleet. */
  key(at: number): Key {
    return numberedKey(this.#seed, at);
  }

  draw(): number {
    return mix(this.#seed, 0, this.#draws++);
  }

  /** A node more, which has not started. */
  newcomer(): Peer {
    return this.#add();
  }

  /** Starts a node from its disk; it knows up to three others that are up. */
  start(peer: Peer): void {
    const member = this.#member(peer);
    assert.equal(member.state, undefined, 'a node starts when it is down');
    const records = [...member.disk.values()];
    member.endLife();
    member.state = create(peer, this.config, this.#moment(member), { records, peers: [] });
    this.watch.started(member);
    const others = this.up.filter((other) => other.peer !== peer);
    const peers = [0, 1, 2].flatMap(() => {
      const other = others[index(this.draw(), others.length)];
      return other === undefined ? [] : [other.peer];
    });
    this.command(peer, { type: 'join', introducers: 0, peers: [...new Set(peers)] });
  }

  /** A node is gone without a word; writes under way are lost, and the disk too if it is said. */
  crash(peer: Peer, disk: 'kept' | 'lost' = 'kept'): void {
    const member = this.#member(peer);
    if (member.state === undefined) return;
    member.state = undefined;
    member.endLife();
    this.watch.crashed(member, disk);
    if (disk === 'lost') member.disk.clear();
  }

  command(peer: Peer, command: Command): OpId {
    const op = ++this.#ops;
    const member = this.#member(peer);
    const { type } = command;
    const operation: Operation = { op, type, startedAt: this.now, record: undefined };
    member.operations.set(op, operation);
    this.#step(member, { type: 'command', op, command });
    return op;
  }

  put(peer: Peer, at: number, more: { replication?: number; ttlS?: number; size?: number } = {}) {
    const { replication = 0, ttlS = 0, size = 9 } = more;
    return this.command(peer, { type: 'put', key: this.key(at), size, replication, ttlS });
  }

  get(peer: Peer, at: number): OpId {
    return this.command(peer, { type: 'get', key: this.key(at) });
  }

  /** Lets it come to an end, 15 s at most. */
  settled(op: OpId): Outcome | undefined {
    for (let ms = 0; ms < 15_000 && !this.watch.outcomes.has(op); ms += 50) this.run(50);
    return this.watch.outcomes.get(op);
  }

  /** Puts a record of its own onto the disk of a node that is down. */
  plant(peer: Peer, at: number, replication: number): void {
    const member = this.#member(peer);
    const { wall } = this.#moment(member);
    const body = { key: this.key(at), version: wall, size: 9, replication };
    const header = signedBy(peer, { ...body, ttlS: 3600, publishedAtMs: wall });
    this.watch.planted(header);
    member.disk.set(at, { header, storedAtMs: wall, from: undefined });
  }

  /** Of nobody's core. */
  deliver(from: Peer, to: Peer, message: Message): void {
    this.#push(this.now + 1, to, from, MESSAGE, message);
  }

  after(ms: number, run: () => void): void {
    this.#push(this.now + ms, 0, 0, SCRIPT, run);
  }

  run(ms: number): void {
    const until = this.now + Math.round(ms);
    const end = (): void => undefined;
    this.#push(until, 0, 0, SCRIPT, end);
    while (this.#queue.next()) {
      const { time, receiver, sender, kind, payload } = this.#queue;
      this.now = Math.floor(time / 1000);
      if (payload === end) return;
      this.#happen(receiver, sender, kind, payload);
    }
  }

  #happen(peer: Peer, from: Peer, kind: number, payload: unknown): void {
    if (kind === SCRIPT) return (payload as () => void)();
    const member = this.#member(peer);
    if (kind === MESSAGE) return this.#arrive(member, from, payload as Message);
    if (kind === WRITES) return this.#write(member, payload as Written);
    if (member.state === undefined) return;
    if (kind === INPUT) {
      const { life, input } = payload as Due;
      if (life === member.life) this.#step(member, input);
    } else if (payload === member.life && member.wakeEventAt === this.now) {
      member.wakeEventAt = Infinity;
      if (member.state.wakeAt <= this.now) this.#step(member, { type: 'wake' });
      else this.#wakeLater(member);
    }
  }

  #arrive(member: Member, from: Peer, message: Message): void {
    if (member.state !== undefined) {
      this.watch.arrives(member, from, message);
      return this.#step(member, { type: 'message', from, message });
    }
    // A closed port answers, a host that is gone does not.
    if (message.type !== 'request' || share(this.draw()) < 0.5) return;
    const input: Input = { type: 'unreachable', peer: member.peer, call: message.call };
    this.#later(this.#member(from), this.#between(this.faults.delayMs), input);
  }

  #write(member: Member, { life, token, writes, ok }: Written): void {
    if (life !== member.life) return;
    if (ok) this.watch.writes(member, writes);
    if (ok) member.write(writes);
    this.#step(member, { type: 'persisted', token, ok });
  }

  #step(member: Member, input: Input): void {
    const { state } = member;
    if (state === undefined) return;
    const next = step(state, this.#moment(member), input, this.directory);
    member.state = next.state;
    this.watch.stepped(member, state, next.effects);
    for (const effect of next.effects) this.#perform(member, effect);
    this.#wakeLater(member);
  }

  #perform(member: Member, effect: Effect): void {
    switch (effect.type) {
      case 'send': {
        const message = this.twist(member.peer, effect.to, effect.message);
        if (message !== undefined) this.#send(member, effect.to, message);
        return;
      }
      case 'persist': {
        const ok = share(this.draw()) >= this.faults.failedWrites;
        const isPut = effect.writes.some(({ type }) => type === 'put');
        const { token, writes } = effect;
        const written: Written = { life: member.life, token, writes, ok: ok || !isPut };
        const at = Math.max(member.diskAt, this.now + this.#between(this.faults.diskMs));
        member.diskAt = at;
        return this.#push(at, member.peer, member.peer, WRITES, written);
      }
      case 'sign': {
        const record = signedBy(member.peer, effect.body);
        this.watch.signed(member, effect.token, record);
        return this.#later(member, 1, { type: 'signed', token: effect.token, record });
      }
      case 'settle':
        return this.watch.settled(member, effect.op, effect.outcome);
      default:
        return;
    }
  }

  #send(member: Member, to: Peer, message: Message): void {
    const { type } = message.body;
    this.sent.set(type, (this.sent.get(type) ?? 0) + 1);
    this.watch.sends(member, to, message);
    if (share(this.draw()) < this.faults.lossShare) return;
    const slow = member.slowMs + this.#member(to).slowMs;
    const at = this.now + slow + this.#between(this.faults.delayMs);
    this.#push(at, to, member.peer, MESSAGE, message);
  }

  #later(member: Member, ms: number, input: Input): void {
    const due: Due = { life: member.life, input };
    this.#push(this.now + ms, member.peer, member.peer, INPUT, due);
  }

  #wakeLater(member: Member): void {
    const at = member.state?.wakeAt ?? Infinity;
    if (at >= member.wakeEventAt || at === Infinity) return;
    member.wakeEventAt = Math.max(at, this.now);
    this.#push(member.wakeEventAt, member.peer, member.peer, WAKE, member.life);
  }

  #push(at: number, receiver: Peer, sender: Peer, kind: number, payload: unknown): void {
    this.#queue.push(1000 * at, receiver, sender, this.#events++, kind, payload);
  }

  #between([low, high]: readonly [number, number]): number {
    return low + index(this.draw(), high - low + 1);
  }

  #moment(member: Member): Moment {
    return { now: this.now, wall: WALL_MS + this.now + member.skewMs, entropy: this.draw() };
  }

  #add(): Peer {
    const peer = this.members.length;
    const words = Array.from({ length: ID_WORDS }, (_, word) => mix(this.#seed, 1 + peer, word));
    this.directory.add(words);
    this.members.push(new Member(peer, index(this.draw(), 400)));
    this.watch.forgetRankings();
    return peer;
  }

  #member(peer: Peer): Member {
    const member = this.members[peer];
    assert.ok(member !== undefined);
    return member;
  }
}
