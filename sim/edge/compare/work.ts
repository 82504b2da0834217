/**
 * How much each of two runs was asked: operations by kind, and those that were skipped because
 * nobody could ask or nothing was stored yet. What one did far more of than the other is told, lest
 * a share of few be read like one of many.
 */

import { WORK_TOLERANCE } from './rules.ts';
import type { Side } from './side.ts';

export interface Work {
  readonly id: 'lookups' | 'puts' | 'gets' | 'skipped';
  readonly a: number;
  readonly b: number;
  /** Whether that is clearly not the same work. */
  readonly unlike: boolean;
}

export function workOf(a: Side, b: Side): readonly Work[] {
  const [inA, inB] = [countsOf(a), countsOf(b)];
  return (['lookups', 'puts', 'gets', 'skipped'] as const).map((id) => {
    const [ofA, ofB] = [inA[id], inB[id]];
    // Those skipped are few where all is well: every one counts.
    const tolerance = id === 'skipped' ? 0 : WORK_TOLERANCE;
    return { id, a: ofA, b: ofB, unlike: Math.abs(ofA - ofB) > tolerance * Math.max(ofA, ofB) };
  });
}

function countsOf({ result }: Side): Readonly<Record<Work['id'], number>> {
  const { lookups, values, skipped } = result;
  return { lookups: lookups.count, puts: values.puts, gets: values.gets, skipped };
}
