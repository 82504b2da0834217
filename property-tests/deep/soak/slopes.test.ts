// Slopes of known lines are found below the saw teeth of collected garbage and outliers.
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { law } from '../../harness.ts';
import { lowestOf, medianOf, slopeOf } from './slopes.ts';

const perHour = fc.double({ min: -5, max: 5, noNaN: true });
const noise = fc.array(fc.double({ min: 0, max: 10, noNaN: true }), {
  minLength: 600,
  maxLength: 600,
});

law('the slope below saw teeth is found', [perHour, noise], 50, (slope, noises) => {
  const points = noises.map((up, index) => {
    const atS = index * 10;
    const tooth = index % 7 === 0 ? 0 : 3 + up;
    return { atS, value: 40 + (slope * atS) / 3600 + tooth + (index % 50 === 0 ? 100 : 0) };
  });
  const found = slopeOf(lowestOf(points, 300));
  assert.ok(found !== undefined && Math.abs(found.perHour - slope) < 0.2, JSON.stringify(found));
  assert.ok(found.low <= found.perHour && found.perHour <= found.high);
});

test('outliers do not move a slope, and few points have none', (t) => {
  const line = Array.from({ length: 20 }, (_, index) => ({ atS: index * 60, value: index }));
  const slope = slopeOf(line.map((one, index) => (index === 5 ? { ...one, value: 900 } : one)));
  t.is(slope?.perHour, 60);
  t.is(slopeOf(line.slice(0, 5)), undefined);
  t.deepEqual([medianOf([]), medianOf([3, 1, 2]), medianOf([4, 1, 2, 3])], [0, 2, 2.5]);
});
