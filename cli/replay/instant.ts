/**
 * Where in a recording somebody wants to look: a step by its number (`#120`), a time after its
 * beginning (`+90s`, `+1.5m`), or a wall clock time (`2026-11-26T18:00:05Z`).
 */
import { UsageError } from '../../runtime/failure.ts';
import type { TapePoint } from './tape.ts';

export type Instant =
  | { readonly type: 'step'; readonly number: number }
  | { readonly type: 'after'; readonly ms: number }
  | { readonly type: 'wall'; readonly ms: number };

/** @throws UsageError when the text names no instant */
export function parseInstant(text: string): Instant {
  const [, number] = /^#(\d{1,12})$/.exec(text) ?? [];
  if (number !== undefined) return { type: 'step', number: Number(number) };
  const [, amount, unit = ''] = /^\+(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h)$/.exec(text) ?? [];
  if (amount !== undefined) return { type: 'after', ms: Number(amount) * (UNITS[unit] ?? 1) };
  const wall = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN;
  if (!Number.isNaN(wall)) return { type: 'wall', ms: wall };
  throw new UsageError(
    `--at ${text}: give a step (#120), a time after the beginning (+90s) or a date and time ` +
      '(2026-11-26T18:00:05Z)',
  );
}

/** Whether a point of the recording lies behind the instant. */
export function isPast(
  instant: Instant,
  point: Pick<TapePoint, 'number' | 'moment' | 'afterMs'>,
): boolean {
  switch (instant.type) {
    case 'step':
      return point.number > instant.number;
    case 'after':
      return point.afterMs > instant.ms;
    case 'wall':
      return point.moment.wall > instant.ms;
  }
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
