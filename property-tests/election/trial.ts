/**
 * A trial: some voters, and nothing else, for three simulated minutes with all that can go wrong
 * between them, then half a minute without, after which one of them must lead. Every step is judged
 * (`judge.ts`); the same seed makes the same trial.
 *
 * Time is true time in µs. Clocks of nodes differ in rate; what a pause holds up happens after it.
 */
import { PeerDirectory } from '../../host/directory.ts';
import { defaultConfig } from '../../src/config.ts';
import { isLeading } from '../../src/election/election.ts';
import type { Effect, Input } from '../../src/step-types.ts';
import type { Message, Voters } from '../../src/types.ts';
import { Chance } from './chance.ts';
import { Judge } from './judge.ts';
import { RATE_ERROR, settingOf, type Setting } from './setting.ts';
import { troubles, type Target } from './trouble.ts';
import { Voter, type Core, type DiskFate } from './voter.ts';

const TROUBLED_US = 150e6;
const WHOLE_US = 180e6;
/** In calm weather there is a leader again after so long, whatever messages straggle. */
const LEADERLESS_US = 20e6;
/** A life has fewer calls: what its peers see as the number of a call says of which life it is. */
const CALLS = 2 ** 20;
/** Nodes at most: voters, and some who become it. */
const NODES = 8;

export interface Verdict {
  readonly seed: number;
  readonly setting: Setting;
  readonly findings: readonly string[];
  readonly terms: number;
  readonly steps: number;
  /** How long there was a leader, as a share of the whole. */
  readonly led: number;
}

interface Event {
  readonly at: number;
  readonly order: number;
  readonly happen: () => void;
}

export class Trial implements Target {
  readonly setting: Setting;
  readonly judge: Judge;
  readonly voters: readonly Voter[];
  readonly #core: Core;
  readonly #seed: number;
  readonly #network: Chance;
  readonly #clocks: Chance;
  readonly #directory = new PeerDirectory();
  /** Soonest last. */
  readonly #events: Event[] = [];
  /** `from * NODES + to` of what does not come through. */
  readonly #cut = new Set<number>();
  /** When the last message of a pair arrives. */
  readonly #arrivals = new Map<number, number>();
  #now = 0;
  #order = 0;
  #steps = 0;
  #ledUs = 0;
  #ledAt = 0;
  #list: Voters;

