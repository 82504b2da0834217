/**
 * Figures of lookups and values: distributions of hops, latency, messages, replicas.
 *
 * Rule: the theoretical curve is drawn only where everything that it assumes holds in the run.
 */

import { distributionFigure } from './distributions.ts';
import type { DistributionPlan } from './distributions.ts';
import type { Figure } from './figure.ts';
import { short } from './format.ts';
import { hopLaw, meanOf } from './hop-theory.ts';
import type { Result } from './read.ts';

export function lookupFigures(result: Result): readonly Figure[] {
  const { hops, hopsToTarget, latencyMs, messages } = result.lookups;
  const theory = theoryOf(result);
  const caption = theory === undefined ? '' : ` ${theory.caption}`;
  return drawn([
    {
      id: 'hops-to-target',
      title: 'Hops until the target answered',
      caption: `Depth at which the node that was looked for answered.${caption}`,
      unit: 'hops',
      of: 'lookups',
      distribution: hopsToTarget,
      isWhole: true,
      colour: 0,
      ...(theory === undefined ? {} : { theory }),
    },
    {
      id: 'hops',
      title: 'Hops',
      caption:
        'Depth of the first responder that is one of the true nearest nodes: 1 for a contact of ' +
        'the asker, 2 for a node that it named, and so on; 0 where the asker is one itself.',
      unit: 'hops',
      of: 'lookups',
      distribution: hops,
      isWhole: true,
      colour: 0,
    },
    {
      id: 'latency',
      title: 'Latency',
      caption: 'From the start of a lookup to its result, lookups that failed included.',
      unit: 'ms',
      of: 'lookups',
      distribution: latencyMs,
      isWhole: false,
      colour: 0,
    },
    {
      id: 'messages',
      title: 'Messages',
      caption: 'Requests of a lookup and the replies that it received.',
      unit: 'messages',
      of: 'lookups',
      distribution: messages,
      isWhole: true,
      colour: 0,
    },
  ]);
}

export function valueFigures({ values }: Result): readonly Figure[] {
  return drawn([
    {
      id: 'put-latency',
      title: 'Latency of PUTs',
      caption: 'From the start of a PUT to its acknowledgement.',
      unit: 'ms',
      of: 'PUTs',
      distribution: values.putLatencyMs,
      isWhole: false,
      colour: 2,
    },
    {
      id: 'get-latency',
      title: 'Latency of GETs',
      caption: 'From the start of a GET to its value, GETs that found one.',
      unit: 'ms',
      of: 'GETs',
      distribution: values.getLatencyMs,
      isWhole: false,
      colour: 2,
    },
    {
      id: 'replicas-per-key',
      title: 'Replicas at the end',
      caption: 'Live holders of each key that has not expired.',
      unit: 'holders',
      of: 'keys',
      distribution: values.replicas,
      isWhole: true,
      colour: 2,
    },
    {
      id: 'repair-delay',
      title: 'Time to repair',
      caption: 'From a holder’s death to its replacement.',
      unit: 'ms',
      of: 'repairs',
      distribution: values.repairDelayMs,
      isWhole: false,
      colour: 2,
    },
  ]);
}

function drawn(plans: readonly DistributionPlan[]): readonly Figure[] {
  return plans.map(distributionFigure).filter((figure) => figure !== undefined);
}

interface Theory {
  readonly name: string;
  readonly shares: readonly number[];
  readonly caption: string;
}

/** Whether the Markov chain of hop-theory.ts speaks of such a run. */
export function isChainExact({ config }: Pick<Result, 'config'>): boolean {
  const { tables, targets, alpha, beta, paths, churn, loss, silent, adversaries, faults } = config;
  const isGreedy = alpha === 1 && beta === 1 && paths === 1 && targets === 'nodes';
  const isQuiet = churn.type === 'none' && loss === 0 && silent === 0;
  return tables === 'converged' && isGreedy && isQuiet && !adversaries && faults.length === 0;
}

function theoryOf(result: Result): Theory | undefined {
  if (!isChainExact(result)) return undefined;
  const { nodes, k } = result.config;
  const shares = hopLaw(k)(nodes);
  return {
    name: 'theory',
    shares,
    caption:
      `Theory: a Markov chain over the nodes that are left in the target’s range, with k = ${k} ` +
      `random contacts per bucket (mean ${short(meanOf(shares))}). It holds because the tables ` +
      'are converged, one contact is asked at a time and names one, and nobody fails.',
  };
}
