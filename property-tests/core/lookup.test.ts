/**
 * The lookup machine among peers that help, lie, stay silent, answer late, refuse or cannot be
 * reached: it ends, keeps its bounds, and its result is what it should be, on one path or several.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { mix } from '../../sim/streams.ts';
import { LOOKUP_REQUESTS_MAX, PEERS_PER_REPLY_MAX, SHORTLIST_FACTOR } from '../../src/limits.ts';
import { beginLookup, trailOf } from '../../src/lookup/lookup.ts';
import { compareDistance } from '../../src/position.ts';
import type { Directory, Peer } from '../../src/types.ts';
import { law } from '../harness.ts';
import { position } from './arbitraries.ts';
import { directoryOf, short } from './core-arbitraries.ts';
import { character, order, run, size, world } from './lookup-kit.ts';
import type { Character, Course, World } from './lookup-kit.ts';

law(
  'among all sorts of peers a lookup keeps its bounds and ends with the nearest that answered',
  [world, fc.array(character, { minLength: 62, maxLength: 62 }), position(), size, order],
  500,
  (positions, characters, target, sizes, turns) => {
    const directory = directoryOf(positions);
    const count = positions.length;
    const namesOf = (peer: Peer): Peer[] =>
      (characters[peer]?.names ?? []).map((index) => index % count);
    const world: World = { directory, target, characters, namesOf };
    const seeds = namesOf(0);
    const course = run(world, beginLookup(0, target, seeds, sizes, directory), turns, seeds);
    const { responders, nearest, requests, replies } = trailOf(course.lookup, directory);
    assert.equal(replies, responders.length);
    assert.ok(requests <= LOOKUP_REQUESTS_MAX);
    assert.equal(
      requests,
      [...course.asked.values()].reduce((sum, times) => sum + times, 0),
    );
    const near = (a: Peer, b: Peer): number => compareDistance(directory, target, a, b);
    const best = [...responders].sort(near).slice(0, sizes.nearest);
    assert.deepEqual([...nearest].sort(near), best, 'the nearest that answered');
    checkNobodyNearer(course, directory, near);
  },
);

/** While there is room for those that fail, no known peer nearer than the result is passed over. */
function checkNobodyNearer(
  { lookup, asked, known }: Course,
  directory: Directory,
  near: (a: Peer, b: Peer) => number,
): void {
  const { nearest, responders } = trailOf(lookup, directory);
  const wanted = lookup.nearest;
  if (lookup.requests >= Math.floor(LOOKUP_REQUESTS_MAX / lookup.paths)) return;
  const failed = [...asked.keys()].filter((peer) => !responders.includes(peer));
  if (failed.length > wanted * (SHORTLIST_FACTOR - 1)) return;
  const last = nearest.length < wanted ? undefined : nearest.at(-1);
  for (const peer of known) {
    if (peer === 0 || (last !== undefined && near(peer, last) >= 0)) continue;
    assert.ok(asked.has(peer), `peer ${peer} is near and was never asked`);
  }
}

law(
  'where all are honest and know one another the result is exact',
  [world, position(), size, order, fc.nat({ max: 99 })],
  300,
  (positions, target, sizes, turns, first) => {
    const directory = directoryOf(positions);
    const others = positions.slice(1).map((_, i) => i + 1);
    const near = (a: Peer, b: Peer): number => compareDistance(directory, target, a, b);
    const sorted = others.toSorted(near);
    const characters = positions.map((): Character => ({ type: 'honest', names: [] }));
    const namesOf = (peer: Peer): Peer[] =>
      sorted.filter((other) => other !== peer).slice(0, sizes.nearest);
    const world: World = { directory, target, characters, namesOf };
    const seeds = others.slice(first % others.length).slice(0, sizes.paths);
    const course = run(world, beginLookup(0, target, seeds, sizes, directory), turns, seeds);
    const found = [...trailOf(course.lookup, directory).nearest].sort(near);
    assert.deepEqual(found, sorted.slice(0, sizes.nearest));
  },
);

law(
  'each responder was named by one that answered before',
  [world, order],
  200,
  (positions, turns) => {
    const directory = directoryOf(positions);
    const target = short('9');
    const characters = positions.map((): Character => ({ type: 'honest', names: [] }));
    // A chain: each peer knows only the next.
    const namesOf = (peer: Peer): Peer[] => [(peer + 1) % positions.length];
    const world: World = { directory, target, characters, namesOf };
    const sizes = { alpha: 3, nearest: 70, paths: 1 };
    const course = run(world, beginLookup(0, target, [1], sizes, directory), turns, [1]);
    const { responders, namedBy } = trailOf(course.lookup, directory);
    assert.equal(responders.length, positions.length - 1);
    responders.forEach((peer, i) => assert.equal(namedBy[i], peer - 1));
  },
);

test('a swarm that names new peers for ever is given up', (t) => {
  const count = 4 * LOOKUP_REQUESTS_MAX;
  const target = short('');
  const hex = (i: number): string => (0xffffff - i).toString(16).padStart(6, '0');
  const directory = directoryOf(Array.from({ length: count }, (_, i) => short(hex(i))));
  const characters = Array.from({ length: count }, (): Character => ({ type: 'lying', names: [] }));
  // Each names three that are nearer than itself.
  const namesOf = (peer: Peer): Peer[] =>
    [1, 2, 3].map((i) => peer + i).filter((other) => other < count);
  const world: World = { directory, target, characters, namesOf };
  const start = beginLookup(0, target, [1], { alpha: 3, nearest: 20, paths: 1 }, directory);
  const { requests, nearest } = trailOf(run(world, start, [0], [1]).lookup, directory);
  t.is(requests, LOOKUP_REQUESTS_MAX);
  t.is(nearest.length, 20);
});

test('two liars that name hosts of peers that do not exist do not spoil a lookup', (t) => {
  const honest = 300;
  const crowd = PEERS_PER_REPLY_MAX;
  const hex = (i: number): string => (mix(5, i, 0) >>> 0).toString(16).padStart(8, '0');
  const target = short('5a5a5a5a');
  const positions = Array.from({ length: honest }, (_, i) => short(hex(i)));
  // Right beside the target, nearer than anybody who is there.
  for (let i = 1; i <= 2 * crowd; i++) {
    positions.push(short(`5a5a5a5a${i.toString(16).padStart(8, '0')}`));
  }
  const directory = directoryOf(positions);
  const sorted = positions
    .map((_, peer) => peer)
    .filter((peer) => peer > 0 && peer < honest)
    .sort((a, b) => compareDistance(directory, target, a, b));
  const liars = [sorted[40] ?? 0, sorted[60] ?? 0];
  const namesOf = (peer: Peer): Peer[] => {
    const liar = liars.indexOf(peer);
    if (liar < 0) return sorted.filter((other) => other !== peer).slice(0, 20);
    return Array.from({ length: crowd }, (_, i) => honest + crowd * liar + i);
  };
  const characters = positions.map((_, peer): Character => ({
    type: peer < honest ? 'honest' : 'silent',
    names: [],
  }));
  const world: World = { directory, target, characters, namesOf };
  const seeds = [...liars, ...sorted.slice(100, 118)];
  const start = beginLookup(0, target, seeds, { alpha: 3, nearest: 20, paths: 1 }, directory);
  const { nearest } = trailOf(run(world, start, [1], seeds).lookup, directory);
  t.deepEqual(nearest, sorted.slice(0, 20));
});
