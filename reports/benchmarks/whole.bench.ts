/**
 * A whole simulation in this process: 1,000 nodes, converged, fixed seed, run to its end again and
 * again. One operation is one message, so that operations per second are messages per second, the
 * set-up of the network (a few per cent, its cost apart in the last case) included. Larger sizes,
 * CPU time and memory are the business of `whole.ts`, which takes a fresh process for each run.
 */
import { runOf, simulate } from '../../sim/main.ts';
import type { SimOptions } from '../../sim/options.ts';
import { count, hold, measure, type Case, type Pace, type SuiteReport } from './measure.ts';
import { scenario } from './scenario.ts';

const NODES = 1000;
/** Workload of a full run, and of a quick one, where starting weighs more. */
const FULL = { lookups: 500, puts: 100, gets: 400 };
const QUICK = { lookups: 100, puts: 20, gets: 80 };
const VERSION = 'benchmark';

export function runWhole(pace: Pace): Promise<SuiteReport> {
  const { lookups: items, puts, gets } = pace.quick ? QUICK : FULL;
  const lookups = scenario(NODES, items, pace.seed);
  const values = { ...scenario(NODES, 0, pace.seed), puts, gets };
  const wired = { ...lookups, wire: true };
  return measure('whole', pace, [
    messageCase('a message of lookups', lookups),
    messageCase('a message of lookups, through the codec', wired),
    messageCase('a message of PUTs and GETs', values),
    {
      name: 'set-up of a node',
      operations: NODES,
      run: () => {
        const started = runOf(lookups, {});
        hold(started);
      },
    },
  ]);
}

/** The first run, outside the measurement, tells how many messages there are. */
function messageCase(name: string, options: SimOptions): Case {
  const { messages } = simulate(options, VERSION);
  return { name, operations: messages, run: () => count(simulate(options, VERSION).messages) };
}
