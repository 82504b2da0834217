/**
 * The core's one door (src/step.ts): recorded steps of lookups over a converged network of 1,000
 * nodes, taken again. A lookup consists of one command, then replies at its node and requests
 * served by others; the rest of a simulation's cost is its queue, its network and its digest.
 */
import { step } from '../../src/step.ts';
import { count, measure, type Case, type Pace, type SuiteReport } from './measure.ts';
import { Network } from './network.ts';
import { playLookups, type Taken } from './traffic.ts';

const LOOKUPS = 64;

export function runStep(pace: Pace): Promise<SuiteReport> {
  const network = new Network(1000, pace.seed);
  const taken = playLookups(network, LOOKUPS);
  const commands = taken.filter(({ input }) => input.type === 'command');
  const requests = taken.filter((item) => kindOf(item) === 'request');
  const replies = taken.filter((item) => kindOf(item) === 'reply');
  const settling = replies.filter(({ effects }) => effects.some((e) => e.type === 'settle'));
  const going = replies.filter((item) => !settling.includes(item));
  return measure('step', pace, [
    stepCase('a lookup begins', commands, network),
    stepCase('find-node is served', requests, network),
    stepCase('a reply in a lookup', going, network),
    stepCase('the reply that ends a lookup', settling, network),
    stepCase('any step of a lookup, in the order of time', taken, network),
  ]);
}

function stepCase(name: string, taken: readonly Taken[], { directory }: Network): Case {
  if (taken.length === 0) throw new Error(`no recorded step for: ${name}`);
  return {
    name,
    operations: taken.length,
    run: () => {
      for (const { before, moment, input } of taken) {
        const { state, effects } = step(before, moment, input, directory);
        count(effects.length + state.counter);
      }
    },
  };
}

function kindOf({ input }: Taken): string {
  return input.type === 'message' ? input.message.type : input.type;
}
