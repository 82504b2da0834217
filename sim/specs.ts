/**
 * The small languages of settings: whole numbers, shares (`0.05` or `5%`), durations (`169.5m`),
 * rates (`1000/s`), time-outs, adversaries (`0.2:drop`). Text in; out comes a value, or one line
 * that says what is wrong and what to write instead, beginning with the text in quotes.
 *
 * Latency and churn models have files of their own.
 */

import type { AdversaryKind, AdversarySpec } from './options.ts';

export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: string };

export function good<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function bad(fault: string): { readonly ok: false; readonly fault: string } {
  return { ok: false, fault };
}

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** What editors check a duration by; `parseDuration` says what is wrong with one. */
export const DURATION_PATTERN = '^(0|[0-9]+(\\.[0-9]+)?(ms|s|m|h|d))$';
export const RATE_PATTERN = '^[0-9]+(\\.[0-9]+)?/(s|m|h)$';

/** Simulated microseconds must stay whole numbers; this is far below where they would not. */
const DURATION_DAYS_MAX = 10_000;

/** A duration in whole milliseconds; a bare 0 needs no unit. */
export function parseDuration(text: string): Parsed<number> {
  if (text === '0') return good(0);
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  const exactMs = Number(match?.[1]) * (UNITS_MS[match?.[2] ?? ''] ?? NaN);
  if (Number.isNaN(exactMs)) {
    return bad(`'${text}' is no duration: write a number with ms, s, m, h or d, as in 90s or 1.5h`);
  }
  const ms = Math.round(exactMs);
  if (ms === 0 && exactMs > 0) return bad(`'${text}' is below 1ms, the shortest duration`);
  if (ms > DURATION_DAYS_MAX * 86_400_000) {
    return bad(`'${text}' is too long: write at most ${DURATION_DAYS_MAX}d`);
  }
  return good(ms);
}

/** Events per second. */
export function parseRate(text: string): Parsed<number> {
  const match = /^(\d+(?:\.\d+)?)\/(s|m|h)$/.exec(text);
  const perSecond = Number(match?.[1]) / ((UNITS_MS[match?.[2] ?? ''] ?? NaN) / 1000);
  if (perSecond > 0) return good(perSecond);
  return bad(`'${text}' is no rate: write a number above 0 per s, m or h, as in 1000/s`);
}

export function parseWhole(text: string, low: number, high: number): Parsed<number> {
  const value = Number(text);
  if (/^\d{1,15}$/.test(text) && value >= low && value <= high) return good(value);
  return bad(`'${text}' cannot be: write a whole number from ${low} to ${high}`);
}

export function parseNumber(text: string, low: number, high: number): Parsed<number> {
  const value = numberOf(text);
  if (value >= low && value <= high) return good(value);
  return bad(`'${text}' cannot be: write a number from ${low} to ${high}`);
}

/** A share of a whole, from 0 to 1; `5%` is 0.05. */
export function parseShare(text: string): Parsed<number> {
  const share = text.endsWith('%') ? numberOf(text.slice(0, -1)) / 100 : numberOf(text);
  if (share >= 0 && share <= 1) return good(share);
  return bad(`'${text}' is no share: write a number from 0 to 1, or a percentage as in 5%`);
}

export function parseChoice<T extends string>(text: string, choices: readonly T[]): Parsed<T> {
  const choice = choices.find((known) => known === text);
  if (choice !== undefined) return good(choice);
  return bad(`'${text}' is not known here: write ${choices.join(' or ')}`);
}

/** `adaptive`, or a fixed number of milliseconds; 0 stands for adaptive. */
export function parseTimeout(text: string): Parsed<number> {
  if (text === 'adaptive') return good(0);
  const ms = Number(text);
  if (/^\d{1,6}$/.test(text) && ms > 0 && ms <= TIMEOUT_MS_MAX) return good(ms);
  return bad(
    `'${text}' is no time-out: write adaptive, or whole milliseconds up to ${TIMEOUT_MS_MAX}`,
  );
}

/** `SHARE:KIND`; `none`, or a share of nothing, is no adversary at all. */
export function parseAdversaries(text: string): Parsed<AdversarySpec | null> {
  if (text === 'none') return good(null);
  const [part = '', name = '', ...rest] = text.split(':');
  const share = parseShare(part);
  const kind = ADVERSARIES.find((known) => known === name);
  if (rest.length > 0 || kind === undefined || !share.ok || share.value >= 1) {
    return bad(
      `'${text}' names no adversaries: write none, or a share below 1 and one of ` +
        `${ADVERSARIES.join(', ')}, as in 0.2:drop`,
    );
  }
  return good(share.value === 0 ? null : { share: share.value, kind });
}

export const ADVERSARIES: readonly AdversaryKind[] = ['drop', 'lie', 'stale', 'flood'];
const TIMEOUT_MS_MAX = 600_000;

function numberOf(text: string): number {
  return /^\d+(\.\d+)?(e[-+]?\d{1,2})?$/i.test(text) ? Number(text) : NaN;
}
