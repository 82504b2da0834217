/**
 * The language of `--churn`: none, exponential:MEAN_ON[,MEAN_OFF],
 * weibull:SCALE,SHAPE[,SCALE,SHAPE], cdf:FILE[,column=NAME], survival:FILE. Out comes a spec, or
 * one line that says what is wrong, beginning with the text in quotes. A file is named here and
 * read by `sim/edge/materials.ts`.
 */

import type { ChurnSpec, WeibullSpec } from '../options.ts';
import { bad, good, parseDuration, type Parsed } from '../specs.ts';

/** A session that is shorter on average is a mistake of units. */
const MEAN_MS_MIN = 1000;
/** Beyond them the mean is hundreds of scales, or all sessions are as good as equal. */
const SHAPE_MIN = 0.2;
const SHAPE_MAX = 50;

export function parseChurn(text: string): Parsed<ChurnSpec> {
  const mark = text.indexOf(':');
  const name = mark < 0 ? text : text.slice(0, mark);
  const parts = mark < 0 ? [] : text.slice(mark + 1).split(',');
  if (name === 'none' && mark < 0) return good({ type: 'none' });
  if (name === 'exponential') return exponential(text, parts);
  if (name === 'weibull') return weibull(text, parts);
  if (name === 'cdf') return cdf(text, parts);
  if (name === 'survival') return survival(text, parts);
  return bad(
    `'${text}' is no churn model: write none, exponential:MEAN_ON[,MEAN_OFF], ` +
      'weibull:SCALE,SHAPE[,SCALE,SHAPE], cdf:FILE[,column=NAME] or survival:FILE',
  );
}

function exponential(text: string, parts: readonly string[]): Parsed<ChurnSpec> {
  const [on, off] = parts.map(parseDuration);
  if (parts.length > 2 || on?.ok !== true || off?.ok === false) {
    return bad(
      `'${text}': write mean times with units, as in exponential:169.5m or exponential:1h,10m`,
    );
  }
  if (on.value < MEAN_MS_MIN) return bad(`'${text}': a mean session lasts at least 1s`);
  return good({ type: 'exponential', meanOnMs: on.value, meanOffMs: off?.value ?? null });
}

function weibull(text: string, parts: readonly string[]): Parsed<ChurnSpec> {
  const on = weibullLaw(parts[0], parts[1]);
  const off = parts.length === 2 ? null : weibullLaw(parts[2], parts[3]);
  if (parts.length > 4 || on === undefined || off === undefined) {
    return bad(
      `'${text}': write a time of at least 1s and a shape from ${SHAPE_MIN} to ${SHAPE_MAX}, ` +
        'once or twice, as in weibull:60m,0.5',
    );
  }
  return good({ type: 'weibull', on, off });
}

function weibullLaw(scale = '', shapeText = ''): WeibullSpec | undefined {
  const time = parseDuration(scale);
  const shape = /^\d+(\.\d+)?$/.test(shapeText) ? Number(shapeText) : NaN;
  if (!time.ok || time.value < MEAN_MS_MIN) return undefined;
  return shape >= SHAPE_MIN && shape <= SHAPE_MAX ? { scaleMs: time.value, shape } : undefined;
}

function cdf(text: string, parts: readonly string[]): Parsed<ChurnSpec> {
  const [file = '', option, ...more] = parts;
  const column = option === undefined ? null : /^column=(.+)$/.exec(option)?.[1];
  if (file === '' || column === undefined || more.length > 0) {
    return bad(`'${text}': write a file, and its column if it has several: cdf:FILE,column=NAME`);
  }
  return good({ type: 'cdf', file, sha256: '', column });
}

function survival(text: string, parts: readonly string[]): Parsed<ChurnSpec> {
  const [file = '', ...more] = parts;
  if (file === '' || more.length > 0) return bad(`'${text}': write a file, as in survival:run.csv`);
  return good({ type: 'survival', file, sha256: '' });
}
