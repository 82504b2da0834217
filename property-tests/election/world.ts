/**
 * Some voters and nothing else: their network, their disks and their clocks, with the faults of a
 * setting. Every step is judged (`judge.ts`); the same seed makes the same world.
 *
 * Time is true time in µs. Clocks of nodes differ in rate; what a pause holds up happens after it;
 * wall clocks go on from life to life, and are set wrong. A message is lost, late or on time; who
 * starts again has new links, so that what an earlier life asked for is answered to nobody.
 */
import { PeerDirectory } from '../../host/directory.ts';
import { defaultConfig } from '../../src/config.ts';
import type { Effect, Input } from '../../src/step-types.ts';
import type { Message, Moment, Voters } from '../../src/types.ts';
import { Agenda } from './agenda.ts';
import { Chance } from './chance.ts';
import { Judge } from './judge.ts';
import { Log } from './log.ts';
import { RATE_ERROR, type Setting } from './setting.ts';
import type { Happening, Target } from './trouble.ts';
import { Voter, type Core, type DiskFate } from './voter.ts';

/** Calls of a life at most: what its peers see as the number of a call says of which life it is. */
const CALLS = 2 ** 20;
/** Nodes at most: voters, and some who become it. */
const NODES = 8;

export class World implements Target {
  readonly setting: Setting;
  readonly judge: Judge;
  readonly voters: readonly Voter[];
  readonly counts = new Map<Happening, number>();
  isCalm = false;
  steps = 0;
  /** How long there was a leader, and until when; true µs. */
  ledUs = 0;
  ledAt = 0;
  readonly #core: Core;
  readonly #agenda = new Agenda();
  readonly #network: Chance;
  readonly #clocks: Chance;
  readonly #directory = new PeerDirectory();
  readonly #log: Log | undefined;
  /** `from * NODES + to` of what does not come through. */
  readonly #cut = new Set<number>();
  /** When the last message of a pair arrives. */
  readonly #arrivals = new Map<number, number>();
  #list: Voters;

