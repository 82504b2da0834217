/**
 * The generators reach what they promise: a law tested on points that never come close together
 * would pass for the wrong reason.
 */
import { testProp } from '@fast-check/ava';
import fc from 'fast-check';
import { sharedBits } from '../../src/position.ts';
import { runs } from '../parameters.ts';
import { cluster, nearTo, position } from './arbitraries.ts';

testProp(
  'a point made near another shares exactly as many bits as asked for',
  [position(), fc.integer({ min: 0, max: 160 }), position()],
  (t, base, shared, rest) => {
    t.is(sharedBits(base, nearTo(base, shared, rest)), shared);
  },
  runs(1000),
);

testProp(
  'a cluster has the size asked for and reaches deep',
  [cluster(40, 60)],
  (t, points) => {
    t.true(points.length >= 40 && points.length <= 60);
    const [base, ...others] = points;
    const depths = others.map((other) => (base === undefined ? 0 : sharedBits(base, other)));
    t.true(depths.some((depth) => depth > 80) && depths.some((depth) => depth < 80));
  },
  { ...runs(100), seed: 1 },
);
