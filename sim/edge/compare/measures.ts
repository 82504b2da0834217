/**
 * What is compared, as data, in the order in which it is told.
 */

import type { OperationRow } from '../../observer/operation-row.ts';
import { COMPARED } from '../report/run-page.ts';
import { TOLERANCES } from './rules.ts';
import type { Sample } from './sample.ts';
import { endings, figuresOf, hopsOf, lookupLatency, lookupMessages, tookMs } from './side.ts';
import type { Side } from './side.ts';
import type { Statistic } from './statistics.ts';

interface Named {
  readonly id: string;
  readonly name: string;
  readonly tolerance: number;
}

/** A mean or a percentile of a sample, compared by its ratio. */
export interface RatioMeasure extends Named {
  readonly type: 'ratio';
  readonly unit: 'ms' | 'hops' | 'messages' | 'replicas';
  readonly statistic: Statistic;
  readonly sample: (side: Side) => Sample;
}

/** A share of operations, compared by its difference. */
export interface ShareMeasure extends Named {
  readonly type: 'share';
  readonly of: (side: Side) => readonly [number, number];
}

/** A sample of whole values as a whole. */
export interface DistributionMeasure extends Named {
  readonly type: 'distribution';
  readonly sample: (side: Side) => Sample;
}

export type Measure = RatioMeasure | ShareMeasure | DistributionMeasure;

const getLatency = (side: Side): Sample => figuresOf(side, 'found', tookMs);
const putLatency = (side: Side): Sample => figuresOf(side, 'stored', tookMs);
const getMessages = (side: Side): Sample => figuresOf(side, 'found', messagesOf);
const replicas = (side: Side): Sample => figuresOf(side, 'stored', replicasOf);

export const MEASURES: readonly Measure[] = [
  {
    type: 'distribution',
    id: 'hops-distribution',
    name: 'hops, distribution',
    tolerance: TOLERANCES.distribution,
    sample: hopsOf,
  },
  mean('hops-mean', 'hops, mean', 'hops', hopsOf),
  ...latency('lookup', 'lookup latency', lookupLatency),
  mean('lookup-messages', 'lookup messages, mean', 'messages', lookupMessages),
  share('lookup-success', 'lookups that succeeded', ({ result: { lookups } }) => [
    lookups.succeeded,
    lookups.count,
  ]),
  share('lookup-exact', 'lookups exact', ({ result: { lookups } }) => [
    lookups.exact,
    lookups.count,
  ]),
  ...latency('get', 'GET latency', getLatency),
  mean('get-messages', 'GET messages, mean', 'messages', getMessages),
  share('get-success', 'GETs that found', (side) => endings(side, 'get', 'found')),
  ...latency('put', 'PUT latency', putLatency),
  share('put-success', 'PUTs acknowledged', (side) => endings(side, 'put', 'stored')),
  mean('put-replicas', 'replicas acknowledged, mean', 'replicas', replicas),
];

export interface DrawnSample {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly unit: string;
  readonly of: string;
  readonly sample: (side: Side) => Sample;
}

/** The distributions that a report draws of both. */
export const DRAWN: readonly DrawnSample[] = [
  drawn('hops', 'Hops', 'Lookups that reached a true nearest node.', 'lookups', hopsOf),
  drawn('messages', 'Messages', 'Requests and replies of a lookup.', 'lookups', lookupMessages),
  drawn('ms', 'Lookup latency', 'From start to result.', 'lookups', lookupLatency),
  drawn('ms', 'GET latency', 'GETs that found the value.', 'GETs', getLatency),
  drawn('ms', 'PUT latency', 'PUTs that were acknowledged.', 'PUTs', putLatency),
];

function latency(id: string, name: string, sample: RatioMeasure['sample']): RatioMeasure[] {
  const { latency: tolerance } = TOLERANCES;
  return (['p50', 'p95'] as const).map((statistic) => ({
    type: 'ratio',
    id: `${id}-latency-${statistic}`,
    name: `${name}, ${statistic}`,
    unit: 'ms',
    statistic,
    tolerance,
    sample,
  }));
}

function mean(
  id: string,
  name: string,
  unit: RatioMeasure['unit'],
  sample: RatioMeasure['sample'],
): RatioMeasure {
  return { type: 'ratio', id, name, unit, statistic: 'mean', tolerance: TOLERANCES.count, sample };
}

function share(id: string, name: string, of: ShareMeasure['of']): ShareMeasure {
  return { type: 'share', id, name, tolerance: TOLERANCES.share, of };
}

function drawn(
  unit: string,
  title: string,
  caption: string,
  of: string,
  sample: DrawnSample['sample'],
): DrawnSample {
  const id = `${COMPARED}-${title.toLowerCase().replaceAll(' ', '-')}`;
  return { id, title, caption, unit, of, sample };
}

function messagesOf({ messages }: OperationRow): number | null {
  return messages;
}

function replicasOf({ replicas: acknowledged }: OperationRow): number | null {
  return acknowledged;
}
