/**
 * The law of hops: it is a distribution, it has the slopes that were measured elsewhere, it agrees
 * with walks over networks made here bit by bit, and with the simulator where it claims to hold.
 */
import test from 'ava';
import fc from 'fast-check';
import { hopLaw, meanOf } from '../../sim/edge/report/hop-theory.ts';
import { summarizeHistogram } from '../../sim/edge/report/intervals.ts';
import { isChainExact } from '../../sim/edge/report/lookup-figures.ts';
import { expectedBucket } from '../../sim/edge/report/table-health.ts';
import { simulate } from '../../sim/main.ts';
import { defaultOptions } from '../../sim/options.ts';
import { index, mix } from '../../sim/streams.ts';
import { law } from '../harness.ts';
import { GREEDY, VERSION } from './report-kit.ts';

law(
  'hops are a distribution, and a larger network takes more of them',
  [fc.integer({ min: 2, max: 3000 }), fc.integer({ min: 1, max: 30 })],
  12,
  (nodes, k) => {
    const shares = hopLaw(k);
    const [here, there] = [shares(nodes), shares(4 * nodes)];
    const total = here.reduce((sum, share) => sum + share, 0);
    const isLaw = here.every((share) => share >= 0) && Math.abs(total - 1) < 1e-9;
    return isLaw && here[0] === 0 && meanOf(here) >= 1 && meanOf(there) >= meanOf(here) - 1e-9;
  },
);

test('small networks are solved by hand', (t) => {
  t.deepEqual(hopLaw(8)(2), [0, 1]);
  // The third node is in the asker's bucket of the target when it shares more bits with the target
  // than the asker does, which it does in one third of all cases; then it is the contact in half.
  const [, one = 0, two = 0] = hopLaw(1)(3);
  t.true(Math.abs(one - (1 - 1 / 6)) < 1e-9 && Math.abs(two - 1 / 6) < 1e-9);
});

test('per doubling hops grow by 0.226 for k = 8 and by 0.176 for k = 20', (t) => {
  for (const [k, slope] of [
    [8, 0.226],
    [20, 0.176],
  ] as const) {
    const shares = hopLaw(k);
    const found = (meanOf(shares(64_000)) - meanOf(shares(1000))) / 6;
    t.true(Math.abs(found - slope) < 0.003, `k = ${k}: ${found}`);
  }
});

test('walks over random networks take as many hops', (t) => {
  const [nodes, k, walks] = [90, 3, 12_000];
  const shares = hopLaw(k)(nodes);
  const counts = shares.map(() => 0);
  for (let walk = 0; walk < walks; walk++) {
    const hops = walkOnce(walk, nodes, k);
    counts[hops] = (counts[hops] ?? 0) + 1;
  }
  shares.forEach((share, hops) => {
    const error = Math.sqrt((share * (1 - share)) / walks);
    const found = (counts[hops] ?? 0) / walks;
    t.true(Math.abs(found - share) < 4.5 * error + 1e-4, `${hops} hops: ${found}, not ${share}`);
  });
});

test('the simulator agrees where the law claims to hold, and nothing is claimed elsewhere', (t) => {
  const { lookups, config } = simulate(defaultOptions(GREEDY), VERSION);
  t.true(isChainExact({ config }));
  t.false(isChainExact({ config: { ...config, alpha: 3 } }));
  t.false(
    isChainExact({ config: { ...config, churn: { type: 'survival', file: '', sha256: '' } } }),
  );
  const { histogram, count, mean } = lookups.hopsToTarget;
  const { deviation } = summarizeHistogram(histogram, count);
  const expected = meanOf(hopLaw(8)(300));
  // Lookups share one network, so their mean varies more than that of independent ones.
  t.true(
    Math.abs((mean ?? 0) - expected) < (8 * deviation) / Math.sqrt(count),
    `${mean} ${expected}`,
  );
});

test('an expected bucket is the mean of min(k, available)', (t) => {
  t.is(expectedBucket(2, 1, 0), 0.75);
  t.is(expectedBucket(2, 20, 0), 1);
  t.true(Math.abs(expectedBucket(1_000_000, 20, 3) - 20) < 1e-9);
  t.true(Math.abs(expectedBucket(1000, 20, 9) - 1000 / 1024) < 1e-9);
});

/** One greedy lookup: in each node's bucket of the target, k of those that are there. */
function walkOnce(key: number, nodes: number, k: number): number {
  let draws = 0;
  const draw = (): number => mix(77, key, draws++) >>> 0;
  const ids = Array.from({ length: nodes }, draw);
  const [target = 0] = ids;
  let [, current = 0] = ids;
  for (let hops = 0; ; hops++) {
    if (current === target) return hops;
    const shared = Math.clz32(current ^ target);
    const pool = ids.filter((id) => Math.clz32(id ^ target) > shared);
    const bucket: number[] = [];
    while (bucket.length < k && pool.length > 0) {
      bucket.push(...pool.splice(index(draw(), pool.length), 1));
    }
    current = bucket.sort((a, b) => ((a ^ target) >>> 0) - ((b ^ target) >>> 0))[0] ?? target;
  }
}
