/**
 * Who leads, as an observer of all voters knows it a turn later: how long there was a leader, how
 * long there was none after one was gone, and whether there ever were two.
 *
 * A leader is gone when it disappears or leaves the role. The time until another begins to lead is
 * a failover. One that nobody asked for is a false one: a leader that was there all the time lost
 * the role although nothing had happened to it.
 */

import type { Peer } from '../../src/types.ts';
import { Sample } from './distribution.ts';
import type { Distribution } from './distribution.ts';
import type { Led } from './facts.ts';

export interface LeaderReport {
  readonly voters: number;
  /** Leaders that there were, each in a term of its own; with the one at the beginning. */
  readonly terms: number;
  /** Share of the measured time in which one led. */
  readonly led: number;
  /** In which more than one did. */
  readonly overlap: number;
  readonly crashes: number;
  /** Leaders that left the role without a crash. */
  readonly stepDowns: number;
  /** From the end of one leader to the beginning of the next. */
  readonly failoverMs: Distribution;
  /** Share of the honest nodes whose list of introducers is the newest that there is. */
  readonly listed: number;
}

export class Leaders {
  /** Term by leader. */
  readonly #leading = new Map<Peer, number>();
  #terms = 0;
  #crashes = 0;
  #stepDowns = 0;
  #failoverMs = new Sample();
  #ledUs = 0;
  #overlapUs = 0;
  #goneAt = -1;
  #countedAt = Infinity;

  /** The one of the highest term, as of the last turn; -1: nobody. */
  get current(): Peer {
    let [found, highest] = [-1, 0];
    for (const [peer, term] of this.#leading) if (term > highest) [found, highest] = [peer, term];
    return found;
  }

  /** All of it, for a snapshot. */
  get state(): readonly number[] {
    const counts = [this.#terms, this.#crashes, this.#stepDowns, this.#ledUs, this.#overlapUs];
    const failovers = [...this.#failoverMs.values()];
    const times = [this.#goneAt, this.#countedAt, failovers.length];
    return [...counts, ...times, ...failovers, ...[...this.#leading].flat()];
  }

  set state(state: readonly number[]) {
    const [terms = 0, crashes = 0, stepDowns = 0, ledUs = 0, overlapUs = 0] = state;
    const [goneAt = -1, countedAt = Infinity, failovers = 0] = state.slice(5);
    this.#terms = terms;
    this.#crashes = crashes;
    this.#stepDowns = stepDowns;
    this.#ledUs = ledUs;
    this.#overlapUs = overlapUs;
    this.#goneAt = goneAt;
    this.#countedAt = countedAt;
    this.#failoverMs = Sample.of(Float64Array.from(state.slice(8, 8 + failovers)));
    for (let i = 8 + failovers; i < state.length; i += 2) {
      this.#leading.set(state[i] ?? 0, state[i + 1] ?? 0);
    }
  }

  /** Measuring begins: what was before counts no more. */
  begin(now: number): void {
    this.#terms = this.#leading.size;
    this.#crashes = 0;
    this.#stepDowns = 0;
    this.#failoverMs = new Sample();
    this.#ledUs = 0;
    this.#overlapUs = 0;
    this.#countedAt = now;
  }

  /** @param isThere whether the peer is still online */
  take(facts: readonly Led[], isThere: (peer: Peer) => boolean): void {
    const inOrder = [...facts].sort((a, b) => a.at - b.at || a.peer - b.peer);
    for (const { peer, at, term } of inOrder) {
      this.#count(at);
      if (term === 0) {
        if (!this.#leading.delete(peer)) continue;
        if (isThere(peer)) this.#stepDowns++;
        else this.#crashes++;
        if (this.#leading.size === 0) this.#goneAt = at;
        continue;
      }
      this.#terms++;
      if (this.#goneAt >= 0) this.#failoverMs.add((at - this.#goneAt) / 1000);
      this.#goneAt = -1;
      this.#leading.set(peer, term);
    }
  }

  /** @param from microseconds at which measuring began */
  report(voters: number, now: number, from: number): Omit<LeaderReport, 'listed'> {
    this.#count(now);
    const share = (us: number): number => (now > from ? us / (now - from) : 0);
    return {
      voters,
      terms: this.#terms,
      led: share(this.#ledUs),
      overlap: share(this.#overlapUs),
      crashes: this.#crashes,
      stepDowns: this.#stepDowns,
      failoverMs: this.#failoverMs.distribution(false),
    };
  }

  #count(now: number): void {
    const us = now - this.#countedAt;
    if (!(us > 0)) return;
    if (this.#leading.size > 0) this.#ledUs += us;
    if (this.#leading.size > 1) this.#overlapUs += us;
    this.#countedAt = now;
  }
}

/** Nodes by the list that they have. */
export interface ListCount {
  readonly term: number;
  readonly serial: number;
  readonly nodes: number;
}

/** Share of nodes that have the newest list there is. */
export function listedShare(lists: readonly ListCount[]): number {
  let [all, term, serial, having] = [0, 0, 0, 0];
  for (const list of lists) {
    all += list.nodes;
    if (list.term > term || (list.term === term && list.serial > serial)) {
      [term, serial, having] = [list.term, list.serial, 0];
    }
    if (list.term === term && list.serial === serial) having += list.nodes;
  }
  return term === 0 ? 0 : having / all;
}
