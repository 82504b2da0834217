/**
 * How values of settings are written: per kind the word for help (`--k <n>`), the reader from text,
 * and the JSON Schema by which editors complete and check a scenario.
 *
 * Invariant: a schema accepts whatever its reader accepts in the form that help and examples show;
 * the reader decides.
 */

import { TTL_S_MAX } from '../../../src/limits.ts';
import { parseChurn } from '../../churn/spec.ts';
import { parseLatency } from '../../latency/spec.ts';
import type { AdversarySpec, ChurnSpec, LatencySpec } from '../../options.ts';
import { ADVERSARIES, bad, DURATION_PATTERN, good, parseAdversaries } from '../../specs.ts';
import { parseChoice, parseDuration, parseNumber } from '../../specs.ts';
import { parseRate, parseShare, parseTimeout, parseWhole, RATE_PATTERN } from '../../specs.ts';
import type { Parsed } from '../../specs.ts';

export interface Kind<T> {
  /** As in `--k <n>`; a switch takes none. */
  readonly argument: string | undefined;
  readonly schema: JsonSchema;
  readonly read: (text: string) => Parsed<T>;
}

export type JsonSchema = Readonly<Record<string, unknown>>;

export function whole(low: number, high: number): Kind<number> {
  return {
    argument: '<n>',
    schema: { type: 'integer', minimum: low, maximum: high },
    read: (text) => parseWhole(text, low, high),
  };
}

export function number(argument: string, low: number, high: number): Kind<number> {
  return {
    argument,
    schema: { type: 'number', minimum: low, maximum: high },
    read: (text) => parseNumber(text, low, high),
  };
}

export function choice<T extends string>(...choices: readonly T[]): Kind<T> {
  return {
    argument: `<${choices.join('|')}>`,
    schema: { enum: choices },
    read: (text) => parseChoice(text, choices),
  };
}

/** A duration of at least so many milliseconds. */
export function duration(leastMs = 0): Kind<number> {
  const least = leastMs % 1000 === 0 ? `${leastMs / 1000}s` : `${leastMs}ms`;
  return {
    argument: '<duration>',
    schema: { anyOf: [{ type: 'string', pattern: DURATION_PATTERN }, { const: 0 }] },
    read: (text) => {
      const parsed = parseDuration(text);
      if (!parsed.ok || parsed.value >= leastMs) return parsed;
      return bad(`'${text}' is too short: write at least ${least}`);
    },
  };
}

/** The life of a value, in whole seconds. */
export const LIFE: Kind<number> = {
  ...duration(1000),
  read: (text) => {
    const parsed = duration(1000).read(text);
    if (!parsed.ok) return parsed;
    const seconds = Math.floor(parsed.value / 1000);
    if (seconds <= TTL_S_MAX) return good(seconds);
    return bad(`'${text}' is too long: write at most ${Math.floor(TTL_S_MAX / 86_400)}d`);
  },
};

export const SHARE: Kind<number> = {
  argument: '<share>',
  schema: {
    anyOf: [
      { type: 'number', minimum: 0, maximum: 1 },
      { type: 'string', pattern: '^[0-9]+(\\.[0-9]+)?%$' },
    ],
  },
  read: parseShare,
};

export const RATE: Kind<number> = {
  argument: '<rate>',
  schema: { type: 'string', pattern: RATE_PATTERN },
  read: parseRate,
};

export const TIMEOUT: Kind<number> = {
  argument: '<ms>',
  schema: { anyOf: [{ const: 'adaptive' }, { type: 'integer', minimum: 1, maximum: 600_000 }] },
  read: parseTimeout,
};

export const LATENCY: Kind<LatencySpec> = {
  argument: '<model>',
  schema: {
    type: 'string',
    pattern: '^(constant:.+|uniform:.+,.+|lognormal:.+,.+|regions|matrix:.+)$',
    examples: ['uniform:10,100', 'constant:50', 'lognormal:40,0.5', 'regions', 'matrix:FILE'],
  },
  read: parseLatency,
};

export const CHURN: Kind<ChurnSpec> = {
  argument: '<model>',
  schema: {
    type: 'string',
    pattern: '^(none|exponential:.+|weibull:.+,.+|cdf:.+|survival:.+)$',
    examples: ['none', 'exponential:60m', 'exponential:60m,30m', 'weibull:169.5m,0.59'],
  },
  read: parseChurn,
};

export const ADVERSARY: Kind<AdversarySpec | null> = {
  argument: '<share:kind>',
  schema: {
    type: 'string',
    pattern: `^(none|[0-9.]+%?:(${ADVERSARIES.join('|')}))$`,
    examples: ['none', '0.2:drop'],
  },
  read: parseAdversaries,
};

export const SEED: Kind<string> = {
  argument: '<seed>',
  schema: { type: ['integer', 'string'] },
  read: (text) => {
    if (text.length > 0 && text.length <= SEED_LENGTH_MAX) return good(text);
    return bad(
      `'${text}' is no seed: write a number or a word of up to ${SEED_LENGTH_MAX} letters`,
    );
  },
};

/** On or off; as a flag it stands alone. */
export const SWITCH: Kind<boolean> = {
  argument: undefined,
  schema: { type: 'boolean' },
  read: (text) => {
    const parsed = parseChoice(text, ['true', 'false']);
    return parsed.ok ? good(parsed.value === 'true') : parsed;
  },
};

const SEED_LENGTH_MAX = 100;
