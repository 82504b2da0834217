/**
 * The language of `--latency`: constant:MS, uniform:LOW,HIGH, lognormal:MEDIAN,SIGMA (one way, in
 * milliseconds), regions, and matrix:FILE[,unit=ms|s][,missing=median]. Out comes a spec, or one
 * line that says what is wrong, beginning with the text in quotes. A file is named here and read
 * by `sim/edge/materials.ts`.
 */

import type { LatencySpec } from '../options.ts';
import { bad, good, type Parsed } from '../specs.ts';

/** No message takes longer than an hour. */
const MS_MAX = 3_600_000;
const SIGMA_MAX = 5;

export function parseLatency(text: string): Parsed<LatencySpec> {
  const mark = text.indexOf(':');
  const name = mark < 0 ? text : text.slice(0, mark);
  const parts = mark < 0 ? [] : text.slice(mark + 1).split(',');
  if (name === 'regions' && mark < 0) return good({ type: 'regions' });
  if (name === 'matrix') return matrix(text, parts);
  const [a, b] = parts.map(numberOf);
  if (name === 'constant' && parts.length === 1 && isTime(a)) {
    return good({ type: 'constant', ms: a });
  }
  if (name === 'uniform' && parts.length === 2 && isTime(a) && isTime(b)) {
    if (a > b) return bad(`'${text}': the lower bound comes first, as in uniform:10,100`);
    return good({ type: 'uniform', lowMs: a, highMs: b });
  }
  if (name === 'lognormal' && parts.length === 2 && isTime(a) && a > 0 && b !== undefined) {
    if (b <= SIGMA_MAX) return good({ type: 'lognormal', medianMs: a, sigma: b });
    return bad(`'${text}': sigma is the deviation of the logarithm, from 0 to ${SIGMA_MAX}`);
  }
  return bad(
    `'${text}' is no latency model: write constant:MS, uniform:LOW,HIGH, lognormal:MEDIAN,SIGMA ` +
      '(one way, ms), regions or matrix:FILE',
  );
}

function matrix(text: string, parts: readonly string[]): Parsed<LatencySpec> {
  const [file = '', ...options] = parts;
  if (file === '') return bad(`'${text}' names no file: write matrix:FILE, as in matrix:rtt.tsv`);
  let unit: 'ms' | 's' = 'ms';
  let missing: 'refuse' | 'median' = 'refuse';
  for (const option of options) {
    if (option === 'unit=ms') unit = 'ms';
    else if (option === 'unit=s') unit = 's';
    else if (option === 'missing=median') missing = 'median';
    else return bad(`'${text}': a file is followed by unit=ms, unit=s or missing=median at most`);
  }
  return good({ type: 'matrix', file, sha256: '', unit, missing });
}

function isTime(ms: number | undefined): ms is number {
  return ms !== undefined && ms <= MS_MAX;
}

/** A number of at least 0, or undefined. */
function numberOf(text: string): number | undefined {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}