  constructor(seed: number, core: Core) {
    this.#seed = seed;
    this.#core = core;
    this.setting = settingOf(seed);
    this.#network = new Chance(seed, 2);
    this.#clocks = new Chance(seed, 3);
    this.judge = new Judge(this.setting.rateError <= RATE_ERROR);
    const ids = new Chance(seed, 4);
    for (let i = 0; i < NODES; i++)
      this.#directory.add(Array.from({ length: 8 }, () => ids.word()));
    const peers = Array.from({ length: this.setting.voters }, (_, peer) => peer);
    this.#list = { version: 1, peers };
    this.voters = Array.from({ length: NODES }, (_, peer) => new Voter(peer, this.#list));
  }

  run(): Verdict {
    for (const { peer } of this.voters) if (this.isUsed(peer)) this.start(this.voterAt(peer));
    troubles(this, new Chance(this.#seed, 5), TROUBLED_US);
    this.after(TROUBLED_US, () => this.#heal());
    for (let event = this.#events.pop(); event !== undefined; event = this.#events.pop()) {
      if (event.at > WHOLE_US) break;
      if (this.#leader() !== undefined) {
        this.#ledUs += event.at - this.#now;
        this.#ledAt = event.at;
      }
      this.#now = event.at;
      event.happen();
    }
    const { findings } = this.judge;
    if (this.#ledAt < WHOLE_US - LEADERLESS_US) {
      findings.push(`liveness: nobody has led since ${this.#ledAt / 1e6} s`);
    }
    return {
      seed: this.#seed,
      setting: this.setting,
      findings,
      terms: this.judge.leaders.size,
      steps: this.#steps,
      led: this.#ledUs / WHOLE_US,
    };
  }

  get now(): number {
    return this.#now;
  }

  after(us: number, happen: () => void): void {
    const event = { at: this.#now + Math.ceil(us), order: this.#order++, happen };
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#events[middle];
      if (other !== undefined && other.at > event.at) low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, event);
  }

  voterAt(peer: number): Voter {
    const voter = this.voters[peer];
    if (voter === undefined) throw new Error(`broken invariant: there is no node ${peer}`);
    return voter;
  }

  /** Whether a node takes part: those of the first list, and all when the list changes. */
  isUsed(peer: number): boolean {
    return this.setting.changes || peer < this.setting.voters;
  }

  start(voter: Voter): void {
    if (voter.state !== undefined) return;
    voter.life += 1;
    voter.bornAt = this.#now;
    voter.rate = 1 + this.#clocks.between(-1, 1) * this.setting.rateError;
    voter.wakeAt = Infinity;
    voter.diskFreeAt = 0;
    voter.isPaused = false;
    voter.held.length = 0;
    const kept = { records: [], peers: [], ballot: voter.disk.ballot, voters: voter.given };
    voter.state = this.#core.create(voter.peer, defaultConfig, this.#moment(voter), kept);
    this.#arm(voter);
  }

  crash(voter: Voter, fate: DiskFate): void {
    if (voter.state === undefined) return;
    voter.state = undefined;
    voter.life += 1;
    voter.disk.crash(fate);
    this.judge.onDisk(voter);
    this.judge.onCrash(voter, this.#now);
  }

  /** What was held up happens now, in its order. */
  resume(voter: Voter): void {
    voter.isPaused = false;
    for (const input of voter.held.splice(0)) this.feed(voter, input);
  }

  cut(from: number, to: number, isCut: boolean): void {
    if (isCut) this.#cut.add(from * NODES + to);
    else this.#cut.delete(from * NODES + to);
  }

  /** The operator gives a list of one voter more or less to all, mostly when the last one holds. */
  change(): void {
    const { version, peers } = this.#list;
    const holds = this.voters.some(({ disk }) => disk.ballot?.voters.version === version);
    if (version > 1 && !holds && this.#clocks.is(0.8)) return;
    const leaver = this.#clocks.one(peers);
    const isMore = peers.length <= 3 || (peers.length < 7 && this.#clocks.is(0.5));
    const spare = this.voters.map(({ peer }) => peer).filter((peer) => !peers.includes(peer));
    const next = isMore
      ? [...peers, this.#clocks.one(spare)]
      : peers.filter((peer) => peer !== leaver);
    this.#list = { version: version + 1, peers: next };
    for (const voter of this.voters) voter.given = this.#list;
    for (const voter of this.voters) this.feed(voter, { type: 'voters', voters: this.#list });
  }

  /** Something happens to a node: now, or when its pause is over. */
  feed(voter: Voter, input: Input): void {
    const { state } = voter;
    if (state === undefined) return;
    if (voter.isPaused) {
      voter.held.push(input);
      return;
    }
    this.#steps += 1;
    const next = this.#core.step(state, this.#moment(voter), input, this.#directory);
    voter.state = next.state;
    this.judge.onStep(voter, this.#now, state, input, next);
    for (const effect of next.effects) this.#perform(voter, effect);
    this.#arm(voter);
  }

  #moment(voter: Voter): { now: number; wall: number; entropy: number } {
    const now = voter.localMs(this.#now);
    return { now, wall: 1e12 + voter.wallMs + now, entropy: this.#clocks.word() };
  }

  /** One wake-up at a time: an early one finds nothing due and sets the next. */
  #arm(voter: Voter): void {
    const { state, life } = voter;
    if (state === undefined || state.wakeAt === Infinity) return;
    const at = voter.trueUs(state.wakeAt);
    if (at >= voter.wakeAt) return;
    voter.wakeAt = at;
    this.after(Math.max(0, at - this.#now), () => {
      if (voter.life !== life || voter.wakeAt !== at) return;
      voter.wakeAt = Infinity;
      this.feed(voter, { type: 'wake' });
    });
  }

  #perform(voter: Voter, effect: Effect): void {
    const { life } = voter;
    if (effect.type === 'send') return this.#send(voter, effect.to, effect.message);
    if (effect.type !== 'persist') return;
    const { setting } = this;
    const isOk = !this.#network.is(setting.diskFails);
    const isThere = isOk || this.#network.is(0.5);
    for (const write of effect.writes) {
      if (write.type !== 'ballot') continue;
      voter.disk.begin(write.ballot);
      // One write ends after the other: a disk has a queue.
      const us = setting.diskMs * 1000;
      voter.diskFreeAt = Math.max(voter.diskFreeAt, this.#now) + this.#network.between(us / 2, us);
      this.after(voter.diskFreeAt - this.#now, () => {
        if (voter.life !== life) return;
        voter.disk.end(write.ballot, isThere);
        this.judge.onDisk(voter);
        this.feed(voter, { type: 'persisted', token: effect.token, ok: isOk });
      });
    }
  }

  #send(voter: Voter, to: number, message: Message): void {
    const { setting } = this;
    const target = this.voterAt(to);
    const pair = voter.peer * NODES + to;
    if (this.#cut.has(pair) || this.#isLost()) return;
    const usual = this.#network.between(setting.delayMs / 10, setting.delayMs);
    const ms = this.#network.is(setting.straggles) ? this.#network.between(0, 10_000) : usual;
    const soonest = setting.inOrder ? (this.#arrivals.get(pair) ?? 0) : 0;
    const at = Math.max(this.#now + ms * 1000, soonest);
    this.#arrivals.set(pair, at);
    const { life } = target;
    const call = message.call & (CALLS - 1);
    // A reply belongs to the link, and so to the life, in which it was asked for.
    if (message.type === 'reply' && message.call !== call + life * CALLS) return;
    const numbered = message.type === 'reply' ? call : call + voter.life * CALLS;
    this.after(at - this.#now, () => {
      if (target.life !== life) return;
      this.feed(target, {
        type: 'message',
        from: voter.peer,
        message: { ...message, call: numbered },
      });
    });
  }

  #isLost(): boolean {
    return this.#now < TROUBLED_US && this.#network.is(this.setting.loss);
  }

  #heal(): void {
    this.#cut.clear();
    for (const voter of this.voters) {
      this.resume(voter);
      if (this.isUsed(voter.peer)) this.start(voter);
    }
  }

  /** Who leads and is followed by most. */
  #leader(): Voter | undefined {
    return this.voters.find((voter) => {
      if (voter.state === undefined || voter.isPaused) return false;
      return isLeading(voter.state.election, voter.localMs(this.#now));
    });
  }
}

export function runTrial(seed: number, core: Core): Verdict {
  return new Trial(seed, core).run();
}
