/**
 * Numbers, durations and text as a report shows them. Grouping and decimal signs are fixed, so that
 * a report is the same on every machine; everything that comes from data goes through `escape`.
 */

/** Text that may stand between tags and in quoted attributes. */
export function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** JSON that may stand in a script element: it cannot end the element early. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
}

/** 1234567 as `1,234,567`. */
export function whole(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

/** About three significant digits, and no exponent where it can be avoided. */
export function short(value: number): string {
  return trimmed(even(value));
}

/** The same with its zeros at the end, for numbers that stand beside one another. */
export function even(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 1000) return whole(value);
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  if (size >= 0.01 || size === 0) return value.toFixed(size >= 1 ? 2 : 3);
  return value.toExponential(1);
}

/** A share in percent; near 0 and 1 with as many digits as tell it apart from them. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return '–';
  const value = 100 * share;
  if (value === 0 || value === 100) return `${value} %`;
  const room = Math.min(value, 100 - value);
  const digits = room >= 10 ? 1 : room >= 0.1 ? 2 : 3;
  return `${value.toFixed(digits)} %`;
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

/** A duration as flags take it, exact: `10m`, `86.6m`, `1.5s`. */
export function duration(ms: number): string {
  if (ms === 0) return '0s';
  let best = `${ms}ms`;
  for (const [unit, size] of [...UNITS].reverse()) {
    const digits = trimmed((ms / size).toFixed(3));
    const isExact = Math.abs(Number(digits) * size - ms) < 1e-6;
    if (isExact && Number(digits) >= 1 && `${digits}${unit}`.length <= best.length) {
      best = `${digits}${unit}`;
    }
  }
  return best;
}

/** A time for reading: `1.25 s`, `340 ms`, `2.1 h`. */
export function time(ms: number): string {
  if (!Number.isFinite(ms)) return '–';
  const [unit, size] = UNITS.find(([, unitMs]) => Math.abs(ms) >= unitMs) ?? ['ms', 1];
  return `${short(ms / size)} ${unit === 'm' ? 'min' : unit}`;
}

export function bytes(count: number): string {
  return count >= 2 ** 30 ? `${short(count / 2 ** 30)} GiB` : `${short(count / 2 ** 20)} MiB`;
}

/** A word that a POSIX shell hands on as it is. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A cell of a CSV file (RFC 4180). */
export function csvCell(value: string | number | null): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function trimmed(digits: string): string {
  return digits.includes('.') && !digits.includes('e') ? digits.replace(/\.?0+$/, '') : digits;
}
