// What fails a soak: a node that leaks alone, too little that was seen, and a recording that is not
// of the whole run or not equal; what does not: links that come and go.
import test from 'ava';
import { emptyVerdict } from '../checker.ts';
import type { Tally, Verdict } from '../checker.ts';
import { unanswered, unsampled } from './enough.ts';
import type { NodeGrowth } from './growth.ts';
import { replayFaults } from './replayed.ts';
import type { ReplayTold } from './replayed.ts';
import { growthFaults } from './report.ts';

const HOUR_S = 3600;
const TALLY = { checked: 1000, unknown: 0, violations: 0 };
const VERDICT: Verdict = {
  ...emptyVerdict,
  puts: { acknowledged: 960, failed: 40, unknown: 0 },
  rules: { ...emptyVerdict.rules, stale: TALLY, lost: TALLY },
};
const PLAN = { nodes: 20, lasting: 14 };

function nodesWith(more: readonly number[], perHour = 0): NodeGrowth[] {
  const slope = { perHour, low: perHour, high: perHour };
  return more.map((each, node) => ({
    node,
    resident: 1e8,
    residentSlope: slope,
    heap: 1e7,
    heapSlope: slope,
    outsideSlope: slope,
    external: 0,
    descriptors: [50, 50 + each] as const,
    threads: [11, 11] as const,
    lagMs: 0,
    processorShare: 0,
    collections: 0,
  }));
}

test('one node that leaks descriptors among many that do not fails a soak', (t) => {
  const others = Array.from({ length: 13 }, () => 0);
  const of = (leak: number): string[] => growthFaults(nodesWith([...others, leak]), HOUR_S, PLAN);
  t.deepEqual(of(40), ['descriptors of node 13 grow by 40, at most 8 may']);
  t.deepEqual(of(9).length, 1);
  // Links with all six that come and go, and two files.
  t.deepEqual(of(8), []);
});

test('one node that leaks memory among many that do not fails a soak', (t) => {
  const mib = 1024 ** 2;
  const of = (low: number, name: 'residentSlope' | 'heapSlope'): string[] => {
    const nodes = nodesWith(Array.from({ length: 14 }, () => 0));
    const slope = { perHour: 50 * mib, low: low * mib, high: 60 * mib };
    const leaks = nodes.map((one) => (one.node === 13 ? { ...one, [name]: slope } : one));
    return growthFaults(leaks, HOUR_S, PLAN);
  };
  t.deepEqual(of(40, 'residentSlope'), [
    'resident memory of node 13 grows by 50.00 (40.00 to 60.00) MiB per hour',
  ]);
  t.deepEqual(of(1.01, 'heapSlope'), [
    'heap of node 13 grows by 50.00 (1.01 to 60.00) MiB per hour',
  ]);
  // It may as well be below the bound.
  t.deepEqual(of(1, 'heapSlope'), []);
});

test('growth in the median node fails a soak, however small it is', (t) => {
  const all = (more: number, perHour = 0): string[] =>
    growthFaults(
      nodesWith(
        Array.from({ length: 14 }, () => more),
        perHour,
      ),
      HOUR_S,
      PLAN,
    );
  t.deepEqual(all(0), []);
  t.deepEqual(all(1), ['descriptors grow by 1 in the median node']);
  const both = all(0, 2 * 1024 ** 2).filter((fault) => fault.endsWith('in the median node'));
  t.is(both.length, 2);
  t.deepEqual(growthFaults(nodesWith([40, 40]), HOUR_S / 4, PLAN), [], 'too short to tell');
});

const WHOLE: ReplayTold = {
  steps: 90_000,
  segments: 1,
  from: '2026-11-26T10:00:00.000Z',
  to: '2026-11-26T12:00:20.000Z',
  equal: true,
  gaps: [],
  different: null,
};

test('a recording of the whole run that is equal is good', (t) => {
  t.deepEqual(replayFaults(WHOLE, 'x', 2 * HOUR_S), []);
});

test('a recording of a part of the run, or of almost nothing, is not', (t) => {
  const half = { ...WHOLE, to: '2026-11-26T11:00:00.000Z' };
  t.deepEqual(replayFaults(half, 'x', 2 * HOUR_S), [
    `the recording x covers 3600 s (${half.from} to ${half.to}) of the 7200 s of the load`,
  ]);
  const late = { ...WHOLE, from: '2026-11-26T10:01:00.000Z' };
  t.is(replayFaults(late, 'x', 2 * HOUR_S).length, 1);
  t.deepEqual(replayFaults({ ...WHOLE, steps: 12 }, 'x', 2 * HOUR_S), [
    'the recording x has 12 steps for 7200 s of load',
  ]);
});

test('the first step that differs is named, and so are gaps', (t) => {
  const different = { step: 1234, lines: ['#1234  +90.000s', '  in   wake'] };
  t.deepEqual(replayFaults({ ...WHOLE, equal: false, different }, 'x', 2 * HOUR_S), [
    'the recording x differs at step 1234: #1234  +90.000s',
  ]);
  const gaps = ['segment 2 does not follow'];
  t.deepEqual(replayFaults({ ...WHOLE, equal: false, gaps }, 'x', 2 * HOUR_S), [
    'the recording x has gaps: segment 2 does not follow',
  ]);
  t.is(replayFaults({ ...WHOLE, equal: false }, 'x', 2 * HOUR_S).length, 1);
});

test('a node that was not looked at fails a soak', (t) => {
  const plan = { lasting: 2, lengthS: 100, sampleMs: 10_000 };
  const of = (...counts: readonly number[]): string[] =>
    unsampled(
      counts.flatMap((count, node) => Array.from({ length: count }, () => ({ node }))),
      plan,
    );
  t.deepEqual(of(10, 9), []);
  t.deepEqual(of(10, 8), ['node 1 gave 8 samples, at least 9 are needed']);
  t.is(of(10).length, 1);
});

test('a network that refuses, forgets or is not read fails a soak', (t) => {
  t.deepEqual(unanswered(VERDICT), []);
  const puts = { acknowledged: 940, failed: 60, unknown: 0 };
  t.deepEqual(unanswered({ ...VERDICT, puts }), ['only 94.0 % of the PUTs were acknowledged']);
  const lostOf = (lost: Tally): string[] =>
    unanswered({ ...VERDICT, rules: { ...VERDICT.rules, lost } });
  t.deepEqual(lostOf({ ...TALLY, violations: 10 }), []);
  t.deepEqual(lostOf({ ...TALLY, violations: 11 }), [
    'lost: 11 of 1000 reads, too many for the nodes killed',
  ]);
  t.deepEqual(lostOf({ ...TALLY, checked: 0 }), ['no read was judged for lost']);
});
