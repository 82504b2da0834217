/**
 * The all-knowing observer: it knows every eligible node's position at every instant, judges each
 * lookup against the truth when it settles, and looks over all tables at the end. It only watches;
 * nothing it knows reaches a node.
 */

import { compareDistance, positionOf, sharedBitsOfPeers } from '../src/position.ts';
import { bucketCount, bucketSize, contactAt, contactCount, slotOf } from '../src/table.ts';
import type { Peer, Position, Trail } from '../src/types.ts';
import { Sample, type Distribution } from './distribution.ts';
import type { Population } from './population.ts';
import { Ring } from './ring.ts';

export interface Verdict {
  readonly succeeded: boolean;
  readonly exact: boolean;
  /** Depth of the earliest responder, or the asker, of the true set; undefined when none was. */
  readonly hops: number | undefined;
}

export interface TableReport {
  readonly contactsMean: number;
  readonly bucketMeans: readonly number[];
  readonly deadShare: number;
  readonly knowAllNearest: number;
  readonly nearestKnownMean: number;
  readonly contacts: Distribution;
}

export class Oracle {
  readonly #population: Population;
  readonly #nearest: number;
  #ring: Ring;

  constructor(population: Population, nearest: number) {
    this.#population = population;
    this.#nearest = nearest;
    this.#ring = new Ring(population.directory, []);
  }

  get eligible(): Ring {
    return this.#ring;
  }

  /** Many nodes become eligible at once, at the start of a converged network. */
  onStart(ring: Ring): void {
    this.#ring = ring;
  }

  onEligible(peer: Peer): void {
    this.#ring.add(peer);
  }

  onGone(peer: Peer): void {
    this.#ring.remove(peer);
  }

  /** Judges a node lookup that has just settled. */
  judge(asker: Peer, target: Position, startedAt: number, trail: Trail): Verdict {
    const stable = (peer: Peer): boolean => this.#isEligible(peer, startedAt);
    const truth = this.#ring.nearest(target, this.#nearest, stable);
    const succeeded = trail.responders.some((peer) => this.#isEligible(peer, Infinity));
    const found = [...trail.nearest, asker];
    found.sort((a, b) => compareDistance(this.#population.directory, target, a, b));
    const result = found.slice(0, this.#nearest);
    const kept = result.filter(stable);
    const wanted = Math.min(truth.length, this.#nearest - (result.length - kept.length));
    let exact = kept.length >= wanted;
    for (let i = 0; i < wanted && exact; i++) exact = kept[i] === truth[i];
    return { succeeded, exact, hops: succeeded ? hopsOf(asker, trail, truth) : undefined };
  }

  /** What the tables of all eligible nodes hold. */
  tables(k: number): TableReport {
    const { directory, states } = this.#population;
    const contacts = new Sample();
    const buckets: number[] = [];
    let dead = 0;
    let knowAll = 0;
    let known = 0;
    const size = this.#ring.size;
    for (let rank = 0; rank < size; rank++) {
      const peer = this.#ring.at(rank);
      const table = states[peer]?.table;
      if (table === undefined) continue;
      const count = contactCount(table);
      contacts.add(count);
      for (let slot = 0; slot < count; slot++) {
        if (!this.#population.isOnline(contactAt(table, slot))) dead++;
      }
      for (let bucket = 0; bucket < bucketCount(table); bucket++) {
        while (buckets.length <= bucket) buckets.push(0);
        buckets[bucket] = (buckets[bucket] ?? 0) + bucketSize(table, bucket);
      }
      const near = this.#ring.nearest(positionOf(directory, peer), k, (other) => other !== peer);
      let here = 0;
      for (const other of near) {
        if (slotOf(table, sharedBitsOfPeers(directory, peer, other), other) >= 0) here++;
      }
      known += here;
      if (here === near.length) knowAll++;
    }
    const distribution = contacts.distribution(true);
    const total = (distribution.mean ?? 0) * contacts.size;
    return {
      contactsMean: distribution.mean ?? 0,
      bucketMeans: buckets.map((sum) => sum / size),
      deadShare: total === 0 ? 0 : dead / total,
      knowAllNearest: size === 0 ? 0 : knowAll / size,
      nearestKnownMean: size === 0 ? 0 : known / size,
      contacts: distribution,
    };
  }

  /** Eligible now, and since before an instant. */
  #isEligible(peer: Peer, before: number): boolean {
    if (!this.#population.isOnline(peer)) return false;
    const settledAt = this.#population.settledAt[peer] ?? Infinity;
    return settledAt !== Infinity && settledAt <= before;
  }
}

/** Depth of every responder: 1 from the own table, else one more than who first named it. */
function depthsOf(asker: Peer, trail: Trail): Map<Peer, number> {
  const depths = new Map<Peer, number>([[asker, 0]]);
  trail.responders.forEach((peer, i) => {
    depths.set(peer, 1 + (depths.get(trail.namedBy[i] ?? asker) ?? 0));
  });
  return depths;
}

function hopsOf(asker: Peer, trail: Trail, truth: readonly Peer[]): number | undefined {
  const nearest = new Set(truth);
  if (nearest.has(asker)) return 0;
  const first = trail.responders.find((peer) => nearest.has(peer));
  return first === undefined ? undefined : depthsOf(asker, trail).get(first);
}
