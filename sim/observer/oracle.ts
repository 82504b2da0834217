/**
 * The all-knowing observer: it knows every eligible node's position at every instant and judges
 * each lookup against the truth as it was when the lookup settled. It only watches; nothing it
 * knows reaches a node.
 *
 * It looks back: who became eligible or went, and which lookups settled, is gathered and gone
 * through in order once per turn, when it has come in from all parts of a divided simulation. Each
 * part keeps the whole ring and judges the lookups of its own nodes.
 */

import { compareDistance } from '../../src/position.ts';
import type { Trail } from '../../src/types.ts';
import type { OpId, Peer, Position } from '../../src/types.ts';
import type { Population } from '../population.ts';
import { Ring } from '../ring.ts';
import type { Roles } from '../roles.ts';

export interface Verdict {
  readonly succeeded: boolean;
  readonly exact: boolean;
  /** Depth of the earliest responder, or the asker, of the true set; undefined when none was. */
  readonly hops: number | undefined;
  /** Depth at which the target itself answered, when it is a node. */
  readonly hopsToTarget: number | undefined;
  /** From the first responder taken out of the own table to the one that `hops` counts. */
  readonly path: readonly Peer[];
}

/** A lookup that has settled. */
export interface Settled {
  readonly op: OpId;
  readonly asker: Peer;
  readonly target: Position;
  /** The node whose id is the target; -1 when it is a point. */
  readonly targetPeer: Peer;
  readonly startedAt: number;
  readonly trail: Trail;
}

type Event =
  | { readonly at: number; readonly order: 0 | 1; readonly peer: Peer }
  | { readonly at: number; readonly order: 2; readonly peer: Peer; readonly settled: Settled };

const GONE = 0;
const ELIGIBLE = 1;
const JUDGE = 2;

export class Oracle {
  readonly #population: Population;
  readonly #roles: Roles;
  readonly #nearest: number;
  readonly #onVerdict: (settled: Settled, at: number, verdict: Verdict) => void;
  #ring: Ring;
  /** By handle: since when it is eligible, in microseconds; Infinity: it is not. */
  since = new Float64Array(1024).fill(Infinity);
  #events: Event[] = [];

  constructor(
    population: Population,
    roles: Roles,
    nearest: number,
    onVerdict: (settled: Settled, at: number, verdict: Verdict) => void,
  ) {
    this.#population = population;
    this.#roles = roles;
    this.#nearest = nearest;
    this.#onVerdict = onVerdict;
    this.#ring = new Ring(population.directory, []);
  }

  /** The eligible nodes, as of the last turn. */
  get eligible(): Ring {
    return this.#ring;
  }

  /** Many nodes are eligible at once, when a network is put in place. */
  onStart(peers: readonly Peer[], ring: Ring): void {
    for (const peer of peers) this.#setSince(peer, -Infinity);
    this.#ring = ring;
  }

  /** Since when each node is eligible, as it was when a snapshot was taken. */
  restore(since: readonly number[]): void {
    const eligible: Peer[] = [];
    since.forEach((at, peer) => {
      this.#setSince(peer, at);
      if (at !== Infinity) eligible.push(peer);
    });
    this.#ring = new Ring(this.#population.directory, eligible);
  }

  onEligible(peer: Peer, at: number): void {
    this.#events.push({ at, order: ELIGIBLE, peer });
  }

  onGone(peer: Peer, at: number): void {
    this.#events.push({ at, order: GONE, peer });
  }

  onSettled(settled: Settled, at: number): void {
    this.#events.push({ at, order: JUDGE, peer: settled.asker, settled });
  }

  /** Goes through all that has been gathered; everything up to now has come in. */
  turn(): void {
    const events = this.#events;
    if (events.length === 0) return;
    this.#events = [];
    events.sort((a, b) => a.at - b.at || a.order - b.order || a.peer - b.peer);
    for (const event of events) {
      if (event.order === JUDGE) {
        this.#onVerdict(event.settled, event.at, this.#judge(event.settled));
      } else if (event.order === ELIGIBLE) {
        this.#setSince(event.peer, event.at);
        this.#ring.add(event.peer);
      } else if ((this.since[event.peer] ?? Infinity) !== Infinity) {
        this.#setSince(event.peer, Infinity);
        this.#ring.remove(event.peer);
      }
    }
  }

  #judge({ asker, target, targetPeer, startedAt, trail }: Settled): Verdict {
    const stable = (peer: Peer): boolean => (this.since[peer] ?? Infinity) <= startedAt;
    const truth = this.#ring.nearest(target, this.#nearest, stable);
    const depths = depthsOf(asker, trail);
    const hopsToTarget = targetPeer < 0 ? undefined : depths.get(targetPeer);
    const succeeded =
      targetPeer < 0
        ? trail.responders.some((peer) => (this.since[peer] ?? Infinity) !== Infinity)
        : hopsToTarget !== undefined;
    const found = [...trail.nearest, asker];
    found.sort((a, b) => compareDistance(this.#population.directory, target, a, b));
    const result = found.slice(0, this.#nearest);
    // What has come or gone meanwhile does not count; what never should have been there does.
    const isSound = (peer: Peer): boolean => this.#roles.isSound(this.#population.slotOf(peer));
    const kept = result.filter((peer) => stable(peer) || !isSound(peer));
    const wanted = Math.min(truth.length, this.#nearest - (result.length - kept.length));
    let exact = kept.length >= wanted;
    for (let i = 0; i < wanted && exact; i++) exact = kept[i] === truth[i];
    const path = pathOf(asker, trail, truth);
    const hops = path === undefined || !succeeded ? undefined : path.length;
    return { succeeded, exact, hops, hopsToTarget, path: path ?? [] };
  }

  #setSince(peer: Peer, at: number): void {
    if (peer >= this.since.length) {
      const grown = new Float64Array(Math.max(2 * this.since.length, peer + 1)).fill(Infinity);
      grown.set(this.since);
      this.since = grown;
    }
    this.since[peer] = at;
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

/** How the earliest responder of the true set was come upon; empty when the asker is of it. */
function pathOf(asker: Peer, trail: Trail, truth: readonly Peer[]): Peer[] | undefined {
  const nearest = new Set(truth);
  if (nearest.has(asker)) return [];
  const first = trail.responders.findIndex((peer) => nearest.has(peer));
  if (first < 0) return undefined;
  const path: Peer[] = [];
  let at = first;
  while (at >= 0) {
    path.unshift(trail.responders[at] ?? asker);
    const namer = trail.namedBy[at] ?? asker;
    at = namer === asker ? -1 : trail.responders.indexOf(namer);
  }
  return path;
}