  /** @param isLogged whether all that the nodes are given is kept, to be replayed */
  constructor(seed: number, core: Core, setting: Setting, isLogged: boolean) {
    this.#core = core;
    this.setting = setting;
    this.#network = new Chance(seed, 2);
    this.#clocks = new Chance(seed, 3);
    this.#log = isLogged ? new Log() : undefined;
    this.judge = new Judge(setting.rateError <= RATE_ERROR, this);
    const ids = new Chance(seed, 4);
    const idOf = (): number[] => Array.from({ length: 8 }, () => ids.word());
    for (let i = 0; i < NODES; i++) this.#directory.add(idOf());
    this.#list = { version: 1, peers: Array.from({ length: setting.voters }, (_, peer) => peer) };
    this.voters = Array.from({ length: NODES }, (_, peer) => new Voter(peer, this.#list));
    for (const voter of this.voters) if (this.isUsed(voter.peer)) this.start(voter);
  }

  /** Lets happen what happens until a time. */
  runUntil(us: number): void {
    while (this.#agenda.nextAt <= us) this.turn();
    this.#pass(us);
    this.#agenda.rest(us);
  }

  /** Lets the next thing happen. */
  turn(): void {
    this.#pass(this.#agenda.nextAt);
    this.#agenda.turn();
  }

  #pass(until: number): void {
    if (this.leader() === undefined) return;
    this.ledUs += until - this.now;
    this.ledAt = until;
  }

  get now(): number {
    return this.#agenda.now;
  }

  after(us: number, happen: () => void): void {
    this.#agenda.after(us, happen);
  }

  count(what: Happening): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
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

  /** Whether a node believes that it leads, by the core's own rule, in this or an earlier state. */
  leads(voter: Voter, state = voter.state): boolean {
    return state?.election.role.type === 'leader' && this.#core.leads(state, this.#instant(voter));
  }

  /** Who leads, and is not held up. */
  leader(): Voter | undefined {
    return this.voters.find((voter) => !voter.isPaused && this.leads(voter));
  }

  start(voter: Voter): void {
    if (voter.state !== undefined) return;
    const share = this.#clocks.between(-1, 1);
    if (Math.abs(share) > 0.5) this.count('clock of another rate');
    voter.begin(this.now, 1 + share * this.setting.rateError);
    const kept = { records: [], peers: [], ballot: voter.disk.ballot, voters: voter.given };
    const moment = this.#moment(voter);
    voter.state = this.#core.create(voter.peer, defaultConfig, moment, kept);
    this.#log?.begin(`${voter.peer} ${voter.life}`, kept, moment, voter.state);
    this.#arm(voter);
  }

  crash(voter: Voter, fate: DiskFate): void {
    if (voter.state === undefined) return;
    if (voter.disk.isBusy) this.count(`write ${fate} by a crash`);
    if (this.leads(voter)) this.count('crash of a leader');
    voter.state = undefined;
    voter.life += 1;
    voter.disk.crash(fate);
    this.judge.onDisk(voter);
  }

  pause(voter: Voter, us: number): void {
    const { life } = voter;
    const wasLeading = this.leads(voter);
    voter.isPaused = true;
    this.count('pause');
    this.after(us, () => {
      if (voter.life !== life) return;
      if (wasLeading && !this.leads(voter)) this.count('pause of a leader beyond its lease');
      this.resume(voter);
    });
  }

  /** What was held up happens now, in its order. */
  resume(voter: Voter): void {
    voter.isPaused = false;
    for (const input of voter.held.splice(0)) this.feed(voter, input);
  }

  setClock(voter: Voter, ms: number): void {
    voter.wallMs += Math.round(ms);
    this.count('wall clock set');
  }

  cut(from: number, to: number, isCut: boolean): void {
    if (isCut && !this.#cut.has(to * NODES + from)) this.count('one-way cut');
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
    const fewer = peers.filter((peer) => peer !== leaver);
    const next = isMore ? [...peers, this.#clocks.one(spare)] : fewer;
    this.#list = { version: version + 1, peers: next };
    this.count('change of the list');
    for (const voter of this.voters) voter.given = this.#list;
    for (const voter of this.voters) this.feed(voter, { type: 'voters', voters: this.#list });
  }

  /** Nothing goes wrong from now on, but that messages are late. */
  heal(): void {
    this.isCalm = true;
    this.#cut.clear();
    for (const voter of this.voters) {
      this.resume(voter);
      if (this.isUsed(voter.peer)) this.start(voter);
    }
  }

  /** Has every life go its way again; see `log.ts`. */
  replay(): readonly string[] {
    return this.#log?.replay(this.#core, this.#directory) ?? [];
  }

  /** Something happens to a node: now, or when its pause is over. */
  feed(voter: Voter, input: Input): void {
    const { state } = voter;
    if (state === undefined) return;
    if (voter.isPaused) {
      voter.held.push(input);
      return;
    }
    this.steps += 1;
    const moment = this.#moment(voter);
    const next = this.#core.step(state, moment, input, this.#directory);
    voter.state = next.state;
    this.#log?.add(`${voter.peer} ${voter.life}`, moment, input, next.state);
    this.judge.onStep(voter, state, input, next);
    for (const effect of next.effects) this.#perform(voter, effect);
    this.#arm(voter);
  }

  #moment(voter: Voter): Moment {
    return { ...this.#instant(voter), entropy: this.#clocks.word() };
  }

  #instant(voter: Voter): { now: number; wall: number } {
    const wall = 1e12 + voter.wallMs + Math.floor(this.now / 1000);
    return { now: voter.localMs(this.now), wall };
  }

  /** One wake-up at a time: an early one finds nothing due and sets the next. */
  #arm(voter: Voter): void {
    const { state, life } = voter;
    if (state === undefined || state.wakeAt === Infinity) return;
    const at = voter.trueUs(state.wakeAt);
    if (at >= voter.wakeAt) return;
    voter.wakeAt = at;
    this.after(Math.max(0, at - this.now), () => {
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
    const isOk = this.isCalm || !this.#network.is(setting.diskFails);
    if (!isOk) this.count('write failed');
    const isThere = isOk || this.#network.is(0.5);
    for (const write of effect.writes) {
      if (write.type !== 'ballot') continue;
      voter.disk.begin(write.ballot);
      // One write ends after the other: a disk has a queue.
      const us = setting.diskMs * 1000;
      voter.diskFreeAt = Math.max(voter.diskFreeAt, this.now) + this.#network.between(us / 2, us);
      this.after(voter.diskFreeAt - this.now, () => {
        if (voter.life !== life) return;
        voter.disk.end(write.ballot, isThere);
        this.judge.onDisk(voter);
        this.feed(voter, { type: 'persisted', token: effect.token, ok: isOk });
      });
    }
  }

  #send(voter: Voter, to: number, message: Message): void {
    const target = this.voterAt(to);
    const pair = voter.peer * NODES + to;
    if (this.#cut.has(pair) || this.#isLost()) return;
    const at = this.#arrival(pair);
    const { life } = target;
    const call = message.call & (CALLS - 1);
    // A reply belongs to the link, and so to the life, in which it was asked for.
    if (message.type === 'reply' && message.call !== call + life * CALLS) return;
    const numbered = message.type === 'reply' ? call : call + voter.life * CALLS;
    this.after(at - this.now, () => {
      if (target.life !== life) return;
      const { peer: from } = voter;
      this.feed(target, { type: 'message', from, message: { ...message, call: numbered } });
    });
  }

  #arrival(pair: number): number {
    const { delayMs, delayMsMin, straggles, inOrder } = this.setting;
    const usual = this.#network.between(delayMsMin, delayMs);
    const isLate = this.#network.is(straggles);
    if (isLate) this.count('late message');
    const ms = isLate ? this.#network.between(0, 10_000) : usual;
    const soonest = inOrder ? (this.#arrivals.get(pair) ?? 0) : 0;
    const at = Math.max(this.now + ms * 1000, soonest);
    this.#arrivals.set(pair, at);
    return at;
  }

  #isLost(): boolean {
    const isLost = !this.isCalm && this.#network.is(this.setting.loss);
    if (isLost) this.count('lost message');
    return isLost;
  }
}
