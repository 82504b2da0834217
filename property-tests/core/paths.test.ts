/**
 * Disjoint paths of a lookup: each peer serves one path, which was led to it by its own; one path
 * behaves as the plain lookup does; and a liar with accomplices holds up no path but its own.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { LOOKUP_REQUESTS_MAX, PATHS_MAX } from '../../src/limits.ts';
import { beginLookup, nextToAsk, onAnswer, trailOf } from '../../src/lookup/lookup.ts';
import { hasMajority } from '../../src/operations/quorum.ts';
import { compareDistance } from '../../src/position.ts';
import type { Peer } from '../../src/types.ts';
import { law } from '../harness.ts';
import { position } from './arbitraries.ts';
import { directoryOf, short, smallRecord } from './core-arbitraries.ts';
import { character, order, run, size, world } from './lookup-kit.ts';
import type { Character, Course, World } from './lookup-kit.ts';

law(
  'a path is dealt its seeds in turn and led on by its own responders only',
  [world, fc.array(character, { minLength: 62, maxLength: 62 }), position(), size, order],
  500,
  (positions, characters, target, sizes, turns) => {
    const directory = directoryOf(positions);
    const namesOf = (peer: Peer): Peer[] =>
      (characters[peer]?.names ?? []).map((index) => index % positions.length);
    const world: World = { directory, target, characters, namesOf };
    const seeds = namesOf(0);
    const { lookup, pathOf } = run(
      world,
      beginLookup(0, target, seeds, sizes, directory),
      turns,
      seeds,
    );
    const near = (a: Peer, b: Peer): number => compareDistance(directory, target, a, b);
    const dealt = [...new Set(seeds)].filter((peer) => peer !== 0).sort(near);
    const { responders, namedBy } = trailOf(lookup, directory);
    responders.forEach((peer, i) => {
      const namer = namedBy[i] ?? 0;
      const path = pathOf.get(peer);
      if (namer !== 0) assert.equal(pathOf.get(namer), path, 'named within its path');
      else assert.equal(dealt.indexOf(peer) % sizes.paths, path, 'dealt in turn');
    });
  },
);

test('the calls of a lookup are shared by its paths, and each has one at least', (t) => {
  const directory = directoryOf(['1', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f', '01'].map(short));
  const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  for (let paths = 1; paths <= PATHS_MAX; paths++) {
    for (let alpha = 1; alpha <= 8; alpha++) {
      const sizes = { alpha, nearest: 20, paths };
      const { ask } = nextToAsk(beginLookup(0, short('8'), seeds, sizes, directory));
      t.is(ask.length, Math.max(alpha, paths));
    }
  }
});

const HONEST = 200;
const ACCOMPLICES = 60;

/** A liar that is nearest of all seeds, with accomplices nearer to the target than anybody else. */
function surrounded(paths: number): { readonly course: Course; readonly honest: readonly Peer[] } {
  const target = short('5a5a5a5a');
  const hex = (i: number): string => ((i * 0x9e3779b1) >>> 0).toString(16).padStart(8, '0');
  const positions = Array.from({ length: HONEST }, (_, i) => short(hex(i)));
  for (let i = 0; i < ACCOMPLICES; i++) positions.push(short(`5a5a5a5a${hex(i)}`));
  const directory = directoryOf(positions);
  const sorted = positions
    .map((_, peer) => peer)
    .filter((peer) => peer > 0 && peer < HONEST)
    .sort((a, b) => compareDistance(directory, target, a, b));
  const [liar = 0, ...others] = sorted.slice(80);
  const accomplices = Array.from({ length: ACCOMPLICES }, (_, i) => HONEST + i);
  const namesOf = (peer: Peer): readonly Peer[] => {
    if (peer === liar || peer >= HONEST) return accomplices;
    return sorted.filter((other) => other !== peer && other !== liar).slice(0, 20);
  };
  const characters = positions.map((): Character => ({ type: 'honest', names: [] }));
  const seeds = [liar, ...others.slice(0, 19)];
  const sizes = { alpha: 1, nearest: 20, paths };
  const lookup = beginLookup(0, target, seeds, sizes, directory);
  const course = run({ directory, target, characters, namesOf }, lookup, [1], seeds);
  return { course, honest: sorted.slice(0, 20) };
}

test('a liar with accomplices round the target misleads one path, not the others', (t) => {
  const alone = surrounded(1);
  t.false(alone.honest.some((peer) => alone.course.asked.has(peer)));
  for (const paths of [2, 3, PATHS_MAX]) {
    const { course, honest } = surrounded(paths);
    t.true(honest.every((peer) => course.asked.has(peer)));
    t.true(course.lookup.requests < LOOKUP_REQUESTS_MAX);
  }
});

test('a majority met on one path is not enough while another may meet nearer holders', (t) => {
  const target = short('8');
  const directory = directoryOf(['1', '80', '81', '82', '83', '84', '85'].map(short));
  const sizes = { alpha: 2, nearest: 4, paths: 2 };
  let lookup = beginLookup(0, target, [1, 2, 3, 4, 5, 6], sizes, directory);
  const answer = (peer: Peer): void => {
    lookup = onAnswer(nextToAsk(lookup).lookup, peer, [], directory);
  };
  const record = { ...smallRecord(2, 4, 9), replication: 5 };
  const met = [1, 3, 5].map((holder) => ({ record, holder, expiresAt: 9 }));
  for (const peer of [1, 3, 5]) answer(peer);
  t.false(hasMajority(lookup, met, false));
  answer(2);
  t.false(hasMajority(lookup, met, false));
  answer(4);
  t.true(hasMajority(lookup, met, false));
  t.false(hasMajority(lookup, met.slice(1), false));
});
