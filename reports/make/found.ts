/**
 * What was found in the sweeps of churn, of regions, and of k and alpha: tables and a few sentences
 * whose figures are taken from the results.
 */
import type { SweepFolder } from '../../sim/edge/report/sweep-read.ts';
import { Grid, share, table } from './grid.ts';

export function churnFound(sweep: SweepFolder): string {
  const grid = new Grid(sweep);
  const paces = grid.valuesOf('churn');
  const [fastest, slowest] = [paces[0], paces.at(-1)];
  const crash = (measure: string, churn: unknown): string =>
    grid.text(measure, { churn, departure: 'crash' });
  const cell = (measure: string, values: Values, digits: number): string =>
    digits === 0 ? grid.text(measure, values) : share(grid.mean(measure, values), digits);
  const head = ['sessions, absences', ...CHURN_COLUMNS.map(([, name]) => name)];
  const rows = paces.map((churn) => [
    String(churn).replace('exponential:', '').replace(',', ', '),
    ...CHURN_COLUMNS.map(([measure, , digits]) =>
      ['crash', 'leave']
        .map((departure) => cell(measure, { churn, departure }, digits))
        .join(' / '),
    ),
  ]);
  const least = grid.show('succeeded', Math.min(...grid.means('succeeded')));
  return `Lookups stand it: at least ${least} succeed at every pace, and with sessions of a quarter
of an hour ${crash('exact', fastest)} of them end with exactly the nearest nodes. What they pay is
time, ${crash('latency-p50', fastest)} in the median instead of ${crash('latency-p50', slowest)}
with sessions of two hours, because ${crash('dead', fastest)} of the contacts are gone instead of
${crash('dead', slowest)}. Values stand it too: ${crash('found', fastest)} of the reads find theirs
at the fastest pace and ${crash('found', slowest)} at the slowest, since holders look after one
another and replace those that vanish. A goodbye saves some of the deadlines. The table has nodes
that crash / nodes that leave with a word.

${table(head, rows)}`;
}

type Values = Readonly<Record<string, unknown>>;

/** Measure, heading, digits of a share; 0 for what is none. */
const CHURN_COLUMNS = [
  ['succeeded', 'succeeded', 2],
  ['exact', 'exact', 2],
  ['latency-p50', 'median latency', 0],
  ['dead', 'dead contacts', 1],
  ['found', 'GETs that found', 1],
  ['traffic', 'messages per node and second', 0],
] as const;

export function regionsFound(sweep: SweepFolder): string {
  const grid = new Grid(sweep);
  const alphas = grid.valuesOf('alpha').map(Number);
  const at = (measure: string, links: string, alpha: number): string =>
    grid.text(measure, { links, alpha });
  const ratio = (alpha: number): string =>
    (
      grid.mean('latency-p50', { links: 'dial', alpha }) /
      grid.mean('latency-p50', { links: 'warm', alpha })
    ).toFixed(1);
  const head = [
    'calls in flight',
    ...['warm', 'dial'].flatMap((links) => [
      `${links}: median`,
      '99th percentile',
      'messages',
      'exact',
    ]),
  ];
  const exact = (links: string, alpha: number): string =>
    share(grid.mean('exact', { links, alpha }));
  const rows = alphas.map((alpha) => [
    String(alpha),
    ...['warm', 'dial'].flatMap((links) => [
      ...['latency-p50', 'latency-p99', 'lookup-messages'].map((measure) =>
        at(measure, links, alpha),
      ),
      exact(links, alpha),
    ]),
  ]);
  const [one, most] = [Math.min(...alphas), Math.max(...alphas)];
  return `With the usual three calls in flight and links that are open already, half of the lookups
end within ${at('latency-p50', 'warm', 3)}; where each first contact is dialled, within
${at('latency-p50', 'dial', 3)}, ${ratio(3)} times as long. Parallel calls buy back more than
anything else: from ${one} to ${most} of them the median falls from
${at('latency-p50', 'warm', one)} to ${at('latency-p50', 'warm', most)} on warm links, for
${at('lookup-messages', 'warm', most)} instead of ${at('lookup-messages', 'warm', one)} messages.
With dials and ${most} calls in flight
${at('exact', 'dial', most)} of the lookups end with exactly the nearest nodes: deadlines learned
from shorter trips expired on nodes that were far away and still had to be dialled (a
fixed \`timeout: 3000\` avoids that).

${table(head, rows)}`;
}

export function bucketsFound(sweep: SweepFolder): string {
  const grid = new Grid(sweep);
  const buckets = grid.valuesOf('k').map(Number);
  const alphas = grid.valuesOf('alpha').map(Number);
  const at = (measure: string, k: number, alpha: number): string =>
    grid.text(measure, { k, alpha });
  const head = ['k', ...alphas.map((alpha) => `alpha ${alpha}`)];
  const rows = buckets.map((k) => [
    String(k),
    ...alphas.map((alpha) => `${at('latency-p50', k, alpha)}, ${at('lookup-messages', k, alpha)}`),
  ]);
  const gain = (from: number, to: number): string => {
    const latency = (alpha: number): number => grid.mean('latency-p50', { k: 20, alpha });
    return `${Math.round(100 * (1 - latency(to) / latency(from)))} %`;
  };
  const least = grid.show('exact', Math.min(...grid.means('exact')));
  return `A lookup that has to hear from the k nearest takes as long as k makes it: with alpha 3 the
median is ${at('latency-p50', 4, 3)} for k = 4 and ${at('latency-p50', 20, 3)} for k = 20, at
${at('lookup-messages', 4, 3)} and ${at('lookup-messages', 20, 3)} messages. Going from one call in
flight to three saves ${gain(1, 3)} of the time at k = 20, going on to five another ${gain(3, 5)}.
Everywhere at least ${least} of the results are exact, so what a large k buys under this churn is
not better answers but spare contacts. The table has median latency, messages per lookup.

${table(head, rows)}`;
}
