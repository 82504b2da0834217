/**
 * Settings back into the words that flags and scenarios are written in, and from them the command
 * that repeats a run.
 *
 * Invariant: what is written here reads back as the same options (a property test).
 */

import { defaultOptions } from '../../options.ts';
import type { ChurnSpec, LatencySpec, SimOptions, WeibullSpec } from '../../options.ts';
import { SETTINGS } from '../settings/table.ts';
import { duration, shellWord } from './format.ts';

export interface SettingLine {
  readonly group: string;
  readonly key: string;
  readonly help: string;
  readonly value: string;
  readonly isDefault: boolean;
}

/** The options of a result, with its seed as text again. */
export function optionsOf(
  config: Omit<SimOptions, 'seed'> & { seed: number | string },
): SimOptions {
  return { ...config, seed: String(config.seed) };
}

/** Every setting, in the order of help; then what options there are that have no flag. */
export function settingLines(options: SimOptions): readonly SettingLine[] {
  const usual = usualFor(options);
  const flags = SETTINGS.map(({ group, key, help, field }): SettingLine => {
    const value = textOf(field, options[field]);
    return { group, key, help, value, isDefault: value === textOf(field, usual[field]) };
  });
  const withFlag = new Set<string>(SETTINGS.map(({ field }) => field));
  const others = Object.entries(options)
    .filter(([field, value]) => !withFlag.has(field) && value !== undefined)
    .map(([field, value]): SettingLine => {
      const json = JSON.stringify(value);
      const isDefault = json === JSON.stringify(Reflect.get(usual, field));
      const text = json === '[]' ? 'none' : json;
      return { group: 'Scenario', key: field, help: '', value: text, isDefault };
    });
  return [...flags, ...others];
}

/**
 * The flags that say these options, as long as flags can: workloads and faults at times stand in
 * scenario files only.
 *
 * @param base what is so anyway; the defaults unless given
 */
export function flagsFor(options: SimOptions, base?: SimOptions): readonly string[] | undefined {
  const { workloads, faults } = options;
  if (JSON.stringify([workloads, faults]) !== JSON.stringify(structured(base))) return undefined;
  const before = new Map(base && settingLines(base).map(({ key, value }) => [key, value]));
  const isWanted = ({ key, value, isDefault }: SettingLine): boolean =>
    base === undefined
      ? !isDefault || key === 'nodes' || key === 'seed'
      : before.get(key) !== value;
  return settingLines(options)
    .filter(isWanted)
    .map(({ key, value }) => (value === 'true' ? `--${key}` : `--${key} ${shellWord(value)}`));
}

function structured(base: SimOptions | undefined): readonly unknown[] {
  return base === undefined ? [[], []] : [base.workloads, base.faults];
}

/** What these options would be if nobody had said more than the settings that others follow. */
function usualFor(options: SimOptions): SimOptions {
  const { k, nearest, workloads, puts, gets, nodes } = options;
  const usual = defaultOptions();
  const followed = defaultOptions({ k, nearest, workloads, puts, gets, nodes });
  const { beta, replication, lookups } = followed;
  return { ...usual, beta, nearest: k, replication, lookups };
}

function textOf(field: keyof SimOptions, value: unknown): string {
  if (field === 'latency') return latencyText(value as LatencySpec);
  if (field === 'churn') return churnText(value as ChurnSpec);
  if (field === 'adversaries') return adversaryText(value as SimOptions['adversaries']);
  if (field === 'timeoutMs') return value === 0 ? 'adaptive' : String(value);
  if (field === 'lookupsPerSecond') return `${String(value)}/s`;
  if (field === 'ttlS') return duration(1000 * Number(value));
  if (DURATIONS.has(field)) return duration(Number(value));
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const DURATIONS: ReadonlySet<string> = new Set([
  'durationMs',
  'warmupMs',
  'operationMs',
  'repairMs',
]);

function latencyText(spec: LatencySpec): string {
  switch (spec.type) {
    case 'constant':
      return `constant:${spec.ms}`;
    case 'uniform':
      return `uniform:${spec.lowMs},${spec.highMs}`;
    case 'lognormal':
      return `lognormal:${spec.medianMs},${spec.sigma}`;
    case 'regions':
      return 'regions';
    case 'matrix':
      return (
        `matrix:${spec.file}` +
        (spec.unit === 's' ? ',unit=s' : '') +
        (spec.missing === 'median' ? ',missing=median' : '')
      );
  }
}

function churnText(spec: ChurnSpec): string {
  const law = ({ scaleMs, shape }: WeibullSpec): string => `${duration(scaleMs)},${shape}`;
  switch (spec.type) {
    case 'none':
      return 'none';
    case 'exponential': {
      const off = spec.meanOffMs === null ? '' : `,${duration(spec.meanOffMs)}`;
      return `exponential:${duration(spec.meanOnMs)}${off}`;
    }
    case 'weibull':
      return `weibull:${law(spec.on)}${spec.off === null ? '' : `,${law(spec.off)}`}`;
    case 'cdf':
      return `cdf:${spec.file}${spec.column === null ? '' : `,column=${spec.column}`}`;
    case 'survival':
      return `survival:${spec.file}`;
  }
}

function adversaryText(spec: SimOptions['adversaries']): string {
  return spec === null ? 'none' : `${spec.share}:${spec.kind}`;
}
