/**
 * How the routing tables of eligible nodes are: how full by bucket, how many contacts are gone, and
 * how many of its nearest nodes each node knows. Sums over a part's own nodes, which add up.
 */

import { positionOf, sharedBitsOfPeers } from '../../src/position.ts';
import { bucketCount, bucketSize, contactAt, contactCount, slotOf } from '../../src/table/table.ts';
import type { Population } from '../population.ts';
import type { Ring } from '../ring.ts';
import type { Distribution } from './distribution.ts';
import { Sample } from './distribution.ts';

export interface TableSums {
  /** Nodes looked at. */
  readonly nodes: number;
  readonly contacts: Sample;
  readonly buckets: readonly number[];
  readonly dead: number;
  readonly knowAll: number;
  readonly known: number;
}

export interface NearestSums {
  readonly nodes: number;
  readonly knowAll: number;
  readonly known: number;
  /** What `known` could be at most. */
  readonly wanted: number;
}

export interface TableReport {
  readonly contactsMean: number;
  readonly bucketMeans: readonly number[];
  readonly deadShare: number;
  readonly knowAllNearest: number;
  readonly nearestKnownMean: number;
  readonly contacts: Distribution;
}

/** Looks over the tables of this part's nodes in the ring. */
export function tableSums(population: Population, ring: Ring, k: number): TableSums {
  const { states } = population;
  const contacts = new Sample();
  const buckets: number[] = [];
  let dead = 0;
  for (let rank = 0; rank < ring.size; rank++) {
    const peer = ring.at(rank);
    const table = states[peer]?.table;
    if (table === undefined) continue;
    const count = contactCount(table);
    contacts.add(count);
    for (let slot = 0; slot < count; slot++) {
      if (!population.isOnline(contactAt(table, slot))) dead++;
    }
    for (let bucket = 0; bucket < bucketCount(table); bucket++) {
      while (buckets.length <= bucket) buckets.push(0);
      buckets[bucket] = (buckets[bucket] ?? 0) + bucketSize(table, bucket);
    }
  }
  const { knowAll, known } = nearestSums(population, ring, k, Infinity);
  return { nodes: contacts.size, contacts, buckets, dead, knowAll, known };
}

/** Of about `most` nodes of the ring: how many of their nearest they know. */
export function nearestSums(
  { directory, states }: Population,
  ring: Ring,
  k: number,
  most: number,
): NearestSums {
  const step = Math.max(1, Math.ceil(ring.size / most));
  let [nodes, knowAll, known, wanted] = [0, 0, 0, 0];
  for (let rank = 0; rank < ring.size; rank += step) {
    const peer = ring.at(rank);
    const table = states[peer]?.table;
    if (table === undefined) continue;
    const near = ring.nearest(positionOf(directory, peer), k, (other) => other !== peer);
    let here = 0;
    for (const other of near) {
      if (slotOf(table, sharedBitsOfPeers(directory, peer, other), other) >= 0) here++;
    }
    nodes++;
    known += here;
    wanted += near.length;
    if (here === near.length) knowAll++;
  }
  return { nodes, knowAll, known, wanted };
}

export function tableReport(parts: readonly TableSums[]): TableReport {
  const contacts = new Sample();
  const buckets: number[] = [];
  let [nodes, dead, knowAll, known] = [0, 0, 0, 0];
  for (const part of parts) {
    contacts.addAll(part.contacts);
    part.buckets.forEach((sum, bucket) => {
      while (buckets.length <= bucket) buckets.push(0);
      buckets[bucket] = (buckets[bucket] ?? 0) + sum;
    });
    nodes += part.nodes;
    dead += part.dead;
    knowAll += part.knowAll;
    known += part.known;
  }
  const distribution = contacts.distribution(true);
  const total = buckets.reduce((sum, size) => sum + size, 0);
  return {
    contactsMean: distribution.mean ?? 0,
    bucketMeans: buckets.map((sum) => sum / nodes),
    deadShare: total === 0 ? 0 : dead / total,
    knowAllNearest: nodes === 0 ? 0 : knowAll / nodes,
    nearestKnownMean: nodes === 0 ? 0 : known / nodes,
    contacts: distribution,
  };
}

/** Share of offline contacts, as (dead, all), in the tables of about `wanted` nodes of the ring. */
export function deadContacts(
  population: Population,
  ring: Ring,
  wanted: number,
): readonly [number, number] {
  const step = Math.max(1, Math.floor(ring.size / wanted));
  let dead = 0;
  let all = 0;
  for (let rank = 0; rank < ring.size; rank += step) {
    const table = population.states[ring.at(rank)]?.table;
    if (table === undefined) continue;
    const count = contactCount(table);
    all += count;
    for (let slot = 0; slot < count; slot++) {
      if (!population.isOnline(contactAt(table, slot))) dead++;
    }
  }
  return [dead, all];
}
