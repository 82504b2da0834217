/**
 * The small languages of simulation settings: durations (`169.5m`), rates (`1000/s`), latency
 * models (`uniform:10,100`) and churn models (`exponential:86.6m`). Text in, a value or one line
 * that says what is wrong out; what later versions will understand is named as such.
 */

import type { ChurnSpec, LatencySpec } from './options.ts';

export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: string };

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A duration in whole milliseconds; a bare 0 needs no unit. */
export function parseDuration(text: string): Parsed<number> {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text);
  const unit = UNITS_MS[match?.[2] ?? ''];
  if (match !== null && unit !== undefined) return good(Math.round(Number(match[1]) * unit));
  if (text === '0') return good(0);
  return bad(`'${text}' is no duration: write a number with ms, s, m, h or d, as in 90s or 1.5h`);
}

/** Events per second. */
export function parseRate(text: string): Parsed<number> {
  const match = /^(\d+(?:\.\d+)?)\/(s|m|h)$/.exec(text);
  const perSecond = Number(match?.[1]) / ((UNITS_MS[match?.[2] ?? ''] ?? NaN) / 1000);
  if (perSecond > 0) return good(perSecond);
  return bad(`'${text}' is no rate: write a number above 0 per s, m or h, as in 1000/s`);
}

export function parseLatency(text: string): Parsed<LatencySpec> {
  const [name, rest = ''] = split(text, ':');
  const [a, b] = numbersOf(rest);
  if (name === 'constant' && a !== undefined && b === undefined) {
    return good({ type: 'constant', ms: a });
  }
  if (name === 'uniform' && a !== undefined && b !== undefined) {
    if (a > b) return bad(`--latency ${text}: the lower bound comes first, as in uniform:10,100`);
    return good({ type: 'uniform', lowMs: a, highMs: b });
  }
  if (name === 'lognormal' && a !== undefined && b !== undefined && a > 0) {
    return good({ type: 'lognormal', medianMs: a, sigma: b });
  }
  if (name === 'regions' || name === 'matrix') {
    return bad(`--latency ${name} comes with a later version: use constant, uniform or lognormal`);
  }
  return bad(
    `'${text}' is no latency model: write constant:MS, uniform:LOW,HIGH or ` +
      'lognormal:MEDIAN,SIGMA (one way, ms)',
  );
}

export function parseChurn(text: string): Parsed<ChurnSpec> {
  if (text === 'none') return good({ type: 'none' });
  const [name, rest = ''] = split(text, ':');
  if (name === 'weibull' || name === 'cdf' || name === 'survival') {
    return bad(`--churn ${name} comes with a later version: use none or exponential`);
  }
  const parts = rest.split(',');
  const times = parts.map(parseDuration);
  const [on, off] = times;
  if (name !== 'exponential' || parts.length > 2 || on?.ok !== true || off?.ok === false) {
    return bad(`'${text}' is no churn model: write none or exponential:MEAN_ON[,MEAN_OFF]`);
  }
  return good({ type: 'exponential', meanOnMs: on.value, meanOffMs: off?.value ?? null });
}

/** `adaptive`, or a fixed number of milliseconds; 0 stands for adaptive. */
export function parseTimeout(text: string): Parsed<number> {
  if (text === 'adaptive') return good(0);
  const ms = Number(text);
  if (Number.isSafeInteger(ms) && ms > 0) return good(ms);
  return bad(`'${text}' is no time-out: write adaptive or whole milliseconds, as in 1500`);
}

function good<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

function bad(fault: string): { readonly ok: false; readonly fault: string } {
  return { ok: false, fault };
}

function split(text: string, mark: string): [string, string?] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** Up to two numbers of at least 0; none when anything else is there. */
function numbersOf(text: string): readonly number[] {
  const parts = text.split(',');
  if (parts.length > 2) return [];
  const numbers = parts.map((part) => (/^\d+(\.\d+)?$/.test(part) ? Number(part) : NaN));
  return numbers.some(Number.isNaN) ? [] : numbers;
}
