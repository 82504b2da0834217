/**
 * All chance of a simulation, from one seed. seedrandom's alea gives each concern a key of its
 * own, so that a draw added to one concern moves no other; a draw is a stateless mix of (key,
 * node, that node's counter), so that neither the order of events nor the number of workers can
 * matter. This is the only file that touches the generator.
 *
 * The mix is two rounds of a 32-bit finaliser with low bias (Wellons, "Prospecting for hash
 * functions", 2018).
 */

import alea from 'seedrandom/lib/alea.js';

/** One key per concern; signed 32-bit words. */
export interface Keys {
  readonly ids: number;
  readonly tables: number;
  readonly entropy: number;
  readonly latency: number;
  readonly dial: number;
  readonly loss: number;
  readonly churn: number;
  readonly introduction: number;
  readonly askers: number;
  readonly targets: number;
  readonly values: number;
  readonly reads: number;
  readonly places: number;
  readonly roles: number;
  readonly faults: number;
}

const CONCERNS = [
  'ids',
  'tables',
  'entropy',
  'latency',
  'dial',
  'loss',
  'churn',
  'introduction',
  'askers',
  'targets',
  'values',
  'reads',
  'places',
  'roles',
  'faults',
] as const;

export function keysOf(seed: string): Keys {
  const keys: Partial<Record<keyof Keys, number>> = {};
  for (const concern of CONCERNS) keys[concern] = alea(`${seed}/${concern}`).int32();
  return keys as Keys;
}

/** Draw `counter` of `node` for a concern: a signed 32-bit word. */
export function mix(key: number, node: number, counter: number): number {
  const first = finalise(key ^ Math.imul(node + 1, 0x9e3779b1));
  return finalise(first + Math.imul(counter + 1, 0x85ebca6b));
}

/** A word as a share: 0 <= x < 1, in steps of 2^-32. */
export function share(word: number): number {
  return (word >>> 0) / 4294967296;
}

/** A whole number from 0 to `bound` - 1. */
export function index(word: number, bound: number): number {
  return Math.floor(share(word) * bound);
}

function finalise(word: number): number {
  let x = word | 0;
  x ^= x >>> 17;
  x = Math.imul(x, 0xed5ad4bb);
  x ^= x >>> 11;
  x = Math.imul(x, 0xac4c1b51);
  x ^= x >>> 15;
  x = Math.imul(x, 0x31848bab);
  return x ^ (x >>> 14);
}
