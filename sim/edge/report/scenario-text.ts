/**
 * A run's settings as a scenario file: what a report gives a reader when flags alone cannot say how
 * to repeat the run. The file reads back as the same options (a test).
 */

import { stringify } from 'yaml';
import type { FaultSpec, SimOptions, WorkSpec } from '../../options.ts';
import { duration } from './format.ts';
import { settingLines } from './settings-text.ts';

export function scenarioFor(options: SimOptions): string {
  const settings = settingLines(options)
    .filter(({ group, isDefault, key }) => {
      return group !== 'Scenario' && (!isDefault || key === 'nodes' || key === 'seed');
    })
    .map(({ key, value }) => [key, scalar(value)] as const);
  const { workloads, faults } = options;
  return stringify({
    ...Object.fromEntries(settings),
    ...(workloads.length === 0 ? {} : { workloads: workloads.map(workload) }),
    ...(faults.length === 0 ? {} : { faults: faults.map(fault) }),
  });
}

function workload({ kind, count, fromMs, overMs, targets, zipf, ttlS }: WorkSpec): object {
  return {
    kind,
    count,
    from: duration(fromMs),
    over: duration(overMs),
    ...(kind === 'lookup' ? { targets } : {}),
    ...(kind === 'get' ? { zipf } : {}),
    ...(kind === 'put' ? { ttl: duration(1000 * ttlS) } : {}),
  };
}

function fault(spec: FaultSpec): object {
  const { type } = spec;
  const at = duration(spec.atMs);
  switch (spec.type) {
    case 'mass-failure': {
      const back = spec.returnMs === null ? {} : { return: duration(spec.returnMs) };
      const { share, introducers } = spec;
      return { type, at, share, ...back, ...(introducers && { introducers }) };
    }
    case 'leader-crash':
      return { type, at, ...(spec.returnMs === null ? {} : { return: duration(spec.returnMs) }) };
    case 'join-storm':
      return { type, at, over: duration(spec.overMs), nodes: spec.nodes };
    case 'partition':
    case 'loss':
      return { type, at, for: duration(spec.forMs), share: spec.share };
  }
}

/** Numbers and switches as YAML has them; a seed of digits too, as it reads back as its text. */
function scalar(value: string): string | number | boolean {
  if (value === 'true' || value === 'false') return value === 'true';
  return String(Number(value)) === value ? Number(value) : value;
}
