/**
 * A lookup machine played to its end among peers of all characters, without messages and clock: a
 * generated order says whose answer or deadline comes next. Bounds and invariants are checked at
 * every turn.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { checkLookup } from '../../src/invariants/lookup.ts';
import { LOOKUP_REQUESTS_MAX, PATHS_MAX, PEERS_PER_REPLY_MAX } from '../../src/limits.ts';
import { isFinished, nextToAsk, onAnswer, onFailure, onOverdue } from '../../src/lookup/lookup.ts';
import type { Lookup, LookupSize } from '../../src/lookup/lookup.ts';
import { pathOf } from '../../src/lookup/marks.ts';
import { compareDistance } from '../../src/position.ts';
import type { Directory, Peer, Position } from '../../src/types.ts';
import { plain } from './arbitraries.ts';
import { short, smallWorld } from './core-arbitraries.ts';

export interface Character {
  readonly type: 'honest' | 'lying' | 'silent' | 'slow' | 'refusing';
  /** Whom it knows, or claims to know, by index. */
  readonly names: readonly number[];
}

export interface World {
  readonly directory: Directory;
  readonly target: Position;
  readonly characters: readonly Character[];
  /** Who is named in answer to the target; a world of liars names anybody. */
  readonly namesOf: (peer: Peer) => readonly Peer[];
}

/** Everything that a run of a lookup went through. */
export interface Course {
  readonly lookup: Lookup;
  readonly asked: ReadonlyMap<Peer, number>;
  /** Whom the lookup heard of: seeds and what answers named. */
  readonly known: ReadonlySet<Peer>;
  /** The path of each peer that was asked. */
  readonly pathOf: ReadonlyMap<Peer, number>;
}

/** Lets a lookup run to its end; `order` picks which open call is dealt with next. */
export function run(
  world: World,
  start: Lookup,
  order: readonly number[],
  seeds: readonly Peer[],
): Course {
  let lookup = start;
  const open: Peer[] = [];
  const late: Peer[] = [];
  const overdue = new Set<Peer>();
  const asked = new Map<Peer, number>();
  const known = new Set(seeds);
  const paths = new Map<Peer, number>();
  for (let turn = 0; ; turn++) {
    assert.ok(turn < 5 * LOOKUP_REQUESTS_MAX, 'a lookup ends');
    const next = nextToAsk(lookup);
    lookup = next.lookup;
    for (const peer of next.ask) {
      const times = (asked.get(peer) ?? 0) + 1;
      assert.ok(times <= 2, 'a peer is asked twice at most');
      if (times === 2) assert.ok(overdue.has(peer), 'and again only after a deadline');
      asked.set(peer, times);
      open.push(peer);
      const path = pathOf(lookup.list.marks[lookup.list.peers.indexOf(peer)] ?? 0);
      assert.equal(paths.get(peer) ?? path, path, 'a peer is asked by one path');
      paths.set(peer, path);
    }
    const most = Math.max(lookup.alpha, lookup.paths);
    assert.ok(open.length <= most, 'alpha calls in flight, but one for each path');
    for (let path = 0; path < lookup.paths; path++) {
      const calls = open.filter((peer) => paths.get(peer) === path).length;
      assert.ok(calls <= Math.max(1, Math.ceil(lookup.alpha / lookup.paths)), 'an even share');
    }
    assert.equal(lookup.inFlight, open.length);
    assert.deepEqual(checkLookup(lookup, world.directory), []);
    if (isFinished(lookup)) return { lookup, asked, known, pathOf: paths };
    const pick = order[turn % order.length] ?? 0;
    if (late.length > 0 && pick % 3 === 0) {
      // An answer after its deadline; the second call, if there is one, is done with.
      const [peer = 0] = late.splice(pick % late.length, 1);
      if (open.includes(peer)) open.splice(open.indexOf(peer), 1);
      lookup = answer(world, lookup, peer, known);
      continue;
    }
    const [peer] = open.splice(pick % (open.length || 1), 1);
    assert.ok(peer !== undefined, 'somebody is in flight until the end');
    const { type } = world.characters[peer] ?? { type: 'silent' };
    if (type === 'honest' || type === 'lying') {
      lookup = answer(world, lookup, peer, known);
    } else if (type === 'refusing') {
      lookup = onFailure(lookup, peer);
    } else {
      lookup = onOverdue(lookup, peer);
      overdue.add(peer);
      if (type === 'slow' && !late.includes(peer)) late.push(peer);
    }
  }
}

function answer(world: World, lookup: Lookup, peer: Peer, known: Set<Peer>): Lookup {
  const { directory, target } = world;
  const named = world.namesOf(peer);
  // Of what one answer names, the nearest that are new count, as many as are looked for.
  const fresh = named
    .slice(0, PEERS_PER_REPLY_MAX)
    .filter((each) => each !== 0 && !known.has(each));
  const near = [...new Set(fresh)].sort((a, b) => compareDistance(directory, target, a, b));
  for (const other of near.slice(0, lookup.nearest)) known.add(other);
  return onAnswer(lookup, peer, named, directory);
}

/** Without two peers at one place, so that the nearest are well defined. */
export const world = smallWorld(60).map((positions) => {
  const seen = new Map(positions.map((each) => [JSON.stringify(each), each]));
  return [...seen.values(), short('5a5a5a')];
});

export const character = plain<Character>({
  type: fc.constantFrom('honest', 'honest', 'honest', 'lying', 'silent', 'slow', 'refusing'),
  names: fc.array(fc.nat({ max: 99 }), { maxLength: 80 }),
});
export const size = plain<LookupSize>({
  alpha: fc.integer({ min: 1, max: 8 }),
  nearest: fc.integer({ min: 1, max: 20 }),
  paths: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: PATHS_MAX })),
});
export const order = fc.array(fc.nat({ max: 9999 }), { minLength: 1, maxLength: 60 });
