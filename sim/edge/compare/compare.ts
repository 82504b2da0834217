/**
 * Two results beside each other: a line per measure with the difference of B from A, its interval
 * and the verdict. Plain data, which `--json` prints as it is.
 *
 * Invariants: a measure of which neither has samples is left out; where one of the two has none,
 * nobody can tell; where the machine of either was too late there are no verdicts over times.
 */

import type { SimOptions } from '../../options.ts';
import { optionsOf } from '../report/settings-text.ts';
import { MEASURES } from './measures.ts';
import type { Measure } from './measures.ts';
import { judge, judgeDistribution } from './rules.ts';
import type { Verdict } from './rules.ts';
import { differingSettings, isTooLate } from './side.ts';
import type { DifferingSetting, Side } from './side.ts';
import {
  distanceOf,
  permutationTest,
  ratioOf,
  shareDifference,
  statisticOf,
} from './statistics.ts';
import type { Estimate } from './statistics.ts';
import { workOf } from './work.ts';
import type { Work } from './work.ts';

export interface Compared {
  readonly id: string;
  readonly name: string;
  readonly type: Measure['type'] | 'total';
  /** Of `a` and `b`. */
  readonly unit: string;
  readonly samples: { readonly a: number; readonly b: number } | null;
  /** Whether the interval is one of pairs: of operations that both did. */
  readonly paired: boolean;
  readonly a: number | null;
  readonly b: number | null;
  /** What it means depends on the type: see `rules.ts`. */
  readonly difference: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** Of the permutation test, for a distribution. */
  readonly p: number | null;
  readonly tolerance: number | null;
  readonly verdict: Verdict | null;
}

export interface Party {
  readonly dir: string;
  readonly host: 'simulated' | 'real';
  readonly name: string | null;
  readonly nodes: number;
  readonly seed: number | string;
  readonly durationMs: number;
  readonly links: SimOptions['links'];
  readonly version: string;
  /** Of a simulation. */
  readonly digest: string | null;
  readonly tooLate: boolean;
}

export interface Comparison {
  readonly schema: 1;
  readonly a: Party;
  readonly b: Party;
  readonly settings: readonly DifferingSetting[];
  readonly work: readonly Work[];
  readonly measures: readonly Compared[];
}

export function compare(a: Side, b: Side): Comparison {
  const judged = [...MEASURES.flatMap((measure) => comparedOf(measure, a, b)), ...traffic(a, b)];
  const isLate = isTooLate(a) || isTooLate(b);
  return {
    schema: 1,
    a: partyOf(a),
    b: partyOf(b),
    settings: differingSettings(a, b),
    work: workOf(a, b),
    // The least deadline of a call is far above what makes a machine too late for times: hops,
    // messages and success do not hang on a millisecond.
    measures: judged.map((line) => (isLate && line.unit === 'ms' ? unjudged(line) : line)),
  };
}

function unjudged(line: Compared): Compared {
  return { ...line, verdict: null };
}

/** All but totals, which nobody judges. */
export function judgedIn({ measures }: Comparison): readonly Compared[] {
  return measures.filter(({ type }) => type !== 'total');
}

function partyOf(side: Side): Party {
  const { config, seed, version, digest, name, host } = side.result;
  return {
    dir: side.dir,
    host: host ?? 'simulated',
    name: name ?? null,
    nodes: config.nodes,
    seed,
    durationMs: config.durationMs,
    links: optionsOf(config).links,
    version,
    digest: digest ?? null,
    tooLate: isTooLate(side),
  };
}

/** One line, or none when neither has samples. */
function comparedOf(measure: Measure, a: Side, b: Side): readonly Compared[] {
  if (measure.type === 'share') {
    const [ofA, ofB] = [measure.of(a), measure.of(b)];
    const estimate = shareDifference(ofA, ofB);
    const line = lineOf(measure, 'share', [ofA[1], ofB[1]], estimate);
    const share = ([part, all]: readonly [number, number]): number | null =>
      all === 0 ? null : part / all;
    return ofA[1] + ofB[1] === 0 ? [] : [{ ...line, a: share(ofA), b: share(ofB) }];
  }
  const [ofA, ofB] = [measure.sample(a), measure.sample(b)];
  const [inA, inB] = [ofA.values, ofB.values];
  if (inA.length + inB.length === 0) return [];
  const isBoth = inA.length > 0 && inB.length > 0;
  const sizes = [inA.length, inB.length] as const;
  if (measure.type === 'ratio') {
    const { statistic, unit } = measure;
    const ratio = isBoth ? ratioOf(ofA, ofB, statistic) : undefined;
    const paired = ratio?.isPaired === true;
    const value = (sample: Float64Array): number | null =>
      sample.length === 0 ? null : statisticOf(sample, statistic);
    const line = lineOf(measure, unit, sizes, lessOne(ratio));
    return [{ ...line, paired, a: value(inA), b: value(inB) }];
  }
  const line = lineOf(measure, 'share', sizes, undefined);
  if (!isBoth) return [line];
  const [difference, p] = [distanceOf(inA, inB), permutationTest(inA, inB)];
  return [{ ...line, difference, p, verdict: judgeDistribution(difference, p) }];
}

function lineOf(
  { id, name, type, tolerance }: Measure,
  unit: string,
  [a, b]: readonly [number, number],
  estimate: Estimate | undefined,
): Compared {
  const { point, low, high } = estimate ?? { point: null, low: null, high: null };
  const values = { a: null, b: null, difference: point, low, high, p: null };
  const verdict = judge(estimate, tolerance);
  return { id, name, type, unit, samples: { a, b }, paired: false, ...values, tolerance, verdict };
}

function lessOne(ratio: Estimate | undefined): Estimate | undefined {
  return ratio && { point: ratio.point - 1, low: ratio.low - 1, high: ratio.high - 1 };
}

/** Messages per node and second by kind: figures of the whole run, which have no interval. */
function traffic(a: Side, b: Side): readonly Compared[] {
  const [inA, inB] = [a, b].map(({ result }) => result.traffic.byKind);
  return Object.keys({ ...inA, ...inB })
    .map((kind) => ({ kind, a: inA?.[kind] ?? 0, b: inB?.[kind] ?? 0 }))
    .filter((line) => line.a + line.b > 0)
    .map((line) => ({
      id: `traffic-${line.kind}`,
      name: `traffic, ${line.kind}`,
      type: 'total',
      unit: 'per node and second',
      samples: null,
      paired: false,
      a: line.a,
      b: line.b,
      difference: line.a === 0 ? null : line.b / line.a - 1,
      low: null,
      high: null,
      p: null,
      tolerance: null,
      verdict: null,
    }));
}
