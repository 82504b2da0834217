/**
 * Workloads of a scenario, made into items with a count and a time; and notes on settings that were
 * given and change nothing, so that nobody waits for an effect that cannot come.
 */

import type { SimOptions, WorkSpec } from '../../options.ts';
import { subjectOf, type Fault } from './fault.ts';
import type { WorkloadGiven } from './schema.ts';

/**
 * A count or a rate, and the time over which it is spread; what is left out follows from the rest.
 *
 * @returns the workload, or what is wrong with it
 */
export function workOf(given: WorkloadGiven, index: number, base: SimOptions): WorkSpec | Fault {
  const { kind, count, rate, from: fromMs = 0, over, targets, zipf, ttl } = given;
  const wrong = (advice: string): Fault => {
    const path = ['workloads', index];
    return { path, subject: subjectOf(path), advice };
  };
  if (count === undefined && rate === undefined) return wrong('give a count or a rate');
  if (count !== undefined && rate !== undefined && over !== undefined) {
    return wrong('count, rate and over say too much: leave one of them out');
  }
  const restMs = Math.max(1, base.durationMs - fromMs);
  const neededMs = Math.round((1000 * (count ?? 0)) / (rate ?? NaN));
  const overMs = over ?? (Number.isNaN(neededMs) || count === undefined ? restMs : neededMs);
  const items = count ?? Math.round(((rate ?? 0) * overMs) / 1000);
  if (items < 1) return wrong('so low a rate asks nothing in that time: give a higher one');
  return {
    kind,
    count: items,
    fromMs,
    overMs: Math.max(1, overMs),
    targets: targets ?? base.targets,
    zipf: zipf ?? base.zipf,
    ttlS: ttl ?? base.ttlS,
  };
}

/** Given settings that change nothing, with the reason. */
export function notesOn(
  options: SimOptions,
  isGiven: (key: string) => boolean,
  word: (key: string) => string,
): readonly string[] {
  const { workloads, faults } = options;
  const does = (kind: WorkSpec['kind'], count: number): boolean =>
    count > 0 || workloads.some((work) => work.kind === kind);
  const departs = options.churn.type !== 'none';
  const returns = departs || faults.some((fault) => fault.type === 'mass-failure');
  const gets = does('get', options.gets);
  const idle: readonly (readonly [string, boolean, string])[] = [
    ['lookup-rate', options.durationMs > 0, `the work is spread over the ${word('duration')}`],
    ['targets', !does('lookup', options.lookups), 'there are no lookups'],
    ['value-bytes', !does('put', options.puts), 'there are no PUTs'],
    ['ttl', !does('put', options.puts), 'there are no PUTs'],
    ['zipf', !gets, 'there are no GETs'],
    ['departure', !departs, 'nobody departs'],
    ['disk', !returns, 'nobody returns'],
  ];
  return idle
    .filter(([key, isIdle]) => isIdle && isGiven(key))
    .map(([key, , reason]) => `${word(key)} changes nothing here: ${reason}`);
}
